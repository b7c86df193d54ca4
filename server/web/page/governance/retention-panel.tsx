import type { ErasureCertificate, Retention } from '../../../../shared/governance.ts'
import { Certificate } from './certificate.tsx'
import { useFetched } from '../wire/fetched.ts'
import { LiftForm } from './lift-form.tsx'
import { Loading } from '../widgets/loading.tsx'
import { Tag } from '../widgets/note.tsx'
import { Panel } from '../widgets/panel.tsx'
import { Table, numbers } from '../widgets/table.tsx'
import { dateWords, instantWords, number } from '../words.ts'

const SHOWN = 20

/** How long things are kept, whether the rules are kept, and what has gone by them or on request. [IG-12, IG-13] */
export function RetentionPanel(props: { readonly version: number }) {
  const state = useFetched<Retention>('/api/retention', props.version)
  const read = useFetched<{ erasures: ErasureCertificate[] }>('/api/erasures', props.version)
  const { data, reload } = read
  const erasures = data?.erasures ?? []
  return (
    <Panel title="Retention and certificates">
      <Loading of={[state, read]} />
      {state.data !== null && <Rules retention={state.data} />}
      {data !== null && (
        <h3 class="nhsuk-heading-s">Certificates of erasure ({number(erasures.length)})</h3>
      )}
      {data !== null && erasures.length === 0 && <p>Nothing has been erased.</p>}
      {erasures.slice(0, SHOWN).map((one) => (
        <div key={one.id}>
          <Certificate certificate={one} />
          {one.liftedAt === null && <LiftForm id={one.id} onLifted={reload} />}
        </div>
      ))}
      {erasures.length > SHOWN && <p class="ptl-hint">The newest {SHOWN} are shown.</p>}
    </Panel>
  )
}

function Rules(props: { readonly retention: Retention }) {
  const { closedPathways, auditEvents, cuts } = props.retention
  const lines = [
    ['Closed pathways, from their last change', closedPathways],
    ['Events of the audit', auditEvents],
  ] as const
  return (
    <>
      <Table
        caption="How long things are kept"
        columns={['What', numbers('Kept, years'), numbers('Held now'), 'The oldest of', 'State']}
      >
        {lines.map(([label, { years, held, oldestAt, overdue }]) => (
          <tr key={label}>
            <th scope="row">{label}</th>
            <td class="ptl-number">{years}</td>
            <td class="ptl-number">{number(held)}</td>
            <td>{oldestAt === null ? 'none' : dateWords(oldestAt)}</td>
            <td>
              {overdue === 0 ? (
                <Tag colour="green">Nothing overdue</Tag>
              ) : (
                <>
                  <Tag colour="red">{number(overdue)} overdue</Tag>
                  <small>It should go within a day: look whether the service runs on.</small>
                </>
              )}
            </td>
          </tr>
        ))}
      </Table>
      {cuts.map(({ at, rule, events }) => (
        <p key={at}>
          {number(events)} events of the audit were cut off on {instantWords(at)}, rule: {rule}.
        </p>
      ))}
    </>
  )
}
