import { STEPS } from '../../../../shared/vocabulary.ts'
import { SUGGESTION_STATES, type Transfer } from '../../../../shared/suggestion.ts'
import { useFetched } from '../wire/fetched.ts'
import { useIdentities } from '../session/identities.ts'
import { useLive } from '../wire/live.ts'
import { Loading } from '../widgets/loading.tsx'
import { Tag } from '../widgets/note.tsx'
import { hasEnded } from './road.ts'
import { trustName, useSession } from '../session/session.ts'
import { dateWords, instantWords } from '../words.ts'
import { Table } from '../widgets/table.tsx'

/** Moves that all three agreed to, and how far each has come. */
export function TransfersView() {
  const { alliance, identities } = useSession()
  const seq = useLive((state) => state.suggestions?.seq ?? 0)
  const read = useFetched<{ transfers: Transfer[] }>('/api/transfers', seq)
  const { data } = read
  const transfers = data?.transfers ?? []
  const names = useIdentities(
    identities,
    transfers.slice(0, 100).map((transfer) => transfer.entryId),
  )
  return (
    <>
      <div class="ptl-title">
        <h1 class="nhsuk-heading-l">Transfers</h1>
        <p class="ptl-title__sum">
          Moves agreed by the referring team, the patient and the receiving trust. The day the
          minimum data set is received ends the referring trust's 38 days.
        </p>
      </div>
      <Loading of={[read]} />
      {data !== null && transfers.length === 0 && (
        <p class="nhsuk-inset-text">No move has been agreed yet.</p>
      )}
      {transfers.length > 0 && (
        <Table
          caption="Agreed transfers, newest first"
          columns={[
            'Patient',
            'From',
            'To',
            'Step',
            'On',
            'Agreed',
            'Data set sent',
            'Received',
            { label: 'State', kind: 'last' },
          ]}
        >
          {transfers.map((transfer) => (
            <tr key={transfer.id}>
              <th scope="row">
                <a href={`/entries/${transfer.entryId}`}>
                  {names.get(transfer.entryId)?.name ?? transfer.pseudonym}
                </a>
              </th>
              <td>{trustName(alliance, transfer.fromTrust)}</td>
              <td>{trustName(alliance, transfer.toTrust)}</td>
              <td>{transfer.step === null ? '' : STEPS[transfer.step]}</td>
              <td>{transfer.day === null ? '' : dateWords(transfer.day)}</td>
              <td>{instantWords(transfer.agreedAt)}</td>
              <td>{transfer.sentOn === null ? 'not yet' : dateWords(transfer.sentOn)}</td>
              <td>{transfer.receivedOn === null ? 'not yet' : dateWords(transfer.receivedOn)}</td>
              <td class="ptl-last">
                {transfer.state !== null && (
                  <Tag colour={hasEnded(transfer.state) ? 'grey' : 'purple'}>
                    {SUGGESTION_STATES[transfer.state]}
                  </Tag>
                )}
              </td>
            </tr>
          ))}
        </Table>
      )}
    </>
  )
}
