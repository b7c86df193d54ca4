import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { ROLES } from '../../../shared/vocabulary.ts'
import { useLive } from './wire/live.ts'
import { waitsForMe } from './moves/road.ts'
import { mayGovern, mayKnowNames, seesAlliance, seesFeeds } from './session/may.ts'
import type { Person } from './session/may.ts'
import { PrintedAt } from './widgets/printed-at.tsx'
import { Stopped } from './widgets/stopped.tsx'
import { Troubles } from './widgets/troubles.tsx'
import { useSession } from './session/session.ts'
import { plainName, timeWords } from './words.ts'

const MENU = [
  ['/list', 'Patient list'],
  ['/mdt', 'MDT list'],
  ['/suggestions', 'Suggestions'],
  ['/transfers', 'Transfers'],
  ['/capacity', 'Capacity'],
  ['/lead', 'Performance'],
  ['/policy', 'Ranking policy'],
  ['/plan', 'Plan settings'],
  ['/feeds', 'Feeds'],
  ['/governance', 'Governance'],
] as const

/** Views that another view leads to. */
const UNLISTED: Readonly<Record<string, string>> = {
  '/weekly': 'Weekly return',
  '/flow': 'Queues ahead',
  '/effect': 'Effect of the plan',
}

/** What stands around every view: who is signed in and where, whether the page is live, and the menu. */
export function Shell(props: {
  readonly path: string
  readonly onSignOut: (everywhere: boolean) => void
  readonly children: ComponentChildren
}) {
  const { person, alliance } = useSession()
  const waiting = useLive((state) => state.suggestions)
  const waitingCount = [...(waiting?.byId.values() ?? [])].filter((one) =>
    waitsForMe(one, person),
  ).length
  const isFirst = useRef(true)
  const menu = useRef<HTMLUListElement>(null)
  const own = alliance.trusts.find((trust) => trust.code === person.organisation)
  useEffect(() => {
    const item = MENU.find(([path]) => props.path.startsWith(path))
    const elsewhere = UNLISTED[props.path] ?? 'Patient list'
    const view = props.path.startsWith('/entries/') ? 'Pathway' : (item?.[1] ?? elsewhere)
    document.title = `${view} - ${alliance.name}`
    // on a telephone the menu is one line that is pushed aside: the present place stays in sight
    menu.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest' })
    // The first view is where the reader starts anyway; a later one is where they have gone.
    if (isFirst.current) isFirst.current = false
    else document.getElementById('view')?.focus()
  }, [props.path])

  return (
    <>
      <a class="nhsuk-skip-link" href="#view">
        Skip to main content
      </a>
      <header class="nhsuk-header ptl-header">
        <div class="nhsuk-header__container nhsuk-width-container">
          <div class="nhsuk-header__service">
            <a class="nhsuk-header__service-name" href="/list">
              {alliance.name} <span class="ptl-header__service">Shared cancer PTL</span>
            </a>
          </div>
          <div class="ptl-header__who">
            <LiveDot />
            <span>
              <strong>{plainName(person.name)}</strong>
              <span class="ptl-header__role">, {ROLES[person.role]}</span>
              <span class="ptl-header__trust">{own?.name ?? alliance.name}</span>
            </span>
            <button type="button" class="ptl-header__out" onClick={() => props.onSignOut(false)}>
              Sign out
            </button>
            <button
              type="button"
              class="ptl-header__out"
              aria-label="Sign out everywhere"
              title="Ends every session of yours, on every computer"
              onClick={() => props.onSignOut(true)}
            >
              <span class="ptl-header__wide">Sign out </span>everywhere
            </button>
          </div>
        </div>
        <nav class="nhsuk-header__navigation" aria-label="Menu">
          <div class="nhsuk-header__navigation-container nhsuk-width-container">
            <ul class="nhsuk-header__navigation-list" ref={menu}>
              {MENU.filter(([path]) => isOffered(path, person)).map(([path, label]) => (
                <li key={path} class={menuClass(props.path, path)}>
                  <a
                    class="nhsuk-header__navigation-link"
                    href={path}
                    {...(isAt(props.path, path) ? { 'aria-current': 'page' as const } : {})}
                  >
                    {label}
                    {path === '/suggestions' && waitingCount > 0 && (
                      <span class="ptl-count">
                        {waitingCount}
                        <span class="nhsuk-u-visually-hidden"> waiting for you</span>
                      </span>
                    )}
                  </a>
                </li>
              ))}
            </ul>
          </div>
        </nav>
      </header>
      <NotLive />
      {alliance.synthetic && (
        <aside class="ptl-synthetic" aria-label="About this data">
          <div class="nhsuk-width-container">
            <strong>Synthetic data.</strong> Every trust, person and NHS number here is made up.
          </div>
        </aside>
      )}
      <div class="nhsuk-width-container">
        <main class="ptl-view" id="view" tabIndex={-1}>
          <p class="ptl-printed">
            Printed <PrintedAt /> by {plainName(person.name)}.
          </p>
          <Troubles />
          <Stopped key={props.path}>{props.children}</Stopped>
        </main>
      </div>
    </>
  )
}

/** Whether what is shown is kept in step with the service, in words and not by colour alone. */
function LiveDot() {
  const connection = useLive((state) => state.connection)
  const isLive = connection.kind === 'live'
  const words = isLive
    ? 'Live'
    : connection.kind === 'ended'
      ? 'Not live: reload'
      : connection.kind === 'connecting'
        ? 'Connecting'
        : 'Reconnecting'
  return (
    <span class={`ptl-live ptl-live--${isLive ? 'on' : 'off'}`} role="status">
      <span class="ptl-live__dot" aria-hidden="true" />
      {words}
    </span>
  )
}

/** A line that breaks for a moment is no news; one that stays broken makes what is shown old. */
const PATIENCE_MS = 3_000

/** That what is shown may be old, since when, and what to do about it. */
function NotLive() {
  const kind = useLive((state) => state.connection.kind)
  const isLive = kind === 'live'
  const [since, setSince] = useState<string | null>(null)
  useEffect(() => {
    setSince(null)
    if (isLive) return undefined
    const at = new Date().toISOString()
    const timer = setTimeout(() => setSince(at), PATIENCE_MS)
    return () => clearTimeout(timer)
  }, [isLive])
  return (
    <div role="status">
      {since !== null && (
        <div class="ptl-not-live">
          <div class="nhsuk-width-container">
            <strong>Not live since {timeWords(since)}.</strong> What you see may be old
            {kind === 'ended'
              ? '. Reload the page.'
              : '; the list and the suggestions are read every 20 seconds. It catches up by itself once connected.'}
          </div>
        </div>
      )}
    </div>
  )
}

/** What somebody may do nothing with is not in their menu. */
function isOffered(path: string, person: Person): boolean {
  switch (path) {
    case '/plan':
      return seesAlliance(person)
    case '/mdt':
      return mayKnowNames(person)
    case '/feeds':
      return seesFeeds(person)
    case '/governance':
      return mayGovern(person)
    default:
      return true
  }
}

function isAt(here: string, path: string): boolean {
  const home = path === '/list' && (here === '/' || here.startsWith('/entries/'))
  return home || here === path
}

function menuClass(here: string, path: string): string {
  const item = 'nhsuk-header__navigation-item'
  return isAt(here, path) ? `${item} nhsuk-header__navigation-item--current` : item
}
