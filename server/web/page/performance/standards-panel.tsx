import type { StandardLine, StandardsAnswer } from '../../../../shared/measures.ts'
import { STANDARDS } from '../../../../shared/vocabulary.ts'
import type { Standard } from '../../../../shared/vocabulary.ts'
import { LineChart } from '../charts/line-chart.tsx'
import { Tag } from '../widgets/note.tsx'
import { Panel } from '../widgets/panel.tsx'
import { count, monthWords } from '../words.ts'
import { Table, numbers } from '../widgets/table.tsx'

/** The three standards by month against their thresholds, each drawn and, beneath, as figures. */
export function StandardsPanel(props: { readonly answer: StandardsAnswer }) {
  const all = Object.keys(STANDARDS) as Standard[]
  return (
    <Panel title="The three standards by month">
      <div class="ptl-charts">
        {all.map((standard) => (
          <StandardChart
            key={standard}
            standard={standard}
            lines={props.answer.lines.filter((line) => line.standard === standard)}
          />
        ))}
      </div>
      <p class="ptl-hint">
        The broken red line is the threshold, a hollow dot a month that is not over. The axis does
        not begin at nought. These people have left the list, so nobody stands behind the figures
        here.
      </p>
    </Panel>
  )
}

function StandardChart(props: {
  readonly standard: Standard
  readonly lines: readonly StandardLine[]
}) {
  const { standard, lines } = props
  const whole = lines.filter((line) => line.complete && line.pct !== null)
  const latest = whole.at(-1)
  return (
    <div class="ptl-chart">
      <h3 class="nhsuk-heading-s">{STANDARDS[standard]}</h3>
      {latest === undefined ? (
        <p>Nobody finished this clock in these months.</p>
      ) : (
        <p class="ptl-chart__latest">
          <strong>{latest.pct} %</strong> in time in {monthWords(latest.month)}, threshold{' '}
          {latest.thresholdPct} %{' '}
          <Tag colour={latest.met === true ? 'green' : 'red'}>
            {latest.met === true ? 'Met' : 'Not met'}
          </Tag>
        </p>
      )}
      <LineChart
        label={chartWords(standard, latest)}
        points={lines.map((line) => ({
          label: monthWords(line.month),
          value: line.pct,
          threshold: line.thresholdPct,
          isRunning: !line.complete,
        }))}
      />
      <Table
        caption={`${STANDARDS[standard]} by month`}
        kind="ptl-months"
        columns={['Month', numbers('People'), numbers('Breaches'), numbers('In time')]}
      >
        {[...lines].reverse().map((line) => (
          <tr key={line.month}>
            <th scope="row">
              {monthWords(line.month)}
              {!line.complete && <small>so far</small>}
            </th>
            <td class="ptl-number">{count(line.total)}</td>
            <td class="ptl-number">{count(line.breaches)}</td>
            <td class="ptl-number">{line.pct === null ? '' : `${line.pct} %`}</td>
          </tr>
        ))}
      </Table>
    </div>
  )
}

/** What the drawing shows, for whoever does not see it; the figures stand in the table beneath. */
function chartWords(standard: Standard, latest: StandardLine | undefined): string {
  const what = `${STANDARDS[standard]}, per cent in time by month against its threshold`
  if (latest === undefined) return what
  const { pct, thresholdPct, month } = latest
  return `${what}: ${String(pct)} of ${String(thresholdPct)} wanted in ${monthWords(month)}. The figures are in the table.`
}
