import type { EntryDetail } from '../../../../shared/entry-detail.ts'
import { Panel } from '../widgets/panel.tsx'
import { trustName, useSession } from '../session/session.ts'
import { dateWords, number } from '../words.ts'

type Standing = EntryDetail['transfers']

const HAND_OVER_WORDS: Readonly<Record<NonNullable<Standing['handOver']>['state'], string>> = {
  due: 'due',
  overdue: 'overdue',
  sent: 'sent, not yet received',
  inTime: 'received in time',
  late: 'received late',
}

/** Who holds the patient, how the hand-over stands against day 38, and whose a stopped 62-day clock is. */
export function TransferPanel(props: { readonly standing: Standing }) {
  const { chain, holder, problem, handOver, ownership } = props.standing
  const { alliance } = useSession()
  const nameOf = (code: string): string => trustName(alliance, code)
  const sourceWords = (source: Standing['chain'][number]['sources'][number]): string =>
    source.kind === 'service' ? 'moved through this list' : `says ${nameOf(source.trust)}`
  const on = (date: string | null): string => (date === null ? 'not yet' : dateWords(date))
  return (
    <Panel title="Transfers and hand-over">
      <p>
        Held by <strong>{nameOf(holder)}</strong>
        {chain.length === 0 && '. No transfer is recorded'}.
      </p>
      {problem !== null && <p>The transfer in the record moves nobody: {problem}.</p>}
      {chain.map((transfer, position) => (
        <p key={position}>
          {nameOf(transfer.from)} to {nameOf(transfer.to)}: requested {on(transfer.requestedOn)},
          received {on(transfer.receivedOn)} ({transfer.sources.map(sourceWords).join(', ')}
          {transfer.disputed && '; they give different dates'})
        </p>
      ))}
      {handOver !== null && (
        <p>
          Hand-over <strong>{HAND_OVER_WORDS[handOver.state]}</strong>, day {handOver.day} of 38,
          last day in time {dateWords(handOver.dueOn)}
          {handOver.clean && ', both dates known'} <span class="ptl-rule">IPT-4</span>
        </p>
      )}
      {ownership !== null && (
        <p>
          62 days counted for{' '}
          {ownership.shares
            .map(({ trust, share }) => `${nameOf(trust)} ${number(share)}`)
            .join(', ')}
          : {ownership.because}
          {!ownership.settled && ' (not settled by national guidance)'}{' '}
          <span class="ptl-rule">{ownership.rule}</span>
        </p>
      )}
    </Panel>
  )
}
