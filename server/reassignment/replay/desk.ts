import type { Worker } from 'node:worker_threads'
import type { SampleOptions } from '../../../db/sample/population.ts'
import type { ReplayAnswer } from '../../../shared/replay.ts'
import type { ReplayNews } from './thread.ts'
import { startThread } from '../thread.ts'

/** A larger sample is played as one of this size: under a minute, and a quarter of a gigabyte. */
const MOST_PATHWAYS = 6_000
/** Whatever happens it ends: a thread that is longer at it, or wants more memory, is stopped. */
const LONGEST_MS = 600_000
const MOST_MEMORY_MB = 1_024

/** Where the sample's year is played: once, when first asked for, on a thread of its own; the result is kept. */
export interface ReplayDesk {
  /** How it stands; looking starts nothing. */
  answer(): ReplayAnswer
  /** Begins where nothing is under way or done. */
  start(): void
  close(): Promise<void>
}

/** Where there is nothing to play. */
export const NO_REPLAY: ReplayDesk = {
  answer: () => ({ state: 'none' }),
  start: () => undefined,
  close: async () => undefined,
}

/** @param options.made what the sample was made from; null: there is none */
export function openReplayDesk(options: {
  readonly made: SampleOptions | null
  readonly onError: (error: unknown) => void
}): ReplayDesk {
  const { made, onError } = options
  let standing: ReplayAnswer = made === null ? { state: 'none' } : { state: 'idle' }
  let worker: Worker | null = null
  let watchdog: NodeJS.Timeout | undefined

  function end(last: ReplayAnswer): void {
    standing = last
    clearTimeout(watchdog)
    void worker?.terminate()
    worker = null
  }

  return {
    answer: () => standing,
    start() {
      if (made === null || worker !== null || standing.state === 'done') return
      const started = startThread(new URL('./thread.ts', import.meta.url), {
        maxOldGenerationSizeMb: MOST_MEMORY_MB,
      })
      worker = started
      standing = { state: 'running', part: 0 }
      const fail = (error?: unknown): void => {
        if (worker !== started) return
        end({ state: 'failed' })
        onError(error ?? new Error('the replay ended before it was done'))
      }
      started.on('message', (news: ReplayNews) => {
        if (worker !== started) return
        if (news.kind === 'done') end({ state: 'done', result: news.result })
        else standing = { state: 'running', part: news.part }
      })
      started.on('error', fail)
      started.on('exit', () => fail())
      watchdog = setTimeout(() => fail(new Error('the replay took too long')), LONGEST_MS)
      watchdog.unref()
      const pathways = Math.min(made.pathways, MOST_PATHWAYS)
      started.postMessage({ ...made, pathways } satisfies SampleOptions)
    },
    async close() {
      const last = worker
      end({ state: 'none' })
      await last?.terminate()
    },
  }
}
