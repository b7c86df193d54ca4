import { isIsoDate } from '../../shared/date.ts'
import type { Database } from '../client.ts'
import type { SampleOptions } from './population.ts'

/*
 * What of the sample is in the database already, told by the deliveries' idempotency keys: they are written in
 * the transaction that brings the rows, so that neither a crash nor a second start can make them lie.
 */

export interface Loaded {
  /** What the sample in the database was made from; null when there is none. */
  readonly options: SampleOptions | null
  /** Keys of deliveries that are done. */
  readonly done: ReadonlySet<string>
  /** True once every delivery of the history is done. */
  readonly historyComplete: boolean
}

const KEY =
  /^sample:(\d+):(\d{4}-\d\d-\d\d):(\d+):(\d+):(open|history):([A-Z0-9]+)(?::(\d+)\/(\d+))?$/
/** Keys are kept each with its feed; those of the sample come without one said. [FEED-14] */
const FEED = 'main '
const SYSTEM = { kind: 'system', name: 'sample' } as const

export function openKey(options: SampleOptions, trust: string): string {
  return `${prefixOf(options)}:open:${trust}`
}

/** @param part from 1 to `parts`, newest arrivals first */
export function historyKey(
  options: SampleOptions,
  trust: string,
  part: number,
  parts: number,
): string {
  return `${prefixOf(options)}:history:${trust}:${String(part)}/${String(parts)}`
}

export async function readLoaded(db: Database): Promise<Loaded> {
  const rows = await db.scoped(
    SYSTEM,
    (tx) => tx<{ key: string; state: string }[]>`
      select substr(idempotency_key, ${FEED.length + 1}) as key, state from delivery
      where starts_with(idempotency_key, ${`${FEED}sample:`}) order by received_at, id`,
  )
  const done = new Set(rows.filter(({ state }) => state === 'done').map(({ key }) => key))
  let options: SampleOptions | null = null
  let wanted = Infinity
  let history = 0
  for (const { key } of rows) {
    const [, seed, asOf, pathways, trusts, kind, , , parts] = KEY.exec(key) ?? []
    if (seed === undefined || asOf === undefined || !isIsoDate(asOf)) continue
    options ??= { seed: Number(seed), asOf, pathways: Number(pathways), trusts: Number(trusts) }
    if (kind !== 'history') continue
    wanted = Number(parts) * Number(trusts)
    if (done.has(key)) history += 1
  }
  return { options, done, historyComplete: history >= wanted }
}

function prefixOf({ seed, asOf, pathways, trusts }: SampleOptions): string {
  return `sample:${[seed, asOf, pathways, trusts].join(':')}`
}
