import { Readable } from 'node:stream'
import t from 'tap'
import type { Test } from 'tap'
import { openDatabase } from '../../db/client.ts'
import type { Database, TransactionSql } from '../../db/client.ts'
import { connect } from '../../db/connection.ts'
import { FORMATS } from '../../server/feeds/formats/choose.ts'
import type { FeedFormat } from '../../server/feeds/formats/format.ts'
import { openReceiver } from '../../server/feeds/delivery/receive.ts'
import type { Receipt } from '../../shared/delivery.ts'
import { testDatabase } from '../database.ts'
import { message, obr, pid, pv1, rf1, sch } from './hl7-messages.ts'

/*
 * What messages cost the server is told by the rows that it looks at in their transaction, temporary ones left out:
 * no clock is asked, and no other load disturbs.
 */

const NOW_MS = Date.parse('2026-11-22T12:00:00Z')
const SYSTEM = { kind: 'system', name: 'test' } as const
const TRUST = 'QAA'
const A_BATCH = 200
const GROWN_BY = 6_000
/** A page of the heap or of an index more or less is no growth. */
const SLACK = 1.1
/** An index of thirty times as many rows may have a level more. */
const DEEPER = 2

for (const counted of [true, false]) {
  const when = counted ? 'planned when there were five' : 'planned blindly'
  t.test(`FEED-62 messages cost what they change, not what is there: ${when}`, (t) =>
    longAndShort(t, counted),
  )
}

async function longAndShort(t: Test, counted: boolean): Promise<void> {
  const server = await testDatabase(t)
  const admin = connect(server.adminUrl, { max: 1 })
  t.teardown(() => admin.end({ timeout: 1 }))
  // Nothing puts the plans right meanwhile: those made for a list of five stay.
  await admin`alter system set autovacuum = off`
  await admin`select pg_reload_conf()`
  await server.scoped(SYSTEM, async (tx) => {
    await tx`insert into organisation (code, name, kind, synthetic) values (${TRUST}, 'Trust', 'trust', true)`
    await tx`insert into site (code, organisation, name, synthetic) values ('QAA01', ${TRUST}, 'Site', true)`
  })
  // Two connections: one is not enough for a delivery and its signs of life.
  const few = await openDatabase({ url: server.url, max: 2 })
  t.teardown(() => few.close())
  const looked: Looked = { rows: 0, blocks: 0, scans: 0 }
  const db: Database = {
    ...few,
    scoped: (scope, work) =>
      few.scoped(scope, async (tx) => {
        const before = await lookedAt(tx)
        const value = await work(tx)
        const after = await lookedAt(tx)
        looked.rows += after.rows - before.rows
        looked.blocks += after.blocks - before.blocks
        looked.scans += after.scans - before.scans
        return value
      }),
  }
  const receiver = openReceiver({
    db,
    seal: ({ nhsNumber = '', ...more }) => ({
      keyId: 'k',
      sealed: Buffer.from(JSON.stringify({ nhsNumber, ...more })),
      nhsHash: nhsNumber === '' ? null : Buffer.from(nhsNumber.padStart(32, '0')),
    }),
    unseal: ({ sealed }) => JSON.parse(sealed.toString()) as object,
    digestSecret: '00'.repeat(32),
    now: () => NOW_MS,
  })
  const deliver = (format: FeedFormat, body: string): Promise<Receipt> =>
    receiver.deliver({
      trust: TRUST,
      mode: 'delta',
      format,
      body: Readable.from([Buffer.from(body)]),
    })

  let pathways = 0
  const refer = (count: number): readonly { ppid: string; who: string }[] =>
    Array.from({ length: count }, () => {
      pathways += 1
      return { ppid: `P${String(pathways)}`, who: pid(nhsNumber(pathways), `H${String(pathways)}`) }
    })
  const costs = async (count: number): Promise<Readonly<Record<string, Looked>>> => {
    const told = refer(count)
    const batches = {
      referrals: told.map(({ ppid, who }) => message('REF^I12', [rf1(ppid), who], at(ppid, 0))),
      appointments: told.map(({ ppid, who }) =>
        message('SIU^S12', [sch('20261201'), who, pv1(ppid, { site: 'QAA01' })], at(ppid, 1)),
      ),
      // Found by the person alone, and of no pathway that is named.
      details: told.map(({ ppid, who }) => message('ADT^A08', [who], at(ppid, 2))),
      // Speak of a part and change nothing.
      results: told.map(({ ppid, who }) =>
        message('ORU^R01', [who, pv1(ppid), obr('PET')], at(ppid, 3)),
      ),
    }
    const found: Record<string, Looked> = {}
    for (const [kind, messages] of Object.entries(batches)) {
      looked.rows = 0
      looked.blocks = 0
      looked.scans = 0
      const { counts } = await deliver(FORMATS.hl7, messages.join(''))
      t.match(counts, { read: count, accepted: count }, kind)
      found[`${kind} of ${count}`] = { ...looked }
    }
    return found
  }

  await costs(5)
  // With what is known of so few a walk through all of them looks cheap.
  if (counted) await admin`vacuum analyze`
  // Oftener than the server plans a statement anew for each call.
  for (let time = 0; time < 12; time += 1) await costs(1)
  const both = async () => ({ ...(await costs(1)), ...(await costs(A_BATCH)) })
  const short = await both()
  const grown = refer(GROWN_BY).map(({ ppid }) => ({
    localId: `${TRUST}:${ppid}`,
    ppid,
    ppidIssuer: TRUST,
    receivedOn: '2026-10-01',
    identity: { nhsNumber: nhsNumber(Number(ppid.slice(1))) },
  }))
  const body = grown.map((one) => JSON.stringify(one)).join('\n')
  t.match(await deliver(FORMATS.ndjson, body), { counts: { added: GROWN_BY } })
  const long = await both()
  for (const [kind, { rows, blocks, scans }] of Object.entries(long)) {
    const before = short[kind] ?? { rows: 0, blocks: 0 }
    t.ok(rows <= before.rows * SLACK, `${kind}: ${rows} rows, ${before.rows} of a short list`)
    t.ok(blocks <= before.blocks * DEEPER, `${kind}: ${blocks} blocks, ${before.blocks}`)
    t.equal(scans, 0, `${kind}: no table is read from end to end`)
  }
}

/** Of tables that grow with the list. */
interface Looked {
  rows: number
  /** Of all tables and indexes. */
  blocks: number
  /** Walks through the whole of one. */
  scans: number
}

/** So far, in this transaction and in those before it that the server has not yet told the others of. */
async function lookedAt(tx: TransactionSql): Promise<Looked> {
  const [row] = await tx<Looked[]>`
    select (select sum(pg_stat_get_xact_blocks_fetched(oid))::int from pg_class
        where relnamespace = 'public'::regnamespace and relkind in ('r', 'i')) as blocks,
      sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::int as rows, sum(seq_scan)::int as scans
    from pg_stat_xact_user_tables where schemaname = 'public' and relname in
      ('entry', 'identity', 'clock_stop', 'feed_said', 'entry_history', 'feed_line_dropped')`
  return row ?? { rows: NaN, blocks: NaN, scans: NaN }
}

function at(ppid: string, minute: number): { id: string; at: string } {
  return { id: `${ppid}-${String(minute)}`, at: `2026112210${String(minute).padStart(2, '0')}00` }
}

/** Valid numbers of the range that is never issued. */
function nhsNumber(place: number): string {
  for (let nine = 999_000_001 + place * 2; ; nine += 1) {
    const digits = String(nine)
    let sum = 0
    for (let at = 0; at < 9; at += 1) sum += Number(digits[at]) * (10 - at)
    const check = (11 - (sum % 11)) % 11
    if (check < 10) return digits + String(check)
  }
}
