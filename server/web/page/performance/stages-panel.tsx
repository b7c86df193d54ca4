import { useState } from 'preact/hooks'
import type { StageLine, StagesAnswer } from '../../../../shared/measures.ts'
import { STEPS } from '../../../../shared/vocabulary.ts'
import type { Step, Tumour } from '../../../../shared/vocabulary.ts'
import { Panel } from '../widgets/panel.tsx'
import { useSession } from '../session/session.ts'
import { count, number } from '../words.ts'
import { Scroll } from '../widgets/scroll.tsx'
import { ToList } from '../list/to-list.tsx'

/** What a cell of the table says. */
const SHOWN = {
  count: 'People waiting',
  booked: 'Of these, booked',
  medianDays: 'Median days since the step was asked for',
  p90Days: 'Days since it was asked for, 9 of 10 under',
  medianPathwayDays: 'Median days on the pathway',
  p90PathwayDays: 'Days on the pathway, 9 of 10 under',
} as const
type Shown = keyof typeof SHOWN

/** Who waits for what, and how long, by trust: the longest wait for each step stands out in bold. */
export function StagesPanel(props: {
  readonly answer: StagesAnswer
  readonly tumour: Tumour | ''
}) {
  const { alliance } = useSession()
  const [shown, setShown] = useState<Shown>('count')
  const { lines } = props.answer
  const steps = (Object.keys(STEPS) as Step[]).filter((step) =>
    lines.some((line) => line.step === step),
  )
  const trusts = alliance.trusts.filter((trust) => lines.some((line) => line.trust === trust.code))
  return (
    <Panel title="Waits by trust and step">
      <div class="ptl-filter">
        <label for="stages-shown">Show</label>
        <select
          id="stages-shown"
          class="nhsuk-select"
          value={shown}
          onChange={(event) => setShown(event.currentTarget.value as Shown)}
        >
          {Object.entries(SHOWN).map(([code, label]) => (
            <option key={code} value={code}>
              {label}
            </option>
          ))}
        </select>
      </div>
      <Scroll label="Waits by trust and step">
        <table class="nhsuk-table ptl-table ptl-stages">
          <caption class="nhsuk-u-visually-hidden">{SHOWN[shown]}, by step and trust</caption>
          <thead>
            <tr>
              <th scope="col">Step awaited</th>
              {trusts.map((trust) => (
                <th key={trust.code} scope="col" class="ptl-number">
                  {trust.name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {steps.map((step) => (
              <StageRow
                key={step}
                step={step}
                trusts={trusts.map((trust) => trust.code)}
                lines={lines.filter((line) => line.step === step)}
                shown={shown}
                tumour={props.tumour}
              />
            ))}
          </tbody>
        </table>
      </Scroll>
    </Panel>
  )
}

function StageRow(props: {
  readonly step: Step
  readonly trusts: readonly string[]
  readonly lines: readonly StageLine[]
  readonly shown: Shown
  readonly tumour: Tumour | ''
}) {
  const { lines, shown, step, tumour } = props
  const values = lines.map((line) => line[shown] ?? 0)
  const most = Math.max(...values)
  const stands = values.some((value) => value < most)
  return (
    <tr>
      <th scope="row">{STEPS[step]}</th>
      {props.trusts.map((trust) => {
        const line = lines.find((one) => one.trust === trust)
        const value = line?.[shown]
        const isMost = value !== undefined && value !== null && value === most && stands
        return (
          <td key={trust} class={isMost ? 'ptl-number ptl-most' : 'ptl-number'}>
            {line !== undefined && shown === 'count' && (
              <ToList
                of={line.count}
                filter={{ trust, step, ...(tumour === '' ? {} : { tumour }) }}
              />
            )}
            {line !== undefined && shown !== 'count' && words(shown, line)}
          </td>
        )
      })}
    </tr>
  )
}

/** Counts may be kept back as small; a median that is null has nobody dated behind it. */
function words(shown: Shown, line: StageLine): string {
  const value = line[shown]
  if (shown === 'booked') return count(value)
  return value === null ? 'no dates' : number(value)
}
