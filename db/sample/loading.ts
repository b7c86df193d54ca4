import type { CapacityDay } from '../../shared/capacity.ts'
import type { DeliveryMode, Receipt } from '../../shared/delivery.ts'
import type { Step } from '../../shared/vocabulary.ts'
import type { Database, TransactionSql } from '../client.ts'
import type { SampleSignIn } from './people.ts'
import type { SampleOptions } from './population.ts'

/** A delivery of the sample, to go the way every delivery goes. */
export interface SampleDelivery {
  readonly trust: string
  readonly mode: DeliveryMode
  readonly format: 'ndjson'
  readonly body: AsyncIterable<Buffer>
  /** ISO 8601 */
  readonly extractAt: string
  readonly idempotencyKey: string
}

export interface SampleProgress {
  readonly phase: 'open' | 'capacity' | 'history'
  /** Entries or slots taken so far in this phase. */
  readonly rows: number
  /** Part of the phase that is done, 0 to 1. */
  readonly part: number
}

export interface LoadOptions extends SampleOptions {
  readonly db: Database
  /** The one delivery path. */
  readonly deliver: (delivery: SampleDelivery) => Promise<Receipt>
  readonly createPerson: (
    db: Database,
    person: SampleSignIn & { readonly sample: true },
  ) => Promise<unknown>
  readonly createFeedKey: (
    db: Database,
    options: {
      readonly organisation: string
      readonly label: string
      readonly sample: true
      readonly sampleSeed: string
    },
  ) => Promise<{ readonly key: string }>
  readonly putCapacity: (
    tx: TransactionSql,
    bucket: { readonly site: string; readonly step: Step; readonly days: readonly CapacityDay[] },
    at: string,
  ) => Promise<void>
  /** Load closed pathways behind the start. Default true. */
  readonly history?: boolean
  readonly onProgress?: (progress: SampleProgress) => void
  readonly signal?: AbortSignal
}

/** The synthetic alliance as it stands in the database. */
export interface SampleAlliance {
  /** What it was made from: of the first start, whatever was asked of this one. */
  readonly made: SampleOptions
  readonly people: readonly SampleSignIn[]
  readonly keys: readonly { readonly organisation: string; readonly key: string }[]
  /** False when the open lists were there already. */
  readonly fresh: boolean
  /** Entries of the history taken by this start; settles when all of it is in or `signal` has ended it. */
  readonly history: Promise<number>
}
