import { useState } from 'preact/hooks'
import type { AuditLine, AuditVerdict } from '../../../../shared/governance.ts'
import { ROLES } from '../../../../shared/vocabulary.ts'
import { api } from '../wire/api.ts'
import { AUDIT_ACTIONS, entriesOf } from './audit-words.ts'
import { useFetched } from '../wire/fetched.ts'
import { Button, ChoiceField, TextField } from '../widgets/field.tsx'
import { Busy, Loading } from '../widgets/loading.tsx'
import { Panel } from '../widgets/panel.tsx'
import { address } from '../router.ts'
import { Outcome, useSending } from '../widgets/sending.tsx'
import { useSettled } from '../hooks/settled.ts'
import { Table } from '../widgets/table.tsx'
import { instantWords, number, plainName } from '../words.ts'

const LINES = 50
const TYPING_MS = 300
/** Every event is worked out again. */
const VERIFY_MS = 600_000
/** Pathways of one event that are shown at once. */
const FEW = 6
const NOBODY = { by: '', action: '', entryId: '' }

/** What was done and refused, the newest first; whether the chain holds; and all of it to take away. [IG-9] */
export function AuditPanel() {
  const [filter, setFilter] = useState(NOBODY)
  // where each page before this one began: the newest has no beginning
  const [before, setBefore] = useState<readonly number[]>([])
  const asked = useSettled(filter, TYPING_MS)
  const from = before.at(-1)
  const query = { ...asked, entryId: /^\d+$/.test(asked.entryId) ? asked.entryId : '' }
  const read = useFetched<{ events: AuditLine[] }>(
    address('/api/audit', {
      ...query,
      order: 'newest',
      limit: String(LINES),
      before: from === undefined ? '' : String(from),
    }),
  )
  const { data, reload } = read
  const events = data?.events ?? []
  const last = events.at(-1)

  function narrow(part: Partial<typeof NOBODY>): void {
    setBefore([])
    setFilter({ ...filter, ...part })
  }
  return (
    <Panel title="Audit">
      <Verify />
      <form class="ptl-filters" role="search" onSubmit={(event) => event.preventDefault()}>
        <div class="ptl-filter">
          <TextField
            id="audit-by"
            label="Who (part of a name)"
            maxLength={100}
            value={filter.by}
            onChange={(by) => narrow({ by })}
          />
        </div>
        <div class="ptl-filter">
          <ChoiceField
            id="audit-action"
            label="What"
            value={filter.action}
            none="Everything"
            choices={Object.entries(AUDIT_ACTIONS)}
            onChange={(action) => narrow({ action })}
          />
        </div>
        <div class="ptl-filter">
          <TextField
            id="audit-entry"
            label="Pathway (its number)"
            inputMode="numeric"
            maxLength={15}
            value={filter.entryId}
            onChange={(entryId) => narrow({ entryId })}
          />
        </div>
        <div class="ptl-filter ptl-filter--links">
          {filter !== NOBODY && (
            <button
              type="button"
              class="ptl-link"
              onClick={() => {
                setBefore([])
                setFilter(NOBODY)
              }}
            >
              Clear
            </button>
          )}
          <button type="button" class="ptl-link" onClick={reload}>
            Read again
          </button>
          <a href={address('/api/audit/export.csv', query)} download>
            Export CSV
          </a>
          <a href={address('/api/audit/export.ndjson', query)} download>
            NDJSON
          </a>
        </div>
      </form>
      <Loading of={[read]} />
      {data !== null && events.length === 0 && (
        <p class="nhsuk-inset-text">Nothing in the audit matches.</p>
      )}
      {events.length > 0 && (
        <Busy of={[read]}>
          <Table caption="Audit, the newest first" columns={['When', 'Who', 'What', 'Of', 'Why']}>
            {events.map((line) => (
              <Line key={line.id} line={line} onEntry={(entryId) => narrow({ entryId })} />
            ))}
          </Table>
        </Busy>
      )}
      <div class="ptl-buttons">
        <Button
          isSecondary
          isDisabled={before.length === 0}
          onClick={() => setBefore(before.slice(0, -1))}
        >
          Newer
        </Button>
        <Button
          isSecondary
          isDisabled={last === undefined || events.length < LINES}
          onClick={() => last !== undefined && setBefore([...before, last.id])}
        >
          Older
        </Button>
      </div>
    </Panel>
  )
}

function Line(props: { readonly line: AuditLine; readonly onEntry: (entryId: string) => void }) {
  const { id, at, by, organisation, role, action, reason, address: from } = props.line
  return (
    <tr>
      <td>
        {instantWords(at)}
        <small>no. {number(id)}</small>
      </td>
      <th scope="row">
        {by === null ? whoElse(role) : plainName(by)}
        <small>
          {[role !== null && role in ROLES ? ROLES[role as keyof typeof ROLES] : null, organisation]
            .filter((part) => part !== null)
            .join(', ')}
        </small>
      </th>
      <td>
        {AUDIT_ACTIONS[action] ?? action}
        <small>{action}</small>
      </td>
      <td class="ptl-subject">
        <Subject line={props.line} onEntry={props.onEntry} />
      </td>
      <td>
        {reason}
        {from !== null && <small>from {from}</small>}
      </td>
    </tr>
  )
}

/** What was touched; a pathway narrows the audit to it, and many are told by their number. */
function Subject(props: { readonly line: AuditLine; readonly onEntry: (entryId: string) => void }) {
  const { subject, personId } = props.line
  const entries = entriesOf(subject)
  const one = (entry: string) => (
    <button
      key={entry}
      type="button"
      class="ptl-link ptl-entry-number"
      onClick={() => props.onEntry(entry)}
    >
      {entry}
    </button>
  )
  if (personId !== null && subject === `person:${personId}`) return <>themselves</>
  if (entries.length === 0) return <>{subject}</>
  if (entries.length <= FEW) return <>Pathway {entries.map(one)}</>
  return (
    <details>
      <summary>{entries.length} pathways</summary>
      {entries.map(one)}
    </details>
  )
}

/** A feed key has no name; what nobody did, the service did itself or a stranger tried. */
function whoElse(role: string | null): string {
  return role === 'feedKey' ? 'A feed key' : 'Nobody signed in'
}

/** Whether every event follows from the one before it, asked for and said in words. */
function Verify() {
  const sending = useSending()
  const [broken, setBroken] = useState<string | null>(null)
  const verify = () =>
    sending.send(async () => {
      setBroken(null)
      const found = await api<AuditVerdict>('/api/audit/verify', { patienceMs: VERIFY_MS })
      if (!found.ok) {
        setBroken(
          `The chain is broken at no. ${number(found.brokenAt ?? 0)}: ${found.why ?? ''}. Nothing after it can be believed.`,
        )
        return null
      }
      const cut =
        (found.cutThrough ?? 0) > 0
          ? ` Those up to no. ${number(found.cutThrough ?? 0)} were cut off by rule, with a certificate.`
          : ''
      return `The chain holds: ${number(found.events)} events, each following from the one before it.${cut}`
    })
  return (
    <>
      <Outcome of={sending} problem={broken} />
      <Button isDisabled={sending.isBusy} onClick={() => void verify()}>
        {sending.isBusy ? 'Working every event out again' : 'Verify the chain'}
      </Button>
    </>
  )
}
