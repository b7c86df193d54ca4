import { useEffect, useState } from 'preact/hooks'

/** Where the page is: a path and the parts of the filter that may stand in an address. Never anything of a patient. */
export interface Place {
  readonly path: string
  readonly query: ReadonlyMap<string, string>
}

const MOVED = 'ptl-moved'

/** The present place; draws again when it changes. */
export function usePlace(): Place {
  const [place, setPlace] = useState(here)
  useEffect(() => {
    const moved = (): void => setPlace(here())
    window.addEventListener('popstate', moved)
    window.addEventListener(MOVED, moved)
    return () => {
      window.removeEventListener('popstate', moved)
      window.removeEventListener(MOVED, moved)
    }
  }, [])
  return place
}

/** Goes to an address of this page. `replace` leaves no step back. */
export function go(address: string, options: { readonly replace?: boolean } = {}): void {
  if (options.replace === true) history.replaceState(null, '', address)
  else history.pushState(null, '', address)
  window.dispatchEvent(new Event(MOVED))
}

/** The address of a path with those parts of the query that are not ''. */
export function address(path: string, query: Readonly<Record<string, string>>): string {
  const kept = Object.entries(query).filter(([, value]) => value !== '')
  return kept.length === 0 ? path : `${path}?${new URLSearchParams(kept).toString()}`
}

/** Lets plain links within the page move it without a reload. Returns the end of it. */
export function followLinks(): () => void {
  const clicked = (event: MouseEvent): void => {
    if (event.defaultPrevented || event.button !== 0) return
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    const link = event.target instanceof Element ? event.target.closest('a') : null
    if (link === null || link.target !== '' || link.hasAttribute('download')) return
    if (link.origin !== location.origin || !isOwnPath(link.pathname)) return
    if (link.hash !== '') return
    event.preventDefault()
    go(link.pathname + link.search)
    window.scrollTo(0, 0)
  }
  document.addEventListener('click', clicked)
  return () => document.removeEventListener('click', clicked)
}

const OWN_PATHS =
  /^\/$|^\/(sign-in|list|entries\/\d+|suggestions|transfers|capacity|lead|mdt|weekly|flow|effect|policy|plan|feeds|governance)$/

function isOwnPath(path: string): boolean {
  return OWN_PATHS.test(path)
}

function here(): Place {
  return { path: location.pathname, query: new Map(new URLSearchParams(location.search)) }
}
