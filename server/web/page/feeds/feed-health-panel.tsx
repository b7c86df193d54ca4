import { ALARM_KINDS } from '../../../../shared/feed-health.ts'
import type { FeedHealthAnswer } from '../../../../shared/feed-health.ts'
import { useState } from 'preact/hooks'
import { api } from '../wire/api.ts'
import { useFetched } from '../wire/fetched.ts'
import { Loading } from '../widgets/loading.tsx'
import { Tag } from '../widgets/note.tsx'
import { Panel } from '../widgets/panel.tsx'
import { Outcome, useSending } from '../widgets/sending.tsx'
import { mayKeepKeys } from '../session/may.ts'
import { trustName, useSession } from '../session/session.ts'
import { instantWords } from '../words.ts'
import { Table } from '../widgets/table.tsx'

const INTERVALS: readonly (readonly [number, string])[] = [
  [15, '15 minutes'],
  [60, 'hour'],
  [240, '4 hours'],
  [1_440, 'day'],
  [10_080, 'week'],
]

/** How each feed stands: when it last came, when it should, what is wrong. */
export function FeedHealthPanel(props: { readonly version: number }) {
  const { alliance, person } = useSession()
  const [saved, setSaved] = useState(0)
  const sending = useSending()
  const read = useFetched<FeedHealthAnswer>('/api/feed-health', `${props.version} ${saved}`)
  const { data } = read
  if (data === null) return <Loading of={[read]} />
  if (data.feeds.length === 0) return null

  const expect = (trust: string, feed: string, intervalMinutes: number) =>
    void sending.send(async () => {
      const path = `/api/feeds/${trust}/expectation`
      await api(path, { method: 'PUT', body: { feed, intervalMinutes } })
      setSaved(saved + 1)
      return null
    })

  return (
    <Panel title="Health of the feeds">
      <Outcome of={sending} />
      <Table
        caption="Feeds and what is wrong with them"
        columns={['Trust', 'Feed', 'Last came', 'Expected every', 'State']}
      >
        {data.feeds.map(({ trust, feed, lastAt, intervalMinutes, alarms }) => (
          <tr key={`${trust} ${feed}`}>
            <th scope="row">{trustName(alliance, trust)}</th>
            <td>{feed}</td>
            <td>{lastAt === null ? 'never' : instantWords(lastAt)}</td>
            <td>
              {mayKeepKeys(person) ? (
                <select
                  class="nhsuk-select ptl-narrow"
                  aria-label={`How often ${feed} of ${trustName(alliance, trust)} is expected`}
                  value={intervalMinutes}
                  onChange={(event) => expect(trust, feed, Number(event.currentTarget.value))}
                >
                  {intervalsWith(intervalMinutes).map(([minutes, words]) => (
                    <option key={minutes} value={minutes}>
                      {words}
                    </option>
                  ))}
                </select>
              ) : (
                (intervalsWith(intervalMinutes).find(([one]) => one === intervalMinutes) ?? [])[1]
              )}
            </td>
            <td>
              {alarms.length === 0 && <Tag colour="green">Well</Tag>}
              {alarms.map(({ kind, words, since }) => (
                <div key={kind}>
                  <Tag colour={kind === 'silent' ? 'red' : 'orange'}>{ALARM_KINDS[kind]}</Tag>
                  <small>
                    {words} Since {instantWords(since)}.
                  </small>
                </div>
              ))}
            </td>
          </tr>
        ))}
      </Table>
    </Panel>
  )
}

function intervalsWith(minutes: number): readonly (readonly [number, string])[] {
  if (INTERVALS.some(([one]) => one === minutes)) return INTERVALS
  return [[minutes, `${minutes} minutes`], ...INTERVALS]
}
