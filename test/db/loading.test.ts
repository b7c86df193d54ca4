import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import t from 'tap'
import { connect } from '../../db/connection.ts'
import type { TransactionSql } from '../../db/connection.ts'
import { copyRows } from '../../db/copy.ts'
import { LOADED_ENTRY_COLUMNS, asLoader, mayLoad } from '../../db/loader-role.ts'
import { migrate } from '../../db/migrate.ts'
import { FORMATS } from '../../server/feeds/formats/choose.ts'
import { openReceiver } from '../../server/feeds/delivery/receive.ts'
import type { Receipt } from '../../shared/delivery.ts'
import { testDatabase } from '../database.ts'
import { writeEntry, writeOrganisations } from './pathway.ts'

const SYSTEM = { kind: 'system', name: 'test' } as const
const PERSON = {
  kind: 'person',
  personId: '00000000-0000-4000-8000-000000000001',
  organisation: 'X1A',
  role: 'coordinator',
} as const
const NOW_MS = Date.parse('2026-11-22T12:00:00Z')
/** More than two parts, and not a whole number of them. */
const ROWS = 9_001

const db = await testDatabase(t)
const admin = connect(db.adminUrl, { max: 2 })
t.teardown(() => admin.end({ timeout: 5 }))
await db.scoped(SYSTEM, writeOrganisations)
const receiver = openReceiver({
  db,
  seal: ({ nhsNumber }) => ({
    keyId: 'k',
    sealed: Buffer.from(`sealed ${nhsNumber ?? ''}`),
    nhsHash: nhsNumber === undefined ? null : Buffer.from(nhsNumber),
  }),
  now: () => NOW_MS,
})

/** A row of `entry` in the text format of COPY, in the order of LOADED_ENTRY_COLUMNS. */
function entryRow(id: number, localId: string): string {
  const facts = JSON.stringify({ localId })
  const at = '2026-11-22T12:00:00Z'
  return (
    `${id}\t${localId}\t\\\\x00\topen\t\\N\tlung\t\\N\t${facts}\t\\N\t{X1A}\t1\t` +
    `${randomUUID()}\t${at}\t${at}\t${at}\n`
  )
}

function loadEntries(tx: TransactionSql, rows: readonly string[]): Promise<number> {
  return copyRows(tx, `entry (${LOADED_ENTRY_COLUMNS})`, rows)
}

function deliver(trust: string, text: string): Promise<Receipt> {
  const body = Readable.from([Buffer.from(text)])
  return receiver.deliver({ trust, mode: 'snapshot', format: FORMATS.ndjson, body })
}

/** Pathways of every kind the tables tell apart: open and treated, with and without a person and an identifier. */
function pathways(count: number): string {
  return Array.from({ length: count }, (_, at) => {
    const treated = { firstSeenOn: '2026-08-03', treatedOn: '2026-09-01', treatmentEvent: '01' }
    const told = { fdsEndReason: '01', fdsPrimarySite: '01', toldOn: '2026-08-20' }
    return `${JSON.stringify({
      localId: `L${at} é`,
      priorityType: '3',
      referralType: '03',
      receivedOn: '2026-08-01',
      ...(at % 3 === 0 ? {} : { ppid: `P${at}`, ppidIssuer: 'X1A' }),
      ...(at % 4 === 0 ? { ...told, ...treated, modality: '23' } : {}),
      ...(at % 5 === 0 ? {} : { identity: { nhsNumber: '9990000018' } }),
    })}\n`
  }).join('')
}

/** Everything that a load wrote of a trust, but for numbers and the delivery. */
function writtenOf(trust: string): Promise<readonly unknown[]> {
  return db.scoped(
    SYSTEM,
    (tx) => tx`
      select e.local_id, e.state, e.closed_reason, e.tumour, e.received_on, e.facts, e.version, e.pathway_key,
        e.organisations, e.row_number, e.extract_at, e.created_at, e.updated_at, i.key_id, i.sealed, i.nhs_hash,
        d.state as delivery,
        (select jsonb_agg(to_jsonb(c) - 'entry_id' - 'trust' order by standard) from clock_stop c
          where c.entry_id = e.id) as stops
      from entry e join delivery d on d.id = e.delivery_id left join identity i on i.entry_id = e.id
      where e.trust = ${trust} order by e.row_number`,
  )
}

/** How far the numbers of entries have been taken. */
async function numbersTaken(): Promise<number> {
  const [row] = await admin<{ last: number }[]>`select last_value as last from entry_id_seq`
  return row?.last ?? 0
}

t.test('IG-16 the loader may add rows to three tables, and nothing else at all', async (t) => {
  const rights = await admin<{ name: string; privilege: string; columns: boolean }[]>`
    select c.relname as name, p.privilege, not has_table_privilege(r.oid, c.oid, p.privilege) as columns
    from pg_roles r, pg_class c, unnest(array['select', 'insert', 'update', 'references']) as p (privilege)
    where r.rolname = 'ptl_loader' and c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v', 'p')
      and has_any_column_privilege(r.oid, c.oid, p.privilege)
    order by 1`
  t.strictSame(
    rights.map((one) => ({ ...one })),
    [
      { name: 'clock_stop', privilege: 'insert', columns: false },
      { name: 'entry', privilege: 'insert', columns: true },
      { name: 'identity', privilege: 'insert', columns: false },
    ],
  )
  const [other] = await admin`
    select count(*)::int as n from pg_class c, unnest(array['delete', 'truncate', 'trigger']) as p (privilege)
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v', 'p')
      and has_table_privilege('ptl_loader', c.oid, p.privilege)`
  t.match(other, { n: 0 })
  t.match(
    await admin`
      select rolsuper, rolcanlogin, rolcreaterole, rolcreatedb, rolinherit,
        has_column_privilege(oid, 'entry', 'trust', 'insert') as "namesTrust",
        has_sequence_privilege(oid, 'entry_id_seq', 'usage') as numbers,
        (select count(*)::int from pg_auth_members m where m.member = r.oid) as member
      from pg_roles r where rolname = 'ptl_loader'`,
    [
      {
        rolsuper: false,
        rolcanlogin: false,
        rolcreaterole: false,
        rolcreatedb: false,
        rolinherit: false,
        namesTrust: false,
        numbers: false,
        member: 0,
      },
    ],
  )
  await db.scoped(SYSTEM, async (tx) => {
    await writeEntry(tx, { trust: 'X1A', organisations: ['X1A'] })
  })
  for (const statement of [
    'select from entry',
    'update entry set state = state',
    'delete from identity',
    'select from audit',
    "insert into entry (trust, local_id) values ('X1A', 'a')",
    'insert into note default values',
    'alter table entry no force row level security',
  ]) {
    await t.rejects(
      db.scoped(SYSTEM, (tx) => asLoader(tx, 'X1A', () => tx.unsafe(statement))),
      { code: '42501' },
      statement,
    )
  }
})

t.test('IG-16 whose an entry is, the scope says: the system, of a trust it names', async (t) => {
  const row = entryRow(900_000_001, 'one')
  const asPerson = db.scoped(PERSON, (tx) => asLoader(tx, 'X1A', () => loadEntries(tx, [row])))
  await t.rejects(asPerson, { code: '23502' }, 'a person loads nothing')
  const nobodys = db.scoped(SYSTEM, (tx) => asLoader(tx, '', () => loadEntries(tx, [row])))
  await t.rejects(nobodys, { code: '23502' }, 'nor does the system without a trust')
  const strange = db.scoped(SYSTEM, (tx) => asLoader(tx, 'QXX', () => loadEntries(tx, [row])))
  await t.rejects(strange, { code: '23503' }, 'nor for a trust that is none')
  await db.scoped(SYSTEM, async (tx) => {
    await asLoader(tx, 'X2B', () => loadEntries(tx, [row]))
    t.match(await tx`select trust from entry where local_id = 'one'`, [{ trust: 'X2B' }])
    t.match(await tx`select current_user as u, current_setting('ptl.trust') as s`, [
      { u: 'ptl_service', s: '' },
    ])
  })
})

t.test('IG-16 the loader writes identities and stops of that trust’s entries alone', async (t) => {
  const stop = (id: number): string =>
    `${id}\tfds\tX1A\t2026-08-20\t19\tt\tlung\turgent-suspected\t1\t0\n`
  const first = 910_000_000
  const ids = Array.from({ length: 300 }, (_, at) => first + at)
  const load = (trust: string, table: string, rows: readonly string[]): Promise<unknown> =>
    db.scoped(SYSTEM, (tx) => asLoader(tx, trust, () => copyRows(tx, table, rows)))
  const identityOf = (id: number): string => `${id}\tk\t\\\\x01\t\\N\n`
  await db.scoped(SYSTEM, (tx) =>
    asLoader(tx, 'X3C', () =>
      loadEntries(
        tx,
        ids.map((id) => entryRow(id, `E${id}`)),
      ),
    ),
  )
  for (const [table, row] of [
    ['identity', identityOf],
    ['clock_stop', stop],
  ] as const) {
    const many = ids.map(row)
    await t.rejects(load('X1A', table, many), { code: '23503' }, `${table}: many of another trust`)
    await t.rejects(load('X1A', table, many.slice(0, 1)), { code: '23503' }, 'one of them')
    await t.rejects(load('', table, many), { code: '23503' }, 'of no trust')
    const beyond = [...many.slice(1), row(first + ids.length)]
    await t.rejects(load('X3C', table, beyond), { code: '23503' }, 'one of no entry among many')
    await t.rejects(load('X3C', table, [row(1), ...many]), { code: '23503' }, 'one far from them')
    const asPerson = db.scoped(PERSON, (tx) => asLoader(tx, 'X3C', () => copyRows(tx, table, many)))
    await t.rejects(asPerson, { code: '42501' }, 'a person')
    await load('X3C', table, many)
    const [held] =
      await admin`select count(*)::int as n from ${admin(table)} where entry_id >= ${first}`
    t.match(held, { n: ids.length })
  }
})

t.test('IG-16 no identity and no stopped clock is without its entry', async (t) => {
  const orphan = 990_000_001
  const orphans = {
    identity: "insert into identity (entry_id, key_id, sealed) values ($1, 'k', '')",
    clock_stop: `insert into clock_stop values ($1, 'fds', 'X1A', '2026-08-20', 19, true, 'lung', 'r', 1, 0)`,
  }
  const id = await db.scoped(SYSTEM, (tx) =>
    writeEntry(tx, { trust: 'X1A', organisations: ['X1A'] }),
  )
  for (const [table, statement] of Object.entries(orphans)) {
    const byService = db.scoped(SYSTEM, (tx) => tx.unsafe(statement, [orphan]))
    await t.rejects(byService, { code: '23503' }, `${table}: by the service`)
    await t.rejects(admin.unsafe(statement, [orphan]), { code: '23503' }, 'by the keeper')
    await db.scoped(SYSTEM, (tx) => tx.unsafe(statement, [id]))
    const moved = admin.unsafe(`update ${table} set entry_id = ${orphan} where entry_id = ${id}`)
    await t.rejects(moved, { code: '23503' }, 'moved to no entry')
    await t.rejects(admin`delete from entry where id = ${id}`, { code: '23503' }, 'left behind')
    await t.rejects(admin`truncate entry cascade`, { code: '23503' }, 'left behind by all')
    await admin.unsafe(`delete from ${table} where entry_id = ${id}`)
  }
  await t.rejects(admin`update entry set id = default where id = ${id}`, { code: '23503' })

  await t.test('nor when both happen at once, whoever is first', async (t) => {
    const writer = await admin.reserve()
    await writer`begin`
    await writer.unsafe(orphans.identity, [id])
    const deleting = admin`delete from entry where id = ${id}`.then(
      () => null,
      (cause: unknown) => cause,
    )
    await waitsForLock()
    await writer`commit`
    t.match(await deleting, { code: '23503' }, 'who deletes waits for who writes, and sees it')
    await writer`delete from identity where entry_id = ${id}`

    await writer`begin`
    await writer`delete from entry where id = ${id}`
    const writing = admin.unsafe(orphans.identity, [id]).then(
      () => null,
      (cause: unknown) => cause,
    )
    await waitsForLock()
    await writer`commit`
    t.match(await writing, { code: '23503' }, 'who writes waits for who deletes, and sees it')
    writer.release()
  })

  await t.test('nor by a transaction that does not see what others commit', async (t) => {
    const stale = (statement: string): Promise<unknown> =>
      admin.begin('isolation level repeatable read', (tx) => tx.unsafe(statement, [id]))
    for (const statement of [...Object.values(orphans), 'delete from entry where id = $1']) {
      await t.rejects(stale(statement), { code: '0A000' }, statement)
    }
  })

  async function waitsForLock(): Promise<void> {
    for (;;) {
      const waiting = await db.sql`select from pg_locks where not granted`
      if (waiting.length > 0) return
    }
  }
})

t.test('IG-16 who deletes an entry looks at its rows alone, however long the list', async (t) => {
  const looked = async (ids: readonly number[]): Promise<unknown> => {
    const told: unknown[] = []
    await admin
      .begin(async (tx) => {
        await tx`delete from identity where entry_id = any (${ids.slice(1)})`
        await tx`delete from clock_stop where entry_id = any (${ids.slice(1)})`
        const before = await read(tx)
        await t.rejects(
          tx.savepoint((tx) => tx`delete from entry where id = any (${[...ids]})`),
          { code: '23503' },
          'one of them has its rows still',
        )
        await tx`delete from entry where id = any (${ids.slice(1)})`
        await tx`delete from entry where id = 0`
        const after = await read(tx)
        told.push(after.rows - before.rows, after.scans - before.scans)
        throw new Error('put back')
      })
      .catch((cause: unknown) => t.match(cause, { message: 'put back' }))
    return told
  }
  const read = async (tx: TransactionSql): Promise<{ rows: number; scans: number }> => {
    const [row] = await tx<{ rows: number; scans: number }[]>`
      select sum(seq_tup_read + idx_tup_fetch)::int as rows, sum(seq_scan)::int as scans
      from pg_stat_xact_user_tables where relname in ('identity', 'clock_stop')`
    return row ?? { rows: -1, scans: -1 }
  }
  const load = async (trust: string): Promise<readonly number[]> => {
    await deliver(trust, pathways(ROWS))
    const rows = await admin<{ id: number }[]>`
      select e.id from entry e join identity i on i.entry_id = e.id join clock_stop c on c.entry_id = e.id
      where e.trust = ${trust} and c.standard = 'fds28' order by e.id limit 40`
    t.equal(rows.length, 40)
    return rows.map(({ id }) => id)
  }
  const empty = (): Promise<unknown> =>
    admin`truncate entry, identity, clock_stop, delivery, feed_snapshot, feed_line_set, feed_lines cascade`
  await empty()
  const short = await looked(await load('X1A'))
  const long = await looked(await load('X2B'))
  t.match(short, [Number, 0], 'nothing is read from end to end')
  t.strictSame(long, short, 'twice as many rows cost no more')
  await empty()
})

t.test('IG-16 rows loaded straight and by way of staging are the same rows', async (t) => {
  await admin`truncate entry, identity, clock_stop, delivery cascade`
  const body = pathways(ROWS)
  const before = await numbersTaken()
  t.match(await deliver('X1A', body), { state: 'done', counts: { added: ROWS, refused: 0 } })
  t.equal((await numbersTaken()) - before, ROWS, 'as many numbers are taken as there are rows')
  const straight = await writtenOf('X1A')
  t.equal(straight.length, ROWS)
  t.match(await deliver('X1A', body), { counts: { unchanged: ROWS, added: 0 } })

  await admin`alter role ptl_loader nobypassrls`
  t.notOk(await db.scoped(SYSTEM, mayLoad))
  await admin`truncate entry, identity, clock_stop, delivery, feed_snapshot, feed_line_set, feed_lines cascade`
  const beforeStaging = await numbersTaken()
  t.match(await deliver('X1A', body), { state: 'done', counts: { added: ROWS, refused: 0 } })
  t.equal((await numbersTaken()) - beforeStaging, ROWS)
  t.strictSame(await writtenOf('X1A'), straight)
  await admin`alter role ptl_loader bypassrls`
  t.ok(await db.scoped(SYSTEM, mayLoad))
})

t.test('FEED-16 a load that breaks off leaves nothing, and the service as it was', async (t) => {
  await admin.unsafe(`
    create function break_off() returns trigger language plpgsql as
      $$ begin if new.row_number = 6000 then raise 'broken off'; end if; return new; end $$;
    create trigger break_off after insert on entry for each row execute function break_off()`)
  await t.rejects(deliver('X2B', pathways(ROWS)), { message: /broken off/ })
  t.same(await writtenOf('X2B'), [])
  await admin.unsafe('drop function break_off cascade')
  t.match(await deliver('X2B', pathways(ROWS)), { state: 'done', counts: { added: ROWS } })
  t.equal((await writtenOf('X2B')).length, ROWS)
})

t.test('IG-16 the role and its rights come back at the next start', async (t) => {
  await admin`revoke ptl_loader from ptl_service`
  t.notOk(await db.scoped(SYSTEM, mayLoad))
  await admin`revoke insert on identity from ptl_loader`
  await migrate(db.adminUrl)
  t.ok(await db.scoped(SYSTEM, mayLoad))
  await admin.unsafe('drop owned by ptl_loader; drop role ptl_loader')
  t.notOk(await db.scoped(SYSTEM, mayLoad))
  t.match(await deliver('X3C', pathways(3)), { state: 'done', counts: { added: 3 } })
  await migrate(db.adminUrl)
  t.ok(await db.scoped(SYSTEM, mayLoad))
})
