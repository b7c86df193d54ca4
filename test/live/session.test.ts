import fc from 'fast-check'
import specs from '@asyncapi/specs'
import Fastify from 'fastify'
import t from 'tap'
import { WebSocketServer, WebSocket } from 'ws'
import type { AddressInfo } from 'node:net'
import { asyncApiDocument } from '../../server/live/asyncapi.ts'
import { textFrame } from '../../server/live/frame.ts'
import { listDiff } from '../../server/live/list-diff.ts'
import type { WindowState } from '../../server/live/list-diff.ts'
import { openScope } from '../../server/live/scope.ts'
import { LIVE_LIMITS, mayQueue, onDrained, onHeld } from '../../server/live/session.ts'
import { onMessage, onPinged, onPong, openSession, overdue } from '../../server/live/session.ts'
import type { OpenSession, Session } from '../../server/live/session.ts'
import { capacityScope, feedsScope, openHappenings } from '../../server/live/topics.ts'
import type { IsoDate } from '../../shared/date.ts'
import type { ListRow } from '../../shared/list.ts'
import { openLiveClient } from '../../shared/live-client.ts'
import { closeNameOf, parseServerMessage } from '../../shared/live-message.ts'
import { applyListPatch, applyPatch, applyReset, emptyLiveState } from '../../shared/live-state.ts'
import { CLOSE_CODES, serverMessage } from '../../shared/protocol.ts'
import type { DeliveryNotice, ListWindow } from '../../shared/protocol.ts'
import { madeUpRow } from './rows.ts'

const HELLO = JSON.stringify({ type: 'hello', topics: { list: {} } })
const SUBSCRIBE = JSON.stringify({ type: 'subscribe', topics: { list: { from: 50 } } })
const TODAY = '2026-11-22' as IsoDate
const WINDOW: ListWindow = { filter: {}, from: 0, count: 50 }

function live(): OpenSession {
  return stillOpen(onMessage(openSession(0), HELLO, 0, LIVE_LIMITS).session)
}

function stillOpen(session: Session): OpenSession {
  if (session.phase === 'closed') throw new Error('closed')
  return session
}

t.test('LIVE-1 LIVE-2 a message is judged by where the socket stands', async (t) => {
  const cases: [string, OpenSession, string, string][] = [
    ['hello first', openSession(0), HELLO, 'join'],
    ['subscribe first', openSession(0), SUBSCRIBE, 'badMessage'],
    ['subscribe later', live(), SUBSCRIBE, 'change'],
    ['hello twice', live(), HELLO, 'badMessage'],
    ['no JSON', openSession(0), '{', 'badMessage'],
    ['an unknown key', openSession(0), '{"type":"hello","topics":{},"x":1}', 'badMessage'],
    ['an unknown topic', openSession(0), '{"type":"hello","topics":{"x":true}}', 'badMessage'],
    ['201 rows', live(), SUBSCRIBE.replace('"from":50', '"count":201'), 'badMessage'],
    ['200 rows', live(), SUBSCRIBE.replace('"from":50', '"count":200'), 'change'],
    ['a negative place', live(), SUBSCRIBE.replace('50', '-1'), 'badMessage'],
  ]
  for (const [title, session, text, wanted] of cases) {
    const { effect } = onMessage(session, text, 1, LIVE_LIMITS)
    t.equal(effect.kind === 'close' ? effect.because : effect.kind, wanted, title)
  }
})

t.test('LIVE-1 no hello for five seconds', async (t) => {
  t.equal(overdue(openSession(0), 4_999, LIVE_LIMITS), null)
  t.equal(overdue(openSession(0), 5_000, LIVE_LIMITS), 'helloTimeout')
  t.equal(overdue(live(), 5_000, LIVE_LIMITS), null)
})

t.test('LIVE-2 200 messages in ten seconds are heard, the next closes', async (t) => {
  let session = live()
  for (let n = 1; n <= 200; n++) {
    session = stillOpen(onMessage(session, SUBSCRIBE, 9_999, LIVE_LIMITS).session)
  }
  t.same(onMessage(session, SUBSCRIBE, 9_999, LIVE_LIMITS).effect, {
    kind: 'close',
    because: 'tooSlow',
  })
  t.equal(onMessage(session, SUBSCRIBE, 10_000, LIVE_LIMITS).effect.kind, 'change')
})

t.test('LIVE-7 a slow reader is held, and let go after ten seconds', async (t) => {
  t.equal(mayQueue(65_536, LIVE_LIMITS), true)
  t.equal(mayQueue(65_537, LIVE_LIMITS), false)
  const held = stillOpen(onHeld(live(), 1_000))
  const again = onHeld(held, 9_000)
  t.equal(again, held, 'held since the first time')
  t.equal(overdue(held, 10_999, LIVE_LIMITS), null)
  t.equal(overdue(held, 11_000, LIVE_LIMITS), 'tooSlow')
  t.equal(overdue(stillOpen(onDrained(held)), 11_000, LIVE_LIMITS), null)
})

t.test('LIVE-10 a ping unanswered for two heartbeats', async (t) => {
  const pinged = stillOpen(onPinged(live(), 0))
  t.equal(onPinged(pinged, 20_000), pinged, 'counts from the first')
  t.equal(overdue(pinged, 39_999, LIVE_LIMITS), null)
  t.equal(overdue(pinged, 40_000, LIVE_LIMITS), 'tooSlow')
  t.equal(overdue(stillOpen(onPong(pinged)), 40_000, LIVE_LIMITS), null)
})

t.test('LIVE-12 close codes are distinct and say whether to come back', async (t) => {
  const codes = Object.values(CLOSE_CODES).map(({ code }) => code)
  t.equal(new Set(codes).size, codes.length)
  t.same(
    Object.values(CLOSE_CODES)
      .filter(({ retry }) => !retry)
      .map(({ code }) => code),
    [4400, 4401, 4403],
  )
  t.equal(closeNameOf(4429), 'tooSlow')
  t.equal(closeNameOf(1006), null)
})

const windowState = (asOf: IsoDate, total: number, rows: readonly ListRow[]): WindowState => ({
  asOf,
  total,
  rows,
})

interface TestPage {
  asOf: IsoDate
  total: number
  firstRank: number
  rows: [id: number, seq: number][]
}

t.test('LIVE-5 a patch turns any window into any other, exactly', async (t) => {
  const rowId = fc.integer({ min: 1, max: 30 })
  const version = fc.integer({ min: 1, max: 3 })
  const page: fc.Arbitrary<TestPage> = fc.record({
    asOf: fc.constantFrom<IsoDate>(TODAY, '2026-11-23' as IsoDate),
    total: fc.integer({ min: 0, max: 40 }),
    firstRank: fc.integer({ min: 1, max: 4 }),
    rows: fc.uniqueArray(fc.tuple(rowId, version), { selector: ([id]) => id, maxLength: 12 }),
  })
  const stateOf = ({ asOf, total, firstRank, rows }: TestPage) =>
    windowState(
      asOf,
      total,
      rows.map(([id, seq], position) => row(id, seq, firstRank + position * 2)),
    )
  fc.assert(
    fc.property(page, page, (first, second) => {
      const before = stateOf(first)
      const after = stateOf(second)
      const held = { seq: 1, window: WINDOW, ...withoutRanks(before) }
      const body = listDiff(before, after)
      const patch = { type: 'patch', topic: 'list', seq: 2, baseSeq: 1, ...body } as const
      const applied = applyListPatch(held, JSON.parse(JSON.stringify(patch)) as typeof patch)
      t.same(applied, { seq: 2, window: WINDOW, ...withoutRanks(after) })
      if (body === null) t.same(before, after)
    }),
    { numRuns: 500 },
  )
})

t.test('LIVE-5 what did not change is not sent', async (t) => {
  const before = windowState(TODAY, 3, [row(1, 1, 1), row(2, 1, 2), row(3, 1, 3)])
  t.same(listDiff(before, windowState(TODAY, 3, [row(1, 1, 1), row(2, 1, 2), row(3, 1, 3)])), null)
  const swapped = windowState(TODAY, 3, [row(2, 1, 1), row(1, 1, 2), row(3, 1, 3)])
  t.same(listDiff(before, swapped), { order: [2, 1, 3] }, 'ranks stay with their places')
  const risen = windowState(TODAY, 3, [row(1, 1, 5), row(2, 1, 6), row(3, 1, 7)])
  t.same(listDiff(before, risen), { ranks: [5, 6, 7] }, 'rows are not sent for a rank')
  const changed = windowState(TODAY, 3, [row(1, 1, 1), row(2, 9, 2), row(3, 1, 3)])
  t.same(listDiff(before, changed), { rows: [row(2, 9, 2)] })
})

t.test('LIVE-6 LIVE-7 LIVE-8 a scope patches from any state it keeps', async (t) => {
  let value = 'a'
  const scope = openScope<string>(
    {
      topic: 'measures',
      load: () => value,
      reset: (state) => ({ state }),
      patch: (before, after) => (before === after ? 'same' : { from: before, to: after }),
    },
    3,
  )
  const told = (version: number | null) => {
    const made = scope.frameFrom(version)
    return made === null ? null : (JSON.parse(made.frame.subarray(2).toString()) as unknown)
  }
  t.equal(told(null), null, 'nothing before the first read')
  scope.refresh(10)
  t.same(told(null), { type: 'reset', topic: 'measures', seq: 10, state: 'a' })
  t.equal(told(1), null, 'who holds it all is told nothing')
  t.equal(scope.refresh(11), false, 'nothing differs, so the number held stays good')
  t.equal(scope.versionAt(10), 1)
  t.equal(scope.versionAt(11), null)
  value = 'b'
  t.equal(scope.refresh(12), true)
  const patch = { type: 'patch', topic: 'measures', seq: 12, baseSeq: 10, from: 'a', to: 'b' }
  t.same(told(1), patch)
  t.equal(scope.frameFrom(1)?.frame, scope.frameFrom(1)?.frame, 'LIVE-8 encoded once')
  value = 'a'
  scope.refresh(13)
  t.same(
    told(1),
    { type: 'patch', topic: 'measures', seq: 13, baseSeq: 10 },
    'changed and changed back: the number moves on',
  )
  value = 'c'
  scope.refresh(14)
  t.equal(scope.versionAt(10), null, 'below the floor')
  t.match(told(1), { type: 'reset', seq: 14 })
  value = 'd'
  scope.refresh(14)
  t.match(told(scope.version() - 1), { type: 'patch', baseSeq: 14, seq: 14, to: 'd' })
  t.equal(scope.versionAt(14), null, 'one number, two states: no place to resume from')
})

t.test('LIVE-4 a patch that does not fit is not applied', async (t) => {
  const row1 = row(1, 1, 1)
  const state = applyReset(emptyLiveState, {
    type: 'reset',
    topic: 'list',
    seq: 5,
    window: WINDOW,
    asOf: TODAY,
    total: 1,
    rows: [row1],
  })
  const patch = { type: 'patch', topic: 'list', seq: 7, baseSeq: 5 } as const
  t.equal(applyPatch(state, { ...patch, total: 2 })?.list?.total, 2)
  t.equal(applyPatch(state, { ...patch, total: 2 })?.list?.rows[0], row1, 'the same object')
  t.equal(applyPatch(state, { ...patch, baseSeq: 6 }), null)
  t.equal(applyPatch(state, { ...patch, order: [1, 2] }), null, 'a row it never had')
  t.equal(applyPatch(emptyLiveState, patch), emptyLiveState, 'its reset is on the way')
})

t.test('LIVE-9 happenings are told together, to those who may hear', async (t) => {
  const touched = openHappenings<{ site: string; step: 'ct' | 'mri' } | null>(3)
  const capacity = capacityScope(touched)
  const ct = { site: 'XAA01', step: 'ct' } as const
  const mri = { site: 'XAA01', step: 'mri' } as const
  for (const one of [ct, mri, ct]) touched.push(one)
  t.same(capacity.patch(0, 3), { touched: [ct, mri] })
  t.same(capacity.patch(1, 2), { touched: [mri] }, 'a past round again')
  t.equal(capacity.patch(3, 3), 'same')
  touched.push(null)
  t.same(capacity.patch(3, 4), { touched: [] }, 'new prices')
  t.equal(capacity.patch(0, 4), 'reset', 'forgotten: read it again')

  const deliveries = openHappenings<DeliveryNotice>(10)
  const feeds = feedsScope(deliveries, (trust) => trust === 'XAA')
  deliveries.push(delivery('XBB', 'running'))
  t.equal(feeds.patch(0, 1), 'same', "LIVE-3 another trust's")
  deliveries.push(delivery('XAA', 'running'))
  deliveries.push(delivery('XAA', 'done'))
  t.same(feeds.patch(0, 3), { deliveries: [delivery('XAA', 'done')] }, 'the last word on it')
})

t.test('LIVE-8 frames are what a websocket reads, at each length of header', async (t) => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  t.teardown(() => server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  const texts = [0, 1, 125, 126, 65_535, 65_536, 70_000].map((length) => 'x'.repeat(length))
  texts.push('Zoë £ 漢字')
  server.on('connection', (_socket, request) => {
    for (const text of texts) request.socket.write(textFrame(text))
  })
  const { port } = server.address() as AddressInfo
  const client = new WebSocket(`ws://127.0.0.1:${String(port)}`)
  t.teardown(() => client.terminate())
  const heard: string[] = []
  await new Promise<void>((resolve, reject) => {
    client.on('error', reject)
    client.on('message', (data: Buffer) => {
      heard.push(data.toString())
      if (heard.length === texts.length) resolve()
    })
  })
  t.same(heard, texts)
})

t.test('LIVE-2 the client passes over nothing it cannot read', async (t) => {
  const bad = [
    '',
    '{',
    '[]',
    'null',
    '{"type":"patch","topic":"list","seq":1}',
    '{"type":"x","seq":1}',
  ]
  for (const text of bad) t.equal(parseServerMessage(text), null, text)
  t.equal(parseServerMessage(Buffer.from('{}')), null, 'bytes')
  const good = [
    { type: 'heartbeat', seq: 3 },
    { type: 'welcome', protocol: 'ptl.v1', stream: 's', seq: 3, heartbeatMs: 20_000 },
    { type: 'reset', topic: 'capacity', seq: 3 },
    { type: 'patch', topic: 'list', seq: 4, baseSeq: 3, order: [1] },
  ]
  for (const message of good) {
    t.same(parseServerMessage(JSON.stringify(message)), message)
    t.ok(serverMessage.safeParse(message).success)
  }
})

t.test('LIVE-2 topics watched between the hello and the welcome are told', async (t) => {
  const sent: unknown[] = []
  const listeners = new Map<string, (event: { type: string }) => void>()
  const client = openLiveClient({
    open: () => ({
      send: (text) => sent.push(JSON.parse(text)),
      close: () => undefined,
      addEventListener: (type, listener) => listeners.set(type, listener),
    }),
    topics: { suggestions: true },
  })
  client.watch({ feeds: true })
  t.same(sent, [], 'nothing before the socket is open')
  listeners.get('open')?.({ type: 'open' })
  client.watch({ capacity: true })
  client.close()
  t.same(sent, [
    { type: 'hello', topics: { suggestions: true, feeds: true } },
    { type: 'subscribe', topics: { capacity: true } },
  ])
})

t.test('LIVE-14 the AsyncAPI document holds together', async (t) => {
  const document: unknown = JSON.parse(JSON.stringify(asyncApiDocument('1')))
  t.match(document, {
    asyncapi: '3.0.0',
    channels: { live: { address: '/live' } },
    components: { messages: { hello: { payload: { required: ['type', 'topics'] } } } },
  })
  const refs = [...JSON.stringify(document).matchAll(/"\$ref":"#([^"]+)"/g)].map(
    ([, path]) => path ?? '',
  )
  t.ok(refs.length >= 12)
  for (const path of refs.filter((one) => one.startsWith('/c'))) {
    t.not(at(document, path.split('/').slice(1)), undefined, path)
  }

  // Held to the schema of the standard itself, by the validator the service has anyway.
  const app = Fastify({
    ajv: {
      customOptions: {
        removeAdditional: false,
        coerceTypes: false,
        useDefaults: false,
        strict: false,
      },
    },
  })
  t.teardown(() => app.close())
  app.post('/', async (request) => {
    const validate = request.compileValidationSchema(specs.schemasWithoutId['3.0.0'])
    return { valid: validate(request.body), errors: validate.errors }
  })
  const judged = async (payload: object) =>
    (await app.inject({ method: 'POST', url: '/', payload })).json<{ valid: boolean }>()
  t.match(await judged(document as object), { valid: true, errors: null })
  const broken = structuredClone(document) as { operations: { hear: { action: string } } }
  broken.operations.hear.action = 'listen'
  t.match(await judged(broken), { valid: false }, 'a wrong word in it is found')
  t.match(
    await judged({ ...(document as object), channel: {} }),
    { valid: false },
    'a stray key too',
  )
})

function at(value: unknown, path: readonly string[]): unknown {
  const [name, ...rest] = path
  if (name === undefined) return value
  if (typeof value !== 'object' || value === null) return undefined
  return at(Object.entries(value).find(([key]) => key === name)?.[1], rest)
}

function withoutRanks({ asOf, total, rows }: WindowState) {
  return { asOf, total, rows }
}

function row(id: number, seq: number, rank: number): ListRow {
  return madeUpRow(id, seq, { rank, receivedOn: TODAY, waitDays: seq, band: 'd0to28' })
}

function delivery(trust: string, state: DeliveryNotice['state']): DeliveryNotice {
  return {
    id: `00000000-0000-4000-8000-0000000${trust === 'XAA' ? '00001' : '00002'}`,
    trust,
    state,
    mode: 'snapshot',
    format: 'json',
    dryRun: false,
    sandbox: false,
    feed: 'main',
    progress: null,
    receivedAt: '2026-11-22T10:00:00Z',
    finishedAt: null,
    counts: { read: 0, accepted: 0, unchanged: 0, changed: 0, added: 0, removed: 0, refused: 0 },
    issueCount: 0,
    reason: null,
    approvedUntil: null,
  }
}
