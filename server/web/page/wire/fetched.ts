import { useEffect, useRef, useState } from 'preact/hooks'
import { api, ApiProblem, isPassing, problemWords } from './api.ts'
import { useTroubleBook } from './troubles.ts'

/** First and longest wait before what could not be read is asked for again. */
const AGAIN_MS = 4_000
const AGAIN_AT_MOST_MS = 60_000

export interface Fetched<T> {
  /** What was read last; kept while it is read again, so nothing blinks. */
  readonly data: T | null
  /** What is held answers another path than the one asked for now: the new answer is on its way. */
  readonly isOther: boolean
  /** The last try came to nothing. The page says so by itself, in one place: see `useTroubles`. */
  readonly hasFailed: boolean
  /** It was not there, or not for this person: for the view to say. */
  readonly isMissing: boolean
  readonly reload: () => void
}

interface Held<T> {
  readonly key: string
  readonly data: readonly T[]
}

/**
 * Reads a path, again when the path or `version` changes: hand in the `seq` of a live topic to stay in step with it.
 * @param path null: nothing is wanted for now
 */
export function useFetched<T>(path: string | null, version: string | number = 0): Fetched<T> {
  const all = useFetchedAll<T>(path === null ? [] : [path], version)
  return { ...all, data: all.data?.[0] ?? null }
}

/**
 * The same for several paths at once: all answers, or the first problem. What may pass is asked for again by itself;
 * an answer to another question is not kept for one that could not be read.
 */
export function useFetchedAll<T>(
  paths: readonly string[],
  version: string | number = 0,
): Fetched<readonly T[]> {
  const book = useTroubleBook()
  const reader = useRef({}).current
  const failedTimes = useRef(0)
  const [held, setHeld] = useState<Held<T> | null>(null)
  const [failure, setFailure] = useState<unknown>(null)
  const [asked, setAsked] = useState(0)
  const key = paths.join()
  const reload = (): void => setAsked((before) => before + 1)

  useEffect(() => {
    const stop = new AbortController()
    Promise.all(paths.map((path) => api<T>(path, { signal: stop.signal })))
      .then((data) => {
        if (stop.signal.aborted) return
        failedTimes.current = 0
        setHeld({ key, data })
        setFailure(null)
      })
      .catch((error: unknown) => {
        if (stop.signal.aborted) return
        failedTimes.current += 1
        setHeld((before) => (before?.key === key ? before : null))
        setFailure(error)
      })
    return () => stop.abort()
  }, [key, version, asked])

  const isMissing = isStatus(failure, 404)
  useEffect(() => {
    const isTold = failure === null || isMissing || isStatus(failure, 401)
    const passes = isPassing(failure)
    book.tell(
      reader,
      isTold ? null : { words: problemWords(failure), isPassing: passes, again: reload },
    )
    if (!passes) return undefined
    const waitMs = Math.min(AGAIN_AT_MOST_MS, AGAIN_MS * 2 ** (failedTimes.current - 1))
    const timer = setTimeout(reload, waitMs)
    return () => clearTimeout(timer)
  }, [failure])
  useEffect(() => () => book.tell(reader, null), [book])

  return {
    data: held?.data ?? null,
    isOther: held !== null && held.key !== key,
    hasFailed: failure !== null,
    isMissing,
    reload,
  }
}

function isStatus(error: unknown, status: number): boolean {
  return error instanceof ApiProblem && error.status === status
}
