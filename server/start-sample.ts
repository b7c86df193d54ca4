import type { Database } from '../db/client.ts'
import { loadSample, type SampleAlliance } from '../db/sample/load.ts'
import { londonDate } from '../shared/date.ts'
import { createFeedKey } from './access/feed-keys/feed-keys.ts'
import { createPerson } from './access/people/people.ts'
import type { Config } from './config.ts'
import type { Receiver } from './feeds/delivery/receive.ts'
import { ndjson } from './feeds/formats/json.ts'
import { progressLines } from './progress.ts'
import { putCapacity } from './reassignment/capacity/capacity.ts'

const TRUSTS = 8

/** Loads the synthetic alliance by the ways that trusts and people use, or finds it there. */
export function bringSample(
  config: Config,
  by: {
    readonly db: Database
    readonly receiver: Receiver
    readonly now: () => number
    readonly say: (line: string) => void
    readonly signal: AbortSignal
  },
): Promise<SampleAlliance> {
  const { db, receiver, now, say, signal } = by
  return loadSample({
    db,
    deliver: (delivery) => receiver.deliver({ ...delivery, format: ndjson }),
    createPerson,
    createFeedKey,
    putCapacity,
    asOf: londonDate(now()),
    pathways: config.samplePathways,
    trusts: TRUSTS,
    seed: config.sampleSeed,
    history: config.sampleHistory,
    onProgress: progressLines(say),
    signal,
  })
}
