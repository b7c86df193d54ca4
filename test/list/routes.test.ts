import { inflateRawSync } from 'node:zlib'
import type { Change } from '../../db/changes.ts'
import { READ_AGAIN, appendChanges } from '../../db/changes.ts'
import { randomBytes } from 'node:crypto'
import Fastify from 'fastify'
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import t from 'tap'
import type { Test } from 'tap'
import { addDays, londonDate } from '../../shared/date.ts'
import { entryDetail, entryHistory } from '../../shared/entry-detail.ts'
import type { EntryFacts } from '../../shared/entry.ts'
import { facetCounts, listPage } from '../../shared/list.ts'
import type { ListRow } from '../../shared/list.ts'
import { policyOrder } from '../../shared/policy.ts'
import { openAccess } from '../../server/access/access.ts'
import { createPerson } from '../../server/access/people/people.ts'
import type { Person } from '../../server/access/people/people.ts'
import { accessRoutes } from '../../server/access/routes.ts'
import { identityKey } from '../../server/access/identity/seal.ts'
import { shippedPolicy } from '../../server/domain/rank/default-policy.ts'
import { openLiveList } from '../../server/list/live-list.ts'
import type { LiveList } from '../../server/list/live-list.ts'
import { listRoutes } from '../../server/list/routes.ts'
import { registerProblems } from '../../server/ops/problems.ts'
import type { TestDatabase } from '../database.ts'
import { testDatabase } from '../database.ts'
import { writeOrganisations } from '../db/pathway.ts'
import { madeUpFacts, seeded } from './made-up-entries.ts'
import { storeEntries } from './stored.ts'

const NOON = Date.parse('2026-11-22T12:00:00Z')
const TODAY = londonDate(NOON)
const SYSTEM = { kind: 'system', name: 'test' } as const
const FORMULA = '=HYPERLINK("http://example.invalid")'

interface Given {
  readonly db: TestDatabase
  readonly app: FastifyInstance
  readonly list: LiveList
  /** Moves the clock of the service on by a minute. */
  readonly aMinuteLater: () => string
  /** Asks as somebody who signed in. */
  readonly as: (person: Person, request: InjectOptions) => Promise<LightMyRequestResponse>
  readonly coordinator: Person
  readonly colleague: Person
  readonly clinician: Person
  readonly stranger: Person
  readonly lead: Person
  readonly auditor: Person
  readonly reader: Person
  /** An entry of the coordinator's trust. */
  readonly id: number
}

async function given(t: Test): Promise<Given> {
  const db = await testDatabase(t)
  let nowMs = NOON
  const now = () => nowMs
  await db.scoped(SYSTEM, writeOrganisations)
  const random = seeded(4)
  const entries = Array.from({ length: 120 }, (_, index) => ({
    trust: index % 2 === 0 ? 'X1A' : 'X2B',
    facts: {
      ...madeUpFacts(`L${String(index)}`, TODAY, random),
      ...(index < 3 ? { deprivationDecile: 1 } : {}),
      ...(index < 20 && index >= 4 ? { homeSite: 'X1A01' } : {}),
      ...(index < 14 && index >= 4 ? { stepBookedSite: 'X2B01' } : {}),
      ...(index < 20 && index >= 14 ? { firstSeenSite: 'X1A01' } : {}),
      ...(index === 0
        ? { nextAction: FORMULA, ppid: 'P1', ppidIssuer: 'X1A', trackingNote: 'a private note' }
        : {}),
    },
    organisations: [index % 2 === 0 ? 'X1A' : 'X2B'],
  }))
  const { ids } = await storeEntries(db, entries)
  const access = await openAccess({ db, keys: [identityKey(randomBytes(32))], now })
  t.teardown(() => access.close())
  const log = { error: (fields: object) => t.comment(fields) }
  const list = await openLiveList({ db, now, log, pseudonymKey: 'test' })
  t.teardown(() => list.close())
  const app = Fastify()
  t.teardown(() => app.close())
  registerProblems(app)
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  await app.register(accessRoutes, { db, access, now })
  const travelMinutes = (from: string, to: string) => (from === to ? 0 : 45)
  await app.register(listRoutes, { db, access, list, now, travelMinutes })
  const somebody = (name: string, role: Person['role'], organisation: string) =>
    createPerson(db, { name: `Synthetic ${name}`, role, organisation, sample: true })
  const cookies = new Map<string, string>()
  return {
    db,
    app,
    list,
    aMinuteLater() {
      nowMs += 60_000
      return new Date(nowMs).toISOString()
    },
    async as(person, request) {
      const headers = { host: 'localhost', origin: 'http://localhost' }
      if (!cookies.has(person.id)) {
        const payload = { personId: person.id }
        const answer = await app.inject({ method: 'POST', url: '/api/session', headers, payload })
        cookies.set(person.id, String(answer.headers['set-cookie']).split(';')[0] ?? '')
      }
      const cookie = cookies.get(person.id) ?? ''
      return app.inject({ ...request, headers: { ...headers, cookie, ...request.headers } })
    },
    coordinator: await somebody('Coordinator', 'coordinator', 'X1A'),
    colleague: await somebody('Colleague', 'coordinator', 'X1A'),
    clinician: await somebody('Clinician', 'clinician', 'X1A'),
    stranger: await somebody('Stranger', 'coordinator', 'X2B'),
    lead: await somebody('Lead', 'lead', 'XAL'),
    auditor: await somebody('Auditor', 'auditor', 'XAL'),
    reader: await somebody('Reader', 'readOnly', 'X1A'),
    id: ids[0] ?? 0,
  }
}

t.test('the list over HTTP', async (t) => {
  const all = await given(t)
  await t.test('pages, facets and who sees what', (t) => pages(t, all))
  await t.test('one entry, explained', (t) => detail(t, all))
  await t.test('notes, actions and overrides', (t) => writes(t, all))
  await t.test('RNK-17 what is new since one looked', (t) => looking(t, all))
  await t.test('RNK-18 an escalation is acknowledged by name', (t) => escalating(t, all))
  await t.test('exports', (t) => exports(t, all))
  await t.test('the policy', (t) => policy(t, all))
  await t.test('the equity report', (t) => equityReport(t, all))
})

async function pages(t: Test, { app, as, coordinator, lead, list }: Given): Promise<void> {
  t.equal((await app.inject('/api/list')).statusCode, 401)
  const first = listPage.parse((await as(lead, { url: '/api/list?limit=40' })).json())
  t.equal(first.total, list.ready.total)
  const seen = first.rows.map((row) => row.id)
  for (let cursor = first.nextCursor; cursor !== null;) {
    const next = listPage.parse(
      (await as(lead, { url: `/api/list?limit=40&cursor=${cursor}` })).json(),
    )
    seen.push(...next.rows.map((row) => row.id))
    cursor = next.nextCursor
  }
  t.equal(new Set(seen).size, first.total)
  const own = listPage.parse((await as(coordinator, { url: '/api/list?limit=200' })).json())
  t.ok(own.rows.length > 0 && own.rows.every((row) => row.trust === 'X1A'))
  const deep = listPage.parse((await as(lead, { url: '/api/list?from=10&limit=5' })).json())
  t.strictSame(
    deep.rows.map((row) => row.id),
    seen.slice(10, 15),
  )
  const facets = (await as(lead, { url: '/api/list/facets?band=d0to28' })).json<{ total: number }>()
  const band = listPage.parse((await as(lead, { url: '/api/list?band=d0to28' })).json())
  t.equal(facets.total, band.total)
  const bad = await as(lead, { url: '/api/list?colour=red' })
  t.equal(bad.statusCode, 400)
  t.match(bad.json(), { code: 'bad-request' })
  t.equal((await as(lead, { url: '/api/list?limit=201' })).statusCode, 400)
  t.equal((await as(lead, { url: '/api/list?cursor=nonsense' })).statusCode, 400)
}

async function detail(t: Test, { as, coordinator, stranger, lead, id }: Given): Promise<void> {
  const url = `/api/entries/${String(id)}`
  const answer = await as(coordinator, { url })
  const own = entryDetail.parse(answer.json())
  t.equal(answer.headers['etag'], own.etag)
  t.equal(own.facts.localId, 'L0')
  t.equal(own.row?.id, id)
  t.ok(own.clocks.length > 0)
  t.match(own.why.at(-1), /^Points: .*\.$/, 'RNK-11 the sum ends in the points')
  t.match(own.why.at(-1), String(own.place?.points))
  const rows = listPage.parse((await as(lead, { url: '/api/list?from=0&limit=200' })).json()).rows
  for (const middle of rows.slice(20, 60)) {
    const { above, below } = entryDetail.parse(
      (await as(lead, { url: `/api/entries/${String(middle.id)}` })).json(),
    )
    const before = rows[middle.rank - 2]
    const after = rows[middle.rank]
    t.strictSame([above?.rank, below?.rank], [before?.rank, after?.rank])
    t.equal(above?.why, decided(before, middle), 'RNK-11 why below the one above')
    t.equal(below?.why, decided(middle, after), 'RNK-11 why above the one below')
  }
  t.strictSame(own.may, {
    note: true,
    action: true,
    override: false,
    acknowledge: true,
    link: true,
  })
  t.equal(own.transfers.holder, 'X1A', 'IPT-3 no transfer: the reporting trust holds the patient')
  const seen = await as(lead, { url })
  const { quality, transfers } = entryDetail.parse(seen.json())
  t.strictSame(quality, own.quality, 'DQ-13 the same findings for whoever looks')
  t.strictSame(transfers, own.transfers)
  t.notMatch(seen.body, /HYPERLINK|private note|"localId"|"ppid"/, 'RNK-16 nothing that names')
  t.equal(entryDetail.parse(seen.json()).pseudonym, own.pseudonym)
  t.equal((await as(stranger, { url })).statusCode, 404, 'not theirs is as if it were not')
  t.equal((await as(coordinator, { url: '/api/entries/999999' })).statusCode, 404)
  t.equal((await as(coordinator, { url: '/api/entries/x' })).statusCode, 400)
}

/** What put one row above another, worked out from what both show. */
function decided(first: ListRow | undefined, second: ListRow | undefined): string {
  if (first === undefined || second === undefined) return 'nobody'
  if (first.tier !== second.tier)
    return `tier ${String(first.tier)} comes before tier ${String(second.tier)}`
  if (first.points !== second.points)
    return `${String(first.points)} points against ${String(second.points)}`
  const waits = [first.waitDays ?? 0, second.waitDays ?? 0] as const
  if (waits[0] !== waits[1])
    return `equal points; waited ${waits[0] === 1 ? '1 day' : `${String(waits[0])} days`} against ${String(waits[1])}`
  return 'equal points and equal wait; the entry listed first stays first'
}

async function writes(t: Test, given: Given): Promise<void> {
  const { as, db, list, coordinator, colleague, clinician, stranger, lead, reader, id } = given
  const url = `/api/entries/${String(id)}`
  const post = (person: Person, path: string, payload: object, etag?: string) =>
    as(person, {
      method: 'POST',
      url: `${url}/${path}`,
      payload,
      ...(etag === undefined ? {} : { headers: { 'if-match': etag } }),
    })
  const tag = async () => entryDetail.parse((await as(coordinator, { url })).json()).etag
  const before = await tag()

  t.equal((await post(coordinator, 'notes', { body: 'rang the ward' })).statusCode, 201)
  t.equal(await tag(), before, 'a note stands in nobody’s way')
  t.equal((await post(stranger, 'notes', { body: 'x' })).statusCode, 404)
  t.equal((await post(lead, 'notes', { body: 'x' })).statusCode, 403)
  t.equal((await post(coordinator, 'notes', { body: '  ' })).statusCode, 400)

  const action = { body: 'Book the CT', owner: 'Ann', dueOn: TODAY }
  t.equal((await post(coordinator, 'actions', action)).statusCode, 428)
  const done = await post(coordinator, 'actions', action, before)
  t.equal(done.statusCode, 201)
  const { id: actionId, seq } = done.json<{ id: number; seq: number }>()
  await list.caughtUp(seq)
  const viewer = { personId: '', organisation: 'X1A', role: 'coordinator' } as const
  t.equal(list.row(id, viewer)?.nextAction?.text, 'Book the CT')
  const late = await post(colleague, 'actions', { body: 'Book the MRI' }, before)
  t.equal(late.statusCode, 412)
  t.match(late.json(), {
    code: 'out-of-date',
    detail: /Synthetic Coordinator \(X1A\) set the next action at 20/,
    changedBy: 'Synthetic Coordinator (X1A)',
    what: 'set the next action',
  })
  given.aMinuteLater()
  const ticked = await post(colleague, 'actions', { done: actionId }, await tag())
  t.equal(ticked.statusCode, 201)
  const afterTick = await post(coordinator, 'actions', { body: 'Book the MRI' }, done.headers.etag)
  t.match(
    afterTick.json(),
    { changedBy: 'Synthetic Colleague (X1A)', what: 'ticked off an action' },
    'by who ticked it off, not by who set it',
  )
  t.equal((await post(colleague, 'actions', { done: actionId }, await tag())).statusCode, 409)
  await list.caughtUp(ticked.json<{ seq: number }>().seq)
  t.equal(list.row(id, viewer)?.nextAction?.text, FORMULA, 'then the feed’s counts again')

  const atOnce = await tag()
  const many = await Promise.all(
    Array.from({ length: 6 }, (_, at) =>
      post(at % 2 === 0 ? coordinator : colleague, 'actions', { body: `At once` }, atOnce),
    ),
  )
  t.same(many.map((answer) => answer.statusCode).sort(), [201, 412, 412, 412, 412, 412], 'one wins')
  const won = many.find((answer) => answer.statusCode === 201)?.json<{ id: number }>().id ?? 0
  const cleared = await post(coordinator, 'actions', { done: won }, await tag())
  await list.caughtUp(cleared.json<{ seq: number }>().seq)

  const override = { tier: 1, reason: 'deteriorating fast', endsOn: addDays(TODAY, 7) }
  t.equal((await post(coordinator, 'priority-override', override, await tag())).statusCode, 403)
  t.equal((await post(clinician, 'priority-override', override)).statusCode, 428)
  for (const wrong of [
    { ...override, endsOn: addDays(TODAY, -1) },
    { ...override, endsOn: addDays(TODAY, 91) },
    { ...override, tier: 9 },
    { ...override, reason: '' },
  ])
    t.equal((await post(clinician, 'priority-override', wrong, await tag())).statusCode, 400)
  given.aMinuteLater()
  const lifted = await post(clinician, 'priority-override', override, await tag())
  t.equal(lifted.statusCode, 201)
  await list.caughtUp(lifted.json<{ seq: number }>().seq)
  t.equal(list.row(id, viewer)?.tier, 1, 'RNK-8')
  const tooLate = await post(coordinator, 'actions', { body: 'x' }, cleared.headers.etag)
  t.match(tooLate.json(), {
    changedBy: 'Synthetic Clinician (X1A)',
    what: 'set a priority override',
  })

  const beforeFacts = await tag()
  const later = given.aMinuteLater()
  await db.scoped(
    SYSTEM,
    (tx) => tx`
      update entry set facts = facts || '{"trackingNote":"CT is back"}', updated_at = ${later} where id = ${id}`,
  )
  const overtaken = await post(coordinator, 'actions', { body: 'x' }, beforeFacts)
  t.equal(overtaken.statusCode, 412, 'the trust said something else meanwhile')
  t.match(overtaken.json(), { changedBy: 'The trust X1A', what: 'sent new facts' })

  const history = entryHistory.parse((await as(coordinator, { url: `${url}/history` })).json())
  const kinds = history.events.map((event) => event.kind).sort()
  const twice = ['action', 'action', 'action done', 'action done']
  t.strictSame(kinds, [...twice, 'note', 'override', 'version', 'version'])
  t.match(
    history.events.find((event) => event.kind === 'action done' && /CT/.test(event.words)),
    { by: 'Synthetic Colleague (X1A)' },
  )
  const forLead = entryHistory.parse((await as(lead, { url: `${url}/history` })).json())
  t.strictSame(
    forLead.events.map((event) => event.kind),
    ['version', 'version'],
  )
  const read = await as(reader, { url })
  t.equal(read.statusCode, 200)
  t.notMatch(
    read.body,
    /HYPERLINK|private note|rang the ward|Book the CT|deteriorating|"localId"/,
    'RNK-16 IG-22 who only reads gets no free text, of their own trust either',
  )
  const { notes, actions, overrides } = entryDetail.parse(read.json())
  t.strictSame([notes, actions, overrides], [[], [], []])
  const readersList = (await as(reader, { url: '/api/list?limit=200' })).body
  t.notMatch(readersList, /HYPERLINK|Book the CT/)
  t.match(readersList, `"id":${String(id)},`, 'the row is there')
  const audited = await db.scoped(
    SYSTEM,
    (tx) => tx<{ action: string }[]>`
      select action from audit where subject = ${`entry:${String(id)}`} order by id`,
  )
  t.strictSame(
    audited.map((row) => row.action),
    ['note:write', ...Array.from({ length: 4 }, () => 'action:write'), 'priority:override'],
  )
}

async function looking(t: Test, given: Given): Promise<void> {
  const { as, list, db, coordinator, colleague, stranger } = given
  const page = async (person: Person) =>
    listPage.parse((await as(person, { url: '/api/list?changed=new&limit=200' })).json())
  const facets = async (person: Person) =>
    facetCounts.parse((await as(person, { url: '/api/list/facets' })).json())
  const post = async (person: Person, url: string, payload?: object) => {
    const answer = await as(person, { method: 'POST', url, ...(payload && { payload }) })
    t.equal(answer.statusCode, 200, answer.body)
    await list.caughtUp(answer.json<{ seq: number }>().seq)
  }
  const all = (await facets(coordinator)).total
  t.strictSame((await as(coordinator, { url: '/api/list/look' })).json(), {
    listAt: null,
    listSeq: null,
    entries: [],
  })
  t.equal((await facets(coordinator)).changed['new'], all, 'to who never looked all is new')

  await post(coordinator, '/api/list/look', { seq: list.seq })
  t.equal((await page(coordinator)).total, 0, 'all seen')
  t.equal((await page(colleague)).total, all, 'nobody looks for somebody else')

  const [first, second] = (await as(coordinator, { url: '/api/list?limit=2' })).json<{
    rows: { id: number }[]
  }>().rows
  const ids = [first?.id ?? 0, second?.id ?? 0]
  // The clock of this test stands: all of this happens in one instant.
  const note = async (id: number, by = colleague) => {
    const url = `/api/entries/${String(id)}/notes`
    const done = await as(by, { method: 'POST', url, payload: { body: 'rang' } })
    const { seq } = done.json<{ seq: number }>()
    await list.caughtUp(seq)
    return seq
  }
  for (const id of ids) await note(id)
  t.same(
    (await page(coordinator)).rows.map((row) => row.id),
    ids,
    'what a colleague noted since',
  )
  t.equal((await facets(coordinator)).changed['new'], 2)
  await post(coordinator, `/api/entries/${String(ids[0])}/look`)
  // Told late of a look at the list before that: what is kept for the next start forgets nothing newer.
  await post(coordinator, '/api/list/look', { seq: 1 })
  const looks = await db.scoped(
    { kind: 'system', name: 'test' },
    (tx) => tx<{ id: number }[]>`
      select entry_id as id from entry_look where person_id = ${coordinator.id}`,
  )
  t.same(
    looks.map(({ id }) => id),
    [ids[0]],
  )
  t.same(
    (await page(coordinator)).rows.map((row) => row.id),
    [ids[1]],
    'one of them opened',
  )
  t.equal(
    (await as(stranger, { method: 'POST', url: `/api/entries/${String(ids[0])}/look` })).statusCode,
    404,
  )
  await note(ids[0] ?? 0)
  t.equal((await page(coordinator)).total, 2, 'noted again after it was opened')
  const seenAs = listPage.parse((await as(coordinator, { url: '/api/list?limit=1' })).json())
  await note(ids[0] ?? 0)
  const payload = { seq: seenAs.rows[0]?.seq ?? 0 }
  await post(coordinator, `/api/entries/${String(ids[0])}/look`, payload)
  t.equal((await page(coordinator)).total, 2, 'noted after it was read and before it was said so')

  const seenSeq = list.seq
  const notedSeq = await note(ids[1] ?? 0)
  await post(coordinator, '/api/list/look', { seq: seenSeq })
  t.same(
    (await page(coordinator)).rows.map((row) => row.id),
    [ids[1]],
    'what came after the list that was seen is new still',
  )
  const sealed: Change[] = [{ topic: 'list', kind: READ_AGAIN, entryIds: [ids[0] ?? 0] }]
  await list.caughtUp(
    await db.scoped(SYSTEM, (tx) => appendChanges(tx, sealed, new Date(NOON).toISOString())),
  )
  t.equal((await page(coordinator)).total, 1, 'what is only sealed anew is not new')
  const again = await openLiveList({ db, now: () => NOON, log: console, pseudonymKey: 'test' })
  t.teardown(() => again.close())
  const viewer = { personId: coordinator.id, organisation: 'X1A', role: 'coordinator' } as const
  t.same(
    again.page({ changed: 'new' }, 0, 9, viewer).rows,
    list.page({ changed: 'new' }, 0, 9, viewer).rows,
    'another process, started later, says the same, with the same numbers',
  )
  await post(coordinator, '/api/list/look', { seq: notedSeq })
  t.equal((await page(coordinator)).total, 0, 'seen up to that very change')
  const same: Change[] = [{ topic: 'list', kind: READ_AGAIN, entryIds: [ids[1] ?? 0] }]
  await list.caughtUp(
    await db.scoped(SYSTEM, (tx) => appendChanges(tx, same, new Date(NOON).toISOString())),
  )
  t.equal((await page(coordinator)).total, 0, 'and read again, still')

  const [one = 0, other = 0] = ids
  const ownSeq = await note(one, coordinator)
  t.equal((await page(coordinator)).total, 0, 'what one noted oneself is not new to oneself')
  t.equal((await facets(coordinator)).changed['new'], 0)
  t.same(
    (await as(coordinator, { url: '/api/list/look' })).json<{ entries: object[] }>().entries,
    [{ id: one, seq: ownSeq }],
    'and is told to the page as seen',
  )
  await note(other)
  await note(other, coordinator)
  await note(other, coordinator)
  const newToCoordinator = async () => (await page(coordinator)).rows.map((row) => row.id)
  t.same(await newToCoordinator(), [other], 'it hides nothing that a colleague did before')
  t.equal((await facets(coordinator)).changed['new'], 1)
  await note(one)
  t.same(await newToCoordinator(), ids, 'nor what one does after')
  await note(one, coordinator)
  await again.caughtUp(list.seq)
  const later = await openLiveList({ db, now: () => NOON, log: console, pseudonymKey: 'test' })
  t.teardown(() => later.close())
  await note(one, coordinator)
  for (const process of [again, later]) {
    await process.caughtUp(list.seq)
    t.same(
      process.page({ changed: 'new' }, 0, 9, viewer).rows,
      list.page({ changed: 'new' }, 0, 9, viewer).rows,
      'one that followed and one that started later say the same',
    )
  }
  await post(coordinator, `/api/entries/${String(other)}/look`)
  t.same(await newToCoordinator(), [one], 'opened after its last change')
  await post(coordinator, '/api/list/look', { seq: list.seq })
  await note(one, coordinator)
  t.equal((await page(coordinator)).total, 0)
  const aMonthOn = NOON + 32 * 24 * 60 * 60 * 1_000
  const afterAMonth = await openLiveList({
    ...{ db, now: () => aMonthOn, log: console, pseudonymKey: 'test' },
  })
  t.teardown(() => afterAMonth.close())
  t.equal(
    afterAMonth.page({ changed: 'new' }, 0, 9, viewer).total,
    afterAMonth.page({}, 0, 9, viewer).total,
    'to who has not looked for a month, everything is new',
  )
  const kept = await db.scoped(SYSTEM, (tx) => tx`select from entry_look`)
  t.equal(kept.count, 0, 'single entries seen before the list are forgotten')
  const others = await db.scoped(
    { kind: 'person', personId: colleague.id, organisation: 'X1A', role: 'coordinator' },
    (tx) => tx`select from list_look`,
  )
  t.equal(others.count, 0, 'what somebody looked at is their own')
}

async function escalating(t: Test, given: Given): Promise<void> {
  const { as, list, db, aMinuteLater, coordinator, colleague, lead, auditor, stranger } = given
  const viewer = { personId: '', organisation: 'X1A', role: 'coordinator' } as const
  const row = list.page({ escalation: 'none', trust: 'X1A' }, 0, 1, viewer).rows[0]
  const id = row?.id ?? 0
  const url = `/api/entries/${String(id)}`
  const detail = async (person: Person) => entryDetail.parse((await as(person, { url })).json())
  const post = async (person: Person, path: string, payload?: object, etag?: string) => {
    aMinuteLater()
    const headers = { 'if-match': etag ?? (await detail(coordinator)).etag }
    const answer = await as(person, {
      method: 'POST',
      url: `${url}/${path}`,
      headers,
      ...(payload && { payload }),
    })
    if (answer.statusCode === 201) await list.caughtUp(answer.json<{ seq: number }>().seq)
    return answer
  }
  const standing = () => list.row(id, viewer)?.escalation
  t.equal((await post(coordinator, 'acknowledge')).statusCode, 409, 'nothing to acknowledge')
  await post(coordinator, 'actions', { body: 'Find a theatre slot', escalated: true })
  t.equal(standing(), 'waiting')
  t.equal((await post(stranger, 'acknowledge')).statusCode, 404)
  t.equal((await post(auditor, 'acknowledge')).statusCode, 403)
  const seen = (await detail(coordinator)).etag
  const seenByLead = (await detail(lead)).etag
  t.equal((await post(lead, 'acknowledge', undefined, seenByLead)).statusCode, 201)
  t.equal(standing(), 'acknowledged')
  const late = await post(colleague, 'acknowledge', undefined, seen)
  t.match(late.json(), {
    code: 'out-of-date',
    changedBy: 'Synthetic Lead (XAL)',
    what: 'acknowledged the escalation',
  })
  t.equal((await post(colleague, 'acknowledge')).statusCode, 409)
  for (const person of [coordinator, lead, auditor])
    t.match((await detail(person)).acknowledgements, [
      { by: 'Synthetic Lead', organisation: 'XAL' },
    ])
  const history = entryHistory.parse((await as(auditor, { url: `${url}/history` })).json())
  t.ok(history.events.some((event) => event.kind === 'acknowledgement'))
  await post(coordinator, 'actions', { body: 'Ring the surgeon', escalated: true })
  t.equal(standing(), 'waiting', 'a new escalation waits anew')

  // The flag of a feed, acknowledged, taken back, set again.
  const [stored] = await db.scoped(
    SYSTEM,
    (tx) => tx<{ facts: EntryFacts }[]>`
      select facts from entry where trust = 'X1A' and id <> ${id}
        and not exists (select from action where entry_id = entry.id) limit 1`,
  )
  const facts = stored?.facts
  if (facts === undefined) throw new Error('nobody else')
  const flag = async (escalated: boolean) => {
    const entry = { trust: 'X1A', facts: { ...facts, escalated }, organisations: ['X1A'] }
    const { ids, seq } = await storeEntries(db, [entry], true, aMinuteLater())
    await list.caughtUp(seq)
    return ids[0] ?? 0
  }
  const fed = await flag(true)
  const now = () => list.row(fed, viewer)?.escalation
  t.equal(now(), 'waiting')
  const fedUrl = `/api/entries/${String(fed)}`
  const etag = entryDetail.parse((await as(coordinator, { url: fedUrl })).json()).etag
  aMinuteLater()
  const done = await as(coordinator, {
    method: 'POST',
    url: `${fedUrl}/acknowledge`,
    headers: { 'if-match': etag },
  })
  t.equal(done.statusCode, 201)
  await list.caughtUp(done.json<{ seq: number }>().seq)
  t.equal(now(), 'acknowledged')
  await flag(true)
  t.equal(now(), 'acknowledged', 'the same flag, sent again')
  await flag(false)
  t.equal(now(), 'none')
  await flag(true)
  t.equal(now(), 'waiting', 'set again: it waits anew')
}

async function exports(t: Test, given: Given): Promise<void> {
  const { as, coordinator, auditor, lead, list, db } = given
  const csv = await as(coordinator, { url: '/api/list/export.csv?trust=X1A' })
  t.equal(csv.statusCode, 200)
  t.match(csv.headers['content-type'], /text\/csv/)
  const lines = csv.body.trim().split('\r\n')
  const viewer = { personId: '', organisation: 'X1A', role: 'coordinator' } as const
  t.equal(lines.length, 1 + list.count({ trust: 'X1A' }, viewer), 'exactly the filter')
  t.match(csv.body, `"'=HYPERLINK(""http`, 'a formula is text')
  t.notMatch(csv.body, /,=/)
  const all = await as(auditor, { url: '/api/list/export.csv' })
  t.equal(all.body.trim().split('\r\n').length, 1 + list.ready.total)
  const xlsx = await as(lead, { url: '/api/list/export.xlsx?band=d0to28' })
  t.equal(xlsx.statusCode, 200)
  t.equal(xlsx.rawPayload.subarray(0, 2).toString(), 'PK', 'a zip, as spreadsheets are')
  const sheet = unzipped(xlsx.rawPayload, 'xl/worksheets/sheet1.xml')
  const dated = /<c r="J2"[^>]*>.*?<\/c>/.exec(sheet)?.[0] ?? ''
  t.match(dated, /<v>\d{5}<\/v>/, 'received on: a day number as spreadsheets count, not text')
  t.notMatch(sheet, /<f>/, 'no formula')
  t.match(csv.body, /^\ufeffRank,/, 'marked as UTF-8')
  const [audited] = await db.scoped(
    SYSTEM,
    (tx) => tx<{ count: number }[]>`select count(*)::int from audit where action = 'list:export'`,
  )
  t.equal(audited?.count, 3)
}

/** The text of a file in a zip. */
function unzipped(zip: Buffer, name: string): string {
  const at = zip.indexOf(name)
  const extraBytes = zip.readUInt16LE(at - 2)
  return inflateRawSync(zip.subarray(at + name.length + extraBytes)).toString('utf8')
}

async function policy(t: Test, { as, coordinator, lead, list, db }: Given): Promise<void> {
  const got = await as(coordinator, { url: '/api/policy' })
  t.match(got.json(), { inForce: 1, version: 1, policy: { title: 'Shipped default' } })
  const draft = { ...shippedPolicy, title: 'Told first' }
  draft.standards = {
    ...draft.standards,
    fds28: { late: 8, closer: 2, closerWithinDays: 14, why: 'to be told first' },
  }
  const ask = (person: Person, path: string, payload: object, headers = {}) =>
    as(person, { method: 'POST', url: `/api/policy${path}`, payload, headers })
  t.equal((await ask(coordinator, '/preview', { policy: draft })).statusCode, 403)
  const unfair = { policy: { ...draft, deprivation: { decile: 1 } } }
  t.equal((await ask(lead, '/preview', unfair)).statusCode, 400, 'RNK-9 no place for deprivation')
  const before = list.page({}, 0, 1000, { personId: '', organisation: 'XAL', role: 'lead' }).rows
  const seen = await ask(lead, '/preview', { policy: draft })
  t.equal(seen.statusCode, 200)
  const preview = seen.json<{
    fingerprint: string
    people: number
    up: number
    down: number
    largestUp: { id: number; from: number; to: number }[]
    firsts: { first: number }[]
  }>()
  t.equal(preview.people, before.length, 'RNK-15 a preview ranks everybody')
  t.ok(preview.up > 0 && preview.down > 0)
  t.equal(list.policy().version, 1, 'RNK-15 and saves nothing')

  const body = { policy: draft, reason: 'agreed by the board', preview: preview.fingerprint }
  t.equal((await ask(lead, '', body)).statusCode, 428)
  t.equal((await ask(lead, '', body, { 'if-match': '"2"' })).statusCode, 412)
  const other = { ...body, policy: { ...draft, title: 'Not the one previewed' } }
  t.equal((await ask(lead, '', other, { 'if-match': '"1"' })).statusCode, 409)
  t.equal((await ask(coordinator, '', body, { 'if-match': '"1"' })).statusCode, 403)
  const applied = new Promise<void>((resolve) => {
    const stop = list.onChange((change) => {
      if (!change.reRanked) return
      stop()
      resolve()
    })
  })
  const both = await Promise.all([1, 2].map(() => ask(lead, '', body, { 'if-match': '"1"' })))
  const [made, late] = both.sort((a, b) => a.statusCode - b.statusCode)
  t.equal(made?.statusCode, 201)
  t.strictSame(made?.json(), { version: 2 })
  t.equal(late?.statusCode, 412, 'of two at once one is late')
  t.match(late?.json(), {
    code: 'out-of-date',
    detail:
      /^Version 2 is in force now: Synthetic Lead \(XAL\) made it at 20.*, which changes title, standards/,
    changedBy: 'Synthetic Lead (XAL)',
    what: 'made version 2',
    changed: ['title', 'standards'],
  })
  const again = await ask(lead, '', body, { 'if-match': '"2"' })
  t.equal(again.statusCode, 409, 'a preview over the version before does not count')
  await applied
  t.equal(list.policy().version, 2, 'RNK-10')
  const after = list.page({}, 0, 1000, { personId: '', organisation: 'XAL', role: 'lead' }).rows
  for (const mover of preview.largestUp) {
    t.equal(before[mover.from - 1]?.id, mover.id)
    t.equal(after[mover.to - 1]?.id, mover.id, 'RNK-15 the preview told what came')
  }
  const placeBefore = new Map(before.map((row, at) => [row.id, at]))
  const cameFrom = (row: ListRow) => placeBefore.get(row.id) ?? 0
  t.equal(preview.up, after.filter((row, at) => cameFrom(row) > at).length, 'RNK-15 who moves up')
  t.equal(preview.down, after.filter((row, at) => cameFrom(row) < at).length, 'RNK-15 and down')
  const isPast = ({ clocks: { rtt62 } }: ListRow) => rtt62?.state === 'running' && rtt62.breached
  const isDueSoon = ({ nextBreach }: ListRow) =>
    nextBreach !== null && nextBreach.daysLeft >= 0 && nextBreach.daysLeft <= 7
  t.ok(preview.firsts.length > 0)
  for (const told of preview.firsts) {
    const { first } = told
    const among = (rows: readonly ListRow[], of: (row: ListRow) => boolean) =>
      rows.slice(0, first).filter(of).length
    const found = {
      first,
      entering: among(after, (row) => cameFrom(row) >= first),
      pastTargetBefore: among(before, isPast),
      pastTargetAfter: among(after, isPast),
      dueSoonBefore: among(before, isDueSoon),
      dueSoonAfter: among(after, isDueSoon),
    }
    t.strictSame(told, found, `RNK-15 among the first ${String(first)}`)
    t.ok(found.entering > 0, 'the draft changes who is among them')
  }
  const old = await as(coordinator, { url: '/api/policy?version=1' })
  t.match(old.json(), { inForce: 2, version: 1, policy: { title: 'Shipped default' } })
  t.equal((await as(coordinator, { url: '/api/policy?version=9' })).statusCode, 404)

  // RNK-19: today's list under either version, and a day gone by as it stood.
  const order = async (query: string) => {
    const answer = await as(lead, { url: `/api/policy/order?limit=200&${query}` })
    t.equal(answer.statusCode, 200, answer.body)
    return policyOrder.parse(answer.json())
  }
  const ids = (rows: readonly { id: number }[]) => rows.map((row) => row.id)
  t.same(ids((await order(`on=${TODAY}&version=1`)).rows), ids(before), 'RNK-19 under the old one')
  t.same(ids((await order(`on=${TODAY}&version=2`)).rows), ids(after), 'RNK-19 under the new one')
  t.match((await order(`on=${TODAY}&version=2&from=7`)).rows[0], {
    rank: 8,
    id: after[7]?.id,
    points: after[7]?.points,
    because: after[7]?.because,
  })
  const dayBefore = addDays(TODAY, -1)
  t.equal((await order(`on=${dayBefore}&version=1`)).total, 0, 'nobody was reported then')
  const facts = { ...madeUpFacts('LX', TODAY, seeded(3)), receivedOn: addDays(TODAY, -70) }
  const entry = { trust: 'X1A', facts, organisations: ['X1A'] }
  const first = await storeEntries(db, [entry], true, `${dayBefore}T23:30:00Z`)
  const later = { ...facts, receivedOn: TODAY }
  await storeEntries(db, [{ ...entry, facts: later }], true, `${TODAY}T00:30:00Z`)
  const then = await order(`on=${dayBefore}&version=1`)
  t.same(ids(then.rows), first.ids, 'as its facts stood when the day ended')
  t.ok((then.rows[0]?.points ?? 0) > 0)
  // Overridden since: that moves nobody on the day before.
  await db.scoped(
    SYSTEM,
    (tx) => tx`
      insert into priority_override (entry_id, person_id, organisation, tier, reason, ends_on, at)
      values (${first.ids[0] ?? 0}, ${lead.id}, 'X1A', 1, 'since then', ${addDays(TODAY, 9)},
        ${`${TODAY}T00:35:00Z`})`,
  )
  t.same(await order(`on=${dayBefore}&version=1`), then, 'with the overrides there were then')
  const today = await order(`on=${TODAY}&version=1`)
  t.equal(
    today.rows.find(({ id }) => id === first.ids[0])?.tier,
    1,
    'and today with those of today',
  )
  await storeEntries(db, [{ ...entry, closed: true }], true, `${TODAY}T00:40:00Z`)
  t.equal((await order(`on=${TODAY}&version=1`)).total, before.length, 'closed today')
  t.equal((await order(`on=${dayBefore}&version=1`)).total, 1, 'and open still the day before')
  // In summer a London day ends at 23:00 UTC: what came half an hour before counts, half an hour after does not.
  const summer = { trust: 'X1A', facts: { ...facts, localId: 'LY' }, organisations: ['X1A'] }
  const [summerId] = (await storeEntries(db, [summer], true, '2026-07-01T22:30:00Z')).ids
  await storeEntries(db, [{ ...summer, closed: true }], true, '2026-07-01T23:30:00Z')
  t.same(ids((await order('on=2026-07-01&version=1')).rows), [summerId], 'RNK-19 as London counts')
  t.equal((await order('on=2026-07-02&version=1')).total, 0)
  t.equal((await order('on=2026-06-30&version=1')).total, 0)
  await db.scoped(
    SYSTEM,
    (tx) => tx`
      insert into priority_override (entry_id, person_id, organisation, tier, reason, ends_on, at)
      values (${summerId ?? 0}, ${lead.id}, 'X1A', 2, 'first word', '2026-07-05', '2026-07-01T22:40:00Z'),
        (${summerId ?? 0}, ${lead.id}, 'X1A', 1, 'last word', '2026-07-05', '2026-07-01T22:50:00Z'),
        (${summerId ?? 0}, ${lead.id}, 'X1A', 2, 'too late', '2026-07-05', '2026-07-01T23:10:00Z')`,
  )
  t.equal((await order('on=2026-07-01&version=1')).rows[0]?.tier, 1, 'the newest there was counts')
  const refused = async (person: Person, query: string) =>
    (await as(person, { url: `/api/policy/order?${query}` })).statusCode
  t.equal(await refused(coordinator, `on=${TODAY}&version=1`), 403)
  t.equal(await refused(lead, `on=${addDays(TODAY, 1)}&version=1`), 400)
  t.equal(await refused(lead, `on=${TODAY}&version=7`), 404)
}

async function equityReport(t: Test, { as, lead, coordinator }: Given): Promise<void> {
  t.equal((await as(coordinator, { url: '/api/list/equity' })).statusCode, 403)
  const answer = await as(lead, { url: '/api/list/equity' })
  t.equal(answer.statusCode, 200)
  const { people, groups } = answer.json<{ people: number; groups: Record<string, unknown[]> }>()
  t.match(groups['ethnicity'], [{ group: 'not known', people }], 'RNK-9')
  const few = { group: '1', people: null, medianWaitDays: null, medianPlacePercent: null }
  t.strictSame(groups['deprivationDecile']?.[0], few, 'three people are not told of')
  const others = { ...few, group: 'not known' }
  t.strictSame(groups['deprivationDecile']?.[1], others, 'nor are they left over of a total')
  const far = groups['distance'] as { group: string; people: number }[]
  t.same(
    far.map(({ group, people }) => [group, people]),
    [
      ['31-60 minutes', 10],
      ['nearest hospital', 6],
      ['not known', people - 16],
    ],
    'RNK-9 by travel to where they are seen',
  )
}
