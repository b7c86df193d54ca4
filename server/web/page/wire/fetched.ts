import { useEffect, useState } from 'preact/hooks'
import { api, ApiProblem, problemWords } from './api.ts'

export interface Fetched<T> {
  /** What was read last; kept while it is read again, so nothing blinks. */
  readonly data: T | null
  readonly problem: string | null
  /** It was not there, or not for this person. */
  readonly isMissing: boolean
  readonly isLoading: boolean
  readonly reload: () => void
}

/** Reads a path, again when the path or `version` changes: hand in the `seq` of a live topic to stay in step with it. */
export function useFetched<T>(path: string, version: string | number = 0): Fetched<T> {
  const all = useFetchedAll<T>([path], version)
  return { ...all, data: all.data?.[0] ?? null }
}

/** The same for several paths at once: all answers, or the first problem. */
export function useFetchedAll<T>(
  paths: readonly string[],
  version: string | number = 0,
): Fetched<readonly T[]> {
  const [held, setHeld] = useState<readonly T[] | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const [isMissing, setMissing] = useState(false)
  const [isLoading, setLoading] = useState(true)
  const [asked, setAsked] = useState(0)
  useEffect(() => {
    const stop = new AbortController()
    setLoading(true)
    Promise.all(paths.map((path) => api<T>(path, { signal: stop.signal })))
      .then((data) => {
        setHeld(data)
        setProblem(null)
        setMissing(false)
        setLoading(false)
      })
      .catch((error: unknown) => {
        if (stop.signal.aborted) return
        setProblem(problemWords(error))
        setMissing(error instanceof ApiProblem && error.status === 404)
        setLoading(false)
      })
    return () => stop.abort()
  }, [paths.join(), version, asked])
  return {
    data: held,
    problem,
    isMissing,
    isLoading,
    reload: () => setAsked((before) => before + 1),
  }
}
