import type { ListFilter } from '../../../../shared/list.ts'
import type { BacklogAnswer, BacklogLine } from '../../../../shared/measures.ts'
import { BANDS } from '../../../../shared/vocabulary.ts'
import type { Band, Tumour } from '../../../../shared/vocabulary.ts'
import { Panel } from '../widgets/panel.tsx'
import { BAND_WORDS, count, plainName } from '../words.ts'
import { Scroll } from '../widgets/scroll.tsx'
import { ToList } from '../list/to-list.tsx'

const ALL_BANDS = Object.keys(BANDS) as Band[]
const BAR_WIDTH = 160
const BAR_HEIGHT = 14

/** Open pathways by days waited, trust by trust. The bar repeats the figures beside it. */
export function BacklogPanel(props: {
  readonly answer: BacklogAnswer
  readonly tumour: Tumour | ''
}) {
  const { lines, all } = props.answer
  const longest = Math.max(1, ...lines.map((line) => line.total ?? 0))
  return (
    <Panel title="Open pathways by days waited">
      <Scroll label="Open pathways by days waited">
        <table class="nhsuk-table ptl-table">
          <caption class="nhsuk-u-visually-hidden">Open pathways by trust and days waited</caption>
          <thead>
            <tr>
              <th scope="col">Trust</th>
              <th scope="col" class="ptl-number">
                Open
              </th>
              {ALL_BANDS.map((band) => (
                <th key={band} scope="col" class="ptl-number">
                  <span class={`ptl-key ptl-key--${band}`} aria-hidden="true" /> {BAND_WORDS[band]}
                </th>
              ))}
              <th scope="col" class="ptl-number">
                Over 62
              </th>
              <th scope="col" aria-hidden="true" />
            </tr>
          </thead>
          <tbody>
            {lines.map((line) => (
              <Line
                key={line.group?.code ?? ''}
                line={line}
                name={plainName(line.group?.name ?? '')}
                longest={longest}
                tumour={props.tumour}
              />
            ))}
          </tbody>
          <tfoot>
            <Line line={all} name="All" longest={0} tumour={props.tumour} />
          </tfoot>
        </table>
      </Scroll>
      <p class="ptl-hint">
        A pathway that two trusts track stands in the line of each, and once among all: all are
        fewer than the lines together, and than the rows of the patient list, where it has a row of
        each. A number leads to its pathways.
      </p>
    </Panel>
  )
}

/** @param props.longest people in the longest bar; 0 for no bar */
function Line(props: {
  readonly line: BacklogLine
  readonly name: string
  readonly longest: number
  readonly tumour: Tumour | ''
}) {
  const { line, name, longest, tumour } = props
  const trust = line.group?.code
  const counted = (value: number | null, more: ListFilter = {}) =>
    // the line of all has a pathway of two trusts once, the list each of its entries
    trust === undefined ? (
      count(value)
    ) : (
      <ToList of={value} filter={{ trust, ...(tumour === '' ? {} : { tumour }), ...more }} />
    )
  return (
    <tr>
      <th scope="row">
        {name}
        {(line.undated ?? 0) > 0 && <small>{count(line.undated)} without a start date</small>}
      </th>
      <td class="ptl-number">
        <strong>{counted(line.total)}</strong>
      </td>
      {ALL_BANDS.map((band) => (
        <td key={band} class="ptl-number">
          {counted(line[band], { band })}
        </td>
      ))}
      <td class="ptl-number">{count(line.over62)}</td>
      <td aria-hidden="true">{longest > 0 && <Bar line={line} longest={longest} />}</td>
    </tr>
  )
}

function Bar(props: { readonly line: BacklogLine; readonly longest: number }) {
  let x = 0
  const parts = ALL_BANDS.map((band) => {
    const width = (BAR_WIDTH * (props.line[band] ?? 0)) / props.longest
    const part = { band, x, width }
    x += width
    return part
  })
  return (
    <svg
      class="ptl-bar"
      viewBox={`0 0 ${BAR_WIDTH} ${BAR_HEIGHT}`}
      width={BAR_WIDTH}
      height={BAR_HEIGHT}
    >
      {parts.map((part) => (
        <rect
          key={part.band}
          class={`ptl-bar--${part.band}`}
          x={part.x}
          width={part.width}
          height={BAR_HEIGHT}
        />
      ))}
    </svg>
  )
}
