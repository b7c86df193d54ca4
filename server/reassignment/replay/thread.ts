import { parentPort } from 'node:worker_threads'
import { populationOf, type SampleOptions } from '../../../db/sample/population.ts'
import { sampleYear } from '../../../db/sample/year.ts'
import type { ReplayResult } from '../../../shared/replay.ts'
import { replay } from '../../domain/replay/replay.ts'

/** How far it is, by and by, and at the end what came of it. */
export type ReplayNews =
  | { readonly kind: 'part'; readonly part: number }
  | { readonly kind: 'done'; readonly result: ReplayResult }

/*
 * The replaying thread: makes the sample's year again from its seed and plays it. It knows no database: what it plays is
 * synthetic and the same every time.
 */

if (parentPort === null) throw new Error('this file is a thread, not a program')
const port = parentPort

port.once('message', (made: SampleOptions) => {
  const playing = replay(sampleYear(populationOf(made)))
  for (;;) {
    const next = playing.next()
    const news: ReplayNews = next.done
      ? { kind: 'done', result: next.value }
      : { kind: 'part', part: next.value }
    port.postMessage(news)
    if (next.done) return
  }
})
