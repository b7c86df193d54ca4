import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { openDatabase } from '../../db/client.ts'
import type { Database } from '../../db/client.ts'
import { startEmbedded } from '../../db/embedded.ts'
import { migrate } from '../../db/migrate.ts'
import { addDays } from '../../shared/date.ts'
import { defaultPolicy } from '../../server/domain/rank/default-policy.ts'
import type { Board } from '../../server/list/board.ts'
import { board } from '../../server/list/board.ts'
import type { EntryRecord } from '../../server/list/held/held-entry.ts'
import { openLiveList } from '../../server/list/live-list.ts'
import { pseudonyms } from '../../server/list/held/pseudonym.ts'
import { readAllEntries } from '../../server/list/read-entries.ts'
import type { Reading } from '../../server/list/reading.ts'
import { reading } from '../../server/list/reading.ts'
import { madeUpFacts, seeded } from '../list/made-up-entries.ts'
import { median } from './figures.part.ts'
import { fill, peerTable } from './list-data.part.ts'
import { filters } from './list-filters.part.ts'
import { ENTRIES, LEAD, NOW, TODAY, idAt, tell, timed, timedSync } from './list-tools.part.ts'
import { redisFigures } from './redis.part.ts'

/*
 * The live list at 35,000 entries (`npm run bench list -- 300000` for another size), beside the best indexed SQL for
 * the same answer on the same embedded server: the rank key in a covering index, pages by keyset, rank by counting.
 * Peers of SQL are one round trip each over a unix socket, prepared, the caches warm. A Redis sorted set is the
 * toughest peer: it is measured where `redis-server` is on the path, which no package of this project brings.
 */
const ROUNDS = 2000
const DEEP = Math.floor(ENTRIES * 0.7)
const PEER_TABLE_KEY_LIMIT = 2 ** 40

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
  await load(db)
  const names = pseudonyms('bench')
  const held = board({ asOf: TODAY, policy: defaultPolicy }, names.of)
  const asked = reading(held, (code) => code !== 'XAL')
  const records: EntryRecord[] = []
  for await (const page of readAllEntries(db)) records.push(...page)
  held.fill(records, () => 1)
  held.order(TODAY, defaultPolicy)
  await peerTable(db, held, server.url)

  await pages(db, held, asked)
  await ranksAndMoves(db, held)
  await changes(db, held, asked, records)
  await days(db, held)
  // Rows are built ahead, as the service does after each new day.
  asked.forget('all')
  for (const turn of asked.warm()) if (turn !== undefined) return
  await filters(db, asked, held)
}

async function load(db: Database): Promise<void> {
  const loading = performance.now()
  const list = await openLiveList({ db, now: () => NOW, log: console, pseudonymKey: 'bench' })
  const loadMs = performance.now() - loading
  const scanMs =
    (await timed(1, async () => {
      for await (const records of readAllEntries(db)) if (records.length < 0) return
    })) / 1000
  tell('load, order and follow; peer: reading alone', loadMs, 'ms', scanMs, scanMs / loadMs)
  await list.close()
}

async function pages(db: Database, held: Board, asked: Reading): Promise<void> {
  for (const [name, from] of Object.entries({ 'page 1': 0, deep: DEEP })) {
    const cursorSlot = held.all.slice(Math.max(0, from - 1), 1)[0] ?? 0
    const after =
      from === 0 ? { key: -1, id: -1 } : { key: held.keyOf(cursorSlot), id: idAt(held, cursorSlot) }
    const keyset = () => db.sql`
      select id, doc from bench_rank where (key, id) > (${after.key}, ${after.id})
      order by key, id limit 50`
    const sql = await timed(ROUNDS, keyset)
    const places = timedSync(ROUNDS * 50, () => held.all.slice(from, 50).length)
    tell(`${name}: 50 in rank order`, places, 'us', sql, sql / places)
    const same = timedSync(ROUNDS * 50, () => {
      let found = 0
      for (const slot of held.all.slice(from, 50))
        if (held.entry(slot)?.facts !== undefined) found++
      return found
    })
    tell(`${name}: 50 ids and documents, just what SQL gives`, same, 'us', sql, sql / same)
    const warm = timedSync(ROUNDS * 10, () => asked.page({}, from, 50, LEAD).rows.length)
    tell(`${name}: 50 whole rows, built ahead as the service does`, warm, 'us', sql, sql / warm)
    // A row has clocks, days and reasons in words, of which a document knows nothing: SQL's reader works out the same.
    const anew = () => {
      asked.forget('all')
      return asked.page({}, from, 50, LEAD).rows.length
    }
    const cold = timedSync(ROUNDS / 4, anew)
    const sqlThen = await timed(ROUNDS / 4, () => keyset().then(anew))
    const title = `${name}: 50 whole rows worked out there and then; peer: SQL, then the same working out`
    tell(title, cold, 'us', sqlThen, sqlThen / cold)
  }
}

async function ranksAndMoves(db: Database, held: Board): Promise<void> {
  const random = seeded(8)
  const slots = Int32Array.from({ length: 4096 }, () => Math.floor(random() * ENTRIES))
  let turn = 0
  const next = () => slots[turn++ & 4095] ?? 0
  const sqlRank = await timed(ROUNDS / 20, () => {
    const slot = next()
    return db.sql`
      select count(*) from bench_rank where (key, id) < (${held.keyOf(slot)}, ${idAt(held, slot)})`
  })
  const rank = timedSync(ROUNDS * 50, () => {
    const slot = next()
    return held.all.rank(held.keyOf(slot), idAt(held, slot))
  })
  tell('rank of one entry', rank, 'us', sqlRank, sqlRank / rank)
  const sqlMove = await timed(ROUNDS, () => {
    const key = Math.floor(random() * PEER_TABLE_KEY_LIMIT)
    return db.sql`update bench_rank set key = ${key} where id = ${idAt(held, next())}`
  })
  const move = timedSync(ROUNDS * 50, () => {
    const slot = next()
    const key = held.keyOf(slot)
    held.all.remove(slot, key)
    held.all.insert(slot, key)
    return 1
  })
  tell('one entry taken out and put in its place', move, 'us', sqlMove, sqlMove / move)

  const page = timedSync(ROUNDS * 50, () => held.all.slice(DEEP, 50).length)
  const redis = await redisFigures(ENTRIES, DEEP)
  if (redis === null) {
    const note = 'not measured: there is no redis-server on the path'
    console.log(JSON.stringify({ bench: 'list', metric: 'beside a Redis sorted set', note }))
    return
  }
  const beside = (what: string) => `${what}, beside a Redis sorted set, pipelined`
  tell(beside('deep: 50 in rank order'), page, 'us', redis.page, redis.page / page)
  tell(beside('rank of one entry'), rank, 'us', redis.rank, redis.rank / rank)
  tell(beside('one entry to its place'), move, 'us', redis.update, redis.update / move)
}

async function changes(
  db: Database,
  held: Board,
  asked: Reading,
  records: readonly EntryRecord[],
): Promise<void> {
  const random = seeded(9)
  let turn = 0
  const changed = Array.from({ length: ROUNDS }, () => {
    const record = records[Math.floor(random() * ENTRIES)]
    if (record === undefined) throw new Error('no entries')
    return { ...record, facts: madeUpFacts(record.facts.localId, TODAY, random) }
  })
  const sql = await timed(ROUNDS, () => {
    const key = Math.floor(random() * PEER_TABLE_KEY_LIMIT)
    return db.sql`update bench_rank set key = ${key} where id = ${changed[turn++ % ROUNDS]?.id ?? 0}`
  })
  const apply = () => {
    const record = changed[turn++ % ROUNDS]
    return record === undefined ? 0 : held.apply([record], [], () => 2).size
  }
  asked.page({ trust: 'X03' }, 0, 50, LEAD)
  const one = timedSync(ROUNDS, apply)
  tell('one changed entry: clocks, points, filters, place', one, 'us', sql, sql / one)
  // As many filters in use as are kept, and the counts of each.
  for (let n = 0; n < 128; n++) {
    const filter = { text: `p-${n.toString(32)}` }
    asked.page(filter, 0, 50, LEAD)
    asked.facets(filter, LEAD)
  }
  const kept = timedSync(ROUNDS, apply)
  tell('the same with 128 filters and their counts kept right', kept, 'us', sql, sql / kept)
  held.filtering.clear()
}

/** A new day for everybody. */
async function days(db: Database, held: Board): Promise<void> {
  const took: number[] = []
  for (let day = 1; day <= 9; day++) {
    const from = performance.now()
    held.order(addDays(TODAY, day), defaultPolicy)
    took.push(performance.now() - from)
  }
  const middleMs = median(took)
  const sqlMs =
    (await timed(
      3,
      () => db.sql`
      select count(*) from (select id, row_number() over (order by tier, points + due * 2 desc, id)
        from bench_rank) sorted`,
    )) / 1000
  tell('re-rank of all for a new day', middleMs, 'ms', sqlMs, sqlMs / middleMs)
}
