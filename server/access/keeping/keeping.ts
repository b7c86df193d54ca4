import type { Database } from '../../../db/client.ts'
import type { RecordHash } from './erased-records.ts'
import { applyRetention } from './erasure.ts'
import { resealAll } from '../identity/reseal.ts'
import type { IdentityKeys } from '../identity/seal.ts'

const DAY_MS = 86_400_000

export interface Keeping {
  /** Resolves when the work of the start is done: everything is under the newest key, and the rules were applied. */
  readonly first: Promise<void>
  close(): Promise<void>
}

/** Work in the background: seals anew what is under an older key, and applies the rules of retention each day. */
export function startKeeping(options: {
  readonly db: Database
  readonly keys: IdentityKeys
  readonly recordHash: RecordHash
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly retention: { readonly years: number; readonly auditYears: number }
  readonly refusedRowBoundTo: (id: string) => string
  readonly onError: (error: unknown) => void
}): Keeping {
  const { db, now, retention, onError } = options
  const closing = new AbortController()
  const retain = async (): Promise<void> => {
    if (!closing.signal.aborted)
      await applyRetention(db, options.recordHash, { ...retention, now: now() })
  }
  const first = resealAll({ ...options, signal: closing.signal })
    .then(retain)
    .catch(onError)
  let work = first
  const daily = setInterval(() => {
    work = retain().catch(onError)
  }, DAY_MS)
  daily.unref()
  return {
    first,
    async close() {
      closing.abort()
      clearInterval(daily)
      await work
    },
  }
}
