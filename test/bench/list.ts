import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { connect } from '../../db/connection.ts'
import { openDatabase } from '../../db/client.ts'
import type { Database } from '../../db/client.ts'
import { startEmbedded } from '../../db/embedded.ts'
import { migrate } from '../../db/migrate.ts'
import { addDays, londonDate } from '../../shared/date.ts'
import type { ListFilter } from '../../shared/list.ts'
import { defaultPolicy } from '../../server/domain/rank/default-policy.ts'
import { board } from '../../server/list/board.ts'
import type { EntryRecord } from '../../server/list/held-entry.ts'
import type { Viewer } from '../../server/list/live-list.ts'
import { openLiveList } from '../../server/list/live-list.ts'
import { pseudonyms } from '../../server/list/pseudonym.ts'
import { readAllEntries } from '../../server/list/read-entries.ts'
import { reading } from '../../server/list/reading.ts'
import { madeUpFacts, seeded } from '../list/made-up-entries.ts'

/*
 * The live list at 35,000 entries (`npm run bench list -- 300000` for another size), beside the best indexed SQL for
 * the same answer on the same embedded server: the rank key in a covering index, pages by keyset, rank by counting.
 * Peers of SQL are one round trip each over a unix socket, prepared, the caches warm. A Redis sorted set would be the
 * toughest peer: it is measured where `redis-server` is installed, which no package of this project brings.
 */
const SYSTEM = { kind: 'system', name: 'bench' } as const
const ENTRIES = Number(process.argv[2] ?? 35_000)
const NOW = Date.parse('2026-11-22T12:00:00Z')
const TODAY = londonDate(NOW)
const TRUSTS = Array.from({ length: 15 }, (_, at) => `X${String(at).padStart(2, '0')}`)
const LEAD: Viewer = { personId: '', organisation: 'XAL', role: 'lead' }
const COORDINATOR: Viewer = { personId: '', organisation: 'X03', role: 'coordinator' }
const ROUNDS = 2000

const dataDir = await mkdtemp(join(tmpdir(), 'ptl-bench-'))
const server = await startEmbedded({ dataDir, testing: true })
try {
  await migrate(server.url)
  const db = await openDatabase({ url: server.url })
  try {
    await run(db)
  } finally {
    await db.close()
  }
} finally {
  await server.stop()
  await rm(dataDir, { recursive: true, force: true })
}

async function run(db: Database): Promise<void> {
  await fill(db)
  const loading = performance.now()
  const list = await openLiveList({ db, now: () => NOW, log: console, pseudonymKey: 'bench' })
  const loadMs = performance.now() - loading
  const scan = await timed(1, async () => {
    for await (const records of readAllEntries(db)) if (records.length < 0) return
  })
  tell(
    'load, order and follow; peer: reading alone',
    loadMs,
    'ms',
    scan / 1000,
    scan / 1000 / loadMs,
  )
  await list.close()

  const names = pseudonyms('bench')
  const held = board({ asOf: TODAY, policy: defaultPolicy }, names.of)
  const asked = reading(held, (code) => code !== 'XAL')
  const records: EntryRecord[] = []
  for await (const page of readAllEntries(db)) records.push(...page)
  held.fill(records, () => 1)
  held.order(TODAY, defaultPolicy)
  await peerTable(db, held)

  // Pages and ranks.
  const random = seeded(8)
  const depths = { 'page 1': 0, deep: Math.floor(ENTRIES * 0.7) }
  for (const [name, from] of Object.entries(depths)) {
    const cursorSlot = held.all.slice(Math.max(0, from - 1), 1)[0] ?? 0
    const after =
      from === 0 ? { key: -1, id: -1 } : { key: held.keyOf(cursorSlot), id: idAt(held, cursorSlot) }
    const sql = await timed(
      ROUNDS,
      () => db.sql`
      select id, doc from bench_rank where (key, id) > (${after.key}, ${after.id})
      order by key, id limit 50`,
    )
    const ids = timedSync(ROUNDS * 50, () => held.all.slice(from, 50).length)
    tell(`${name}: 50 in rank order`, ids, 'us', sql, sql / ids)
    const warm = timedSync(ROUNDS * 10, () => asked.page({}, from, 50, LEAD).rows.length)
    tell(`${name}: 50 whole rows, built ahead as the service does`, warm, 'us', sql, sql / warm)
    const cold = timedSync(ROUNDS / 10, () => {
      asked.forget('all')
      return asked.page({}, from, 50, LEAD).rows.length
    })
    tell(`${name}: 50 whole rows, not built yet`, cold, 'us', sql, sql / cold)
  }
  const slots = Int32Array.from({ length: 4096 }, () => Math.floor(random() * ENTRIES))
  let turn = 0
  const sqlRank = await timed(ROUNDS / 20, () => {
    const slot = slots[turn++ & 4095] ?? 0
    return db.sql`
      select count(*) from bench_rank where (key, id) < (${held.keyOf(slot)}, ${idAt(held, slot)})`
  })
  const rank = timedSync(ROUNDS * 50, () => {
    const slot = slots[turn++ & 4095] ?? 0
    return held.all.rank(held.keyOf(slot), idAt(held, slot))
  })
  tell('rank of one entry', rank, 'us', sqlRank, sqlRank / rank)

  // Moves.
  const sqlMove = await timed(ROUNDS, () => {
    const slot = slots[turn++ & 4095] ?? 0
    return db.sql`update bench_rank set key = ${Math.floor(random() * 2 ** 40)} where id = ${idAt(held, slot)}`
  })
  const move = timedSync(ROUNDS * 50, () => {
    const slot = slots[turn++ & 4095] ?? 0
    const key = held.keyOf(slot)
    held.all.remove(slot, key)
    held.all.insert(slot, key)
    return 1
  })
  tell('one entry taken out and put in its place', move, 'us', sqlMove, sqlMove / move)
  const changed = Array.from({ length: ROUNDS }, () => {
    const record = records[Math.floor(random() * ENTRIES)]
    if (record === undefined) throw new Error('no entries')
    return { ...record, facts: madeUpFacts(record.facts.localId, TODAY, random) }
  })
  asked.page({ trust: 'X03' }, 0, 50, LEAD)
  const apply = timedSync(ROUNDS, () => {
    const record = changed[turn++ % ROUNDS]
    return record === undefined ? 0 : held.apply([record], [], () => 2).size
  })
  tell('one changed entry: clocks, points, filters, place', apply, 'us', sqlMove, sqlMove / apply)

  // A new day for everybody.
  const days: number[] = []
  for (let day = 1; day <= 9; day++) {
    const from = performance.now()
    held.order(addDays(TODAY, day), defaultPolicy)
    days.push(performance.now() - from)
  }
  const rerankMs = [...days].sort((a, b) => a - b)[4] ?? 0
  const sqlSort = await timed(
    3,
    () => db.sql`
    select count(*) from (select id, row_number() over (order by tier, points + due * 2 desc, id)
      from bench_rank) sorted`,
  )
  tell('re-rank of all for a new day', rerankMs, 'ms', sqlSort / 1000, sqlSort / 1000 / rerankMs)

  // Rows are built ahead, as the service does after each new day.
  asked.forget('all')
  for (const turn of asked.warm()) if (turn !== undefined) return
  await filters(db, asked, held)
}

/** Filters as people choose them, the first time each is asked: nothing of them is kept yet. */
async function filters(
  db: Database,
  asked: ReturnType<typeof reading>,
  held: ReturnType<typeof board>,
): Promise<void> {
  const chosen: ListFilter[] = [
    { trust: 'X03' },
    { tumour: 'lung' },
    { step: 'ct' },
    { band: 'd63to104' },
    { route: 'usc' },
    { trust: 'X05', band: 'over104' },
    { text: 'p-7k' },
    { text: 'chase' },
    { text: 'ward', tumour: 'breast' },
    { owner: 'Desk 17' },
    { code: 'surgery:P2' },
    { action: 'overdue' },
    { action: 'missing', tumour: 'lung' },
    { escalation: 'none' },
    { changed: 'new' },
  ]
  const took: number[] = []
  const worked: number[] = []
  const again: number[] = []
  for (let round = 0; round < 40; round++) {
    for (const filter of chosen) {
      for (const viewer of [LEAD, COORDINATOR]) {
        held.filtering.clear()
        if (round === 0) asked.facets(filter, viewer)
        const busy = process.cpuUsage()
        const from = performance.now()
        const { total } = asked.page(filter, 0, 50, viewer)
        asked.facets(filter, viewer)
        took.push(performance.now() - from)
        const { user, system } = process.cpuUsage(busy)
        worked.push((user + system) / 1000)
        const next = performance.now()
        asked.page(filter, Math.floor(total * 0.7), 50, viewer)
        again.push((performance.now() - next) * 1000)
      }
    }
  }
  const sql = await timed(3, async () => {
    await db.sql`select id, doc from bench_rank where tumour = 'lung' order by key, id limit 50`
    await db.sql`select trust, tumour, step, count(*) from bench_rank
      group by grouping sets ((trust), (tumour), (step))`
  })
  const p99 = percentile(took, 0.99)
  tell('any filter with its facets, first time, p99', p99, 'ms', sql / 1000, sql / 1000 / p99)
  // A clock on the wall counts the neighbours on a shared machine too.
  const work = percentile(worked, 0.99)
  tell('the same in processor time, p99', work, 'ms', sql / 1000, sql / 1000 / work)
  const middle = percentile(took, 0.5)
  tell('the same, median', middle, 'ms', sql / 1000, sql / 1000 / middle)
  const p99Again = percentile(again, 0.99)
  tell('a deep page of a filter in use, p99', p99Again, 'us', sql, sql / p99Again)
}

/** The rank key of everybody with what a row shows, indexed as well as SQL can for pages, ranks and filters. */
async function peerTable(db: Database, held: ReturnType<typeof board>): Promise<void> {
  const rows: object[] = []
  held.all.each((slot) => {
    const entry = held.entry(slot)
    if (entry === undefined) return
    rows.push({
      id: entry.id,
      key: held.keyOf(slot),
      tier: 2,
      points: Math.floor(held.keyOf(slot) / 65_536),
      due: slot % 90,
      trust: entry.trust,
      tumour: entry.tumour,
      step: entry.step,
      doc: entry.facts,
    })
  })
  // The service's own role may make no table that stays: the keeper of the cluster makes this one.
  const keeper = connect(server.url, { max: 1 })
  await keeper`
    create table bench_rank (id bigint primary key, key bigint not null, tier int, points bigint, due int,
      trust text, tumour text, step text, doc jsonb)`
  await keeper`create index on bench_rank (key, id)`
  await keeper`create index on bench_rank (tumour, key, id)`
  await keeper`grant all on bench_rank to ptl_service`
  for (let from = 0; from < rows.length; from += 20_000) {
    const part = JSON.stringify(rows.slice(from, from + 20_000))
    await db.sql`
      insert into bench_rank select * from jsonb_to_recordset(${part}::text::jsonb) as given (id bigint,
        key bigint, tier int, points bigint, due int, trust text, tumour text, step text, doc jsonb)`
  }
  await keeper`vacuum (analyze) bench_rank`
  await keeper.end({ timeout: 1 })
}

async function fill(db: Database): Promise<void> {
  const random = seeded(6)
  await db.scoped(SYSTEM, async (tx) => {
    await tx`
      insert into organisation (code, name, kind, synthetic)
      select code, code, 'trust', true from unnest(${TRUSTS}::text[]) as code`
    await tx`insert into organisation values ('XAL', 'Alliance', 'alliance')`
  })
  for (let from = 0; from < ENTRIES; from += 10_000) {
    const rows = Array.from({ length: Math.min(10_000, ENTRIES - from) }, (_, at) => {
      const trust = TRUSTS[Math.floor(random() * TRUSTS.length)] ?? 'X00'
      const facts = madeUpFacts(`L${String(from + at)}`, TODAY, random)
      const other = TRUSTS[Math.floor(random() * TRUSTS.length)] ?? 'X00'
      return { trust, facts, organisations: random() < 0.3 ? [trust, other] : [trust] }
    })
    await db.scoped(
      SYSTEM,
      (tx) => tx`
      insert into entry (trust, local_id, state, tumour, facts, hash, organisations, delivery_id,
        row_number, extract_at)
      select trust, facts->>'localId', 'open', 'other', facts, '', organisations, gen_random_uuid(), 1, now()
      from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb)
        as given (trust text, facts jsonb, organisations text[])`,
    )
  }
}

function idAt(held: ReturnType<typeof board>, slot: number): number {
  return held.entry(slot)?.id ?? 0
}

/** Microseconds a call, over so many calls. */
async function timed(rounds: number, call: () => PromiseLike<unknown>): Promise<number> {
  await call()
  const from = performance.now()
  for (let round = 0; round < rounds; round++) await call()
  return ((performance.now() - from) * 1000) / rounds
}

function timedSync(rounds: number, call: () => number): number {
  let seen = 0
  for (let round = 0; round < rounds / 4; round++) seen += call()
  const from = performance.now()
  for (let round = 0; round < rounds; round++) seen += call()
  const took = performance.now() - from
  if (Number.isNaN(seen)) throw new Error('a round gave no number')
  return (took * 1000) / rounds
}

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN
}

function tell(metric: string, value: number, unit: string, peer: number, ratio: number): void {
  const round = (number: number) => Number(number.toPrecision(4))
  const named = `${metric}, ${ENTRIES.toLocaleString('en')} entries`
  console.log(
    JSON.stringify({
      bench: 'list',
      metric: named,
      value: round(value),
      unit,
      peer: round(peer),
      ratio: round(ratio),
    }),
  )
}
