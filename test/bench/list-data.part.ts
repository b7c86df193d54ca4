import { connect } from '../../db/connection.ts'
import type { Database } from '../../db/client.ts'
import type { Board } from '../../server/list/board.ts'
import { madeUpFacts, seeded } from '../list/made-up-entries.ts'
import { ENTRIES, TODAY } from './list-tools.part.ts'

const SYSTEM = { kind: 'system', name: 'bench' } as const
const TRUSTS = Array.from({ length: 15 }, (_, at) => `X${String(at).padStart(2, '0')}`)

/** The rank key of everybody with what a row shows, indexed as well as SQL can for pages, ranks and filters. */
export async function peerTable(db: Database, held: Board, url: string): Promise<void> {
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
  const keeper = connect(url, { max: 1 })
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

/** Made-up entries in the tables of the service, on fifteen trusts. */
export async function fill(db: Database): Promise<void> {
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
