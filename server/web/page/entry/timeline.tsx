import { daysBetween, toDay } from '../../../../shared/date.ts'
import type { IsoDate } from '../../../../shared/date.ts'
import type { EntryDetail } from '../../../../shared/entry-detail.ts'
import { STEPS } from '../../../../shared/vocabulary.ts'
import { useLive } from '../wire/live.ts'
import { Panel } from '../widgets/panel.tsx'
import { dateWords, STANDARD_DAYS } from '../words.ts'
import { Table, numbers } from '../widgets/table.tsx'

interface Moment {
  readonly on: IsoDate
  readonly label: string
  readonly kind: 'happened' | 'planned' | 'target' | 'today'
}

const WIDTH = 760
const HEIGHT = 128
const AXIS_Y = 64
const MARGIN = 36

/** The pathway on a line of days: what happened, what is booked, the last days in time, and today. The table says the same. */
export function Timeline(props: { readonly data: EntryDetail }) {
  const asOf = useLive((state) => state.list?.asOf ?? null)
  const moments = momentsOf(props.data, asOf)
  const first = moments[0]
  const last = moments.at(-1)
  if (first === undefined || last === undefined || moments.length < 2) return null
  return (
    <Panel title="Timeline">
      <TimelineDrawing moments={moments} firstOn={first.on} lastOn={last.on} />
      <Table caption="Timeline as a table" columns={['Date', 'What', numbers('Day')]}>
        {moments.map((moment) => (
          <tr key={`${moment.on}${moment.label}`} class={`ptl-moment--${moment.kind}`}>
            <td>{dateWords(moment.on)}</td>
            <th scope="row">{moment.label}</th>
            <td class="ptl-number">{daysBetween(first.on, moment.on)}</td>
          </tr>
        ))}
      </Table>
    </Panel>
  )
}

function TimelineDrawing(props: {
  readonly moments: readonly Moment[]
  readonly firstOn: IsoDate
  readonly lastOn: IsoDate
}) {
  const { moments, firstOn, lastOn } = props
  const span = Math.max(1, daysBetween(firstOn, lastOn))
  const x = (on: IsoDate): number =>
    MARGIN + ((WIDTH - 2 * MARGIN) * (toDay(on) - toDay(firstOn))) / span
  const levels = labelLevels(moments.map((moment) => x(moment.on)))
  return (
    <svg
      class="ptl-timeline"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label={`From ${dateWords(firstOn)} to ${dateWords(lastOn)}: ${span} days. The table below lists each date.`}
    >
      <line x1={MARGIN} x2={WIDTH - MARGIN} y1={AXIS_Y} y2={AXIS_Y} class="ptl-axis" />
      {moments.map((moment, position) => {
        const level = levels[position] ?? null
        const y = level === null ? AXIS_Y : (LEVEL_Y[level] ?? AXIS_Y)
        const edge = y < AXIS_Y ? y + 4 : y - 12
        return (
          <g key={`${moment.on}${moment.label}`} class={`ptl-moment ptl-moment--${moment.kind}`}>
            <line x1={x(moment.on)} x2={x(moment.on)} y1={edge} y2={AXIS_Y} />
            <circle cx={x(moment.on)} cy={AXIS_Y} r="5" />
            {level !== null && (
              <text x={x(moment.on)} y={y} text-anchor={anchorOf(x(moment.on))}>
                {moment.label}
              </text>
            )}
          </g>
        )
      })}
    </svg>
  )
}

/** Baselines of the labels, nearest to the line first: two above, two below. */
const LEVEL_Y = [44, 96, 22, 118] as const
/** Width a label is given before the next may stand on the same level. */
const LABEL_WIDTH = 150

/** The level of each label such that neighbours on one level do not touch; null where none is free: the table has it. */
function labelLevels(xs: readonly number[]): (number | null)[] {
  const takenUntil: number[] = LEVEL_Y.map(() => -Infinity)
  return xs.map((x) => {
    const free = takenUntil.findIndex((until) => until <= x)
    if (free === -1) return null
    takenUntil[free] = x + LABEL_WIDTH
    return free
  })
}

function anchorOf(x: number): 'start' | 'middle' | 'end' {
  if (x < 110) return 'start'
  return x > WIDTH - 110 ? 'end' : 'middle'
}

function momentsOf(data: EntryDetail, asOf: IsoDate | null): Moment[] {
  const { facts, row, clocks } = data
  const found: Moment[] = []
  const add = (on: IsoDate | null | undefined, label: string, kind: Moment['kind']): void => {
    if (on !== null && on !== undefined) found.push({ on, label, kind })
  }
  add(facts.receivedOn, 'Referral received', 'happened')
  add(facts.upgradedOn, 'Consultant upgrade', 'happened')
  add(facts.firstSeenOn, 'First seen', 'happened')
  const step = row === null || row.step === null ? 'Step' : STEPS[row.step]
  add(facts.stepRequestedOn, `${step} requested`, 'happened')
  const booked = facts.stepBookedOn
  add(
    booked,
    `${step} booked`,
    asOf !== null && booked !== undefined && booked < asOf ? 'happened' : 'planned',
  )
  add(facts.toldOn, 'Told', 'happened')
  add(facts.iptRequestedOn, 'Transfer requested', 'happened')
  add(facts.iptReceivedOn, 'Transfer received', 'happened')
  add(facts.dttOn, 'Decision to treat', 'happened')
  add(facts.treatedOn, 'Treated', 'happened')
  for (const clock of clocks) {
    add(clock.summary.targetOn, `Last day of ${STANDARD_DAYS[clock.standard]}`, 'target')
  }
  add(asOf, 'Today', 'today')
  return found.sort((a, b) => toDay(a.on) - toDay(b.on))
}
