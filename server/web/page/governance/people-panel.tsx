import { useState } from 'preact/hooks'
import type { KeptPerson } from '../../../../shared/governance.ts'
import { ROLES } from '../../../../shared/vocabulary.ts'
import type { Role } from '../../../../shared/vocabulary.ts'
import { api } from '../wire/api.ts'
import { useFetched } from '../wire/fetched.ts'
import { TextField } from '../widgets/field.tsx'
import { Loading } from '../widgets/loading.tsx'
import { Tag } from '../widgets/note.tsx'
import { Panel } from '../widgets/panel.tsx'
import { PersonForm } from './person-form.tsx'
import { Outcome, useSending } from '../widgets/sending.tsx'
import { seesAlliance } from '../session/may.ts'
import { trustName, useSession } from '../session/session.ts'
import { SureButton } from '../widgets/sure-button.tsx'
import { Table } from '../widgets/table.tsx'
import { plainName } from '../words.ts'

/** More than these are searched rather than read. */
const MANY = 12

/** Who may sign in, as whom: of the reader's trust, or for the alliance administrator of all. [IG-2] */
export function PeoplePanel() {
  const { person, alliance } = useSession()
  const read = useFetched<{ people: KeptPerson[] }>('/api/people')
  const { data, reload } = read
  const [changing, setChanging] = useState<string | null>(null)
  const [sought, setSought] = useState('')
  const [showsEnded, setShowsEnded] = useState(false)
  const sending = useSending()
  const people = data?.people ?? []
  const ended = people.filter(({ active }) => !active).length
  const shown = people.filter(
    ({ active, name, organisation }) =>
      (active || showsEnded) &&
      `${name} ${organisation}`.toLowerCase().includes(sought.trim().toLowerCase()),
  )
  const changed = people.find(({ id, active }) => id === changing && active)

  function done(words: string): string {
    setChanging(null)
    reload()
    return words
  }
  const end = ({ id, name }: KeptPerson) =>
    void sending.send(async () => {
      await api(`/api/people/${id}/end`, { method: 'POST' })
      return done(`${plainName(name)} is signed out everywhere and cannot sign in again.`)
    })

  return (
    <Panel title={data === null ? 'People' : `People (${people.length - ended})`}>
      <p>
        {seesAlliance(person)
          ? 'Everybody who may sign in, of every organisation.'
          : 'Everybody who may sign in for your trust.'}{' '}
        Nobody changes or ends themselves: another administrator does.
      </p>
      <Loading of={[read]} />
      <Outcome of={sending} />
      {people.length > MANY && (
        <div class="ptl-filter">
          <TextField
            id="people-find"
            label="Find by name or code"
            value={sought}
            onChange={setSought}
          />
        </div>
      )}
      {data !== null && (
        <Table
          caption="People who may sign in"
          columns={[
            'Name',
            'Role',
            ...(seesAlliance(person) ? ['Organisation'] : []),
            'Signs in as',
            'State',
            { label: 'Change', kind: 'unsaid' },
          ]}
        >
          {shown.map((one) => (
            <tr key={one.id}>
              <th scope="row">{plainName(one.name)}</th>
              <td>{ROLES[one.role]}</td>
              {seesAlliance(person) && (
                <td>
                  {one.organisation === person.organisation
                    ? alliance.name
                    : trustName(alliance, one.organisation)}
                  <small>{one.organisation}</small>
                </td>
              )}
              <td>{one.subject ?? 'sample sign-in'}</td>
              <td>
                {one.active ? (
                  <Tag colour="green">May sign in</Tag>
                ) : (
                  <Tag colour="grey">Ended</Tag>
                )}
              </td>
              <td class="ptl-acts">
                {one.active && one.id !== person.id && (
                  <>
                    <button type="button" class="ptl-link" onClick={() => setChanging(one.id)}>
                      Change
                      <span class="nhsuk-u-visually-hidden"> {plainName(one.name)}</span>
                    </button>
                    <SureButton
                      words="End"
                      sureWords="Yes, sign out and end"
                      of={plainName(one.name)}
                      onSure={() => end(one)}
                    />
                  </>
                )}
              </td>
            </tr>
          ))}
        </Table>
      )}
      {sought !== '' && shown.length === 0 && <p class="nhsuk-inset-text">Nobody found by that.</p>}
      {ended > 0 && (
        <p>
          <button type="button" class="ptl-link" onClick={() => setShowsEnded(!showsEnded)}>
            {showsEnded ? 'Hide who has ended' : `Show ${ended} who ended`}
          </button>
        </p>
      )}
      {/* it would be made anew, and empty, once the people are there */}
      {data !== null &&
        (changed === undefined ? (
          <PersonForm
            key={`new ${people.length}`}
            title="Add somebody"
            onSave={(given) =>
              void sending.send(async () => {
                await api('/api/people', { method: 'POST', body: given })
                return done(`${given.name} may sign in as ${roleWords(given.role)}.`)
              })
            }
          />
        ) : (
          <PersonForm
            key={changed.id}
            title={`Change ${plainName(changed.name)}`}
            person={changed}
            onClose={() => setChanging(null)}
            onSave={({ name, role, subject }) =>
              void sending.send(async () => {
                const body = { name, role, ...(subject === '' ? {} : { subject }) }
                await api(`/api/people/${changed.id}`, { method: 'PUT', body })
                const isOther = role !== changed.role
                return done(
                  isOther
                    ? `${plainName(name)} is now ${roleWords(role)}, and signs in anew everywhere.`
                    : 'Saved.',
                )
              })
            }
          />
        ))}
    </Panel>
  )
}

function roleWords(role: Role): string {
  const words = ROLES[role]
  return /^[A-Z]{2}/.test(words) ? words : words.charAt(0).toLowerCase() + words.slice(1)
}
