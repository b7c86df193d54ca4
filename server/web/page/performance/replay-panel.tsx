import { useEffect, useState } from 'preact/hooks'
import type { ReplayAnswer, ReplayResult } from '../../../../shared/replay.ts'
import { api, problemWords } from '../wire/api.ts'
import { useFetched } from '../wire/fetched.ts'
import { mayWritePolicy } from '../session/may.ts'
import { ProblemNote } from '../widgets/note.tsx'
import { Panel } from '../widgets/panel.tsx'
import { ReplayTables } from './replay-tables.tsx'
import { useSession } from '../session/session.ts'
import { TwoLines } from '../charts/two-lines.tsx'
import { dateWords, number, shortDate } from '../words.ts'

/** While the year is played it is asked how far it is. */
const AGAIN_MS = 1_000

/** The sample's year with every trust alone beside all together: what pooling does over time, and what that hangs on. */
export function ReplayPanel() {
  const { person } = useSession()
  const [asked, setAsked] = useState(0)
  const [problem, setProblem] = useState<string | null>(null)
  const { data } = useFetched<ReplayAnswer>('/api/replay', asked)
  const isRunning = data?.state === 'running'
  useEffect(() => {
    if (!isRunning) return undefined
    const timer = setTimeout(() => setAsked((before) => before + 1), AGAIN_MS)
    return () => clearTimeout(timer)
  }, [isRunning, data])

  async function start(): Promise<void> {
    try {
      await api('/api/replay', { method: 'POST', body: {} })
      setProblem(null)
      setAsked((before) => before + 1)
    } catch (error) {
      setProblem(problemWords(error))
    }
  }

  if (data === null || data.state === 'none') return null
  return (
    <Panel title="A year played twice: every trust alone, and together">
      <ProblemNote problem={problem} />
      {data.state === 'running' && (
        <p aria-live="polite">Playing the year: {Math.round(data.part * 100)} % done.</p>
      )}
      {data.state === 'failed' && <p>The last try did not come to its end.</p>}
      {(data.state === 'idle' || data.state === 'failed') &&
        (mayWritePolicy(person) ? (
          <>
            <p>
              The 52 weeks behind the synthetic list, week by week, with the planner as it is
              shipped. It takes a minute or two, beside everything else.
            </p>
            <button type="button" class="nhsuk-button ptl-button" onClick={() => void start()}>
              Play the year
            </button>
          </>
        ) : (
          <p>Not played since the service started. A performance lead can ask for it.</p>
        ))}
      {data.state === 'done' && <Played result={data.result} />}
    </Panel>
  )
}

function Played(props: { readonly result: ReplayResult }) {
  const { result } = props
  const { saved, alone, pooled, weeks } = result
  const share = Math.round((1000 * saved.pointsSaved) / Math.max(1, alone.pointsLate)) / 10
  return (
    <>
      <p>
        <strong>Synthetic.</strong> {dateWords(result.from)} to {dateWords(result.to)},{' '}
        {number(result.pathways)} pathways. Together, {number(saved.moves)} moves save{' '}
        <strong>{number(saved.pointsSaved)} weighted days late</strong> of{' '}
        {number(alone.pointsLate)} ({number(share)} %), {number(saved.daysSaved)} days of waiting
        and {number(saved.breachesAvoided)} of {number(alone.breaches)} breaches (
        {number(pooled.breaches)} remain). Travel of those who move:{' '}
        {number(saved.travelMinutes / 60)} hours one way. {number(saved.sooner)} pathways are
        sooner, {number(saved.later)} later than with every trust alone.
      </p>
      <p class="ptl-hint">Waiting past day 62 at the end of each week</p>
      <TwoLines
        label="People waiting past day 62 at the end of each week, every trust alone and together"
        names={['Alone', 'Together']}
        points={weeks.map(({ week, past62 }) => ({
          label: shortDate(week),
          values: [past62.alone, past62.pooled],
        }))}
      />
      <ReplayTables result={result} />
      <p>
        <a href="/api/replay.csv" download>
          Every week as CSV
        </a>
      </p>
    </>
  )
}
