import type { Database } from '../../db/client.ts'
import type { IsoDate } from '../../shared/date.ts'
import { londonDate } from '../../shared/date.ts'
import { board } from './board.ts'
import { follow } from './follower.ts'
import type { ChangeRow, ListChange, LiveList } from './live-entry.ts'
import { pseudonyms } from './held/pseudonym.ts'
import { readLooks, takeLooks } from './looks/read-looks.ts'
import { changedSeqs, readSeqs, takeOwn } from './looks/read-seqs.ts'
import { readAllEntries, readEntries, readPolicy, readStart, readTrusts } from './read-entries.ts'
import { reading } from './reading.ts'

export type {
  ChangeRow,
  CursorPage,
  ListChange,
  LiveEntry,
  LiveList,
  Page,
  Viewer,
} from './live-entry.ts'

const POLL_MS = 5_000
const DAY_CHECK_MS = 1_000
const ENTRIES_A_SLICE = 2_000
const WARM_SLICE_MS = 2
const WARM_REST_MS = 8

interface Log {
  readonly error: (fields: object, message: string) => void
}

/**
 * Reads every entry that belongs on the list, puts them in order, and follows the change log from there on.
 *
 * Three phases: backfill (the log's number first, then the entries), cutover (what was logged meanwhile is read
 * again, which is harmless), live. Resolves once live.
 * @throws when the database cannot be read
 */
export async function openLiveList(options: {
  readonly db: Database
  /** Milliseconds since 1970; decides which day it is in London. */
  readonly now: () => number
  readonly log: Log
  /** Whoever has it can number the pseudonyms: a secret of this alliance that must never change. */
  readonly pseudonymKey: string
  readonly onProgress?: (ready: { readonly loaded: number; readonly total: number }) => void
  readonly pollMs?: number
  readonly dayCheckMs?: number
}): Promise<LiveList> {
  const { db, now, log } = options
  const names = pseudonyms(options.pseudonymKey)
  const listeners = new Set<(change: ListChange) => void>()
  const waiting: { readonly seq: number; readonly done: () => void }[] = []
  const ready = { loaded: 0, total: 0, done: false }
  let applied = 0
  let warming: NodeJS.Timeout | undefined
  let trusts = await readTrusts(db)
  const held = board({ asOf: londonDate(now()), policy: await readPolicy(db) }, names.of)
  const asked = reading(held, (organisation) => trusts.has(organisation))

  async function backfill(): Promise<number> {
    const start = await readStart(db)
    trusts = await readTrusts(db)
    const stored = await readPolicy(db)
    const policy = stored.version === held.policy().version ? held.policy() : stored
    Object.assign(ready, { loaded: 0, total: start.total, done: false })
    const last = await readSeqs(db, start.seq, now())
    let cleared = false
    for await (const records of readAllEntries(db)) {
      // Old rows stand until new ones have arrived.
      if (!cleared) held.clear()
      cleared = true
      held.fill(records, last.seqOf)
      ready.loaded += records.length
      options.onProgress?.(ready)
    }
    held.order(londonDate(now()), policy)
    held.filtering.looks.setOwn(last.own)
    await readLooks(db, held.filtering.looks)
    asked.forget('all')
    warmRows()
    ready.total = ready.loaded
    ready.done = true
    applied = start.seq
    return start.seq
  }

  async function apply(rows: readonly ChangeRow[]): Promise<void> {
    const seq = rows.at(-1)?.seq ?? applied
    const ids = [...new Set(rows.flatMap((row) => row.entryIds))]
    const { records, gone } = ids.length === 0 ? NOTHING : await readEntries(db, ids)
    const lastSeqOf = (id: number) => held.entry(held.slotOf(id) ?? -1)?.seq
    for (const personId of takeOwn(rows, held.filtering.looks, lastSeqOf))
      held.filtering.forgetNewTo(personId)
    const entryIds = held.apply(records, gone, changedSeqs(rows))
    asked.forget(entryIds)
    for (const personId of takeLooks(rows, held.filtering.looks))
      held.filtering.forgetNewTo(personId)
    ready.loaded = held.size()
    ready.total = held.size()
    const newPolicy = rows.some((row) => row.kind === 'policy')
    if (newPolicy) await applyPolicy()
    tell({ seq, rows, entryIds, reRanked: newPolicy })
  }

  /** The sums for a new policy are done a slice at a time: the list answers by the old one meanwhile. */
  async function applyPolicy(): Promise<void> {
    const policy = await readPolicy(db)
    for (const slot of held.prepare(policy)) {
      if (slot % ENTRIES_A_SLICE === 0) await new Promise(setImmediate)
    }
    held.order(held.asOf(), policy)
    asked.forget('all')
    warmRows()
  }

  function tell(change: ListChange): void {
    applied = change.seq
    for (const listener of [...listeners]) {
      try {
        listener(change)
      } catch (error) {
        log.error({ err: error }, 'a listener of the live list failed')
      }
    }
    for (let at = waiting.length - 1; at >= 0; at--) {
      if ((waiting[at]?.seq ?? Infinity) <= applied) waiting.splice(at, 1)[0]?.done()
    }
  }

  /** Builds rows ahead of those who ask, a sliver of the loop at a time, and begins again when all are new. */
  function warmRows(): void {
    clearTimeout(warming)
    const turns = asked.warm()[Symbol.iterator]()
    const some = (): void => {
      const until = performance.now() + WARM_SLICE_MS
      while (performance.now() < until) if (turns.next().done === true) return
      warming = setTimeout(some, WARM_REST_MS).unref()
    }
    warming = setTimeout(some, WARM_REST_MS).unref()
  }

  function rerank(asOf: IsoDate): void {
    held.order(asOf, held.policy())
    asked.forget('all')
    warmRows()
    tell({ seq: applied, rows: [], entryIds: new Set(), reRanked: true })
  }

  const from = await backfill()
  const follower = await follow({
    db,
    from,
    pollMs: options.pollMs ?? POLL_MS,
    apply,
    async reload() {
      const seq = await backfill()
      tell({ seq, rows: [], entryIds: new Set(), reRanked: true })
      return seq
    },
    onError: (error) =>
      log.error({ err: error }, 'the change log could not be followed; trying again'),
  })
  const dayCheck = setInterval(() => {
    const today = londonDate(now())
    if (today !== day) rerank(today)
    day = today
  }, options.dayCheckMs ?? DAY_CHECK_MS).unref()
  let day = held.asOf()

  return {
    get seq() {
      return applied
    },
    ready,
    asOf: held.asOf,
    policy: held.policy,
    page: asked.page,
    pageAfter: asked.pageAfter,
    facets: asked.facets,
    count: asked.count,
    position: asked.position,
    row: asked.row,
    facts: (id) => asked.entry(id)?.facts,
    entry: asked.entry,
    entries: asked.entries,
    deadlines: (id) => asked.entry(id)?.deadlines ?? [],
    looked: held.filtering.looks.of,
    maySee: asked.maySee,
    pseudonym: names.of,
    rerank,
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    caughtUp(seq) {
      if (seq <= applied) return Promise.resolve()
      follower.wake()
      return new Promise((done) => waiting.push({ seq, done }))
    },
    async close() {
      clearInterval(dayCheck)
      clearTimeout(warming)
      listeners.clear()
      await follower.close()
    },
  }
}

const NOTHING = { records: [], gone: [] }
