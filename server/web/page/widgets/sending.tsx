import { useState } from 'preact/hooks'
import { ApiProblem, problemWords } from '../wire/api.ts'
import { DoneNote, ProblemNote } from './note.tsx'

export interface Sending {
  readonly problem: string | null
  /** What was done last, in words. */
  readonly done: string | null
  readonly isBusy: boolean
  /** Resolves to whether it worked. `work` gives the words of what was done, or null where that shows by itself. */
  readonly send: (work: () => Promise<string | null>) => Promise<boolean>
}

/**
 * Something that is sent to the service and may be refused: one thing at a time, with its answer in words.
 * @param onStale somebody else was first: show what they did, keep what was typed
 */
export function useSending(onStale?: () => void): Sending {
  const [problem, setProblem] = useState<string | null>(null)
  const [done, setDone] = useState<string | null>(null)
  const [isBusy, setBusy] = useState(false)
  async function send(work: () => Promise<string | null>): Promise<boolean> {
    setBusy(true)
    setDone(null)
    try {
      setDone(await work())
      setProblem(null)
      return true
    } catch (error) {
      setProblem(problemWords(error))
      if (error instanceof ApiProblem && error.status === 412) onStale?.()
      return false
    } finally {
      setBusy(false)
    }
  }
  return { problem, done, isBusy, send }
}

/** The answer of what was sent last. */
export function Outcome(props: { readonly of: Sending; readonly problem?: string | null }) {
  return (
    <>
      <ProblemNote problem={props.of.problem ?? props.problem ?? null} />
      <DoneNote words={props.of.done} />
    </>
  )
}
