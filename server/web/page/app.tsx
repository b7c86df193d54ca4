import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { api, ApiProblem, isPassing, problemWords, SIGNED_OUT } from './wire/api.ts'
import { EntryView } from './entry/entry-view.tsx'
import { openIdentityBook } from './session/identities.ts'
import { later } from './widgets/later.tsx'
import { LoadingNote } from './widgets/loading.tsx'
import { openTroubleBook, TroubleProvider, useTroubleBook, useTroubles } from './wire/troubles.ts'
import { Outside } from './session/outside.tsx'
import type { Drafts } from './session/drafts.ts'
import { ListView } from './list/list-view.tsx'
import { openPageLive } from './wire/live.ts'
import { followLinks, go, usePlace } from './router.ts'
import type { Place } from './router.ts'
import { mayKnowNames, seesAlliance } from './session/may.ts'
import { SessionProvider } from './session/session.ts'
import type { Person } from './session/may.ts'
import type { Alliance, Session } from './session/session.ts'
import { Shell } from './shell.tsx'
import { SignInView } from './session/sign-in-view.tsx'
import { plainName } from './words.ts'

// What most people do not open first is asked for when they do.
const figures = () => import('./views-of-figures.ts')
const work = () => import('./views-of-work.ts')
const settings = () => import('./views-of-settings.ts')
const CapacityView = later(async () => (await settings()).CapacityView)
const EffectView = later(async () => (await figures()).EffectView)
const FeedsView = later(async () => (await settings()).FeedsView)
const FlowView = later(async () => (await figures()).FlowView)
const GovernanceView = later(async () => (await settings()).GovernanceView)
const LeadView = later(async () => (await figures()).LeadView)
const MdtView = later(async () => (await work()).MdtView)
const PlanView = later(async () => (await settings()).PlanView)
const PolicyView = later(async () => (await settings()).PolicyView)
const SuggestionsView = later(async () => (await work()).SuggestionsView)
const TransfersView = later(async () => (await work()).TransfersView)
const WeeklyView = later(async () => (await figures()).WeeklyView)

/** Whose session ended and where they were: nothing of a patient stands in an address. */
const LEFT_AT = 'ptl-left-at'

/** Before it is asked again who is signed in, when nobody could say. */
const ASK_AGAIN_MS = 4_000
const NOT_TOLD =
  'The service could not be told that you left: this computer may still be signed in. Sign in and out again once it answers.'
const ENDED =
  'Your session has ended. Sign in again to go on where you were; what you typed is kept.'

/** Who is signed in: not known yet, nobody, or somebody with the names of the alliance. */
type Who =
  | { readonly kind: 'asking' }
  | { readonly kind: 'nobody'; readonly because: string | null }
  | { readonly kind: 'person'; readonly person: Person; readonly alliance: Alliance }

export function App() {
  const book = useMemo(openTroubleBook, [])
  return (
    <TroubleProvider value={book}>
      <WhoIsThere />
    </TroubleProvider>
  )
}

function WhoIsThere() {
  const book = useTroubleBook()
  const drafts = useRef<{ readonly of: string; readonly all: Drafts }>({ of: '', all: new Map() })
  const [who, setWho] = useState<Who>({ kind: 'asking' })
  const place = usePlace()
  const troubles = useTroubles()
  useEffect(followLinks, [])
  useEffect(() => {
    void findOut()
  }, [])
  // whatever was not known, it is known now or asked for anew
  useEffect(() => {
    if (who.kind !== 'asking') book.tell(book, null)
  }, [who])

  async function findOut(): Promise<void> {
    try {
      const { person } = await api<{ person: Person | null }>('/api/session')
      if (person === null) setWho({ kind: 'nobody', because: null })
      else await signedIn(person)
    } catch (error) {
      const signedOut = error instanceof ApiProblem && error.status === 401
      const words = problemWords(error)
      if (!isPassing(error)) return setWho({ kind: 'nobody', because: signedOut ? null : words })
      // a service that starts, or a line that is down: whoever is signed in still is
      book.tell(book, { words, isPassing: true, again: () => void findOut() })
      setTimeout(() => void findOut(), ASK_AGAIN_MS)
    }
  }

  async function signedIn(person: Person): Promise<void> {
    const alliance = await readAlliance()
    // nobody finds what somebody else typed
    if (drafts.current.of !== person.id) drafts.current = { of: person.id, all: new Map() }
    setWho({ kind: 'person', person, alliance })
    if (place.path !== '/sign-in' && place.path !== '/') return
    const home = seesAlliance(person) ? '/lead' : '/list'
    const [whose, where] = (sessionStorage.getItem(LEFT_AT) ?? '').split(' ')
    sessionStorage.removeItem(LEFT_AT)
    go(whose === person.id && where !== undefined ? where : home, { replace: true })
  }

  if (who.kind === 'asking') return <Outside>{troubles.length === 0 && <LoadingNote />}</Outside>
  if (who.kind === 'nobody') return <SignInView onSignedIn={signedIn} because={who.because} />
  return (
    <SignedIn
      key={who.person.id}
      person={who.person}
      alliance={who.alliance}
      place={place}
      drafts={drafts.current.all}
      onSignedOut={(because, hasLeft) => {
        if (hasLeft) drafts.current = { of: '', all: new Map() }
        else
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
  readonly drafts: Drafts
  /** `hasLeft`: they wanted to; else they go on where they were once they have signed in again. */
  readonly onSignedOut: (because: string | null, hasLeft: boolean) => void
}) {
  const { person, alliance, place, drafts, onSignedOut } = props
  const session = useMemo<Session>(
    () => ({
      person,
      alliance,
      live: openPageLive(),
      identities: openIdentityBook(mayKnowNames(person)),
      drafts,
    }),
    [person, alliance, drafts],
  )
  // Kept here and not in the address: what is typed to find somebody may say who they are.
  const [searchText, setSearchText] = useState('')
  const [leaving, setLeaving] = useState<'here' | 'everywhere' | null>(null)

  useEffect(() => {
    const stop = session.live.subscribe(({ connection }) => {
      if (connection.kind === 'ended' && connection.because === 'sessionEnded') {
        onSignedOut(ENDED, false)
      }
    })
    const ended = (): void => onSignedOut(ENDED, false)
    addEventListener(SIGNED_OUT, ended)
    return () => {
      stop()
      removeEventListener(SIGNED_OUT, ended)
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
    try {
      const there = await out
      // whoever came from the provider is signed out there too
      if (there !== undefined) location.assign(there.signOutAt)
      onSignedOut(null, true)
    } catch {
      onSignedOut(NOT_TOLD, true)
    }
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
