import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { Fetched } from '../wire/fetched.ts'

/** Longer than this is longer than usual. */
const USUAL_MS = 4_000

/** That something is on its way, and after a while that it takes long. Nothing once it is there or has failed. */
export function Loading(props: { readonly of: readonly Fetched<unknown>[] }) {
  return props.of.some(isAwaited) ? <LoadingNote /> : null
}

export function LoadingNote() {
  const [isLong, setLong] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setLong(true), USUAL_MS)
    return () => clearTimeout(timer)
  }, [])
  return (
    <p class="ptl-loading" role="status">
      {isLong ? 'Still loading: the service is slow to answer.' : 'Loading'}
    </p>
  )
}

/** What stands where a sentence about the answer will. */
export function awaitedWords(of: Fetched<unknown>): string {
  return of.hasFailed ? 'Not read.' : 'Loading'
}

/** Figures of the choice before stay, dimmed, until those of the new one are there. */
export function Busy(props: {
  readonly of: readonly Fetched<unknown>[]
  readonly children: ComponentChildren
}) {
  const isBusy = props.of.some(({ isOther }) => isOther)
  return (
    <div class={isBusy ? 'ptl-busy' : ''} aria-busy={isBusy}>
      {props.children}
    </div>
  )
}

function isAwaited({ data, hasFailed }: Fetched<unknown>): boolean {
  return data === null && !hasFailed
}
