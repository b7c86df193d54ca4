import { useEffect, useState } from 'preact/hooks'
import { ROLES } from '../../../../shared/vocabulary.ts'
import { Loading } from '../widgets/loading.tsx'
import { ProblemNote } from '../widgets/note.tsx'
import { api, problemWords } from '../wire/api.ts'
import { useFetched } from '../wire/fetched.ts'
import type { Person } from './may.ts'
import { Outside } from './outside.tsx'
import { plainName } from '../words.ts'

/** A sign-in to choose from, of `GET /api/sample-people`. */
interface SamplePerson extends Person {
  readonly organisationName: string
}

/** Answer of `GET /api/sign-in/ways`. */
interface Ways {
  readonly sample: boolean
  readonly provider: boolean
}

/** What stands in the address when the provider's answer was not taken; the words are ours. */
const PROBLEMS: Readonly<Record<string, string>> = {
  'not-signed-in': 'The sign-in was not completed, or took too long. Start it again.',
  'not-yours':
    'You are signed in at your organisation, and nobody here has given you a role. Ask your trust administrator.',
  unavailable: 'The sign-in service does not answer. Try again in a minute.',
  'too-many': 'Too many attempts from here. Wait a minute before the next.',
}

/** Sign-in at the provider, and the sample's people: one press each, for a service that runs on made-up data. */
export function SignInView(props: {
  readonly onSignedIn: (person: Person) => Promise<void>
  readonly because: string | null
}) {
  const ways = useFetched<Ways>('/api/sign-in/ways')
  const read = useFetched<{ readonly people: readonly SamplePerson[] }>('/api/sample-people')
  const people = read.data?.people
  const [problem, setProblem] = useState<string | null>(
    PROBLEMS[new URLSearchParams(location.search).get('problem') ?? ''] ?? null,
  )
  useEffect(() => {
    document.title = 'Sign in - Shared cancer PTL'
  }, [])

  async function signIn(personId: string): Promise<void> {
    try {
      const body = { personId }
      const answer = await api<{ person: Person }>('/api/session', { method: 'POST', body })
      await props.onSignedIn(answer.person)
    } catch (error) {
      setProblem(problemWords(error))
    }
  }

  return (
    <Outside>
      <h1 class="nhsuk-heading-l">Sign in</h1>
      {props.because !== null && <p class="nhsuk-inset-text">{props.because}</p>}
      <ProblemNote problem={problem} />
      <Loading of={[ways, read]} />
      {ways.data?.provider === true && (
        <p>
          {/* not a place of this page: the browser itself goes there */}
          <a class="nhsuk-button" href="/api/sign-in" role="button">
            Sign in with your NHS account
          </a>
        </p>
      )}
      {people?.length === 0 && ways.data?.provider === false && (
        <p>There are no sample sign-ins here. Ask your administrator how to sign in.</p>
      )}
      {people !== undefined && people.length > 0 && <People people={people} onPick={signIn} />}
    </Outside>
  )
}

function People(props: {
  readonly people: readonly SamplePerson[]
  readonly onPick: (personId: string) => Promise<void>
}) {
  const organisations = [
    ...new Map(props.people.map((one) => [one.organisation, one.organisationName])),
  ].map(([code, name]) => ({ code, name }))
  return (
    <>
      <p>
        This alliance is made up, and everybody in it. Choose who to be: what you see and may do
        follows from the role and the trust.
      </p>
      <table class="nhsuk-table ptl-table ptl-people">
        <caption class="nhsuk-u-visually-hidden">Sample sign-ins by organisation</caption>
        {organisations.map(({ code, name }) => (
          <tbody key={code}>
            <tr>
              <th scope="rowgroup" colSpan={3} class="ptl-people__of">
                {plainName(name)} <small>{code}</small>
              </th>
            </tr>
            {byRole(props.people.filter(({ organisation }) => organisation === code)).map(
              (person) => (
                <tr key={person.id}>
                  <td>{ROLES[person.role]}</td>
                  <th scope="row">{plainName(person.name)}</th>
                  <td>
                    <button
                      type="button"
                      class="nhsuk-button nhsuk-button--small ptl-button"
                      onClick={() => void props.onPick(person.id)}
                    >
                      Sign in<span class="nhsuk-u-visually-hidden"> as {person.name}</span>
                    </button>
                  </td>
                </tr>
              ),
            )}
          </tbody>
        ))}
      </table>
    </>
  )
}

/** As roles are listed everywhere: coordinators first. */
function byRole(people: readonly SamplePerson[]): readonly SamplePerson[] {
  const roles = Object.keys(ROLES)
  return [...people].sort((a, b) => roles.indexOf(a.role) - roles.indexOf(b.role))
}
