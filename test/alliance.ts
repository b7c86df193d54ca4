import { randomBytes, randomUUID } from 'node:crypto'
import type { Test } from 'tap'
import { appendChanges } from '../db/changes.ts'
import type { Change } from '../db/changes.ts'
import type { TransactionSql } from '../db/client.ts'
import { openAccess } from '../server/access/access.ts'
import type { Access } from '../server/access/access.ts'
import { createPerson } from '../server/access/people/people.ts'
import { identityKey } from '../server/access/identity/seal.ts'
import { tumourOf } from '../server/domain/clock/tumour.ts'
import { openLiveList } from '../server/list/live-list.ts'
import type { LiveList } from '../server/list/live-list.ts'
import { openSuggestionBook } from '../server/reassignment/suggestions/book.ts'
import type { SuggestionBook } from '../server/reassignment/suggestions/book.ts'
import type { IsoDate } from '../shared/date.ts'
import { addDays } from '../shared/date.ts'
import type { EntryFacts } from '../shared/entry.ts'
import type { Role, Step, Tumour } from '../shared/vocabulary.ts'
import { testDatabase } from './database.ts'
import type { TestDatabase } from './database.ts'

export const TODAY = '2026-11-22' as IsoDate
const NOON = Date.parse('2026-11-22T12:00:00Z')
const SYSTEM = { kind: 'system', name: 'test' } as const
const TRUSTS = ['XAA', 'XBB', 'XCC'] as const

export interface SeededEntry {
  readonly trust: string
  readonly facts: EntryFacts
  readonly organisations?: readonly string[]
  readonly closedReason?: string
}

/** Three trusts, an alliance, people, the real list over the real database, and a clock that is set by hand. */
export interface TestAlliance {
  readonly db: TestDatabase
  readonly access: Access
  readonly list: LiveList
  readonly book: SuggestionBook
  readonly now: () => number
  setNow(ms: number): void
  /** A cookie of a new session. */
  cookieOf(role: Role, organisation: string): Promise<{ cookie: string; personId: string }>
  /** Writes in one transaction and tells the change log; resolves when the list has it. @returns the seq */
  write(fn: (tx: TransactionSql) => Promise<readonly Change[]>): Promise<number>
  /** Ids of entries added, in order. */
  add(entries: readonly SeededEntry[]): Promise<number[]>
}

export async function testAlliance(t: Test): Promise<TestAlliance> {
  const db = await testDatabase(t)
  let nowMs = NOON
  const now = () => nowMs
  await db.scoped(SYSTEM, async (tx) => {
    for (const code of TRUSTS) {
      await tx`insert into organisation (code, name, kind, synthetic) values (${code}, ${`Trust ${code}`}, 'trust', true)`
      await tx`insert into site (code, organisation, name, synthetic)
        values (${`${code}01`}, ${code}, ${`Hospital ${code}`}, true)`
    }
    await tx`insert into organisation (code, name, kind, synthetic) values ('XAL', 'Alliance', 'alliance', true)`
  })
  const access = await openAccess({ db, keys: [identityKey(randomBytes(32))], now })
  t.teardown(() => access.close())
  const fail = (_fields: object, message: string) => t.fail(message)
  const list = await openLiveList({ db, now, log: { error: fail }, pseudonymKey: 'test' })
  t.teardown(() => list.close())
  const onError = (error: unknown) => t.fail('book', { error })
  const book = await openSuggestionBook({ db, list, now, onError })
  t.teardown(() => book.close())

  const write: TestAlliance['write'] = async (fn) => {
    const seq = await db.scoped(SYSTEM, async (tx) =>
      appendChanges(tx, await fn(tx), new Date(nowMs).toISOString()),
    )
    await list.caughtUp(seq)
    return seq
  }
  return {
    db,
    access,
    list,
    book,
    now,
    setNow(ms) {
      nowMs = ms
    },
    async cookieOf(role, organisation) {
      const person = await createPerson(db, { name: 'Test', role, organisation, sample: true })
      const { token } = await access.signInAsSample(person.id, { headers: {} })
      return { cookie: `ptl_session=${token}`, personId: person.id }
    },
    write,
    async add(entries) {
      const ids: number[] = []
      await write(async (tx) => {
        for (const entry of entries) ids.push(await insert(tx, entry))
        return [{ topic: 'list', kind: 'entries', entryIds: ids }]
      })
      return ids
    },
  }
}

async function insert(tx: TransactionSql, entry: SeededEntry): Promise<number> {
  const { trust, facts, organisations = [trust], closedReason = null } = entry
  const [row] = await tx<{ id: number }[]>`
    insert into entry (trust, local_id, state, closed_reason, tumour, received_on, facts, hash, organisations,
      delivery_id, row_number, extract_at)
    values (${trust}, ${facts.localId}, ${closedReason === null ? 'open' : 'closed'}, ${closedReason},
      ${tumourOf(facts)}, ${facts.receivedOn ?? null}, ${JSON.stringify(facts)}::text::jsonb, ${randomBytes(16)},
      ${[...organisations]}, ${randomUUID()}, 1, now())
    returning id`
  if (row === undefined) throw new Error('not written')
  return row.id
}

/** An urgent referral received so many days before `TODAY`. */
export function referral(
  localId: string,
  daysAgo: number,
  more: Partial<EntryFacts> & { tumour?: Tumour; step?: Step } = {},
): EntryFacts {
  return {
    localId,
    priorityType: '3',
    referralType: '01',
    referralSource: '03',
    receivedOn: addDays(TODAY, -daysAgo),
    tumour: 'lung',
    ...more,
  }
}
