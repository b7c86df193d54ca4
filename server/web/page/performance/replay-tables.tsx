import type { ReplayResult } from '../../../../shared/replay.ts'
import { Scroll } from '../widgets/scroll.tsx'
import { trustName, useSession } from '../session/session.ts'
import { dateWords, number, shortDate } from '../words.ts'

/** A table of numbers under a heading for each row. */
function Figures(props: {
  readonly caption: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly [string, ...(number | string)[]])[]
}) {
  const { caption, columns, rows } = props
  return (
    <Scroll label={caption}>
      <table class="nhsuk-table ptl-table">
        <caption>{caption}</caption>
        <thead>
          <tr>
            {columns.map((column, at) => (
              <th key={column} scope="col" class={at === 0 ? undefined : 'ptl-number'}>
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(([name, ...cells]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              {cells.map((cell, at) => (
                <td key={columns[at + 1]} class="ptl-number">
                  {typeof cell === 'number' ? number(cell) : cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  )
}

/** By trust, week by week, what the figures hang on, and what is assumed. */
export function ReplayTables(props: { readonly result: ReplayResult }) {
  const { byTrust, weeks, saved, sensitivity, assumptions } = props.result
  const { alliance } = useSession()
  const saves = ['Breaches avoided', 'Weighted days saved', 'Days saved']
  return (
    <>
      <Figures
        caption="By trust, under whose patients they are"
        columns={['Trust', 'Moves out', 'Moves in', ...saves]}
        rows={byTrust.map((one) => [
          trustName(alliance, one.trust),
          ...[one.out, one.in, one.breachesAvoided, one.pointsSaved, one.daysSaved],
        ])}
      />
      <Figures
        caption="What it hangs on: the same year with one thing changed"
        columns={['Changed', 'Moves', ...saves, 'Sooner', 'Later']}
        rows={[{ name: 'As told above', ...saved }, ...sensitivity].map((one) => [
          one.name,
          ...[one.moves, one.breachesAvoided, one.pointsSaved, one.daysSaved],
          ...[one.sooner, one.later],
        ])}
      />
      <details class="nhsuk-details">
        <summary class="nhsuk-details__summary">
          <span class="nhsuk-details__summary-text">Week by week</span>
        </summary>
        <Figures
          caption="Each week: every trust alone, and together"
          columns={[
            ...['Week of', 'Past day 62 alone', 'Past day 62 together'],
            ...['Breaches alone', 'Breaches together'],
            ...['Weighted days late alone', 'Weighted days late together'],
            ...['Moves', 'Travel, minutes'],
          ]}
          rows={weeks.map((one) => [
            shortDate(one.week),
            ...[one.past62.alone, one.past62.pooled, one.alone.breaches, one.pooled.breaches],
            ...[one.alone.pointsLate, one.pooled.pointsLate, one.moves, one.travelMinutes],
          ])}
        />
      </details>
      <details class="nhsuk-details">
        <summary class="nhsuk-details__summary">
          <span class="nhsuk-details__summary-text">What is assumed</span>
        </summary>
        <ul>
          {assumptions.map(({ name, value, statedOn, why }) => (
            <li key={name}>
              <strong>{name}</strong>: {value} ({dateWords(statedOn)}). {why}
            </li>
          ))}
        </ul>
      </details>
    </>
  )
}
