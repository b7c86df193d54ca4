import { createServer, connect as connectSocket } from 'node:net'
import type { Socket } from 'node:net'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { randomUUID } from 'node:crypto'
import { sql as fragment } from 'drizzle-orm'
import t from 'tap'
import { CHANGE_CHANNEL, appendChanges } from '../../db/changes.ts'
import type { Scope } from '../../db/client.ts'
import { openDatabase } from '../../db/client.ts'
import { addressInWords, connect } from '../../db/connection.ts'
import { copyRows } from '../../db/copy.ts'
import { listenOn } from '../../db/listen.ts'
import { migrate } from '../../db/migrate.ts'
import { organisation } from '../../db/schema/index.ts'
import type { Role } from '../../shared/vocabulary.ts'
import { testDatabase } from '../database.ts'
import { writeEntry, writeOrganisations } from './pathway.ts'

const SYSTEM: Scope = { kind: 'system', name: 'test' }
const AT = '2025-05-01T09:00:00.000Z'
const db = await testDatabase(t)
const admin = connect(db.adminUrl, { max: 2 })
t.teardown(() => admin.end({ timeout: 1 }))

function person(role: Role, organisation: string): Scope {
  return { kind: 'person', personId: randomUUID(), role, organisation }
}

await db.scoped(SYSTEM, writeOrganisations)

t.test('migrating again, and many at once, changes nothing', async (t) => {
  const dump = (): Promise<string> =>
    admin`
      select (select count(*)::int from drizzle.__drizzle_migrations) as migrations,
        (select string_agg(policyname, ',' order by tablename, policyname) from pg_policies) as policies,
        (select count(*)::int from pg_trigger where not tgisinternal) as triggers,
        (select last_seq from change_clock) as seq
    `.then((rows) => JSON.stringify(rows))
  const before = await dump()
  await Promise.all([migrate(db.url), migrate(db.url), migrate(db.url)])
  t.equal(await dump(), before)
})

t.test('an owner without CREATEROLE is told what to ask for, and may then migrate', async (t) => {
  await admin.unsafe('create role poor_owner login')
  await admin.unsafe('create database poor owner poor_owner')
  const as = (user: string, database: string): string =>
    db.adminUrl.replace('//ptl@', `//${user}@`).replace('/ptl?', `/${database}?`)

  // The role belongs to the cluster and is the superuser's here, who alone may grant it.
  await t.rejects(migrate(as('poor_owner', 'poor')), {
    message:
      /^The database could not .* may not act as ptl_service: have its keeper run: grant ptl/,
  })
  await admin.unsafe('grant ptl_service to poor_owner')
  await migrate(as('poor_owner', 'poor'))
  const poor = await openDatabase({ url: as('poor_owner', 'poor') })
  t.teardown(() => poor.close())
  t.match(await poor.sql`select current_user as u, session_user as s`, [
    { u: 'ptl_service', s: 'poor_owner' },
  ])
  await poor.scoped(SYSTEM, writeOrganisations)
  await poor.scoped(SYSTEM, (tx) => writeEntry(tx, { trust: 'X1A', organisations: ['X1A'] }))
  t.equal((await poor.sql`select 1 from entry`).length, 0, 'row-level security holds there too')
  const owner = connect(as('poor_owner', 'poor'), { max: 1 })
  t.teardown(() => owner.end({ timeout: 1 }))
  t.equal((await owner`select 1 from entry`).length, 0, 'and for the owner of the tables')
})

t.test('the service is no superuser, and its client speaks in plain values', async (t) => {
  const [row] = await db.sql`
    select current_user as "user", rolsuper, rolbypassrls, 5::bigint as big, 0.5::numeric as half,
      '2025-03-30'::date as day, '2025-05-01 09:00:00.5+00'::timestamptz as at,
      array[1, 2]::bigint[] as ids, '{"a": [1]}'::jsonb as document, '\\x0102'::bytea as bytes,
      current_setting('statement_timeout') as deadline
    from pg_roles where rolname = current_user
  `
  const wanted = {
    user: 'ptl_service',
    rolsuper: false,
    rolbypassrls: false,
    big: 5,
    half: 0.5,
    day: '2025-03-30',
    at: '2025-05-01T09:00:00.5Z',
    ids: [1, 2],
    document: { a: [1] },
    bytes: Buffer.from([1, 2]),
    deadline: '30s',
  }
  t.strictSame({ ...row }, wanted)
  const [orm] = await db.orm.execute(fragment`
    select 5::bigint as big, '2025-03-30'::date as day, '2025-05-01 09:00:00.5+00'::timestamptz as at
  `)
  t.strictSame({ ...orm }, { big: 5, day: '2025-03-30', at: '2025-05-01T09:00:00.5Z' })
  t.match(await db.orm.select().from(organisation).limit(1), [{ synthetic: true }])
  for (const statement of [
    "insert into audit (id, at, action, subject, previous_hash, hash) values (1, now(), 'a', 's', '', '')",
    'delete from audit',
    'update audit set action = action',
    'update entry_history set at = at',
    'insert into entry_history default values',
    'delete from change_log',
    'update audit_head set last_id = 0',
    'select * from audit_head',
    'delete from entry',
    'alter table identity disable row level security',
    'create table mine (a int)',
  ]) {
    await t.rejects(db.sql.unsafe(statement), { code: '42501' }, statement)
  }
})

t.test('every statement has a deadline', async (t) => {
  await t.rejects(
    db.scoped(SYSTEM, async (tx) => {
      await tx`set local statement_timeout = '50ms'`
      await tx`select pg_sleep(20)`
    }),
    { code: '57014' },
  )
  t.match(await db.sql`select current_setting('statement_timeout') as v`, [{ v: '30s' }])
})

t.test('an address that cannot be used is one clear line without the password', async (t) => {
  t.equal(addressInWords('postgres://me:secret@db.example:5433/ptl'), 'db.example:5433/ptl')
  await t.rejects(migrate('postgres://me:secret@127.0.0.1:1/ptl'), {
    message: /^Cannot use PostgreSQL at 127\.0\.0\.1:1\/ptl: .*ECONNREFUSED.*$/,
  })
  await t.rejects(openDatabase({ url: 'postgres://me:secret@127.0.0.1:1/ptl' }), {
    message: /^Cannot use PostgreSQL at 127\.0\.0\.1:1\/ptl/,
  })
  await t.rejects(migrate('mysql://me:secret@db.example/ptl'), {
    message: /postgres:\/\/ is wanted/,
  })
  await t.rejects(migrate('nonsense'), { message: /not an address such as/ })
  await t.rejects(migrate(db.url.replace('/ptl?', '/nowhere?')), {
    message: /"nowhere" does not exist/,
  })
})

t.test('a server older than 15 is refused in one clear line', async (t) => {
  // As the oldest refused server would present itself; nothing that old is at hand.
  const { url } = await through(t, db.adminUrl, (data) => {
    const at = data.indexOf('180')
    if (at >= 0 && data.subarray(at, at + 6).toString() === '180004') data.write('140004', at)
    return data
  })
  await t.rejects(migrate(url), {
    message: /^PostgreSQL at .* is version 14; 15 or later is wanted\.$/,
  })
})

t.test('row-level security shows each scope its own and leaks nothing', async (t) => {
  const guarded = [
    'entry',
    'entry_history',
    'identity',
    'note',
    'link_decision',
    'action',
    'priority_override',
    'delivery',
    'delivery_issue',
    'audit',
    'session',
    'feed_key',
    'person',
  ]
  const someone = randomUUID()
  await db.scoped(SYSTEM, async (tx) => {
    const entryId = await writeEntry(tx, { trust: 'X1A', organisations: ['X1A', 'X2B'] })
    const deliveryId = randomUUID()
    const by = { entry_id: entryId, person_id: someone, organisation: 'X1A' }
    await tx`update entry set state = 'closed' where id = ${entryId}`
    await tx`insert into identity ${tx({ entry_id: entryId, key_id: 'k', sealed: Buffer.alloc(1) })}`
    await tx`insert into note ${tx({ ...by, body: 'n' })}`
    await tx`insert into action ${tx({ ...by, body: 'a' })}`
    await tx`insert into priority_override ${tx({ ...by, tier: 0, reason: 'r', ends_on: '2025-06-01' })}`
    const twin = await writeEntry(tx, { trust: 'X2B', organisations: ['X2B'] })
    const pair = { entry_id: entryId, other_id: twin, decision: 'same', reason: 'r' }
    await tx`insert into link_decision ${tx({ ...pair, person_id: someone, organisation: 'X1A' })}`
    await tx`
      insert into delivery (id, trust, mode, format, state, extract_at, counts, received_at)
      values (${deliveryId}, 'X1A', 'delta', 'f', 'done', ${AT}, '{}', ${AT})`
    await tx`insert into delivery_issue values (${deliveryId}, 1, 1, 'k', 'f', 'DQ-1', 'warns', 'm', 'f')`
    await tx`select audit_append('[{"action": "a", "subject": "s"}]', ${AT})`
    await tx`insert into person (id, name, role, organisation) values (${someone}, 'P', 'mdt', 'X1A')`
    await tx`insert into session (token_hash, person_id, expires_at) values ('\\x00', ${someone}, ${AT})`
    await tx`insert into feed_key (organisation, label, key_hash, scopes) values ('X1A', 'l', '\\x00', '{}')`
  })
  const seen = (scope: Scope): Promise<string> =>
    db.scoped(scope, async (tx) => {
      const found = []
      for (const table of guarded) {
        const rows = await tx.unsafe(`select 1 from ${table} limit 1`)
        if (rows.length > 0) found.push(table)
      }
      return found.join(' ')
    })

  t.equal(await seen(SYSTEM), guarded.join(' '))
  for (const table of guarded) {
    t.equal((await db.sql.unsafe(`select 1 from ${table}`)).length, 0, `${table}: nothing unscoped`)
    const rows = await db.orm.execute(fragment.raw(`select 1 from ${table}`))
    t.equal(rows.length, 0, `${table}: nothing through drizzle unscoped`)
  }
  const caring = 'entry entry_history identity note link_decision action priority_override'
  const cases: readonly (readonly [Role, string, string])[] = [
    ['coordinator', 'X1A', `${caring} delivery delivery_issue person`],
    ['clinician', 'X2B', `${caring} person`],
    ['mdt', 'X2B', `${caring} person`],
    ['trustAdmin', 'X1A', `${caring} delivery delivery_issue person`],
    ['coordinator', 'X3C', 'person'],
    ['trustAdmin', 'X3C', 'person'],
    ['readOnly', 'X3C', 'person'],
    ['readOnly', 'XAL', 'entry entry_history person'],
    ['lead', 'XAL', 'entry entry_history delivery person'],
    ['allianceAdmin', 'XAL', 'entry entry_history delivery delivery_issue person'],
    ['auditor', 'XAL', 'entry entry_history delivery audit person'],
  ]
  for (const [role, organisation, wanted] of cases) {
    t.equal(await seen(person(role, organisation)), wanted, `${role} of ${organisation}`)
    // The one statement that enters a scope by itself shows what that scope shows.
    const [read] = await db.sql<{ packed: Buffer | null }[]>`
      select packed from identity_packed(${randomUUID()}, ${organisation}, ${role},
        array(select generate_series(1, 1000)))`
    const shown = read?.packed !== null
    t.equal(shown, wanted.includes('identity'), `${role} of ${organisation}: identities packed`)
  }
  const viaOrm = (scope: Scope): Promise<number> =>
    db.scopedOrm(scope, async (tx) => (await tx.query.identity.findMany()).length)
  t.equal(await viaOrm(person('coordinator', 'X1A')), 1)
  t.equal(await viaOrm(person('lead', 'X1A')), 0)
})

t.test('nobody writes in another name, for a pathway not theirs, or past the system', async (t) => {
  const entryId = await db.scoped(SYSTEM, (tx) =>
    writeEntry(tx, { trust: 'X1A', organisations: ['X1A'] }),
  )
  const me = randomUUID()
  const mine: Scope = { kind: 'person', personId: me, organisation: 'X1A', role: 'coordinator' }
  const theirs: Scope = { ...mine, organisation: 'X2B' }
  const note = (scope: Scope, personId: string, organisation: string): Promise<unknown> =>
    db.scoped(
      scope,
      (tx) =>
        tx`insert into note ${tx({ entry_id: entryId, person_id: personId, organisation, body: 'n' })}`,
    )
  await note(mine, me, 'X1A')
  await t.rejects(note(mine, randomUUID(), 'X1A'), { code: '42501' }, 'another name')
  await t.rejects(note(mine, me, 'X2B'), { code: '42501' }, 'another organisation')
  await t.rejects(note(theirs, me, 'X2B'), { code: '42501' }, 'a pathway not theirs')
  await t.rejects(
    db.scoped(mine, (tx) => writeEntry(tx, { trust: 'X1A', organisations: ['X1A'] })),
    { code: '42501' },
    'entries are written by the system alone',
  )
  await db.scoped(theirs, (tx) => tx`update entry set tumour = 'skin' where id = ${entryId}`)
  const [after] = await db.scoped(
    SYSTEM,
    (tx) => tx`select tumour from entry where id = ${entryId}`,
  )
  t.equal(after?.['tumour'], 'lung')
  await t.rejects(
    db.scoped(
      mine,
      (tx) => tx`select audit_append(jsonb_build_array(jsonb_build_object(
        'person_id', ${randomUUID()}::text, 'action', 'a', 'subject', 's')), ${AT})`,
    ),
    { code: '42501' },
  )
})

t.test('a scope ends with its transaction, on the very same connection', async (t) => {
  const one = await openDatabase({ url: db.url, max: 1 })
  t.teardown(() => one.close())
  await one.scoped(SYSTEM, (tx) => tx`select 1`)
  t.equal((await one.sql`select 1 from entry`).length, 0)
  await t.rejects(
    one.scoped(SYSTEM, () => Promise.reject(new Error('no'))),
    { message: 'no' },
  )
  t.equal((await one.sql`select 1 from entry`).length, 0)
  await one.sql`select packed from identity_packed(${randomUUID()}, 'X1A', 'coordinator', '{1,2,3}')`
  t.equal((await one.sql`select 1 from identity`).length, 0)
  t.equal((await one.sql`select 1 from entry`).length, 0)
})

t.test('statements sent together are done in order, all of them or none', async (t) => {
  const one = await openDatabase({ url: db.url, max: 1 })
  t.teardown(() => one.close())
  const names = (): Promise<string> =>
    db
      .scoped(
        SYSTEM,
        (tx) => tx<{ code: string }[]>`select code from organisation where code like 'XW%'`,
      )
      .then((rows) => rows.map(({ code }) => code).join())
  await one.write(SYSTEM, (tx) => [
    tx`insert into organisation (code, name, kind) values ('XW1', 'a', 'trust')`,
    tx`update organisation set code = 'XW2' where code = 'XW1'`,
  ])
  t.equal(await names(), 'XW2')
  await t.rejects(
    one.write(SYSTEM, (tx) => [
      tx`insert into organisation (code, name, kind) values ('XW3', 'a', 'trust')`,
      tx`insert into organisation (code, name, kind) values ('XW2', 'a', 'trust')`,
      tx`insert into organisation (code, name, kind) values ('XW4', 'a', 'trust')`,
    ]),
    { code: '23505' },
  )
  t.equal(await names(), 'XW2', 'nothing of what failed')
  const [mode] = await one.read(
    SYSTEM,
    (tx) => tx<{ kind: string }[]>`
    select current_setting('ptl.kind') as kind`,
  )
  t.equal(mode?.kind, 'system', 'the same connection goes on')
  t.equal((await one.sql`select 1 from entry`).length, 0, 'and is in no scope')
})

t.test(
  'changes have no gaps under 20 writers, and a reader that follows misses none',
  async (t) => {
    const writers = await openDatabase({ url: db.url, max: 20 })
    t.teardown(() => writers.close())
    const [start] = await db.sql<{ seq: number }[]>`select last_seq as seq from change_clock`
    let followed = start?.seq ?? 0
    const read: number[] = []
    const written = { finished: false, failures: 0 }
    const follower = (async () => {
      while (!written.finished || read.length < 20 * 30 - written.failures) {
        const rows = await db.sql<{ seq: number }[]>`
        select seq from change_log where seq > ${followed} order by seq limit 100
      `
        for (const row of rows) read.push(row.seq)
        followed = read.at(-1) ?? followed
      }
    })()
    await Promise.all(
      Array.from({ length: 20 }, async (_, writer) => {
        for (let round = 0; round < 30; round += 1) {
          await writers
            .scoped(SYSTEM, async (tx) => {
              await appendChanges(tx, [{ topic: 'list', kind: 'entries', entryIds: [writer] }], AT)
              if (round % 7 === 3) await tx`select pg_sleep(0.001)`
              if (round % 10 === 9) throw new Error('rolled back')
            })
            .catch(() => (written.failures += 1))
        }
      }),
    )
    written.finished = true
    await follower
    const first = (start?.seq ?? 0) + 1
    t.equal(written.failures, 60)
    t.same(
      read,
      Array.from({ length: 20 * 30 - written.failures }, (_, index) => first + index),
    )
  },
)

t.test(
  'more than 2,000 entries become several rows, and the doorbell rings the last number',
  async (t) => {
    const rung: string[] = []
    const bell = await db.listen(
      CHANGE_CHANNEL,
      (payload) => rung.push(payload),
      () => undefined,
    )
    t.teardown(() => bell.unlisten())
    const ids = Array.from({ length: 4_500 }, (_, index) => index)
    const last = await db.scoped(SYSTEM, (tx) =>
      appendChanges(
        tx,
        [
          { topic: 'list', kind: 'entries', entryIds: ids },
          { topic: 'capacity', kind: 'capacity', payload: { site: 'X1A01', days: ['2025-05-02'] } },
        ],
        AT,
      ),
    )
    const rows = await db.sql<
      { seq: number; at: string; topic: string; entryIds: number[] | null; payload: unknown }[]
    >`
    select seq, at, topic, entry_ids as "entryIds", payload from change_log
    where seq > ${last - 4} order by seq
  `
    t.same(
      rows.map((row) => row.entryIds?.length ?? null),
      [2_000, 2_000, 500, null],
    )
    t.same(
      rows.flatMap((row) => row.entryIds ?? []),
      ids,
    )
    t.same(rows[3]?.payload, { site: 'X1A01', days: ['2025-05-02'] })
    t.equal(rows[3]?.seq, last)
    await until(() => rung.length > 0)
    t.same(rung, [String(last)])
  },
)

t.test('listening comes back by itself after its connection is killed, and says so', async (t) => {
  const heard: string[] = []
  let times = 0
  const listening = await db.listen(
    'test_bell',
    (payload) => heard.push(payload),
    () => (times += 1),
  )
  t.teardown(() => listening.unlisten())
  t.equal(times, 1)
  await admin`select pg_notify('test_bell', 'one')`
  await until(() => heard.length === 1)
  await admin`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'ptl-listen'`
  await until(() => times === 2)
  await admin`select pg_notify('test_bell', 'two')`
  await until(() => heard.length === 2)
  t.same(heard, ['one', 'two'])
})

t.test('listening tries again and again while nothing answers', async (t) => {
  const proxy = await through(t, db.url, (data) => data)
  const heard: string[] = []
  let times = 0
  const listening = await listenOn(
    { url: proxy.url, role: 'ptl_service', channel: 'test_bell' },
    (payload) => heard.push(payload),
    () => (times += 1),
  )
  t.teardown(() => listening.unlisten())
  await proxy.close()
  await until(() => proxy.open() === 0)
  await proxy.reopen()
  await until(() => times === 2)
  await admin`select pg_notify('test_bell', 'after')`
  await until(() => heard.length === 1)
  await listening.unlisten()
  await admin`select pg_notify('test_bell', 'too late')`
  t.same(heard, ['after'])
})

t.test('COPY', async (t) => {
  const staged = async <T>(fn: Parameters<typeof db.scoped<T>>[1]): Promise<T> =>
    db.scoped(SYSTEM, async (tx) => {
      await tx`create temporary table staging (a int check (a < 1000), b text) on commit drop`
      return fn(tx)
    })
  const lines = (count: number): Buffer[] =>
    Array.from({ length: count }, (_, index) => Buffer.from(`${String(index)}\tb\n`))

  t.test('counts the rows, cut anywhere, and gives the deadline back', async (t) => {
    const whole = Buffer.concat(lines(900))
    const cut = [whole.subarray(0, 1_000), whole.subarray(1_000, 1_001), whole.subarray(1_001)]
    const found = await staged(async (tx) => {
      const copied = await copyRows(tx, 'staging (a, b)', cut)
      const [row] = await tx`
        select count(*)::int as n, sum(a)::int as s, current_setting('statement_timeout') as d from staging`
      return { copied, ...row }
    })
    t.same(found, { copied: 900, n: 900, s: (900 * 899) / 2, d: '30s' })
  })

  t.test('more than fits the pipe is held back and arrives', async (t) => {
    async function* many(): AsyncGenerator<string> {
      for (let index = 0; index < 40_000; index += 1)
        yield `${String(index % 1_000)}\t${'x'.repeat(100)}\n`
    }
    t.equal(await staged((tx) => copyRows(tx, 'staging', many())), 40_000)
  })

  t.test('none is none', async (t) => {
    t.equal(await staged((tx) => copyRows(tx, 'staging', [])), 0)
  })

  const failing: readonly (readonly [
    string,
    Buffer[] | (() => AsyncGenerator<Buffer>),
    { code: string } | { message: string },
  ])[] = [
    ['the last row', [...lines(3), Buffer.from('9999\tb\n')], { code: '23514' }],
    ['an unended last row', [...lines(3), Buffer.from('7')], { code: '22P04' }],
    ['an early row of many', [Buffer.from('zz\tb\n'), ...lines(200_000)], { code: '22P02' }],
    [
      'the source itself',
      async function* () {
        yield Buffer.from('1\tb\n')
        throw new Error('the sender broke off')
      },
      { message: 'the sender broke off' },
    ],
  ]
  for (const [what, chunks, error] of failing) {
    t.test(`settles when it fails at ${what}, and the connection lives on`, async (t) => {
      const one = await openDatabase({ url: db.url, max: 1 })
      t.teardown(() => one.close())
      await t.rejects(
        one.scoped(SYSTEM, async (tx) => {
          await tx`create temporary table staging (a int check (a < 1000), b text) on commit drop`
          await copyRows(tx, 'staging', typeof chunks === 'function' ? chunks() : chunks)
        }),
        error,
      )
      t.match(await one.sql`select 1 as one, current_setting('statement_timeout') as d`, [
        { one: 1, d: '30s' },
      ])
    })
  }

  t.test('a missing table is refused before a row is asked for', async (t) => {
    await t.rejects(
      staged((tx) => copyRows(tx, 'no_such_table', lines(1))),
      { code: '42P01' },
    )
  })

  t.test('a source that stands still is called off', async (t) => {
    const one = await openDatabase({ url: db.url, max: 1 })
    t.teardown(() => one.close())
    const never = async function* (): AsyncGenerator<Buffer> {
      yield Buffer.from('1\tb\n')
      await new Promise(() => undefined)
    }
    await t.rejects(
      one.scoped(SYSTEM, async (tx) => {
        await tx`create temporary table staging (a int, b text) on commit drop`
        await copyRows(tx, 'staging', never(), { stallLimitMs: 60 })
      }),
      { message: /stood still for 60 ms/ },
    )
    t.match(await one.sql`select 1 as one`, [{ one: 1 }])
  })

  t.test('a server that no longer answers is given up', async (t) => {
    const proxy = await through(t, db.url, (data) => data)
    const one = await openDatabase({ url: proxy.url, max: 1 })
    await t.rejects(
      one.scoped(SYSTEM, async (tx) => {
        await tx`create temporary table staging (a int, b text) on commit drop`
        const frozen = async function* (): AsyncGenerator<Buffer> {
          yield Buffer.from('1\tb\n')
          proxy.freeze()
        }
        await copyRows(tx, 'staging', frozen(), { stallLimitMs: 60 }).finally(() => proxy.cut())
      }),
    )
    await one.close()
  })

  t.test('a connection killed in the middle is an error, and the next works', async (t) => {
    const reserved = await db.sql.reserve()
    await reserved`create temporary table staging (a int, b text)`
    const [me] = await reserved<{ pid: number }[]>`select pg_backend_pid() as pid`
    const killer = async function* (): AsyncGenerator<Buffer> {
      yield Buffer.from('1\tb\n')
      await admin`select pg_terminate_backend(${me?.pid ?? 0}, 5000)`
      yield Buffer.from('2\tb\n')
    }
    await t.rejects(copyRows(reserved, 'staging', killer()))
    reserved.release()
    t.match(await db.sql`select 1 as one`, [{ one: 1 }])
  })
})

/** Waits for a condition that an event will bring about, in bounded time. */
async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000
  while (!condition()) {
    if (Date.now() > deadline) throw new Error('it did not come about in 10 s')
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** A TCP door to the unix socket that can change what the server says, close, freeze, and open again. */
async function through(
  t: { teardown(fn: () => unknown): void },
  url: string,
  edit: (fromServer: Buffer) => Buffer,
): Promise<{
  url: string
  open(): number
  close(): Promise<void>
  reopen(): Promise<void>
  freeze(): void
  cut(): void
}> {
  const directory = new URL(url).searchParams.get('host') ?? ''
  const sockets = new Set<Socket>()
  let frozen = false
  const server = createServer((client) => {
    const upstream = connectSocket(`${directory}/.s.PGSQL.5432`)
    sockets.add(client)
    client.on('data', (data) => {
      if (!frozen) upstream.write(data)
    })
    upstream.on('data', (data) => {
      if (!frozen) client.write(edit(data))
    })
    client.on('error', () => undefined)
    upstream.on('error', () => undefined)
    upstream.on('close', () => client.destroy())
    client.on('close', () => {
      upstream.destroy()
      sockets.delete(client)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0
  const cut = (): void => sockets.forEach((socket) => socket.destroy())
  t.teardown(() => {
    cut()
    server.close()
  })
  const plain = new URL(url)
  plain.searchParams.delete('host')
  return {
    url: plain.toString().replace('@localhost', `@127.0.0.1:${String(port)}`),
    open: () => sockets.size,
    async close() {
      const closed = once(server, 'close')
      server.close()
      cut()
      await closed
    },
    async reopen() {
      server.listen(port, '127.0.0.1')
      await once(server, 'listening')
    },
    freeze() {
      frozen = true
    },
    cut,
  }
}

t.test('FEED-14 Idempotency-Keys from before each feed had its own are found again', async (t) => {
  const at = '2025-06-01T09:00:00.000Z'
  await admin.begin(async (tx) => {
    const [key] = await tx<{ id: string }[]>`
      insert into feed_key (id, organisation, feed, label, key_hash, scopes)
      values (gen_random_uuid(), 'X1A', 'pas', 'l', ${Buffer.alloc(32)}, '{}') returning id`
    for (const [feed, format, said] of [
      ['main', 'ndjson', 'sample:1'],
      ['pas', 'json', 'a 1'],
      ['capacity', 'capacity-csv', 'b'],
      ['pas', 'json', null],
    ] as const) {
      await tx`
        insert into delivery (id, trust, feed, feed_key_id, mode, format, state, idempotency_key, extract_at, counts, received_at)
        values (gen_random_uuid(), 'X1A', ${feed}, ${key?.id ?? null}, 'delta', ${format}, 'done', ${said}, ${at}, '{}', ${at})`
    }
    const file = join(import.meta.dirname, '../../db/migrations/0024_keys_of_each_feed.sql')
    for (const statement of readFileSync(file, 'utf8').split('--> statement-breakpoint')) {
      await tx.unsafe(statement)
    }
    const rows = await tx`
      select idempotency_key as key from delivery where trust = 'X1A' and received_at = ${at} order by 1`
    t.same(
      rows.map((row) => row['key'] as string | null),
      ['capacity/pas b', 'main sample:1', 'pas a 1', null],
    )
    // Nothing of this is for the tests beside it.
    await tx`delete from delivery where trust = 'X1A' and received_at = ${at}`
    await tx`delete from feed_key where id = ${key?.id ?? null}`
  })
})
