import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import fc from 'fast-check'
import t from 'tap'
import { nhsNumberAt } from '../../db/sample/nhs-number.ts'
import { openAccess } from '../../server/access/access.ts'
import { identityKey } from '../../server/access/identity/seal.ts'
import { openReceiver } from '../../server/feeds/delivery/receive.ts'
import { FORMATS } from '../../server/feeds/formats/choose.ts'
import { splitCsv } from '../../server/feeds/formats/csv.ts'
import { openDigests } from '../../server/feeds/merge/digest.ts'
import { createEntryPositions } from '../../server/feeds/merge/entry-positions.ts'
import { createIdSet } from '../../server/feeds/merge/id-set.ts'
import { openGroupCutter } from '../../server/feeds/merge/line-groups.ts'
import { createLineTable } from '../../server/feeds/merge/line-table.ts'
import type { DeliveryMode, Receipt } from '../../shared/delivery.ts'
import { testDatabase } from '../database.ts'
import { inPieces } from './bodies.ts'

const SYSTEM = { kind: 'system', name: 'test' } as const
const NOW_MS = Date.parse('2026-11-22T12:00:00Z')
/** FUZZ=20 runs the properties twenty times as long. */
const LONGER = Number(process.env['FUZZ'] ?? 1)
const digests = openDigests(Buffer.from('test'))

/** The hash of each group of a CSV body, and the records in it, cut from pieces of this size. */
async function groupsOf(body: Buffer, pieceBytes: number): Promise<[string, string[], number][]> {
  const cutter = openGroupCutter()
  const groups: [string, string[], number][] = []
  const take = ({ bytes, bounds, firstRow, ends }: ReturnType<typeof cutter.rest>): void => {
    let from = 0
    for (const end of ends) {
      const records: string[] = []
      for (let at = from; at < end; at += 2) {
        records.push(bytes.subarray(bounds[at], bounds[at + 1]).toString())
      }
      const hash = digests.group(bytes, bounds, from, end)?.toString('hex') ?? ''
      groups.push([hash, records, firstRow + from / 2])
      from = end
    }
  }
  for await (const batch of splitCsv(inPieces(body, pieceBytes))) take(cutter.cut(batch))
  take(cutter.rest())
  return groups
}

const csvLines = fc.array(fc.stringMatching(/^[0-9a-c]{1,30}$/), { minLength: 1, maxLength: 80 })

t.test('FEED-20 groups hold every line once, however the body is cut on its way', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      csvLines,
      fc.integer({ min: 1, max: 400 }),
      fc.constantFrom('\n', '\r\n'),
      async (lines, pieceBytes, ending) => {
        const body = Buffer.from(lines.join(ending))
        const groups = await groupsOf(body, pieceBytes)
        t.same(
          groups.flatMap(([, records]) => records),
          lines,
        )
        let row = 1
        for (const [, records, firstRow] of groups) {
          t.equal(firstRow, row)
          row += records.length
        }
        // A piece in which a record stands alone does not show what stands between two.
        if (pieceBytes >= 100) t.same(groups, await groupsOf(body, body.length))
      },
    ),
    { numRuns: 60 * LONGER },
  )
})

t.test(
  'FEED-20 a line more moves only the groups beside it; equal bytes cut otherwise are another group',
  async (t) => {
    const lines = Array.from({ length: 2_000 }, (_, at) => `${nhsNumberAt(at)},${at},x`)
    const whole = await groupsOf(Buffer.from(lines.join('\n')), 16_384)
    t.ok(whole.length > 100 && whole.length < 400, `${whole.length} groups`)
    const known = new Set(whole.map(([hash]) => hash))
    t.equal(known.size, whole.length)
    const more = [...lines.slice(0, 900), 'a line more', ...lines.slice(900)]
    const other = await groupsOf(Buffer.from(more.join('\n')), 10_000)
    t.ok(other.filter(([hash]) => !known.has(hash)).length <= 3)
    const bytes = Buffer.from('abcdef')
    const hashOf = (bounds: number[]) =>
      digests.group(bytes, bounds, 0, bounds.length)?.toString('hex')
    t.not(hashOf([0, 2, 2, 6]), hashOf([0, 3, 3, 6]))
    t.not(hashOf([0, 6]), digests.line(bytes, 0, 6).toString('hex'))
    t.equal(digests.group(Buffer.alloc(70_000), [0, 70_000], 0, 2), null)
  },
)

t.test(
  'FEED-20 a hash that comes again is found where it came last; ids are found as in a Set',
  (t) => {
    const [one, other] = [randomBytes(16), randomBytes(16)]
    const table = createLineTable(3)
    table.addAll(Buffer.concat([one, other]))
    table.addAll(one)
    t.same([table.find(one), table.find(other), table.find(randomBytes(16))], [2, 1, -1])
    fc.assert(
      fc.property(fc.array(fc.maxSafeNat()), fc.array(fc.nat(9_000)), (far, near) => {
        const ids = [...far, ...near]
        const half = ids.filter((_, at) => at % 2 === 0)
        const set = createIdSet()
        for (const id of half) set.add(id)
        for (const id of ids) t.equal(set.has(id), half.includes(id))
      }),
    )
    t.end()
  },
)

t.test('FEED-20 the line of an entry that holds is found, wherever numbers of entries lie', (t) => {
  const ids = fc.uniqueArray(fc.oneof(fc.nat(200), fc.maxSafeNat()), { maxLength: 30 })
  fc.assert(
    fc.property(ids, fc.nat(30), (all, place) => {
      // What changed has a line that is gone and a later one that holds; the last entry has none that holds.
      const entryIds = Float64Array.from([...all, ...all.slice(0, place)])
      const gone = Uint8Array.from(entryIds, (_, at) =>
        at < Math.min(place, all.length) || at === all.length - 1 ? 1 : 0,
      )
      const positions = createEntryPositions(entryIds, gone)
      for (const id of [...all, 7, 10 ** 9]) {
        const wanted = entryIds.findIndex((other, at) => other === id && gone[at] === 0)
        t.equal(positions.of(id), wanted)
      }
    }),
  )
  t.end()
})

interface Row {
  readonly key: number
  readonly note: number
  readonly bad: boolean
}

const place = fc.nat(1_000)
const edit = fc.oneof(
  fc.record({ kind: fc.constant('change' as const), at: place, note: fc.nat(3) }),
  fc.record({ kind: fc.constant('spoil' as const), at: place }),
  fc.record({
    kind: fc.constant('drop' as const),
    at: place,
    count: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.constant(60)),
  }),
  fc.record({ kind: fc.constant('add' as const), at: place }),
  fc.record({
    kind: fc.constant('repeat' as const),
    at: place,
    count: fc.integer({ min: 1, max: 25 }),
    to: place,
  }),
  fc.record({
    kind: fc.constant('move' as const),
    at: place,
    count: fc.integer({ min: 1, max: 25 }),
    to: place,
  }),
)
const step = fc.record({
  mode: fc.constantFrom<DeliveryMode>('snapshot', 'snapshot', 'snapshot', 'delta'),
  /** Sent, and forgotten: the next body goes out from the one before. */
  passing: fc.boolean(),
  edits: fc.array(edit, { maxLength: 3 }),
  from: place,
  count: fc.integer({ min: 1, max: 20 }),
  ending: fc.constantFrom('\n', '\n', '\r\n'),
  pieceBytes: fc.integer({ min: 50, max: 9_000 }),
  format: fc.constantFrom<'ndjson' | 'json'>('ndjson', 'ndjson', 'ndjson', 'json'),
  hoursAgo: fc.constantFrom(0, 0, 0, 0, 0, 1),
  /** A record without its key, or one that removes a pathway. */
  beside: fc.constantFrom(...Array<null>(6).fill(null), 'keyless' as const, 'removal' as const),
})
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

t.test(
  'FEED-8 FEED-20 any snapshots and deltas come to the same with lines remembered and with none',
  async (t) => {
    const db = await testDatabase(t)
    const access = await openAccess({
      db,
      keys: [identityKey(randomBytes(32))],
      now: () => NOW_MS,
    })
    t.teardown(() => access.close())
    const receiver = openReceiver({
      db,
      seal: (identity) => access.seal(identity),
      unseal: (row) => access.unseal(row),
      now: () => NOW_MS,
    })
    let run = 0
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 6 }), async (steps) => {
        run += 1
        const [remembers, forgets] = [`R${run}`, `F${run}`]
        await db.scoped(SYSTEM, async (tx) => {
          for (const code of [remembers, forgets]) {
            await tx`insert into organisation (code, name, kind, synthetic) values (${code}, ${code}, 'trust', true)`
          }
        })
        let rows: readonly Row[] = Array.from({ length: 70 }, (_, key) => ({
          key,
          note: 0,
          bad: false,
        }))
        await both(rows, {
          mode: 'snapshot',
          ending: '\n',
          pieceBytes: 9_000,
          format: 'ndjson',
          hoursAgo: 1,
          beside: null,
        })
        for (const one of steps) {
          const edited = one.edits.reduce(edit1, rows)
          if (!one.passing) rows = edited
          const from = one.from % Math.max(edited.length, 1)
          const sent = one.mode === 'snapshot' ? edited : edited.slice(from, from + one.count)
          if (sent.length > 0) await both(sent, one)
        }

        async function both(
          sent: readonly Row[],
          how: Omit<Step, 'passing' | 'edits' | 'from' | 'count'>,
        ): Promise<void> {
          const records = sent.map(lineOf)
          if (how.beside === 'keyless') records.push('{"ppid":"P0"}')
          if (how.beside === 'removal') records.unshift(removalOf(sent.length % 90))
          const text = records.join(how.format === 'json' ? `,${how.ending}` : how.ending)
          const body = Buffer.from(how.format === 'json' ? `{"entries":[${text}]}` : text)
          const receipts: Receipt[] = []
          for (const trust of [remembers, forgets]) {
            if (trust === forgets) {
              await db.scoped(
                SYSTEM,
                (tx) => tx`delete from feed_line_set where trust = ${forgets}`,
              )
            }
            receipts.push(
              await receiver.deliver({
                trust,
                mode: how.mode,
                format: FORMATS[how.format],
                extractAt: new Date(NOW_MS - how.hoursAgo * 3_600_000).toISOString(),
                body: Readable.from(inPieces(body, how.pieceBytes)),
              }),
            )
          }
          const [said, wanted] = receipts.map(({ state, counts, issues }) => ({
            state,
            counts,
            refused: issues.filter(({ severity }) => severity !== 'warns'),
          }))
          t.same(said, wanted)
          t.same(await entriesOf(remembers), await entriesOf(forgets))
          t.same(await unguardedOf(remembers), [], 'open, and no set could tell that it went')
        }
      }),
      { numRuns: 25 * LONGER },
    )
    const [kept] = await db.scoped(
      SYSTEM,
      (tx) => tx`select count(*)::int as groups from feed_lines where group_sizes <> ''`,
    )
    t.ok(Number(kept?.['groups']) > 25 * LONGER, `${String(kept?.['groups'])} blocks with groups`)

    async function entriesOf(trust: string) {
      return db.scoped(
        SYSTEM,
        (tx) => tx`
          select local_id, state, closed_reason, facts, row_number, version, nhs_hash
          from entry left join identity on entry_id = id where trust = ${trust} order by local_id`,
      )
    }

    /** Open entries that are neither of a line of each set, nor among its others, nor marked as written since. */
    async function unguardedOf(trust: string) {
      return db.scoped(SYSTEM, async (tx) => {
        const sets = await tx<{ format: string; ids: Buffer }[]>`
          select format, s.others || coalesce(
            (select string_agg(entry_ids, '') from feed_lines l where l.trust = s.trust and l.format = s.format), '') as ids
          from feed_line_set s where trust = ${trust}`
        const dropped = await tx<{ format: string; id: number }[]>`
          select format, entry_id as id from feed_line_dropped where trust = ${trust}`
        const open = await tx<{ id: number }[]>`
          select id from entry where trust = ${trust} and state = 'open'`
        return sets.flatMap(({ format, ids }) => {
          const guarded = new Set(
            Array.from({ length: ids.length / 8 }, (_, at) => ids.readDoubleLE(at * 8)),
          )
          for (const one of dropped) if (['', format].includes(one.format)) guarded.add(one.id)
          return open.filter(({ id }) => !guarded.has(id))
        })
      })
    }
  },
)

function edit1(rows: readonly Row[], one: typeof edit extends fc.Arbitrary<infer E> ? E : never) {
  const at = one.at % Math.max(rows.length, 1)
  switch (one.kind) {
    case 'change':
      return rows.map((row, place) => (place === at ? { ...row, note: one.note } : row))
    case 'spoil':
      return rows.map((row, place) => (place === at ? { ...row, bad: !row.bad } : row))
    case 'drop':
      return rows.toSpliced(at, one.count)
    case 'add':
      return rows.toSpliced(at, 0, { key: 100 + one.at, note: 0, bad: false })
    case 'repeat':
      return rows.toSpliced(one.to % Math.max(rows.length, 1), 0, ...rows.slice(at, at + one.count))
    case 'move': {
      const rest = rows.toSpliced(at, one.count)
      const to = one.to % Math.max(rest.length, 1)
      return rest.toSpliced(to, 0, ...rows.slice(at, at + one.count))
    }
  }
}

function keyOf(key: number): string {
  return `${(key * 7_919) % 1_000}-${key}`
}

function removalOf(key: number): string {
  return JSON.stringify({ localId: keyOf(key), remove: true })
}

function lineOf({ key, note, bad }: Row): string {
  return JSON.stringify({
    localId: keyOf(key),
    ppid: `P${key}`,
    priorityType: '3',
    receivedOn: bad ? 'x' : '2026-10-01',
    rttDelayComment: `n${note}`,
    identity: { nhsNumber: nhsNumberAt(key), name: 'Made-Up' },
  })
}

t.test('FEED-20 who is known already is not sealed again; somebody else is', async (t) => {
  const db = await testDatabase(t)
  const access = await openAccess({ db, keys: [identityKey(randomBytes(32))], now: () => NOW_MS })
  t.teardown(() => access.close())
  await db.scoped(
    SYSTEM,
    (tx) =>
      tx`insert into organisation (code, name, kind, synthetic) values ('QAA', 'QAA', 'trust', true)`,
  )
  let sealings = 0
  const receiver = openReceiver({
    db,
    seal(identity) {
      sealings += 1
      return access.seal(identity)
    },
    unseal: (row) => access.unseal(row),
    digestSecret: 'ab',
    now: () => NOW_MS,
  })
  const send = async (note: number, number: number): Promise<number> => {
    const before = sealings
    const text = lineOf({ key: 1, note, bad: false }).replace(nhsNumberAt(1), nhsNumberAt(number))
    await receiver.deliver({
      trust: 'QAA',
      mode: 'snapshot',
      format: FORMATS.ndjson,
      body: Readable.from([Buffer.from(text)]),
    })
    return sealings - before
  }
  t.equal(await send(0, 1), 1)
  t.equal(await send(1, 1), 0, 'another note of the same person')
  t.equal(await send(1, 2), 1, 'another person')
  const [row] = await db.scoped(
    SYSTEM,
    (tx) => tx<{ keyId: string; sealed: Buffer }[]>`select key_id as "keyId", sealed from identity`,
  )
  t.match(row === undefined ? null : access.unseal(row), { nhsNumber: nhsNumberAt(2) })
})
