import { useEffect, useMemo, useState } from 'preact/hooks'
import { api, ApiProblem, problemWords } from './wire/api.ts'
import { EntryView } from './entry/entry-view.tsx'
import { openIdentityBook } from './session/identities.ts'
import { later } from './widgets/later.tsx'
import { ListView } from './list/list-view.tsx'
import { openPageLive } from './wire/live.ts'
import { MdtView } from './mdt/mdt-view.tsx'
import { followLinks, go, usePlace } from './router.ts'
import type { Place } from './router.ts'
import { mayKnowNames, seesAlliance } from './session/may.ts'
import { SessionProvider } from './session/session.ts'
import type { Person } from './session/may.ts'
import type { Alliance, Session } from './session/session.ts'
import { Shell } from './shell.tsx'
import { SignInView } from './session/sign-in-view.tsx'
import { SuggestionsView } from './moves/suggestions-view.tsx'
import { TransfersView } from './moves/transfers-view.tsx'
import { plainName } from './words.ts'

// What most people do not open first is asked for when they do.
const figures = () => import('./views-of-figures.ts')
const settings = () => import('./views-of-settings.ts')
const CapacityView = later(async () => (await settings()).CapacityView)
const EffectView = later(async () => (await figures()).EffectView)
const FeedsView = later(async () => (await settings()).FeedsView)
const FlowView = later(async () => (await figures()).FlowView)
const GovernanceView = later(async () => (await settings()).GovernanceView)
const LeadView = later(async () => (await figures()).LeadView)
const PlanView = later(async () => (await settings()).PlanView)
const PolicyView = later(async () => (await settings()).PolicyView)
const WeeklyView = later(async () => (await figures()).WeeklyView)

/** Whose session ended and where they were: nothing of a patient stands in an address. */
const LEFT_AT = 'ptl-left-at'

/** Who is signed in: not known yet, nobody, or somebody with the names of the alliance. */
type Who =
  | { readonly kind: 'asking' }
  | { readonly kind: 'nobody'; readonly because: string | null }
  | { readonly kind: 'person'; readonly person: Person; readonly alliance: Alliance }

export function App() {
  const [who, setWho] = useState<Who>({ kind: 'asking' })
  const place = usePlace()
  useEffect(followLinks, [])
  useEffect(() => {
    void findOut()
  }, [])

  async function findOut(): Promise<void> {
    try {
      const { person } = await api<{ person: Person | null }>('/api/session')
      if (person === null) setWho({ kind: 'nobody', because: null })
      else await signedIn(person)
    } catch (error) {
      const signedOut = error instanceof ApiProblem && error.status === 401
      setWho({ kind: 'nobody', because: signedOut ? null : problemWords(error) })
    }
  }

  async function signedIn(person: Person): Promise<void> {
    setWho({ kind: 'person', person, alliance: await readAlliance() })
    if (place.path !== '/sign-in' && place.path !== '/') return
    const home = seesAlliance(person) ? '/lead' : '/list'
    const [whose, where] = (sessionStorage.getItem(LEFT_AT) ?? '').split(' ')
    sessionStorage.removeItem(LEFT_AT)
    go(whose === person.id && where !== undefined ? where : home, { replace: true })
  }

  if (who.kind === 'asking') return <p class="ptl-loading">Loading</p>
  if (who.kind === 'nobody') return <SignInView onSignedIn={signedIn} because={who.because} />
  return (
    <SignedIn
      key={who.person.id}
      person={who.person}
      alliance={who.alliance}
      place={place}
      onSignedOut={(because) => {
        if (because !== null)
          sessionStorage.setItem(LEFT_AT, `${who.person.id} ${location.pathname}${location.search}`)
        setWho({ kind: 'nobody', because })
        go('/sign-in')
      }}
    />
  )
}

async function readAlliance(): Promise<Alliance> {
  const { name, synthetic, trusts } = await api<Alliance>('/api/alliance')
  return {
    name: plainName(name),
    synthetic,
    trusts: trusts.map((trust) => ({
      code: trust.code,
      name: plainName(trust.name),
      sites: trust.sites.map((site) => ({ code: site.code, name: plainName(site.name) })),
    })),
  }
}

function SignedIn(props: {
  readonly person: Person
  readonly alliance: Alliance
  readonly place: Place
  readonly onSignedOut: (because: string | null) => void
}) {
  const { person, alliance, place, onSignedOut } = props
  const session = useMemo<Session>(
    () => ({
      person,
      alliance,
      live: openPageLive(),
      identities: openIdentityBook(mayKnowNames(person)),
    }),
    [person, alliance],
  )
  // Kept here and not in the address: what is typed to find somebody may say who they are.
  const [searchText, setSearchText] = useState('')
  const [leaving, setLeaving] = useState<'here' | 'everywhere' | null>(null)

  useEffect(() => {
    const stop = session.live.subscribe(({ connection }) => {
      if (connection.kind === 'ended' && connection.because === 'sessionEnded') {
        onSignedOut('Your session has ended. Sign in again to go on where you were.')
      }
    })
    return () => {
      stop()
      session.live.close()
    }
  }, [session])

  // The view goes first and takes with it whatever it still asks for, which would only be refused.
  useEffect(() => {
    if (leaving !== null) void signOut(leaving === 'everywhere')
  }, [leaving])

  async function signOut(everywhere: boolean): Promise<void> {
    const path = everywhere ? '/api/session?everywhere=true' : '/api/session'
    const out = api<{ signOutAt: string } | undefined>(path, { method: 'DELETE' })
    const there = await out.catch(() => undefined)
    // whoever came from the provider is signed out there too
    if (there !== undefined) location.assign(there.signOutAt)
    onSignedOut(null)
  }

  return (
    <SessionProvider value={session}>
      <Shell
        path={place.path}
        onSignOut={(everywhere) => setLeaving(everywhere ? 'everywhere' : 'here')}
      >
        {leaving === null && (
          <View place={place} searchText={searchText} onSearchText={setSearchText} />
        )}
      </Shell>
    </SessionProvider>
  )
}

function View(props: {
  readonly place: Place
  readonly searchText: string
  readonly onSearchText: (text: string) => void
}) {
  const { place, searchText, onSearchText } = props
  const entryId = /^\/entries\/(\d+)$/.exec(place.path)?.[1]
  if (entryId !== undefined) return <EntryView key={entryId} id={Number(entryId)} />
  switch (place.path) {
    case '/suggestions':
      return <SuggestionsView />
    case '/transfers':
      return <TransfersView />
    case '/capacity':
      return <CapacityView query={place.query} />
    case '/lead':
      return <LeadView query={place.query} />
    case '/policy':
      return <PolicyView query={place.query} />
    case '/mdt':
      return <MdtView query={place.query} />
    case '/effect':
      return <EffectView query={place.query} />
    case '/flow':
      return <FlowView query={place.query} />
    case '/weekly':
      return <WeeklyView query={place.query} />
    case '/plan':
      return <PlanView query={place.query} />
    case '/feeds':
      return <FeedsView />
    case '/governance':
      return <GovernanceView />
    default:
      return <ListView query={place.query} text={searchText} onText={onSearchText} />
  }
}
