import t from 'tap'
import { connect } from '../../db/connection.ts'
import type { Receipt } from '../../shared/delivery.ts'
import type {
  CodeTable,
  MappingDone,
  RefusedRowContent,
  RefusedRowPage,
} from '../../shared/refused-row.ts'
import { lapseRows } from '../../server/feeds/mending/refused-rows.ts'
import { feedService } from '../feed-service.ts'
import { bundle, smallPathway } from './fhir-pathways.ts'
import { message, pid, pv1, rf1, sch } from './hl7-messages.ts'

const DAY_MS = 86_400_000
const SYSTEM = { kind: 'system', name: 'test' } as const
const GOOD = '9990000018'
const BAD = '9990000019'

const service = await feedService(t)
const { db, ask, push } = service
const admin = connect(db.adminUrl, { max: 1 })
t.teardown(() => admin.end({ timeout: 1 }))
const cookies = {
  coordinator: await service.cookieOf('coordinator', 'XAA'),
  clinician: await service.cookieOf('clinician', 'XAA'),
  lead: await service.cookieOf('lead', 'XAL'),
  other: await service.cookieOf('coordinator', 'XBB'),
  others: await service.cookieOf('coordinator', 'XCC'),
}
type Who = keyof typeof cookies
const as = (who: Who) => ({ cookie: cookies[who].cookie })
const keys = {
  XAA: (await service.key('XAA')).key,
  XBB: (await service.key('XBB')).key,
  XCC: (await service.key('XCC')).key,
}

const record = (localId: string, nhsNumber: string, more: object = {}): string =>
  `${JSON.stringify({ localId, priorityType: '3', receivedOn: '2026-10-01', ...more, identity: { nhsNumber, name: 'Synthetic, Robin' } })}\n`
const queue = async (trust = 'XAA', who: Who = 'coordinator') =>
  (await ask<RefusedRowPage>(`/api/feeds/${trust}/refused-rows`, { headers: as(who) })).body
const content = (id: string, trust = 'XAA', who: Who = 'coordinator') =>
  ask<RefusedRowContent>(`/api/feeds/${trust}/refused-rows/${id}`, { headers: as(who) })
const resubmit = (id: string, cells: object, trust = 'XAA', who: Who = 'coordinator') =>
  ask<Receipt>(`/api/feeds/${trust}/refused-rows/${id}/resubmit`, {
    headers: as(who),
    body: { cells },
  })
const entry = async (trust: string, localId: string) => {
  const [row] = await db.scoped(
    SYSTEM,
    (tx) => tx<{ facts: Record<string, unknown>; state: string }[]>`
      select facts, state from entry where trust = ${trust} and local_id = ${localId}`,
  )
  return row
}
const storedRow = async (id: string) => (await admin`select * from refused_row where id = ${id}`)[0]

t.test(
  'FEED-42 a refused row is kept, sealed, for those of its trust who may mend it',
  async (t) => {
    const made = await push('XAA', keys.XAA, record('Q1', GOOD) + record('Q2', BAD))
    t.match(made.body.counts, { read: 2, accepted: 1, refused: 1 })
    const { rows, waiting } = await queue()
    t.equal(waiting, 1)
    t.match(rows, [
      {
        deliveryId: made.body.id,
        rowNumber: 2,
        recordKey: 'Q2',
        format: 'ndjson',
        correctable: true,
        issues: [{ field: 'nhsNumber', code: 'DQ-2' }],
      },
    ])
    t.equal(Date.parse(rows[0]?.lapsesAt ?? '') - service.now(), 30 * DAY_MS)
    t.notMatch(JSON.stringify(rows), /Robin|9990000019/, 'no value in the list')
    const id = rows[0]?.id ?? ''
    const stored = await storedRow(id)
    t.notMatch(JSON.stringify(stored) + String(stored?.['sealed']), /Robin|9990000019/, 'sealed')

    for (const [who, status] of [
      ['clinician', 403],
      ['lead', 403],
      ['other', 403],
    ] as const) {
      t.equal((await ask('/api/feeds/XAA/refused-rows', { headers: as(who) })).status, status, who)
      t.equal((await content(id, 'XAA', who)).status, status, who)
    }
    t.equal((await content(id, 'XBB', 'other')).status, 404, 'not under another trust either')
    const seen = await db.scoped(
      {
        kind: 'person',
        personId: cookies.other.personId,
        organisation: 'XBB',
        role: 'coordinator',
      },
      (tx) => tx`select from refused_row`,
    )
    t.equal(seen.count, 0, 'row-level security says so too')

    const read = await content(id)
    t.equal(read.headers.get('cache-control'), 'no-store')
    t.match(Object.fromEntries(read.body.cells.map(({ name, value }) => [name, value])), {
      localId: 'Q2',
      'identity.nhsNumber': BAD,
      'identity.name': 'Synthetic, Robin',
    })
    const audited = await db.scoped(
      SYSTEM,
      (tx) =>
        tx`select action, subject, person_id as "personId" from audit where action like 'refusedRow%'`,
    )
    t.same(
      [...audited],
      [
        {
          action: 'refusedRow:read',
          subject: `refusedRow:${id}`,
          personId: cookies.coordinator.personId,
        },
      ],
    )
  },
)

t.test('FEED-43 corrected, it goes the way of every delivery and leaves the queue', async (t) => {
  const [row] = (await queue()).rows
  const id = row?.id ?? ''
  const { cells } = (await content(id)).body
  const still = await resubmit(id, cells)
  t.match(still.body.counts, { refused: 1 }, 'nothing was corrected')
  t.match(still.body.issues, [{ field: 'nhsNumber', code: 'DQ-2' }])
  t.equal((await queue()).waiting, 1, 'it waits on')
  t.equal((await resubmit(id, [{ name: 'colour', value: 'red' }])).status, 400)
  const mended = cells.map((cell) =>
    cell.name === 'identity.nhsNumber' ? { ...cell, value: GOOD } : cell,
  )
  t.equal((await resubmit(id, mended, 'XAA', 'clinician')).status, 403)
  const [done, again] = await Promise.all([resubmit(id, mended), resubmit(id, mended)])
  t.same([done.status, again.status].sort(), [200, 409], 'two people at once: one of them')
  t.ok(await entry('XAA', 'Q2'))
  t.equal((await queue()).waiting, 0)
  t.match(await storedRow(id), {
    state: 'resubmitted',
    ended_by: cookies.coordinator.personId,
    sealed: Buffer.alloc(0),
  })
  t.equal((await content(id)).status, 409, 'and nobody reads it any more')
  const audited = await db.scoped(
    SYSTEM,
    (tx) =>
      tx`select from audit where action = 'refusedRow:resubmit' and subject = ${`refusedRow:${id}`}`,
  )
  t.equal(audited.count, 1)
})

t.test('FEED-43 in every format that can be taken apart', async (t) => {
  const national = (nhs: string, ppid: string): string => {
    const cells = new Array<string>(54).fill('')
    Object.assign(cells, {
      0: nhs,
      2: ppid,
      3: 'XAA',
      4: '03',
      5: '3',
      7: '2026-10-01',
      8: '03',
      16: 'a comment, with "quotes"',
    })
    return cells
      .map((cell) => (/[",]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell))
      .join(',')
  }
  const cases = [
    {
      name: 'national CSV',
      type: 'text/csv;profile=ncwtmds',
      body: `${national(BAD, 'N1')}\n`,
      key: 'XAA:N1',
      field: 'nhsNumber',
    },
    {
      name: 'national XML',
      type: 'application/xml',
      body: `<r><c><NHSNumber>${BAD}</NHSNumber><ppid>X1</ppid><ppidIssuer>XAA</ppidIssuer><priorityType>3</priorityType></c></r>`,
      key: 'XAA:X1',
      field: 'nhsNumber',
    },
    {
      name: 'PTL CSV',
      type: 'text/csv;profile=ptl',
      body: `Care ID,Days Waiting,NHS Number,Referral Date,Clinical Priority,Priority Date,Comments\nP1,12,${BAD},01/10/2026,P2,02/10/2026,"one, two"\n`,
      key: 'P1',
      field: 'nhsNumber',
    },
    {
      name: 'JSON',
      type: 'application/json',
      body: `[${record('J1', BAD, { riskScore: 0.5, needs: ['carer'] })}]`,
      key: 'J1',
      field: 'identity.nhsNumber',
    },
  ]
  for (const { name, type, body, key, field } of cases) {
    const sent = await push('XAA', keys.XAA, body, { headers: { 'content-type': type } })
    t.match(sent.body.counts, { refused: 1 }, name)
    const [row] = (await queue()).rows
    t.equal(row?.recordKey, key, name)
    const { cells } = (await content(row?.id ?? '')).body
    const mended = cells.map((cell) => (cell.name === field ? { ...cell, value: GOOD } : cell))
    const done = await resubmit(row?.id ?? '', mended)
    t.match(done.body.counts, { accepted: 1 }, `${name}: ${JSON.stringify(done.body)}`)
  }
  t.match((await entry('XAA', 'P1'))?.facts, {
    trackingNote: 'one, two',
    priority: { code: 'P2', setOn: '2026-10-02' },
  })
  t.match((await entry('XAA', 'XAA:N1'))?.facts, {
    firstSeenDelayComment: 'a comment, with "quotes"',
  })
  t.match((await entry('XAA', 'J1'))?.facts, { riskScore: 0.5, needs: ['carer'] })

  const broken = await push('XAA', keys.XAA, `${record('F1', GOOD)}{"localId": "F2",\n`)
  t.match(broken.body.counts, { accepted: 1, refused: 1 })
  const [row] = (await queue()).rows
  t.same((await content(row?.id ?? '')).body.cells, [
    { name: 'record', value: '{"localId": "F2",' },
  ])
  const done = await resubmit(row?.id ?? '', [
    { name: 'record', value: '{"localId": "F2",\n"ppid": "F2"}' },
  ])
  t.match(done.body.counts, { added: 1 }, 'as one piece of text')
  t.equal((await queue()).waiting, 0)
})

t.test('FEED-43 a message and a FHIR pathway are corrected as one piece', async (t) => {
  const referral = (nhs: string, ppid: string) =>
    message('REF^I12', [pid(nhs), rf1(ppid)], { from: 'PAS|XAA', id: ppid }).replaceAll(
      'QAA',
      'XAA',
    )
  const hl7 = { headers: { 'content-type': 'application/hl7-v2' } }
  const fhirPathway = (nhs: string) => bundle(smallPathway('FH1')).replaceAll(/999\d{7}/g, nhs)
  const sent = await push('XAA', keys.XAA, referral(BAD, 'H1'), hl7)
  t.equal(sent.status, 422, 'refused by the rules')
  await push('XAA', keys.XAA, referral(BAD, 'H1'), hl7)
  const unread = await push(
    'XAA',
    keys.XAA,
    referral(GOOD, 'H2').replace('20261001', '20261341'),
    hl7,
  )
  t.equal(unread.status, 422, 'not readable')
  const unknown = message('SIU^S12', [sch('202612011000'), pid(), pv1('NOBODY')], { id: 'U1' })
  t.equal((await push('XAA', keys.XAA, unknown, hl7)).status, 422)
  const fhir = await push('XAA', keys.XAA, fhirPathway(BAD), {
    headers: {
      'content-type': 'application/fhir+json',
      'x-request-id': 'q1',
      'x-correlation-id': 'q1',
    },
  })
  t.match(fhir.body.counts, { refused: 1 }, JSON.stringify(fhir.body))
  const { rows } = await queue()
  t.same(
    // Refused at one instant of the test's clock, they may stand in any order.
    rows.map(({ format, correctable }) => `${format} ${correctable}`).sort(),
    ['fhir true', 'hl7-v2 true', 'hl7-v2 true'],
    'what is of no pathway of the trust is not kept',
  )
  for (const { id } of rows) {
    const { cells } = (await content(id)).body
    t.equal(cells.length, 1)
    const [{ name, value } = { name: '', value: '' }] = cells
    const unread = value.includes('20261341')
    const [wrong, right] = unread ? [/20261341/, '20261001'] : [new RegExp(BAD, 'g'), GOOD]
    t.match(value, wrong)
    const still = await resubmit(id, [{ name, value }])
    t.match(still.body.counts, { refused: 1 }, 'sent again as it was, it waits on')
    // As a text box gives it back.
    const typed = value.replaceAll('\r', '\n').replace(wrong, right)
    const done = await resubmit(id, [{ name, value: typed }])
    t.match(done.body.counts, { accepted: 1, refused: 0 }, JSON.stringify(done.body.issues))
  }
  t.match((await entry('XAA', 'XAA:H1'))?.facts, { ppid: 'H1', receivedOn: '2026-10-01' })
  t.ok(await entry('XAA', 'XAA:H2'))
  t.match((await entry('XAA', 'FH1'))?.facts, { receivedOn: '2026-10-01' })
  t.equal((await queue()).waiting, 0)
  const nonsense = await push('XAA', keys.XAA, fhirPathway(BAD), {
    headers: {
      'content-type': 'application/fhir+json',
      'x-request-id': 'q2',
      'x-correlation-id': 'q2',
    },
  })
  t.match(nonsense.body.counts, { refused: 1 })
  const [row] = (await queue()).rows
  for (const value of ['', '{', '[]', '{"resourceType":"Bundle","type":"collection","entry":[]}']) {
    const answer = await resubmit(row?.id ?? '', [{ name: 'record', value }])
    t.equal(answer.status, 422, value)
  }
  t.equal((await queue()).waiting, 1)
  t.equal(
    (
      await ask(`/api/feeds/XAA/refused-rows/${row?.id}/dismiss`, {
        headers: as('coordinator'),
        body: { reason: 'a test of ours' },
      })
    ).status,
    204,
  )
})

t.test('FEED-43 a correction overwrites nothing newer', async (t) => {
  const at = (hour: number) => ({ query: `?extractAt=2026-11-22T0${hour}:00:00Z` })
  await push('XAA', keys.XAA, record('LATE', BAD, { receivedOn: '2026-10-02' }), at(1))
  const [row] = (await queue()).rows
  await admin`update refused_row set record_key = 'another' where id = ${row?.id ?? ''}`
  await push('XAA', keys.XAA, record('LATE', GOOD, { receivedOn: '2026-10-05' }), at(2))
  const { cells } = (await content(row?.id ?? '')).body
  const mended = cells.map((cell) =>
    cell.name === 'identity.nhsNumber' ? { ...cell, value: GOOD } : cell,
  )
  t.equal((await resubmit(row?.id ?? '', mended)).status, 200)
  t.match((await entry('XAA', 'LATE'))?.facts, { receivedOn: '2026-10-05' })
})

t.test('FEED-43 a later delivery that brings the row right takes it out by itself', async (t) => {
  const at = (minute: number, mode = 'delta') => ({
    query: `?mode=${mode}&extractAt=2026-11-22T08:${String(minute).padStart(2, '0')}:00Z`,
  })
  const keysWaiting = async () =>
    (await queue('XBB', 'other')).rows.map(({ recordKey }) => recordKey).sort()
  await push('XBB', keys.XBB, record('A', BAD) + record('B', BAD) + record('C', BAD), at(10))
  t.same(await keysWaiting(), ['A', 'B', 'C'])
  await push('XBB', keys.XBB, record('A', GOOD), at(9))
  t.same(await keysWaiting(), ['A', 'B', 'C'], 'an older delivery says nothing of it')
  await push('XBB', keys.XBB, record('A', GOOD), { query: `${at(11).query}&dryRun=true` })
  t.same(await keysWaiting(), ['A', 'B', 'C'], 'nor does a rehearsal')
  await push('XBB', keys.XBB, record('A', GOOD) + record('B', BAD), at(12))
  t.same(await keysWaiting(), ['B', 'C'], 'A is right, B was refused anew, C was not spoken of')
  t.equal(
    (await queue('XBB', 'other')).rows.find(({ recordKey }) => recordKey === 'B')?.refusedAt,
    new Date(service.now()).toISOString().replace('.000', ''),
  )
  const twice =
    await admin`select state, ended_reason from refused_row where record_key = 'B' order by extract_at`
  t.same(
    twice.map(({ state }) => String(state)),
    ['superseded', 'waiting'],
  )
  await push('XBB', keys.XBB, record('A', GOOD) + record('D', BAD), at(13, 'snapshot'))
  t.same(await keysWaiting(), ['D'], 'a snapshot speaks of every pathway')
  await push('XBB', keys.XBB, '{"localId": "D", "remove": true}', at(14))
  t.same(await keysWaiting(), ['D'], 'there was no such pathway: nothing was removed')
})

t.test(
  'FEED-42 a row is dismissed for a reason, or lapses after 30 days, and is emptied',
  async (t) => {
    const dismiss = (id: string, reason: string, who: Who = 'other') =>
      ask(`/api/feeds/XBB/refused-rows/${id}/dismiss`, { headers: as(who), body: { reason } })
    const all = (await queue('XBB', 'other')).rows
    const id = all.find(({ recordKey }) => recordKey === 'D')?.id ?? ''
    t.equal((await dismiss(id, 'no')).status, 400, 'wants a reason')
    t.equal((await dismiss(id, 'a test record', 'coordinator')).status, 403)
    t.equal((await dismiss(id, 'a test record')).status, 204)
    t.equal((await dismiss(id, 'a test record')).status, 409)
    t.match(await storedRow(id), {
      state: 'dismissed',
      ended_reason: 'a test record',
      sealed: Buffer.alloc(0),
    })
    await push('XBB', keys.XBB, record('OLD', BAD))
    const [old] = (await queue('XBB', 'other')).rows
    await lapseRows(db, service.now() + 30 * DAY_MS - 1)
    t.match(await storedRow(old?.id ?? ''), { state: 'waiting' })
    await lapseRows(db, service.now() + 30 * DAY_MS)
    t.match(await storedRow(old?.id ?? ''), { state: 'lapsed', sealed: Buffer.alloc(0) })
  },
)

t.test('FEED-42 sandbox and dry run keep no row and note no code', async (t) => {
  const sandbox = (await service.key('XCC', { sandbox: true })).key
  const body = record('S1', BAD) + record('S2', GOOD, { priorityType: '7' })
  t.match((await push('XCC', sandbox, body)).body.counts, { refused: 1, accepted: 1 })
  t.match((await push('XCC', keys.XCC, body, { query: '?dryRun=true' })).body.counts, {
    refused: 1,
  })
  const headers = { 'content-type': 'text/csv;profile=ptl' }
  for (const [key, query] of [
    [sandbox, ''],
    [keys.XCC, '?dryRun=true'],
  ] as const) {
    const refused = await push('XCC', key, 'Local ID,Our Own Column\nS1,x\n', { headers, query })
    t.equal(refused.status, 422)
  }
  const kept = await admin`
    select (select count(*)::int from refused_row where trust = 'XCC') as rows,
      (select count(*)::int from unmapped_code where trust = 'XCC') as codes`
  t.same([...kept], [{ rows: 0, codes: 0 }])
})

t.test('FEED-44 unknown codes gather, and one mapping mends all', async (t) => {
  const codes = async () =>
    (await ask<CodeTable>('/api/feeds/XCC/codes', { headers: as('others') })).body
  const map = (field: string, from: string, to: string | null, who: Who = 'others') =>
    ask<MappingDone>('/api/feeds/XCC/codes', {
      method: 'PUT',
      headers: as(who),
      body: { field, from, to },
    })
  const ptl = (rows: readonly string[]) =>
    `Record ID,PPID,Referral Priority,Cancer Type\n${rows.map((row) => `${row}\n`).join('')}`
  const send = (rows: readonly string[], mode = 'snapshot') =>
    push('XCC', keys.XCC, ptl(rows), {
      headers: { 'content-type': 'text/csv;profile=ptl' },
      query: `?mode=${mode}`,
    })
  // 7 is no priority type (the field is left out), URGENT is not even a code (the row is refused), Waldeyer no group
  const rows = [
    'M1,M1,3,Lung',
    'M2,M2,7,Lung',
    'M3,M3,URGENT,Lung',
    'M4,M4,URGENT,Waldeyer',
    'M5,M5,3,Waldeyer',
  ]
  const first = await send(rows)
  t.match(first.body.counts, { read: 5, accepted: 3, refused: 2 })
  t.match((await codes()).codes, [
    { field: 'priorityType', code: 'URGENT', count: 2, deliveryId: first.body.id, rowNumber: 3 },
    { field: 'tumour', code: 'Waldeyer', count: 2 },
    { field: 'priorityType', code: '7', count: 1, rowNumber: 2 },
  ])
  t.ok((await codes()).options['priorityType']?.some(({ code }) => code === '3'))
  await send(rows)
  t.equal((await codes()).codes[0]?.count, 4, 'each delivery counts')

  t.equal((await map('priorityType', 'URGENT', '99')).status, 400, 'to a listed code only')
  t.equal((await map('priorityType', '3', '1')).status, 400, 'a listed code keeps its meaning')
  t.equal((await map('trackingNote', 'a', 'b')).status, 400)
  t.equal((await map('priorityType', 'URGENT', '3', 'coordinator')).status, 403)
  const mapped = await map('priorityType', 'URGENT', '3')
  t.same(mapped.body, { resubmitted: 2, taken: 2 }, 'the rows that waited are in at once')
  t.match((await entry('XCC', 'M3'))?.facts, { priorityType: '3', tumour: 'lung' })
  t.equal((await queue('XCC', 'others')).waiting, 0)
  await map('tumour', 'Waldeyer', 'headNeck')
  await map('priorityType', '7', '2')
  t.same((await codes()).codes, [])
  t.match((await codes()).mappings, [
    { field: 'priorityType', from: '7', to: '2', by: 'Test' },
    {},
    {},
  ])
  t.match((await send(rows)).body.counts, { accepted: 5, refused: 0 })
  t.match((await entry('XCC', 'M2'))?.facts, { priorityType: '2' })
  t.match((await entry('XCC', 'M5'))?.facts, { tumour: 'headNeck' })
  t.match((await send(rows)).body.counts, { unchanged: 5 }, 'and its lines are known now')

  await map('priorityType', '7', '1')
  t.match(
    (await send(rows)).body.counts,
    { changed: 1, unchanged: 4 },
    'another meaning is read anew',
  )
  t.match((await entry('XCC', 'M2'))?.facts, { priorityType: '1' })
  await map('tumour', 'Waldeyer', null)
  t.match((await send(rows)).body.counts, { changed: 2, unchanged: 3 }, 'and none at all too')
  t.notMatch((await entry('XCC', 'M5'))?.facts, { tumour: 'headNeck' })
  t.match((await codes()).codes, [{ field: 'tumour', code: 'Waldeyer' }])
})

t.test('FEED-44 FEED-6 a trust says once what a column of its own means', async (t) => {
  const columns = async () =>
    (await ask<CodeTable>('/api/feeds/XCC/codes', { headers: as('others') })).body
  const map = (from: string, to: string | null) =>
    ask<MappingDone>('/api/feeds/XCC/codes', {
      method: 'PUT',
      headers: as('others'),
      body: { field: 'column', from, to },
    })
  const ofColumns = async () => (await columns()).codes.filter(({ field }) => field === 'column')
  const send = (header: string, row: string, query = '?mode=delta') =>
    push('XCC', keys.XCC, `${header}\n${row}\n`, {
      headers: { 'content-type': 'text/csv;profile=ptl' },
      query,
    })
  const header = 'Record ID,Tumour Stream,Ward Colour,Referral Date'
  const row = 'COL1,Lung,blue,2026-09-01'
  await send(header, row, '?mode=delta&dryRun=true')
  t.same(await ofColumns(), [], 'a dry run leaves nothing')
  const refused = await send(header, row)
  t.match(refused, {
    status: 422,
    body: { code: 'bad-file', unknownColumns: ['Tumour Stream', 'Ward Colour'] },
  })
  t.match(await ofColumns(), [
    { code: 'Tumour Stream', count: 1, rowNumber: 0 },
    { code: 'Ward Colour', count: 1 },
  ])
  t.ok((await columns()).options['column']?.some(({ code }) => code === 'tumour'))
  t.equal((await map('Tumour Stream', 'favouriteColour')).status, 400, 'to a known meaning only')
  t.equal((await map('Referral Date', 'dttOn')).status, 400, 'a known name keeps its meaning')
  t.same((await map('Tumour Stream', 'tumour')).body, { resubmitted: 0, taken: 0 })
  await map('Ward Colour', 'ignored')
  t.same(await ofColumns(), [])
  t.match((await send(header, row)).body.counts, { added: 1, refused: 0 })
  t.match((await entry('XCC', 'COL1'))?.facts, { tumour: 'lung', receivedOn: '2026-09-01' })

  // Two columns of one meaning are told, and another meaning holds at once for lines that were known.
  await map('Ward Colour', 'tumour')
  t.match((await send(header, row)).body, { code: 'bad-file', detail: /Two columns .* tumour/ })
  await map('Ward Colour', 'trackingNote')
  t.match((await send(header, row)).body.counts, { changed: 1 })
  t.match((await entry('XCC', 'COL1'))?.facts, { trackingNote: 'blue' })
  await map('Ward Colour', null)
  t.match((await send(header, row)).body, { unknownColumns: ['Ward Colour'] })

  const before = (await ofColumns()).length
  const person = await send('Record ID,Robin Synthetic,9990000018', 'COL2,a,b')
  t.equal(person.status, 422)
  t.notMatch(JSON.stringify(person.body), /Robin|999000/)
  t.equal((await ofColumns()).length, before, 'a record in the place of a header is not kept')
})

t.test(
  'FEED-44 what looks like a number of a person, or stands in slipped columns, is no code',
  async (t) => {
    const before = (await admin`select from unmapped_code`).count
    const header =
      'Record ID,PPID,Referral Priority,Sex,Laterality,Diagnostic Route,Source of Referral\n'
    const type = { headers: { 'content-type': 'text/csv;profile=ptl' } }
    await push('XCC', keys.XCC, `${header}Z1,Z1,9990000018,x@example.org,L,,\n`, type)
    await push('XCC', keys.XCC, `${header}Z2,Z2,Robin,Synthetic,Person,of Some,Street\n`, type)
    const after = await admin`select field, code from unmapped_code where last_seen_at is not null`
    t.equal(after.count, before, JSON.stringify([...after]))
  },
)
