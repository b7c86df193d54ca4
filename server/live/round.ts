export interface Rounds {
  /** Something is to be told: now when at rest, in the next round otherwise. */
  schedule(): void
  isRunning(): boolean
  lastRoundMs(): number
  close(): void
}

/**
 * Paces telling. The first change is told at once; those that come during a round, or in the rest after it, are
 * told together in the next. The rest is as long as the work took: a flood of changes costs half the event loop
 * and never all of it. [LIVE-7]
 */
export function openRounds(options: {
  readonly run: () => Promise<void>
  /** Shortest rest. */
  readonly restMs: number
  readonly onError: (error: unknown) => void
}): Rounds {
  let state: 'idle' | 'due' | 'running' | 'closed' = 'idle'
  let isMoreDue = false
  let lastRoundMs = 0
  let rest: ReturnType<typeof setTimeout> | undefined

  return {
    schedule,
    isRunning: () => state === 'running',
    lastRoundMs: () => lastRoundMs,
    close() {
      state = 'closed'
      clearTimeout(rest)
    },
  }

  function schedule(): void {
    isMoreDue = true
    if (state !== 'idle') return
    state = 'due'
    setImmediate(() => void runOnce())
  }

  async function runOnce(): Promise<void> {
    if (state === 'closed') return
    state = 'running'
    isMoreDue = false
    const startedMs = performance.now()
    try {
      await options.run()
    } catch (error) {
      options.onError(error)
    }
    lastRoundMs = performance.now() - startedMs
    if (isClosed()) return
    rest = setTimeout(
      () => {
        state = 'idle'
        if (isMoreDue) schedule()
      },
      Math.max(options.restMs, lastRoundMs),
    )
  }

  // Read anew: it may have been closed while the round was away.
  function isClosed(): boolean {
    return state === 'closed'
  }
}

/**
 * Gives the event loop back whenever a slice of work is used up.
 * @returns a function to await between pieces of work; undefined while there is time left
 */
export function timeSlices(sliceMs: number): () => Promise<void> | undefined {
  let fromMs = performance.now()
  return () => {
    if (performance.now() - fromMs < sliceMs) return undefined
    return new Promise((resolve) => {
      setImmediate(() => {
        fromMs = performance.now()
        resolve()
      })
    })
  }
}
