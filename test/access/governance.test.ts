import { randomUUID } from 'node:crypto'
import t from 'tap'
import { connect } from '../../db/connection.ts'
import { openAccess } from '../../server/access/access.ts'
import type { Person } from '../../server/access/access.ts'
import { applyRetention } from '../../server/access/keeping/erasure.ts'
import { keptSecret } from '../../server/access/identity/kept-secret.ts'
import { usedKeys } from '../../server/access/identity/keys.ts'
import { createPerson } from '../../server/access/people/people.ts'
import { resealAll } from '../../server/access/identity/reseal.ts'
import { identityKey, nhsHashes } from '../../server/access/identity/seal.ts'
import type { IdentityKeys, SealedBytes } from '../../server/access/identity/seal.ts'
import { boundTo } from '../../server/feeds/mending/aside.ts'
import { HELD } from '../../server/access/keeping/subject-access.ts'
import type { IsoDate } from '../../shared/date.ts'
import type { Role } from '../../shared/vocabulary.ts'
import { referral } from '../alliance.ts'
import { testDatabase } from '../database.ts'
import { writeEntry, writeOrganisations } from '../db/pathway.ts'
import { feedService } from '../feed-service.ts'
import type { Answer } from '../feed-service.ts'

const SYSTEM = { kind: 'system', name: 'test' } as const
const NUMBER = '9990000018'
const SOMEBODY = {
  nhsNumber: NUMBER,
  name: 'Synthetic Person',
  dateOfBirth: '1950-02-03' as IsoDate,
}
const service = await feedService(t)
const { db, access, ask } = service
const add: typeof service.add = (entries) => service.add(entries)
// row-level security ends an opening by the database's own clock
service.setNow(Date.now())
const admin = connect(db.adminUrl, { max: 1 })
t.teardown(() => admin.end({ timeout: 1 }))

const cookies = new Map<string, string>()
async function as<T = Record<string, unknown>>(
  role: Role,
  organisation: string,
  path: string,
  body?: object,
): Promise<Answer<T>> {
  const who = `${role} ${organisation}`
  const cookie = cookies.get(who) ?? (await service.cookieOf(role, organisation)).cookie
  cookies.set(who, cookie)
  return ask<T>(path, { headers: { cookie }, ...(body === undefined ? {} : { body }) })
}

async function identify(entryId: number): Promise<void> {
  const { keyId, sealed, nhsHash } = access.seal(SOMEBODY)
  await db.scoped(
    SYSTEM,
    (tx) => tx`insert into identity (entry_id, key_id, sealed, nhs_hash)
      values (${entryId}, ${keyId}, ${sealed}, ${nhsHash})`,
  )
}

async function audited(action: string): Promise<{ subject: string; reason: string | null }[]> {
  const rows = await admin<{ subject: string; reason: string | null }[]>`
    select subject, reason from audit where action = ${action} order by id`
  return [...rows]
}

interface Opening {
  readonly id: string
  readonly entryId: number
  readonly reads: number
  readonly outcome: string | null
}

t.test('IG-5 breaking the glass', async (t) => {
  const [entryId = 0, other = 0] = await add([
    { trust: 'XAA', facts: referral('g1', 20) },
    { trust: 'XAA', facts: referral('g2', 20) },
  ])
  for (const id of [entryId, other]) await identify(id)
  const path = `/api/entries/${String(entryId)}/break-glass`
  const reason = 'Collapsed in our emergency department'
  const names = () =>
    as<{ identities: { id: number; identity: unknown }[] }>('clinician', 'XBB', '/api/identities', {
      ids: [entryId, other],
    })

  t.same((await names()).body.identities, [], 'closed before')
  t.equal(
    (await as('clinician', 'XBB', path, { reason: 'short' })).status,
    400,
    'a reason is wanted',
  )
  for (const role of ['lead', 'allianceAdmin', 'auditor', 'readOnly'] as const)
    t.equal((await as(role, 'XAL', path, { reason })).status, 403, `${role}: never`)
  t.equal((await as('clinician', 'XAA', path, { reason })).status, 409, 'nothing to break')
  t.equal(
    (await as('clinician', 'XBB', '/api/entries/987654321/break-glass', { reason })).status,
    404,
  )

  const told = new Promise<number>((resolve) => {
    const stop = service.list.onChange(({ rows }) => {
      const found = rows.find((row) => row.kind === 'breakGlass')
      if (found === undefined) return
      stop()
      resolve(found.seq)
    })
  })
  const opened = await as<{ id: string; endsAt: string }>('clinician', 'XBB', path, { reason })
  t.equal(opened.status, 201)
  t.equal(Math.round((Date.parse(opened.body.endsAt) - service.now()) / 60_000), 60)
  t.ok((await told) > 0, 'every process is told by the change log')
  t.match(await ask('/metrics'), { body: /ptl_changes_applied_total\{kind="breakGlass"\} 1/ })

  t.same(
    (await names()).body.identities,
    [{ id: entryId, identity: SOMEBODY }],
    'this one, no other',
  )
  t.same(
    (await as<{ identities: [] }>('coordinator', 'XBB', '/api/identities', { ids: [entryId] })).body
      .identities,
    [],
    'for them, nobody else',
  )
  t.equal(
    (await as('clinician', 'XBB', `/api/entries/${String(entryId)}`)).status,
    404,
    'the identity, not the record',
  )
  t.match((await audited('identity:breakGlass')).at(-1), {
    subject: `entry:${String(entryId)}`,
    reason,
  })
  t.match((await audited('identity:read')).at(-1), { reason: `break-glass: ${reason}` })

  await t.test(
    'the auditor is shown it, with what was read, and says what they make of it',
    async (t) => {
      const report = await as<{ openings: Opening[] }>('auditor', 'XAL', '/api/break-glass')
      t.match(report.body.openings, [
        { id: opened.body.id, entryId, reads: 1, outcome: null, reason },
      ])
      t.same(
        (await as<{ openings: [] }>('coordinator', 'XAA', '/api/break-glass')).body.openings,
        [],
      )
      t.equal((await as('lead', 'XAL', '/api/break-glass')).status, 403)
      const review = { outcome: 'notJustified', note: 'No such attendance' }
      const at = `/api/break-glass/${opened.body.id}/review`
      t.equal((await as('clinician', 'XBB', at, review)).status, 403, 'not by oneself')
      t.equal((await as('auditor', 'XAL', at, review)).status, 204)
      t.equal((await as('auditor', 'XAL', at, review)).status, 409, 'once')
      t.same((await names()).body.identities, [], 'what was not justified ends at once')
    },
  )

  await t.test('it ends by itself', async (t) => {
    t.equal((await as('clinician', 'XBB', path, { reason })).status, 201)
    t.equal((await names()).body.identities.length, 1)
    await admin`update break_glass set ends_at = now()`
    t.same((await names()).body.identities, [])
  })

  await t.test('whoever looks around is stopped', async (t) => {
    const statuses = []
    for (let time = 0; time < 5; time += 1)
      statuses.push((await as('clinician', 'XBB', path, { reason })).status)
    t.same(statuses, [201, 201, 201, 429, 429])
    t.match((await audited('request:refused')).at(-1), { reason: 'too-many' })
  })
})

t.test('IG-9 the audit is read, exported and proved by the auditor alone', async (t) => {
  await db.scoped(SYSTEM, (tx) =>
    access.audit(tx, {
      action: 'test:text',
      subject: 'entry:1',
      reason: '=1+1\r\n"x", forged,line',
    }),
  )
  for (const path of [
    '/api/audit',
    '/api/audit/export.csv',
    '/api/audit/export.ndjson',
    '/api/audit/verify',
    '/api/retention',
  ])
    for (const [role, organisation] of [
      ['lead', 'XAL'],
      ['allianceAdmin', 'XAL'],
      ['trustAdmin', 'XAA'],
    ] as const)
      t.equal((await as(role, organisation, path)).status, 403, `${role} ${path}`)
  const page = await as<{ events: { id: number; action: string }[] }>(
    'auditor',
    'XAL',
    '/api/audit?limit=5',
  )
  t.same(
    page.body.events.map((event) => event.id),
    [1, 2, 3, 4, 5],
  )
  const newest = async (query: string) =>
    (
      await as<{ events: { id: number; subject: string; by: string | null }[] }>(
        'auditor',
        'XAL',
        `/api/audit?order=newest&${query}`,
      )
    ).body.events
  const ids = (await newest('limit=3')).map((event) => event.id)
  t.ok((ids[0] ?? 0) > (ids[1] ?? 0) && (ids[1] ?? 0) > (ids[2] ?? 0), 'the newest first')
  const older = await newest(`limit=2&before=${String(ids[1])}`)
  t.equal(older[0]?.id, ids[2], 'and on from there')
  await db.scoped(SYSTEM, (tx) =>
    access.audit(tx, [
      { action: 'test:entry', subject: 'entries:77701,77702' },
      { action: 'test:entry', subject: 'entry:77701' },
      { action: 'test:entry', subject: 'entry:777011' },
    ]),
  )
  t.same(
    (await newest('entryId=77701')).map((event) => event.subject),
    ['entry:77701', 'entries:77701,77702'],
    'a pathway alone and among others, and no other that begins alike',
  )
  const named = await newest('by=tEs')
  t.ok(named.length > 0 && named.every((event) => event.by === 'Test'), 'by part of a name')
  t.same(await newest('by=%25'), [], 'which is no pattern')
  const one = await as<{ events: { reason: string }[] }>(
    'auditor',
    'XAL',
    '/api/audit?action=test:text',
  )
  t.equal(one.body.events.length, 1)
  const csv = (await as('auditor', 'XAL', '/api/audit/export.csv?action=test:text'))
    .body as unknown as string
  t.match(csv, `"'=1+1\r\n""x"", forged,line"`, 'one cell, and no formula')
  const cookie = cookies.get('auditor XAL') ?? ''
  const raw = await fetch(`${service.url}/api/audit/export.ndjson`, { headers: { cookie } })
  const lines = (await raw.text()).trimEnd().split('\n')
  t.same(JSON.parse(lines[0] ?? ''), page.body.events[0])
  t.equal((await audited('audit:export')).length, 2, 'the export itself is in it')
  t.match((await as('auditor', 'XAL', '/api/audit/verify')).body, { ok: true, cutThrough: 0 })
})

t.test('IG-11 all that is held on somebody', async (t) => {
  const [entryId = 0, closed = 0] = await add([
    { trust: 'XBB', facts: referral('s1', 20, { trackingNote: '=HYPERLINK("x")' }) },
    { trust: 'XCC', facts: referral('s2', 400), closedReason: 'ruled out' },
  ])
  await admin`delete from identity`
  for (const id of [entryId, closed]) await identify(id)
  await as('coordinator', 'XBB', `/api/entries/${String(entryId)}/notes`, {
    body: 'Rang, no answer',
  })
  await as('coordinator', 'XBB', '/api/identities', { ids: [entryId] })
  const looker = (await service.cookieOf('coordinator', 'XBB')).personId
  await admin`insert into entry_look (person_id, entry_id, at, seq) values (${looker}, ${entryId}, now(), 1)`
  await admin`insert into acknowledgement (entry_id, person_id, organisation) values (${entryId}, ${looker}, 'XBB')`
  const asked = { nhsNumber: NUMBER, reason: 'SAR 2026/14' }
  for (const role of ['lead', 'allianceAdmin'] as const)
    t.equal((await as(role, 'XAL', '/api/subject-access', asked)).status, 403)
  t.equal((await as('coordinator', 'XBB', '/api/subject-access', asked)).status, 403)
  const found = await as<{ pathways: Record<string, unknown>[] }>(
    'auditor',
    'XAL',
    '/api/subject-access',
    asked,
  )
  t.match(found.body.pathways, [
    {
      entryId,
      trust: 'XBB',
      identity: SOMEBODY,
      note: [{ body: 'Rang, no answer', organisation: 'XBB' }],
      acknowledgement: [{ organisation: 'XBB' }],
      entry_look: [{ organisation: 'XBB', role: 'coordinator' }],
      audit: [{ action: 'note:write' }, { action: 'identity:read', role: 'coordinator' }],
      entry_version: [{ version: 1, facts: { trackingNote: '=HYPERLINK("x")' } }],
    },
    { entryId: closed, trust: 'XCC', identity: SOMEBODY },
  ])
  const csv = (await as('auditor', 'XAL', '/api/subject-access', { ...asked, format: 'csv' }))
    .body as unknown as string
  t.match(csv, `${String(entryId)},identity,1,nhsNumber,${NUMBER}`)
  t.match(csv, `'=HYPERLINK`, 'no cell is a formula')
  t.same(
    (await audited('subject:export')).map((line) => line.subject),
    [
      `entry:${String(entryId)}`,
      `entry:${String(closed)}`,
      `entry:${String(entryId)}`,
      `entry:${String(closed)}`,
    ],
  )
  const nobody = await as<{ pathways: [] }>('auditor', 'XAL', '/api/subject-access', {
    ...asked,
    nhsNumber: '9990000026',
  })
  t.same(nobody.body.pathways, [])

  await t.test(
    'every table that has something on a pathway is told of, or is said not to be',
    async (t) => {
      const tables = await admin<{ name: string }[]>`
      select table_name as name from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
      where table_schema = 'public' and column_name in ('entry_id', 'other_id') group by table_name order by 1`
      const elsewhere = new Set([
        'entry_history', // in entry_version
        'identity', // opened
        'feed_line_dropped', // bookkeeping of the feed
        'feed_said', // how far the word of each feed reaches: times alone
      ])
      t.same(
        tables.map(({ name }) => name).filter((name) => !(name in HELD) && !elsewhere.has(name)),
        [],
      )
    },
  )

  await t.test('IG-12 erasure: closed pathways only, with a certificate', async (t) => {
    const request = { nhsNumber: NUMBER, reason: 'Request 2026/15' }
    t.equal((await as('allianceAdmin', 'XAL', '/api/erasures', request)).status, 403)
    const refused = await as<{ detail: string }>('auditor', 'XAL', '/api/erasures', request)
    t.match(refused, { status: 409, body: { detail: /^1 of 2 pathways are open/ } })
    await admin`update entry set state = 'closed', closed_reason = 'ruled out' where id = ${entryId}`
    const made = await as<{ id: string; pathways: number; rows: object }>(
      'auditor',
      'XAL',
      '/api/erasures',
      request,
    )
    t.match(made, {
      status: 201,
      body: {
        pathways: 2,
        rule: 'request',
        rows: { identity: 2, note: 1, acknowledgement: 1, look: 1, entry: 2 },
      },
    })
    t.match((await audited('subject:erase')).at(-1), { subject: `erasure:${made.body.id}` })
    const left = await admin`
      select (select jsonb_agg(entry) from entry where id in (${entryId}, ${closed}))::text
        || coalesce((select jsonb_agg(entry_history)::text from entry_history where entry_id in (${entryId}, ${closed})), '')
        || coalesce((select jsonb_agg(note)::text from note where entry_id = ${entryId}), '') as text`
    for (const gone of ['HYPERLINK', 'Rang', '"s1"', '"s2"', 'receivedOn', 'lung-'])
      t.notMatch(String(left[0]?.['text']), gone)
    const after = await as<{ pathways: [] }>('auditor', 'XAL', '/api/subject-access', asked)
    t.same(after.body.pathways, [])
    t.equal((await as('auditor', 'XAL', '/api/erasures', request)).status, 404)
    t.match((await as<{ erasures: object[] }>('auditor', 'XAL', '/api/erasures')).body.erasures, [
      { id: made.body.id },
    ])
    await t.rejects(
      db.sql`insert into erasure select * from erasure`,
      { code: '42501' },
      'no certificate is made up',
    )
  })
})

t.test('IG-14 what was erased stays away, and is told of to who sends it', async (t) => {
  const key = (await service.key('XCC')).key
  const identity = { ...SOMEBODY, nhsNumber: '9990000077' }
  const record = (localId: string, more: object = {}): string =>
    JSON.stringify({ ...referral(localId, 30, { step: 'ebus' }), ...more })
  const extract = `${record('back1', { identity })}\n${record('back2')}\n`
  const push = (body: string, mode = 'snapshot') =>
    service.push('XCC', key, body, { query: `?mode=${mode}` })
  t.match((await push(extract)).body.counts, { added: 2, refused: 0 })
  await admin`update entry set state = 'closed', closed_reason = 'treated' where local_id = 'back1'`
  const request = { nhsNumber: identity.nhsNumber, reason: 'Request 2026/16' }
  const made = await as<{ id: string; liftedAt: null }>('auditor', 'XAL', '/api/erasures', request)
  t.match(made, { status: 201, body: { pathways: 1, liftedAt: null } })

  const said = {
    state: 'done',
    counts: { read: 2, accepted: 1, added: 0, refused: 1 },
    issues: [
      { rowNumber: 1, recordKey: '', code: 'IG-14', severity: 'refuses-row', message: /erased/ },
    ],
  }
  for (const [name, body, mode] of [
    ['the extract as it was', extract, 'snapshot'],
    [
      'with a change',
      `${record('back1', { identity, fit: 30 })}\n${record('back2')}\n`,
      'snapshot',
    ],
    ['by itself', `${record('back1', { identity })}\n${record('back2')}\n`, 'delta'],
  ] as const)
    t.match((await push(body, mode)).body, said, name)
  const held = await admin<{ count: number }[]>`
    select (select count(*) from entry where local_id = 'back1') + (select count(*) from refused_row
      where record_key = 'back1') + (select count(*) from delivery_issue where record_key = 'back1') as count`
  t.equal(Number(held[0]?.count), 0, 'nothing of it is kept by another way')
  const [kept] = await admin<
    { text: string }[]
  >`select string_agg(e::text, '') as text from erased_record e`
  t.notMatch(kept?.text, 'back1', 'its key is a keyed hash')
  const elsewhere = (await service.key('XAA')).key
  t.match(
    (await service.push('XAA', elsewhere, record('back1'), { query: '?mode=delta' })).body.counts,
    { added: 1 },
    'the same key of another trust is another pathway',
  )

  const lift = `/api/erasures/${made.body.id}/lift`
  const why = { reason: 'Referred back, care goes on' }
  for (const [role, organisation] of [
    ['trustAdmin', 'XCC'],
    ['allianceAdmin', 'XAL'],
  ] as const)
    t.equal((await as(role, organisation, lift, why)).status, 403, role)
  t.equal((await as('auditor', 'XAL', lift, why)).status, 204)
  t.equal((await as('auditor', 'XAL', lift, why)).status, 409, 'once')
  const nobodys = '/api/erasures/00000000-0000-4000-8000-000000000000/lift'
  t.equal((await as('auditor', 'XAL', nobodys, why)).status, 404)
  t.same((await audited('subject:liftErasure')).at(-1), {
    subject: `erasure:${made.body.id}`,
    reason: why.reason,
  })
  const { erasures } = (
    await as<{ erasures: { id: string; liftedAt: string | null }[] }>(
      'auditor',
      'XAL',
      '/api/erasures',
    )
  ).body
  t.type(erasures.find(({ id }) => id === made.body.id)?.liftedAt, 'string')
  t.match((await push(extract)).body.counts, { added: 1, refused: 0 }, 'and is taken in again')
})

t.test('IG-12 IG-13 retention by rule, and a chain that still holds', async (t) => {
  const [young = 0, old = 0] = await add([
    { trust: 'XAA', facts: referral('r1', 400), closedReason: 'treated' },
    { trust: 'XAA', facts: referral('r2', 400), closedReason: 'treated' },
  ])
  for (const id of [young, old]) await identify(id)
  await admin`update entry set updated_at = now() - interval '7 years 364 days' where id = ${young}`
  await admin`update entry set updated_at = now() - interval '8 years 1 day' where id = ${old}`
  const rule = { years: 8, auditYears: 8, now: service.now() }
  const state = async () =>
    (
      await as<{ closedPathways: { held: number; overdue: number } }>(
        'auditor',
        'XAL',
        '/api/retention',
      )
    ).body
  const due = await state()
  t.match(due.closedPathways, { years: 8, overdue: 1 }, 'what is overdue is told')
  t.same(await applyRetention(db, access.recordHash, rule), { pathways: 1, events: 0 })
  t.match(
    (await state()).closedPathways,
    { held: due.closedPathways.held - 1, overdue: 0 },
    'and that it has gone',
  )
  t.same(
    (await admin`select entry_id as id from identity where entry_id in (${young}, ${old})`).map(
      (row) => Number(row['id']),
    ),
    [young],
  )
  t.same(
    await applyRetention(db, access.recordHash, rule),
    { pathways: 0, events: 0 },
    'again takes nothing more',
  )

  const before = await access.verifyAudit()
  t.match(before, { ok: true, cutThrough: 0 })
  // as if the first twenty had been written nine years ago, in an audit chained so: a chain of its own
  const aged = await testDatabase(t)
  const agedAdmin = connect(aged.adminUrl, { max: 1 })
  t.teardown(() => agedAdmin.end({ timeout: 1 }))
  const chained = await openAccess({
    db: aged,
    keys: [identityKey(Buffer.alloc(32, 1))],
    now: service.now,
  })
  t.teardown(() => chained.close())
  const append = (at: string, count: number) =>
    agedAdmin.begin(async (tx) => {
      await tx`select set_config('ptl.kind', 'system', true)`
      for (let n = 0; n < count; n += 1)
        await tx`select audit_append('[{"action": "a", "subject": "s"}]', ${at})`
    })
  const yearsAgo = (years: number) =>
    new Date(service.now() - years * 366 * 86_400_000).toISOString()
  await append(yearsAgo(9), 20)
  await append(yearsAgo(2), 10)
  t.same(await applyRetention(aged, chained.recordHash, { ...rule, now: service.now() }), {
    pathways: 0,
    events: 20,
  })
  t.same(await chained.verifyAudit(), { ok: true, events: 11, cutThrough: 20 })
  await append(yearsAgo(0), 3)
  t.same(await chained.verifyAudit(), { ok: true, events: 14, cutThrough: 20 }, 'and goes on')
  t.same(
    await applyRetention(aged, chained.recordHash, { ...rule, auditYears: 0 }),
    { pathways: 0, events: 10 },
    'never what is younger than a year',
  )
  t.match(await chained.verifyAudit(), { ok: true, cutThrough: 30 })

  const tampering: readonly (readonly [string, string, RegExp])[] = [
    [
      'a certificate made up',
      `insert into audit_cut select 31, hash, 1, 'x', now() from audit where id = 31; delete from audit where id = 31`,
      /no event tells of the cut/,
    ],
    [
      'a certificate altered',
      `update audit_cut set through_hash = sha256('x') where through_id = 30`,
      /does not follow/,
    ],
    ['certificates lost', 'delete from audit_cut', /missing/],
  ]
  for (const [name, tamper, why] of tampering) {
    await agedAdmin.unsafe('create table kept_cut as select * from audit_cut')
    await agedAdmin.unsafe('create table kept_audit as select * from audit')
    await agedAdmin.unsafe(tamper)
    t.match(await chained.verifyAudit(), { ok: false, why }, name)
    await agedAdmin.unsafe(`truncate audit, audit_cut; insert into audit select * from kept_audit;
      insert into audit_cut select * from kept_cut; drop table kept_audit, kept_cut`)
    t.match(await chained.verifyAudit(), { ok: true }, `${name}, mended`)
  }
  await t.rejects(aged.sql`insert into audit_cut select * from audit_cut`, { code: '42501' })
  await t.rejects(aged.sql`delete from audit`, { code: '42501' })
})

t.test('IG-6 keys are rotated while the service goes on', async (t) => {
  const own = await testDatabase(t)
  await own.scoped(SYSTEM, writeOrganisations)
  const [oldKey, newKey] = [identityKey(Buffer.alloc(32, 1)), identityKey(Buffer.alloc(32, 2))]
  const both: IdentityKeys = [newKey, oldKey]
  const now = (): number => service.now()
  const before = await openAccess({ db: own, keys: [oldKey], now })
  t.teardown(() => before.close())
  const numbers = ['9990000018', '9990000026', '9990000034']
  const ids: number[] = []
  await own.scoped(SYSTEM, async (tx) => {
    for (let n = 0; n < 1_203; n += 1) {
      const id = await writeEntry(tx, { trust: 'X1A', organisations: ['X1A'] })
      const { keyId, sealed, nhsHash } = before.seal({
        ...SOMEBODY,
        nhsNumber: numbers[n % 3] ?? '',
      })
      await tx`insert into identity (entry_id, key_id, sealed, nhs_hash) values (${id}, ${keyId}, ${sealed}, ${nhsHash})`
      ids.push(id)
    }
  })
  const refusedId = randomUUID()
  await own.scoped(SYSTEM, async (tx) => {
    const { keyId, sealed } = before.sealBytes(Buffer.from('a refused row'), boundTo(refusedId))
    const deliveryId = randomUUID()
    await tx`
      insert into delivery (id, trust, mode, format, state, extract_at, counts, received_at)
      values (${deliveryId}, 'X1A', 'delta', 'ndjson', 'done', now(), '{}', now())`
    await tx`
      insert into refused_row (id, trust, feed, delivery_id, row_number, record_key, format, context, key_id, sealed,
        issues, extract_at, refused_at, state)
      values (${refusedId}, 'X1A', 'main', ${deliveryId}, 1, 'R', 'ndjson', '', ${keyId}, ${sealed}, '[]', now(), now(),
        'waiting')`
  })
  const secret = await keptSecret(own, [oldKey], 'pseudonyms', () => 'first')
  const reader: Person = await createPerson(own, {
    name: 'Synthetic',
    role: 'coordinator',
    organisation: 'X1A',
    sample: true,
  })

  const during = await openAccess({ db: own, keys: both, now, namesAnHour: 1_000_000 })
  t.teardown(() => during.close())
  const options = { db: own, keys: both, now, refusedRowBoundTo: boundTo }
  const stop = new AbortController()
  let reads = 0
  const goingOn = (async () => {
    while (!stop.signal.aborted) {
      const some = ids.slice(reads % 1_100, (reads % 1_100) + 100)
      t.equal((await during.identities(reader, some)).size, 100)
      const held = await own.scoped(
        SYSTEM,
        (tx) => tx`
        select 1 from identity where nhs_hash in ${tx(nhsHashes(NUMBER, both))}`,
      )
      t.equal(held.length, 401, 'found under either')
      reads += 1
    }
  })()
  t.equal(await resealAll(options), 1_203)
  stop.abort()
  await goingOn
  t.equal(await resealAll(options), 0, 'nothing is left to do')
  t.same(await own.scoped(SYSTEM, usedKeys), [newKey.id])
  const hashes = await own.scoped(
    SYSTEM,
    (tx) => tx<{ hash: Buffer }[]>`select nhs_hash as hash from identity group by 1`,
  )
  t.equal(hashes.length, 3)
  t.ok(
    hashes.some(({ hash }) => hash.equals(nhsHashes(NUMBER, [newKey])[0] ?? Buffer.alloc(0))),
    "the hash is the new key's",
  )

  await t.test('the old key may go, and pseudonyms stay', async (t) => {
    const after = await openAccess({ db: own, keys: [newKey], now })
    t.teardown(() => after.close())
    t.equal((await after.identities(reader, ids.slice(0, 5))).size, 5)
    const [row] = await own.scoped(
      SYSTEM,
      (tx) => tx<SealedBytes[]>`
        select key_id as "keyId", sealed from refused_row where id = ${refusedId}`,
    )
    t.ok(row)
    if (row !== undefined) {
      t.equal(after.unsealBytes(row, boundTo(refusedId)).toString(), 'a refused row', 'FEED-42')
    }
    t.equal(await keptSecret(own, [newKey], 'pseudonyms', () => 'second'), secret)
  })
  await t.test('a wrong or missing key is one clear line', async (t) => {
    await t.rejects(openAccess({ db: own, keys: [oldKey], now }), {
      message:
        /^Identities are sealed under key [0-9a-f]{8}, and only [0-9a-f]{8} was given: set PTL_IDENTITY_KEY/,
    })
    const impostor = { ...identityKey(Buffer.alloc(32, 3)), id: newKey.id }
    await t.rejects(openAccess({ db: own, keys: [impostor], now }), {
      message: /^Key [0-9a-f]{8} is not the key of that name/,
    })
  })
  t.match(await before.verifyAudit(), { ok: true })
})

t.test('security.txt says where flaws are told, or that nobody has said', async (t) => {
  const unsaid = await ask('/.well-known/security.txt')
  t.match(unsaid, { status: 404, body: { detail: /Set SECURITY_CONTACT/ } })
})
