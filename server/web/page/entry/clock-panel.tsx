import type { EntryDetail } from '../../../../shared/entry-detail.ts'
import type { ClockSummary } from '../../../../shared/list.ts'
import { Tag } from '../widgets/note.tsx'
import { Panel } from '../widgets/panel.tsx'
import { dateWords, daysLeftWords } from '../words.ts'

const ISO_DATE = /^\d{4}-\d{2}-\d{2}$/

/** Each clock as the sum behind it, so that anybody can do it again by hand. */
export function ClockPanel(props: { readonly clocks: EntryDetail['clocks'] }) {
  const { clocks } = props
  return (
    <Panel title="Clocks">
      {clocks.length === 0 && <p>No clock runs on this pathway: no start date is known.</p>}
      {clocks.map((clock) => (
        <details class="ptl-clock" key={clock.standard} open>
          <summary>
            <strong>{clock.label}</strong> <ClockState clock={clock.summary} />
          </summary>
          <table class="nhsuk-table ptl-table ptl-sum">
            <caption class="nhsuk-u-visually-hidden">{clock.label}, worked out</caption>
            <tbody>
              {clock.lines.map((line, position) => (
                <tr key={position}>
                  <th scope="row">{line.label}</th>
                  <td>{ISO_DATE.test(line.value) ? dateWords(line.value) : line.value}</td>
                  <td class="ptl-rule">{line.rule}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </details>
      ))}
    </Panel>
  )
}

function ClockState(props: { readonly clock: ClockSummary }) {
  const { clock } = props
  const words =
    clock.state === 'stopped'
      ? `stopped at ${clock.waitDays} days${clock.breached ? ', breached' : ', in time'}`
      : `day ${clock.waitDays}, ${daysLeftWords(clock.daysToTarget)}`
  return (
    <Tag colour={clock.breached ? 'red' : clock.state === 'stopped' ? 'grey' : 'blue'}>{words}</Tag>
  )
}
