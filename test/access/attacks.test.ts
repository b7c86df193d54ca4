import { once } from 'node:events'
import { readFileSync, readdirSync } from 'node:fs'
import { connect as openSocket } from 'node:net'
import { Worker } from 'node:worker_threads'
import { parse } from 'csv-parse/sync'
import fastify from 'fastify'
import t from 'tap'
import type { Test } from 'tap'
import WebSocket from 'ws'
import { connect } from '../../db/connection.ts'
import { buildApp } from '../../server/app.ts'
import { openLog } from '../../server/log.ts'
import { putCapacity } from '../../server/reassignment/capacity/capacity.ts'
import { campaign } from '../../server/reassignment/plan/leadership.ts'
import { startPlannerJob } from '../../server/reassignment/plan/planner-job.ts'
import type { PlannerJob } from '../../server/reassignment/plan/planner-job.ts'
import { openPrices } from '../../server/reassignment/capacity/prices.ts'
import { addDays } from '../../shared/date.ts'
import type { Role } from '../../shared/vocabulary.ts'
import { TODAY, referral } from '../alliance.ts'
import { feedService } from '../feed-service.ts'
import type { Answer } from '../feed-service.ts'

const SYSTEM = { kind: 'system', name: 'test' } as const
const service = await feedService(t)
const { db, url } = service
const ask: typeof service.ask = (path, what) => service.ask(path, what)
const admin = connect(db.adminUrl, { max: 1 })
t.teardown(() => admin.end({ timeout: 1 }))
const people = [
  {
    nhsNumber: '9990000018',
    name: 'Ottoline Synthetic',
    dateOfBirth: '1950-02-03',
    hospitalNumber: 'H7654321',
    postcode: 'ZZ99 3VZ',
  },
  {
    nhsNumber: '9990000026',
    name: 'Peregrine Synthetic',
    dateOfBirth: '1961-12-30',
    hospitalNumber: 'H7654322',
    postcode: 'ZZ99 3WZ',
  },
]
const { key } = await service.key('XAA')
const theirs = await service.key('XBB')
const row = (n: number, more: object = {}): string =>
  JSON.stringify({
    ...referral(`p${String(n)}`, 20 + n, { step: 'ebus' }),
    identity: people[n],
    ...more,
  })
const delivered = await service.push('XAA', key, `${row(0)}\n${row(1)}\n`)
if (delivered.body.counts.accepted !== 2) throw new Error('the sample rows were not taken')
const [own] = await service.add([{ trust: 'XBB', facts: referral('b1', 9) }])
const ids = (
  await admin<{ id: number }[]>`select id from entry where trust = 'XAA' order by id`
).map((entry) => entry.id)

const cookies = new Map<string, string>()
async function cookieOf(role: Role, organisation: string): Promise<string> {
  const who = `${role} ${organisation}`
  const cookie = cookies.get(who) ?? (await service.cookieOf(role, organisation)).cookie
  cookies.set(who, cookie)
  return cookie
}
async function as<T = Record<string, unknown>>(
  role: Role,
  organisation: string,
  path: string,
  body?: object,
  headers: Record<string, string> = {},
): Promise<Answer<T>> {
  const cookie = await cookieOf(role, organisation)
  return ask<T>(path, { headers: { cookie, ...headers }, ...(body === undefined ? {} : { body }) })
}
async function audited(
  where: string,
): Promise<{ action: string; subject: string; reason: string; address: string }[]> {
  return [
    ...(await admin.unsafe<{ action: string; subject: string; reason: string; address: string }[]>(
      `select action, subject, reason, address from audit where ${where} order by id`,
    )),
  ]
}
/** Bytes straight onto the wire; whatever comes back until the other side hangs up. */
async function wire(bytes: string): Promise<string> {
  const socket = openSocket(Number(new URL(url).port), '127.0.0.1')
  let heard = ''
  socket.on('data', (chunk: Buffer) => (heard += chunk.toString()))
  socket.on('error', () => undefined)
  socket.write(bytes)
  await once(socket, 'close')
  return heard
}

t.test("another trust's key writes and reads nothing, and is written down", async (t) => {
  const attempt = await service.push('XAA', theirs.key, row(0, { fit: 400 }))
  t.match(attempt, { status: 403, body: { code: 'not-yours' } })
  const headers = { authorization: `Bearer ${theirs.key}` }
  t.equal((await ask('/api/feeds/XAA/deliveries', { headers })).status, 403)
  t.equal((await ask('/api/list', { headers })).status, 401, 'a key is no session')
  t.match((await audited(`subject like 'POST /api/feeds/:trust/deliveries%'`)).at(-1), {
    action: 'request:refused',
    reason: 'not-yours',
    address: '127.0.0.1',
  })
})

t.test(
  'ids guessed in sequence show nothing, whether they exist or not, and are written down',
  async (t) => {
    const told = new Set<string>()
    const first = ids[0] ?? 0
    // The entries of another trust, and numbers that nobody has, about them.
    const guessed = Array.from({ length: 40 }, (_, at) => first + at).filter((id) => id !== own)
    for (const id of guessed) {
      const answer = await as('coordinator', 'XBB', `/api/entries/${String(id)}`)
      t.equal(answer.status, 404)
      told.add(JSON.stringify({ ...answer.body, instance: '' }))
    }
    t.equal(told.size, 1, 'the same words')
    const guesses = await audited(
      `action = 'request:refused' and subject like 'GET /api/entries/:id%'`,
    )
    t.equal(guesses.length, guessed.length)
    const subject = `GET /api/entries/:id id=${String(first)}`
    t.match(guesses[0], { subject, reason: 'not-found' })
    const names = await as<{ identities: [] }>('coordinator', 'XBB', '/api/identities', {
      ids: guessed,
    })
    t.same(names.body.identities, [])
  },
)

t.test("a filter on another trust's pathways finds none", async (t) => {
  for (const path of [
    '/api/list?trust=XAA',
    '/api/list?trust=XAA&trust=XBB',
    '/api/list?text=p0',
    '/api/list/export.csv?trust=XAA',
  ]) {
    const { body } = await as('coordinator', 'XBB', path)
    t.notMatch(JSON.stringify(body), /"trust":"XAA"|,XAA,/, path)
  }
})

t.test('a role asked for in a header, a query or a body is not given', async (t) => {
  const headers = { 'x-role': 'auditor', 'x-forwarded-user': 'admin', 'x-organisation': 'XAA' }
  t.equal((await as('coordinator', 'XBB', '/api/audit', undefined, headers)).status, 403)
  t.equal((await as('coordinator', 'XBB', '/api/audit?role=auditor')).status, 400)
  t.equal((await as('coordinator', 'XBB', '/api/identities', { ids, role: 'auditor' })).status, 400)
})

t.test('another site can neither post a form nor open a socket', async (t) => {
  const cookie = await cookieOf('coordinator', 'XAA')
  const from = { cookie, origin: 'https://evil.example' }
  const form = await ask('/api/identities', {
    body: 'ids=1',
    headers: { ...from, 'content-type': 'application/x-www-form-urlencoded' },
  })
  t.equal(form.status, 415, 'no route but the provider takes a form')
  const plain = await ask('/api/identities', {
    body: '{"ids":[1]}',
    headers: { ...from, 'content-type': 'text/plain' },
  })
  t.equal(plain.status, 400, 'text is no JSON')
  t.equal((await ask('/api/identities', { body: { ids }, headers: from })).status, 403)
  const socket = new WebSocket(`${url.replace('http', 'ws')}/live`, 'ptl.v1', { headers: from })
  const [, response] = (await once(socket, 'unexpected-response')) as [
    unknown,
    { statusCode: number },
  ]
  t.equal(response.statusCode, 403)
  socket.on('error', () => undefined)
  socket.terminate()
})

t.test(
  'a socket shows no topic without the right, and nothing from before a right was lost',
  async (t) => {
    const { cookie, personId } = await service.cookieOf('coordinator', 'XAA')
    const open = async (
      resumeFrom?: object,
    ): Promise<{ socket: WebSocket; messages: string[]; closed: Promise<number> }> => {
      const socket = new WebSocket(`${url.replace('http', 'ws')}/live`, 'ptl.v1', {
        headers: { cookie },
      })
      const messages: string[] = []
      socket.on('message', (data: Buffer) => void messages.push(data.toString()))
      const closed = new Promise<number>((resolve) => socket.once('close', resolve))
      await once(socket, 'open')
      const topics = { list: { filter: {}, from: 0, count: 50 }, suggestions: true, feeds: true }
      socket.send(
        JSON.stringify({
          type: 'hello',
          topics,
          ...(resumeFrom === undefined ? {} : { resumeFrom }),
        }),
      )
      while (!messages.some((text) => text.includes('"reset"') && text.includes('"topic":"list"')))
        await once(socket, 'message')
      return { socket, messages, closed }
    }
    const first = await open()
    const reset = first.messages.find((text) => text.includes('"topic":"list"')) ?? ''
    t.match(reset, '"trust":"XAA"')
    const welcome = JSON.parse(first.messages[0] ?? '{}') as { stream: string; seq: number }
    const admins = { cookie: await cookieOf('allianceAdmin', 'XAL') }
    // the person moves to another trust: here by hand, as an administrator of the whole alliance would have it done
    await admin`update person set organisation = 'XBB' where id = ${personId}`
    t.equal(
      (
        await ask(`/api/people/${personId}`, {
          method: 'PUT',
          body: { role: 'readOnly' },
          headers: admins,
        })
      ).status,
      200,
    )
    t.equal(await first.closed, 4401, 'the role changed: the socket is cut')
    const person = await admin<{ id: string }[]>`select id from person where id = ${personId}`
    const { token } = await service.access.signInAsSample(person[0]?.id ?? '', { headers: {} })
    const again = new WebSocket(`${url.replace('http', 'ws')}/live`, 'ptl.v1', {
      headers: { cookie: `ptl_session=${token}` },
    })
    const heard: string[] = []
    again.on('message', (data: Buffer) => void heard.push(data.toString()))
    await once(again, 'open')
    again.send(
      JSON.stringify({
        type: 'hello',
        topics: { list: { filter: {}, from: 0, count: 50 } },
        resumeFrom: { stream: welcome.stream, topics: { list: welcome.seq } },
      }),
    )
    while (!heard.some((text) => text.includes('"topic":"list"'))) await once(again, 'message')
    t.notMatch(heard.join(''), '"trust":"XAA"', 'a resume from before gives nothing of before')
    again.terminate()
  },
)

t.test('a session that ends cuts its socket within a second', async (t) => {
  const { cookie } = await service.cookieOf('coordinator', 'XAA')
  const socket = new WebSocket(`${url.replace('http', 'ws')}/live`, 'ptl.v1', {
    headers: { cookie },
  })
  await once(socket, 'open')
  const closed = once(socket, 'close') as Promise<[number]>
  const before = performance.now()
  await ask('/api/session?everywhere=true', { method: 'DELETE', headers: { cookie } })
  t.equal((await closed)[0], 4401)
  t.ok(performance.now() - before < 1_000)
})

t.test('formulas and forged lines stay text in exports and in the audit', async (t) => {
  const entry = ids[0] ?? 0
  const evil = '=cmd|" /C calc"!A0\r\n2026-01-01,forged,line'
  const tag =
    (await as('coordinator', 'XAA', `/api/entries/${String(entry)}`)).headers.get('etag') ?? ''
  const wrote = await as(
    'coordinator',
    'XAA',
    `/api/entries/${String(entry)}/actions`,
    { body: evil, escalated: false },
    { 'if-match': tag },
  )
  t.equal(wrote.status, 201)
  await service.list.caughtUp((wrote.body as { seq: number }).seq)
  const csv = (await as('coordinator', 'XAA', '/api/list/export.csv')).body as unknown as string
  t.match(csv, `"'=cmd|"" /C calc""!A0`, 'no formula, one cell')
  const records: string[][] = parse(csv, { bom: true })
  t.equal(records.length, 3, 'a heading and two rows, whatever their text holds')
})

t.test(
  'taking the whole list out is written down with how much, before the first row',
  async (t) => {
    await as('coordinator', 'XAA', '/api/list/export.csv')
    t.match((await audited(`action = 'list:export'`)).at(-1), {
      reason: '2 rows',
      address: '127.0.0.1',
    })
    const many = Array.from({ length: 101 }, (_, index) => index + 1)
    t.equal(
      (await as('coordinator', 'XAA', '/api/identities', { ids: many })).status,
      400,
      'a hundred at once',
    )
  },
)

t.test('names are given slowly enough that taking them all shows and stops', async (t) => {
  const { cookie } = await service.cookieOf('coordinator', 'XAA')
  const take = () =>
    ask<{ code?: string }>('/api/identities', {
      body: { ids: Array.from({ length: 100 }, (_, i) => i + 1) },
      headers: { cookie },
    })
  let answer = await take()
  let times = 1
  while (answer.status === 200 && times < 60) {
    answer = await take()
    times += 1
  }
  t.equal(times, 51, '5,000 in an hour')
  t.match(answer, { status: 429, body: { code: 'too-many' } })
  t.match((await audited(`action = 'request:refused'`)).at(-1), { reason: 'too-many' })
})

t.test('no trick with a path reads a file', async (t) => {
  for (const path of [
    '/assets/../../package.json',
    '/assets/..%2f..%2fpackage.json',
    '/assets/%2e%2e/%2e%2e/package.json',
    '/assets/....//package.json',
    '/assets/%00/index.html',
    '//etc/passwd',
    '/docs/static/../../../package.json',
    '/docs/static/..%2f..%2f..%2fpackage.json',
    '/.env',
    '/.data/identity.key',
  ]) {
    const heard = await wire(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`)
    t.match(heard, /^HTTP\/1\.1 4\d\d /, path)
    t.notMatch(heard, /"dependencies"|root:|PRIVATE|[0-9a-f]{64}/, path)
  }
})

t.test('oversized headers and slow bodies are hung up on', async (t) => {
  const big = await wire(
    `GET / HTTP/1.1\r\nHost: localhost\r\nCookie: ${'a'.repeat(20_000)}\r\n\r\n`,
  )
  t.match(big, /^HTTP\/1\.1 413 /)
  const cookie = await cookieOf('coordinator', 'XAA')
  const prices = await openPrices({ db, list: service.list, onError: () => undefined })
  t.teardown(() => prices.close())
  const quick = await buildApp({
    ...service,
    prices,
    page: {
      files: new Map([
        ['/index.html', { body: Buffer.alloc(0), gzipped: Buffer.alloc(0), type: 'text/html' }],
      ]),
    },
    log: fastify({ logger: false }).log,
    cookieSecure: false,
    whyNot: async () => null,
    bodyWithinMs: 100,
    securityContact: 'mailto:security@ptl.example',
  })
  const address = await quick.listen({ port: 0, host: '127.0.0.1' })
  t.teardown(() => quick.close())
  const socket = openSocket(Number(new URL(address).port), '127.0.0.1')
  let heard = ''
  socket.on('data', (chunk: Buffer) => (heard += chunk.toString()))
  socket.on('error', () => undefined)
  socket.write(
    `POST /api/identities HTTP/1.1\r\nHost: localhost\r\nCookie: ${cookie}\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"ids":`,
  )
  await once(socket, 'close')
  t.match(heard, /^HTTP\/1\.1 408 /)
  t.equal(
    (
      await fetch(`${address}/api/identities`, {
        method: 'POST',
        body: '{"ids":[1]}',
        headers: { cookie, 'content-type': 'application/json' },
      })
    ).status,
    200,
    'a quick one is taken',
  )
  const told = await (await fetch(`${address}/.well-known/security.txt`)).text()
  t.match(told, /^Contact: mailto:security@ptl\.example\nExpires: \d{4}-/)
})

t.test('nobody learns by signing in who exists', async (t) => {
  const told = new Set<string>()
  const real = await admin<
    { id: string }[]
  >`insert into person (name, role, organisation) values ('Real', 'mdt', 'XAA') returning id`
  for (const personId of [real[0]?.id ?? '', '00000000-0000-4000-8000-000000000000']) {
    const { status, body } = await ask('/api/session', { body: { personId } })
    told.add(`${String(status)} ${JSON.stringify(body)}`)
  }
  t.equal(told.size, 1)
})

t.test(
  'IG-20 IG-22 no identity of anybody lies in the dump, the log, the metrics, a socket, an error or a plan',
  async (t) => {
    const everybody = [...people, ...crowd()]
    const lines: string[] = []
    const log = openLog('trace', { write: (line: string) => void lines.push(line) })
    const prices = await openPrices({ db, list: service.list, onError: () => undefined })
    t.teardown(() => prices.close())
    const planner = await listenedPlanner(t)
    const loud = await buildApp({
      ...service,
      prices,
      page: {
        files: new Map([
          ['/index.html', { body: Buffer.alloc(0), gzipped: Buffer.alloc(0), type: 'text/html' }],
        ]),
      },
      log,
      cookieSecure: false,
      whyNot: (entryId, capacityId) => planner.job.whyNot(entryId, capacityId),
    })
    const address = await loud.listen({ port: 0, host: '127.0.0.1' })
    t.teardown(() => loud.close())
    const answers: string[] = []
    const get = async (
      path: string,
      init: RequestInit = {},
      who = 'coordinator XAA',
    ): Promise<void> => {
      const [role = '', organisation = ''] = who.split(' ')
      const headers = {
        cookie: await cookieOf(role as Role, organisation),
        ...(init.headers as object | undefined),
      }
      const answer = await fetch(address + path, { ...init, headers })
      answers.push(await answer.text())
    }
    const socket = new WebSocket(`${address.replace('http', 'ws')}/live`, 'ptl.v1', {
      headers: { cookie: await cookieOf('coordinator', 'XAA') },
    })
    const frames: string[] = []
    socket.on('message', (data: Buffer) => void frames.push(data.toString()))
    await once(socket, 'open')
    socket.send(
      JSON.stringify({
        type: 'hello',
        topics: {
          list: { filter: {}, from: 0, count: 50 },
          suggestions: true,
          capacity: true,
          feeds: true,
          measures: true,
        },
      }),
    )
    const bad = row(0, {
      identity: { ...people[0], dateOfBirth: 'never' },
      receivedOn: '2026-13-45',
    })
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/x-ndjson' }
    for (const body of [
      `${row(0, { fit: 12 })}\n${bad}\n{"nhsNumber": "${people[0]?.nhsNumber ?? ''}"`,
      bad,
    ])
      answers.push(
        await (
          await fetch(`${address}/api/feeds/XAA/deliveries`, { method: 'POST', body, headers })
        ).text(),
      )
    const arrived = await service.push('XAA', key, crowdRows(everybody), { query: '?mode=delta' })
    t.equal(arrived.body.counts.accepted, everybody.length, JSON.stringify(arrived.body.issues))
    const day = addDays(TODAY, 4)
    await db.scoped(SYSTEM, (tx) =>
      putCapacity(
        tx,
        {
          site: 'XBB01',
          step: 'ebus',
          days: [{ day, slots: 20, openToAlliance: true, noticeDays: 1 }],
        },
        new Date(service.now()).toISOString(),
      ),
    )
    await planner.settled()
    const [slot] = await admin<{ id: number }[]>`select id from capacity limit 1`
    const moves = await admin`select from suggestion where state = 'suggested'`
    t.ok(moves.length > 10, 'the planner was at work')
    const waiting = await admin<
      { id: number }[]
    >`select id from entry where local_id like 'c%' order by id limit 30`
    for (const { id } of waiting)
      await get(`/api/entries/${String(id)}/why-not?capacity=${String(slot?.id)}`)
    const broken = ['text/csv', 'application/fhir+json', 'application/hl7-v2'].map((type) => ({
      type,
      body: `MSH|^~\\&|PAS|XAA\rPID|||${people[0]?.nhsNumber ?? ''}||${people[0]?.name ?? ''}\r`,
    }))
    for (const { type, body } of broken) {
      const answer = await fetch(`${address}/api/feeds/XAA/deliveries?profile=ptl`, {
        method: 'POST',
        body,
        headers: {
          ...headers,
          'content-type': type,
          'x-request-id': type,
          'x-correlation-id': type,
        },
      })
      answers.push(await answer.text())
    }
    for (const typed of [people[0]?.nhsNumber, people[0]?.name]) {
      await get(`/api/list?text=${encodeURIComponent(typed ?? '')}`)
      await get(`/api/entries/${encodeURIComponent(typed ?? '')}`)
    }
    for (const who of ['coordinator XAA', 'lead XAL', 'auditor XAL', 'coordinator XBB'])
      for (const path of [
        '/api/list',
        '/api/list/export.csv',
        '/api/suggestions',
        '/api/capacity',
        '/api/transfers',
        '/api/feeds/XAA/deliveries',
        `/api/entries/${String(ids[0])}`,
        `/api/entries/${String(ids[0])}/history`,
        '/api/measures/backlog',
        '/api/audit',
        '/metrics',
      ])
        await get(path, {}, who)
    await get('/api/identities', {
      method: 'POST',
      body: JSON.stringify({ ids: 'x', name: people[0]?.name }),
      headers: { 'content-type': 'application/json' },
    })
    await get('/api/identities', {
      method: 'POST',
      body: `{"name": "${people[0]?.name ?? ''}", `,
      headers: { 'content-type': 'application/json' },
    })
    await get(
      '/api/subject-access',
      {
        method: 'POST',
        body: JSON.stringify({ nhsNumber: people[0]?.nhsNumber }),
        headers: { 'content-type': 'application/json' },
      },
      'auditor XAL',
    )
    socket.terminate()

    const places = {
      dump: await dumped(),
      log: lines.join('\n'),
      answers: answers.join('\n'),
      frames: frames.join('\n'),
      planner: planner.heard.join('\n'),
    }
    t.match(places.frames, '"topic":"list"')
    t.match(places.frames, '"topic":"suggestions"')
    t.ok(lines.length > 20, 'the log was loud')
    t.match(places.answers, 'P-')
    t.match(places.planner, '"kind":"change"', 'what the planning thread is told')
    t.match(places.planner, '"withdraw"', 'and what it says')
    t.same(found(everybody, places), [])

    // That the search sees: one thing each, put where it must not be.
    const [one, two] = everybody
    const [, , somebody] = everybody
    await admin`insert into refused_row (id, trust, feed, delivery_id, row_number, record_key, format, context, key_id, sealed,
      issues, extract_at, refused_at, state)
      values (gen_random_uuid(), 'XAA', 'main', ${arrived.body.id}, 1, '', 'ndjson', '', 'x',
        ${Buffer.from(`{"name": "${one?.name ?? ''}"}`)}, '[]', now(), now(), 'waiting')`
    await admin`update entry set facts = facts || ${JSON.stringify({ trackingNote: two?.nhsNumber })}::text::jsonb where local_id = 'c0'`
    log.info({ who: somebody?.name }, 'planted')
    t.same(
      found(everybody, { dump: await dumped(), log: lines.join('\n') }),
      ['dump: name 0, bytes', 'dump: nhsNumber 1', 'log: name 2'],
      'the search finds what lies there',
    )
  },
)

/** Sixty people more, everything of each unlike anything else. */
function crowd(): typeof people {
  const numbers: string[] = []
  for (let n = 999_000_100; numbers.length < 60; n += 1) {
    const digits = Array.from(String(n), Number)
    const sum = digits.reduce((total, digit, at) => total + digit * (10 - at), 0)
    const check = (11 - (sum % 11)) % 11
    if (check !== 10) numbers.push(`${String(n)}${String(check)}`)
  }
  return numbers.map((nhsNumber, at) => ({
    nhsNumber,
    name: `Crowdmember${String(at)} Synthetic`,
    dateOfBirth: `19${String(30 + at)}-0${String(1 + (at % 9))}-17`,
    hospitalNumber: `HQ${String(7_000_000 + at * 137)}`,
    postcode: `ZZ9${String(at % 10)} ${String(at % 9)}Q${'ABCDEFGHJK'.charAt(at % 10)}`,
  }))
}

/** Them waiting for a test that their trust cannot give and another can. */
function crowdRows(everybody: typeof people): string {
  const lines = everybody.map((identity, at) =>
    JSON.stringify({
      localId: `c${String(at)}`,
      priorityType: '3',
      referralSource: '03',
      referralType: '03',
      receivedOn: addDays(TODAY, -30 - (at % 20)),
      firstSeenOn: addDays(TODAY, -20),
      firstSeenSite: 'XAA01',
      patientStatus: '14',
      tumour: 'lung',
      step: 'ebus',
      homeSite: 'XAA01',
      ageYears: 60,
      travelLimitMinutes: 120,
      identity,
    }),
  )
  return `${lines.join('\n')}\n`
}

/** A planner at work, and all that its thread is told and says. */
async function listenedPlanner(t: Test): Promise<{
  readonly job: PlannerJob
  readonly heard: string[]
  readonly settled: () => Promise<void>
}> {
  const heard: string[] = []
  const hear = (message: unknown): void =>
    void heard.push(
      JSON.stringify(message, (_name, value: unknown) =>
        value instanceof Map || value instanceof Set
          ? [...(value as Iterable<unknown>)]
          : ArrayBuffer.isView(value)
            ? Buffer.from(value.buffer).toString('latin1')
            : value,
      ),
    )
  const told = Reflect.get(Worker.prototype, 'postMessage') as (
    this: Worker,
    ...said: readonly unknown[]
  ) => void
  Worker.prototype.postMessage = function (this: Worker, ...said: readonly unknown[]) {
    if (this.listeners('message').every((listener) => listener !== hear)) this.on('message', hear)
    hear(said[0])
    told.call(this, ...said)
  }
  t.teardown(() => (Worker.prototype.postMessage = told))
  const onError = (error: unknown): void => void t.fail('planner', { error })
  const leadership = await campaign({ db, self: 'test', onError })
  t.teardown(() => leadership.close())
  const { list, now } = service
  const travel = { times: [{ from: 'XAA01', to: 'XBB01', minutes: 40 }], places: [] }
  const job = startPlannerJob({ db, list, travel, leadership, now, onError })
  t.teardown(() => job.close())
  return {
    job,
    heard,
    async settled() {
      for (let before = -1; before !== list.seq;) {
        await list.caughtUp(await lastSeq())
        before = list.seq
        job.wake()
        await job.idle()
        await list.caughtUp(await lastSeq())
      }
    },
  }
}

async function lastSeq(): Promise<number> {
  const [row] = await db.sql<{ seq: number }[]>`select last_seq as seq from change_clock`
  return row?.seq ?? 0
}

/** Every row of every table, as whoever steals the database has it. */
async function dumped(): Promise<string> {
  const tables = await admin<{ name: string }[]>`
    select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'v')`
  if (tables.length < 30) throw new Error('the dump has no tables')
  let dump = ''
  for (const { name } of tables) {
    const [whole] = await admin.unsafe<{ text: string | null }[]>(
      `select string_agg(x::text, E'\\n') as text from ${name} x`,
    )
    dump += `${name}\n${whole?.text ?? ''}\n`
  }
  return dump
}

/** Where something of somebody lies: as it is, as bytes in hex, or in base64; said without saying it. */
function found(everybody: typeof people, places: Readonly<Record<string, string>>): string[] {
  const said: string[] = []
  for (const [place, text] of Object.entries(places))
    for (const [at, person] of everybody.entries())
      for (const [field, value] of Object.entries(person)) {
        const bytes = Buffer.from(value)
        const which = `${place}: ${field} ${String(at)}`
        if (text.includes(value)) said.push(which)
        const inAddress = encodeURIComponent(value)
        if (inAddress !== value && text.includes(inAddress)) said.push(`${which}, in an address`)
        if (text.includes(bytes.toString('hex'))) said.push(`${which}, bytes`)
        if (text.includes(bytes.toString('base64').replace(/=+$/, '')))
          said.push(`${which}, base64`)
      }
  return said
}

t.test('every line of the threat model names a test there is', async (t) => {
  const model = readFileSync('server/access/THREATS.md', 'utf8')
  const lines = model
    .split('\n')
    .filter((line) => line.startsWith('| ') && !/^\| (threat|-)/.test(line))
  t.ok(lines.length > 15, 'the model holds threats')
  const tests = readdirSync('test', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => readFileSync(`test/${name}`, 'utf8'))
    .join('\n')
  for (const line of lines) {
    const titles = [...line.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '')
    t.ok(titles.length > 0, `names a test: ${line.slice(0, 60)}`)
    for (const title of titles) t.ok(tests.includes(title), title)
  }
})
