import { once } from 'node:events'
import { request } from 'node:http'
import type { AddressInfo } from 'node:net'
import fastify from 'fastify'
import t from 'tap'
import type { Test } from 'tap'
import { WebSocket } from 'ws'
import type { LiveStats } from '../../server/live/hub.ts'
import { liveRoutes } from '../../server/live/routes.ts'
import type { LiveRouteOptions } from '../../server/live/routes.ts'
import { registerProblems } from '../../server/ops/problems.ts'
import { addDays } from '../../shared/date.ts'
import { liveSocket, openLiveClient } from '../../shared/live-client.ts'
import type { LiveClient } from '../../shared/live-client.ts'
import { SUBPROTOCOL, serverMessage } from '../../shared/protocol.ts'
import type { LiveTopicsInput, ServerMessage } from '../../shared/protocol.ts'
import type { Role } from '../../shared/vocabulary.ts'
import { TODAY, referral, testAlliance } from '../alliance.ts'
import type { TestAlliance } from '../alliance.ts'
import { until } from './awaited.ts'
import { madeUpReceipt } from './rows.ts'

const LEAD = { personId: '', role: 'lead', organisation: 'XAL' } as const

interface Server {
  readonly url: string
  readonly port: number
  stats(): LiveStats
  close(): Promise<void>
}

/** The live routes over the test alliance, on a port of their own. */
async function serve(
  t: Test,
  alliance: TestAlliance,
  options: Partial<LiveRouteOptions> = {},
  port = 0,
): Promise<Server> {
  const app = fastify({ logger: { level: 'silent' } })
  registerProblems(app)
  let stats: (() => LiveStats) | undefined
  const { access, list, book, now } = alliance
  await app.register(liveRoutes, {
    access,
    list,
    suggestions: book,
    now,
    log: app.log,
    closeGraceMs: 500,
    onOpen(given) {
      stats = given
    },
    ...options,
  })
  await app.listen({ port, host: '127.0.0.1' })
  t.teardown(() => app.close())
  const address = app.server.address() as AddressInfo
  return {
    url: `ws://127.0.0.1:${String(address.port)}/live`,
    port: address.port,
    stats() {
      if (stats === undefined) throw new Error('not open')
      return stats()
    },
    close: () => app.close(),
  }
}

/** A bare socket that keeps what it hears, each message checked by its schema. */
function listen(t: Test, url: string, cookie: string, options: { autoPong?: boolean } = {}) {
  const socket = new WebSocket(url, SUBPROTOCOL, { headers: { cookie }, ...options })
  t.teardown(() => socket.terminate())
  const heard: ServerMessage[] = []
  const waiting: { test: () => boolean; done: () => void }[] = []
  const check = () => {
    for (let at = waiting.length - 1; at >= 0; at--)
      if (waiting[at]?.test() === true) waiting.splice(at, 1)[0]?.done()
  }
  let closeCode = 0
  socket.on('message', (data: Buffer) => {
    const parsed = serverMessage.safeParse(JSON.parse(data.toString()))
    if (parsed.success) heard.push(parsed.data)
    else t.fail('a message its schema does not know', { error: parsed.error })
    check()
  })
  socket.on('close', (code) => {
    closeCode = code
    check()
  })
  socket.on('error', () => undefined)
  return {
    socket,
    heard,
    closeCode: () => closeCode,
    async say(message: object) {
      if (socket.readyState === socket.CONNECTING) await once(socket, 'open')
      socket.send(JSON.stringify(message))
    },
    until: (test: () => boolean) =>
      new Promise<void>((done) => {
        waiting.push({ test, done })
        check()
      }),
    of: (type: string) => heard.filter((message) => message.type === type),
  }
}

function client(t: Test, url: string, cookie: string, topics: LiveTopicsInput): LiveClient {
  const open = liveSocket(WebSocket, url, { headers: { cookie } })
  const opened = openLiveClient({ open, topics, minRetryMs: 10, maxRetryMs: 40 })
  t.teardown(() => opened.close())
  return opened
}

t.test('live', async (t) => {
  const alliance = await testAlliance(t)
  const { list } = alliance
  const lead = await alliance.cookieOf('lead', 'XAL')
  const ids = await alliance.add(
    Array.from({ length: 60 }, (_, at) => ({
      trust: at % 2 === 0 ? 'XAA' : 'XBB',
      facts: referral(`E${String(at)}`, at),
    })),
  )
  const pageOf = (from: number, count: number, role: Role = 'lead', organisation = 'XAL') =>
    list.page({}, from, count, { personId: '', role, organisation })
  const setFacts = (id: number, facts: object) =>
    alliance.write(async (tx) => {
      await tx`update entry set facts = facts || ${JSON.stringify(facts)}::text::jsonb where id = ${id}`
      return [{ topic: 'list', kind: 'entries', entryIds: [id] }]
    })

  await t.test('LIVE-5 LIVE-8 a window is the page, and stays it', async (t) => {
    const server = await serve(t, alliance)
    const one = listen(t, server.url, lead.cookie)
    await one.say({ type: 'hello', topics: { list: { from: 10, count: 5 } } })
    await one.until(() => one.heard.length === 2)
    t.match(one.heard[0], { type: 'welcome', protocol: SUBPROTOCOL, seq: list.seq })
    const page = pageOf(10, 5)
    const window = { filter: {}, from: 10, count: 5 }
    const reset = { type: 'reset', topic: 'list', seq: list.seq, window, asOf: TODAY }
    t.same(one.heard[1], { ...reset, total: 60, rows: page.rows })

    const two = client(t, server.url, lead.cookie, { list: { from: 10, count: 5 } })
    await until(two, (state) => state.list !== null)
    t.equal(server.stats().scopes, 1, 'two who see the same share a scope')
    const lastId = ids[0] ?? 0
    const seq = await setFacts(lastId, { receivedOn: addDays(TODAY, -300) })
    const state = await until(two, (state) => state.list?.seq === seq)
    t.same(state.list?.rows, pageOf(10, 5).rows)
    await one.until(() => one.heard.length === 3)
    t.match(one.heard[2], { type: 'patch', topic: 'list', baseSeq: seq - 1, seq })
    const [patch] = one.heard.slice(2)
    if (patch?.type !== 'patch' || patch.topic !== 'list') throw new Error('no patch')
    t.equal(patch.rows?.length, 1, 'one row came in')
    t.equal(patch.order?.length, 5)
    t.equal(patch.total, undefined, 'the total is the same')

    two.watch({ list: { from: 0, count: 3, filter: { trust: 'XBB' } } })
    const moved = await until(two, (state) => state.list?.window.count === 3)
    t.same(moved.list?.rows, list.page({ trust: 'XBB' }, 0, 3, LEAD).rows, 'LIVE-2 another window')

    list.rerank(addDays(TODAY, 1))
    await one.until(() => one.heard.length === 4)
    t.match(one.heard[3], { type: 'patch', asOf: addDays(TODAY, 1), baseSeq: seq, seq })
    list.rerank(TODAY)
    await one.until(() => one.heard.length === 5)
    two.watch({ list: false })
    t.equal(two.state().list, null)
  })

  await t.test('LIVE-3 rows come and go with the right to see them', async (t) => {
    const server = await serve(t, alliance)
    const { cookie } = await alliance.cookieOf('coordinator', 'XCC')
    const one = client(t, server.url, cookie, { list: {} })
    const before = await until(one, (state) => state.list !== null)
    t.equal(before.list?.total, 0)
    const id = ids[3] ?? 0
    const setOrganisations = (organisations: string[]) =>
      alliance.write(async (tx) => {
        await tx`update entry set organisations = ${organisations} where id = ${id}`
        return [{ topic: 'list', kind: 'entries', entryIds: [id] }]
      })
    await setOrganisations(['XBB', 'XCC'])
    const seen = await until(one, (state) => state.list?.total === 1)
    t.same(
      seen.list?.rows.map((row) => row.id),
      [id],
    )
    await setOrganisations(['XBB'])
    const gone = await until(one, (state) => state.list?.total === 0)
    t.same(gone.list?.rows, [])
  })

  await t.test('LIVE-3 RNK-16 one trust, one window, other rights: other rows', async (t) => {
    const server = await serve(t, alliance)
    await setFacts(ids[0] ?? 0, { nextAction: 'Ring Mrs Example' })
    const rowsOf = async (role: Role) => {
      const { cookie } = await alliance.cookieOf(role, 'XAA')
      const one = client(t, server.url, cookie, { list: {} })
      const { list } = await until(one, (state) => state.list !== null)
      return list?.rows ?? []
    }
    const cared = await rowsOf('coordinator')
    const read = await rowsOf('readOnly')
    t.same(
      read.map((row) => row.id),
      cared.map((row) => row.id),
    )
    t.match(JSON.stringify(cared), 'Ring Mrs Example')
    t.notMatch(JSON.stringify(read), 'Ring Mrs Example')
    await setFacts(ids[0] ?? 0, { nextAction: 'Nothing more' })
  })

  await t.test('LIVE-3 RNK-17 what is new to one is told to that one alone', async (t) => {
    const server = await serve(t, alliance)
    const looker = await alliance.cookieOf('coordinator', 'XAA')
    const colleague = await alliance.cookieOf('coordinator', 'XAA')
    const fresh = { list: { filter: { changed: 'new' as const } } }
    const mine = client(t, server.url, looker.cookie, fresh)
    const theirs = client(t, server.url, colleague.cookie, fresh)
    const all = (await until(mine, ({ list }) => list !== null)).list?.total ?? 0
    await until(theirs, ({ list }) => list?.total === all)
    t.ok(all > 0, 'to who never looked all is new')
    const look = { personId: looker.personId, seq: alliance.list.seq, at: Date.now() }
    await alliance.write(async () => [{ topic: 'list', kind: 'look', payload: look }])
    await until(mine, ({ list }) => list?.total === 0)
    t.equal(theirs.state().list?.total, all, 'a colleague has not looked')
    t.equal(server.stats().scopes, 2)
  })

  await t.test('LIVE-6 who comes back gets what was missed, or a reset', async (t) => {
    const server = await serve(t, alliance, { keptStates: 3 })
    const topics = { list: { count: 2 } }
    const first = listen(t, server.url, lead.cookie)
    await first.say({ type: 'hello', topics })
    await first.until(() => first.heard.length === 2)
    const [welcome, reset] = first.heard
    if (welcome?.type !== 'welcome' || reset?.type !== 'reset') throw new Error('no welcome')
    const { stream } = welcome
    const resume = async (seq: number, from = stream) => {
      const again = listen(t, server.url, lead.cookie)
      const resumeFrom = { stream: from, topics: { list: seq } }
      await again.say({ type: 'hello', topics, resumeFrom })
      return again
    }
    const topId = pageOf(0, 1).rows[0]?.id ?? 0
    const same = await resume(reset.seq)
    const seq = await setFacts(topId, { escalated: true })
    await same.until(() => same.heard.length === 2)
    t.match(same.heard[1], { type: 'patch', baseSeq: reset.seq, seq }, 'nothing missed, no reset')

    const behind = await resume(reset.seq)
    await behind.until(() => behind.heard.length === 2)
    t.match(behind.heard[1], { type: 'patch', baseSeq: reset.seq, seq }, 'one patch')

    const stranger = await resume(reset.seq, 'another')
    await stranger.until(() => stranger.heard.length === 2)
    t.match(stranger.heard[1], { type: 'reset', seq }, 'another stream')

    for (const escalated of [false, true, false]) {
      const changed = await setFacts(topId, { escalated })
      await first.until(() =>
        first.heard.some((one) => one.type === 'patch' && one.seq === changed),
      )
    }
    const late = await resume(reset.seq)
    await late.until(() => late.heard.length === 2)
    t.match(late.heard[1], { type: 'reset', seq: seq + 3 }, 'below the floor')
  })

  await t.test('LIVE-9 happenings are told to those who may hear', async (t) => {
    const server = await serve(t, alliance)
    const { cookie } = await alliance.cookieOf('coordinator', 'XAA')
    const topics = { capacity: true, feeds: true, measures: true, suggestions: true }
    const one = listen(t, server.url, cookie)
    const all = listen(t, server.url, lead.cookie)
    for (const socket of [one, all]) {
      await socket.say({ type: 'hello', topics })
      await socket.until(() => socket.of('reset').length === 4)
    }
    await alliance.write(async () => [
      {
        topic: 'capacity',
        kind: 'capacity',
        payload: { site: 'XAA01', step: 'ct', days: [TODAY] },
      },
      { topic: 'feeds', kind: 'delivery', payload: madeUpReceipt('XBB') },
    ])
    await all.until(() => all.of('patch').length === 2)
    t.match(
      all.heard.find((message) => message.type === 'patch' && message.topic === 'feeds'),
      { deliveries: [madeUpReceipt('XBB')] },
    )
    await alliance.write(async () => [
      { topic: 'feeds', kind: 'delivery', payload: madeUpReceipt('XAA') },
      { topic: 'capacity', kind: 'plan', payload: {} },
    ])
    await one.until(() => one.of('patch').length >= 3)
    const patches = one.heard.flatMap((message) => (message.type === 'patch' ? [message] : []))
    t.match(patches[0], { topic: 'capacity', touched: [{ site: 'XAA01', step: 'ct' }] })
    t.same(
      patches.flatMap((patch) =>
        patch.topic === 'feeds' ? patch.deliveries.map(({ trust }) => trust) : [],
      ),
      ['XAA'],
      "LIVE-3 not another trust's",
    )
    await one.until(() =>
      one.heard.some((message) => message.type === 'patch' && message.topic === 'measures'),
    )
  })

  await t.test('LIVE-9 suggestions are told as they come, change and go', async (t) => {
    const server = await serve(t, alliance)
    const { cookie } = await alliance.cookieOf('coordinator', 'XBB')
    const party = client(t, server.url, cookie, { suggestions: true })
    const other = await alliance.cookieOf('coordinator', 'XCC')
    const stranger = client(t, server.url, other.cookie, { suggestions: true })
    await until(party, (state) => state.suggestions !== null)
    await until(stranger, (state) => state.suggestions !== null)
    const id = '0f0e9a52-34a5-4f5e-9d4c-2f5c3f6f8a02'
    const entryId = ids[0] ?? 0
    const told = {
      topic: 'suggestions',
      kind: 'suggestions',
      entryIds: [entryId],
      payload: { ids: [id] },
    } as const
    await alliance.write(async (tx) => {
      const [slot] = await tx<{ id: number }[]>`
        insert into capacity (site, step, day, slots, open_to_alliance, notice_days)
        values ('XBB01', 'ct', ${addDays(TODAY, 5)}, 3, true, 1) returning id`
      const reason = {
        stayOn: null,
        moveOn: addDays(TODAY, 5),
        daysSooner: 4,
        costStay: 9,
        costMove: 3,
      }
      const costs = { travelMinutes: 20, travelCost: 1, transferCost: 1, saves: 4, words: 'sooner' }
      await tx`
        insert into suggestion (id, entry_id, capacity_id, from_trust, to_trust, to_site, step, tumour, day, state,
          reason, created_at, updated_at, expires_at)
        values (${id}, ${entryId}, ${slot?.id ?? 0}, 'XAA', 'XBB', 'XBB01', 'ct', 'lung', ${addDays(TODAY, 5)},
          'suggested', ${JSON.stringify({ ...reason, ...costs })}::text::jsonb, ${new Date(alliance.now()).toISOString()},
          ${new Date(alliance.now()).toISOString()}, ${new Date(alliance.now() + 9e8).toISOString()})`
      return [told]
    })
    const come = await until(party, (state) => state.suggestions?.byId.has(id) === true)
    t.match(come.suggestions?.byId.get(id), { state: 'suggested', toTrust: 'XBB', version: 1 })
    await alliance.write(async (tx) => {
      await tx`update suggestion set state = 'referrerReview', version = 2 where id = ${id}`
      return [told]
    })
    const changed = await until(party, (s) => s.suggestions?.byId.get(id)?.version === 2)
    t.equal(changed.suggestions?.byId.get(id)?.state, 'referrerReview')
    t.equal(stranger.state().suggestions?.byId.size, 0, 'LIVE-3 no party to it')
  })

  await t.test('LIVE-11 nobody is let in without a session, or from another page', async (t) => {
    const server = await serve(t, alliance)
    const unknown = listen(t, server.url, '')
    await unknown.until(() => unknown.closeCode() !== 0)
    t.equal(unknown.closeCode(), 4401)
    const ended = client(t, server.url, 'ptl_session=x', { list: {} })
    const state = await until(ended, ({ connection }) => connection.kind === 'ended')
    t.match(state.connection, { because: 'sessionEnded' }, 'LIVE-12 it does not come back')

    const status = await new Promise((resolve) => {
      const asking = request({
        port: server.port,
        path: '/live',
        headers: {
          cookie: lead.cookie,
          origin: 'https://elsewhere.example',
          connection: 'upgrade',
          upgrade: 'websocket',
          'sec-websocket-version': '13',
          'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
        },
      })
      asking.on('response', (response) => {
        response.resume()
        resolve(response.statusCode)
      })
      asking.on('upgrade', (_response, socket) => {
        socket.destroy()
        resolve(101)
      })
      asking.end()
    })
    t.equal(status, 403)
  })

  await t.test('LIVE-11 a session that ends cuts its sockets within a second', async (t) => {
    const server = await serve(t, alliance, { recheckMs: 1 })
    const opened = async (role: Role, organisation: string) => {
      const person = await alliance.cookieOf(role, organisation)
      const socket = listen(t, server.url, person.cookie)
      await socket.say({ type: 'hello', topics: { list: {} } })
      await socket.until(() => socket.heard.length === 2)
      return { ...person, socket }
    }
    const leaving = await opened('lead', 'XAL')
    const staying = await opened('lead', 'XAL')
    const endedAtMs = performance.now()
    await alliance.access.signOut({ headers: { cookie: leaving.cookie } })
    await leaving.socket.until(() => leaving.socket.closeCode() !== 0)
    t.equal(leaving.socket.closeCode(), 4401)
    t.ok(performance.now() - endedAtMs < 1_000)

    const demoted = await opened('coordinator', 'XAA')
    await alliance.db.scoped({ kind: 'system', name: 'test' }, async (tx) => {
      await tx`update person set organisation = 'XBB' where id = ${demoted.personId}`
    })
    alliance.setNow(alliance.now() + 60_000)
    await demoted.socket.until(() => demoted.socket.closeCode() !== 0)
    t.equal(demoted.socket.closeCode(), 4401, 'another organisation now')

    t.equal(staying.socket.closeCode(), 0)
    const before = alliance.now()
    alliance.setNow(before + 12 * 3_600_000)
    await staying.socket.until(() => staying.socket.closeCode() !== 0)
    t.equal(staying.socket.closeCode(), 4401, 'expired')
    alliance.setNow(before)
  })

  await t.test(
    'LIVE-1 LIVE-2 LIVE-10 who does not keep to the protocol is closed by name',
    async (t) => {
      const limits = { helloMs: 60, heartbeatMs: 60 }
      const server = await serve(t, alliance, { limits })
      const closesWith = async (code: number, of: ReturnType<typeof listen>, title: string) => {
        await of.until(() => of.closeCode() !== 0)
        t.equal(of.closeCode(), code, title)
      }
      await closesWith(4408, listen(t, server.url, lead.cookie), 'LIVE-1 no hello')
      const wrong = listen(t, server.url, lead.cookie)
      await wrong.say({ type: 'hello', topics: { lists: {} } })
      await closesWith(4400, wrong, 'LIVE-2 an unknown topic')
      const binary = listen(t, server.url, lead.cookie)
      await once(binary.socket, 'open')
      binary.socket.send(Buffer.from(JSON.stringify({ type: 'hello', topics: {} })))
      await closesWith(4400, binary, 'LIVE-2 a binary frame')
      const mute = listen(t, server.url, lead.cookie, { autoPong: false })
      await mute.say({ type: 'hello', topics: {} })
      await closesWith(4429, mute, 'LIVE-10 no pong')
      t.ok(mute.of('heartbeat').length >= 1)
      const well = listen(t, server.url, lead.cookie)
      await well.say({ type: 'hello', topics: {} })
      await well.until(() => well.of('heartbeat').length >= 4)
      t.equal(well.closeCode(), 0, 'one that answers stays')
    },
  )

  await t.test('LIVE-12 LIVE-13 a server that goes says so, and is found again', async (t) => {
    const server = await serve(t, alliance)
    const bare = listen(t, server.url, lead.cookie)
    await bare.say({ type: 'hello', topics: {} })
    await bare.until(() => bare.heard.length === 1)
    const one = client(t, server.url, lead.cookie, { list: { count: 4 } })
    await until(one, (state) => state.list !== null)
    await server.close()
    await bare.until(() => bare.closeCode() !== 0)
    t.equal(bare.closeCode(), 1001)
    const seq = await setFacts(ids[5] ?? 0, { receivedOn: addDays(TODAY, -400) })
    await serve(t, alliance, {}, server.port)
    const back = await until(one, (state) => state.list?.seq === seq)
    t.same(back.list?.rows, pageOf(0, 4).rows)
  })

  await t.test('LIVE-7 a slow reader gets one patch for all it missed', async (t) => {
    const server = await serve(t, alliance, { restMs: 0 })
    const slow = listen(t, server.url, lead.cookie)
    await slow.say({ type: 'hello', topics: { list: { count: 200 } } })
    await slow.until(() => slow.heard.length === 2)
    slow.socket.pause()
    let seq = 0
    let changes = 0
    while (server.stats().held === 0) {
      seq = await setAll(alliance, ids, `note ${String(changes)} ${'x'.repeat(9_000)}`)
      changes += 1
    }
    for (let more = 0; more < 20; more++) {
      seq = await setAll(alliance, ids, `late ${String(more)}`)
      changes += 1
    }
    slow.socket.resume()
    await slow.until(() => slow.heard.some((one) => one.type === 'patch' && one.seq === seq))
    t.ok(slow.of('patch').length <= changes - 19, 'twenty changes were one patch')
    const last = slow.heard.at(-1)
    t.match(last, { type: 'patch', seq })
    t.equal(slow.closeCode(), 0)
  })

  await t.test('LIVE-7 a reader that stalls is let go by name', async (t) => {
    const server = await serve(t, alliance, {
      limits: { stallMs: 100 },
      closeGraceMs: 5_000,
      restMs: 0,
    })
    const stalled = listen(t, server.url, lead.cookie)
    await stalled.say({ type: 'hello', topics: { list: { count: 200 } } })
    await stalled.until(() => stalled.heard.length === 2)
    stalled.socket.pause()
    for (let n = 0; server.stats().tooSlow === 0; n++)
      await setAll(alliance, ids, `note ${String(n)} ${'x'.repeat(9_000)}`)
    stalled.socket.resume()
    await stalled.until(() => stalled.closeCode() !== 0)
    t.equal(stalled.closeCode(), 4429)
    t.equal(server.stats().sockets, 0)
  })

  await t.test(
    'LIVE-4 LIVE-5 LIVE-6 edits at random, losses at random: all end as the list',
    async (t) => {
      const server = await serve(t, alliance, { keptStates: 8 })
      const random = sequence(7)
      const cookies = [
        lead,
        await alliance.cookieOf('coordinator', 'XAA'),
        await alliance.cookieOf('mdt', 'XBB'),
      ]
      const viewers = [LEAD, viewer('coordinator', 'XAA'), viewer('mdt', 'XBB')]
      const sockets: WebSocket[] = []
      const clients = Array.from({ length: 12 }, (_, at) => {
        const from = random(20)
        const window = { filter: at % 4 === 3 ? { trust: 'XAA' } : {}, from, count: 1 + random(30) }
        const { cookie } = cookies[at % 3] ?? lead
        const open = () => {
          const socket = new WebSocket(server.url, SUBPROTOCOL, { headers: { cookie } })
          sockets[at] = socket
          return socket
        }
        const opened = openLiveClient({
          open,
          topics: { list: window },
          minRetryMs: 1,
          maxRetryMs: 5,
        })
        t.teardown(() => opened.close())
        return { opened, window, viewer: viewers[at % 3] ?? LEAD }
      })
      // What each window was at each number, and what each client ever showed under it: never anything else.
      const was = new Map<string, string>()
      const shown = new Map<string, string>()
      const keep = () => {
        for (const [at, { window, viewer }] of clients.entries()) {
          const page = list.page(window.filter, window.from, window.count, viewer)
          was.set(`${String(at)} at ${String(list.seq)}`, textOf(page))
        }
      }
      keep()
      t.teardown(list.onChange(keep))
      for (const [at, { opened }] of clients.entries())
        opened.subscribe(({ list: held }) => {
          if (held !== null) shown.set(`${String(at)} at ${String(held.seq)}`, textOf(held))
        })
      for (let batch = 0; batch < 250; batch++) {
        const edits = new Map<number, object>()
        for (let edit = 0; edit < 40; edit++) {
          edits.set(ids[random(ids.length)] ?? 0, {
            state: random(8) === 0 ? 'closed' : 'open',
            organisations: random(3) === 0 ? ['XAA', 'XBB'] : ['XAA'],
            facts: { receivedOn: addDays(TODAY, -random(150)) },
          })
        }
        await alliance.write(async (tx) => {
          const document = [...edits].map(([id, edit]) => ({ id, ...edit }))
          await tx`
          update entry e set state = v.state, facts = e.facts || v.facts, organisations = v.organisations,
            closed_reason = case when v.state = 'closed' then 'treated' end
          from jsonb_to_recordset(${JSON.stringify(document)}::text::jsonb)
            as v (id bigint, state text, organisations text[], facts jsonb)
          where e.id = v.id`
          return [{ topic: 'list', kind: 'entries', entryIds: [...edits.keys()] }]
        })
        if (random(3) === 0) sockets[random(sockets.length)]?.terminate()
      }
      for (const { opened, window, viewer } of clients) {
        const wanted = list.page(window.filter, window.from, window.count, viewer)
        const text = textOf(wanted)
        await until(opened, ({ list }) => (list === null ? false : textOf(list) === text))
        const held = opened.state().list
        t.same({ total: held?.total, rows: held?.rows }, wanted)
      }
      t.ok(server.stats().patches > 0)
      t.ok(shown.size > 300, `${String(shown.size)} states were shown`)
      const untrue = [...shown].filter(([where, text]) => was.get(where) !== text)
      t.same(
        untrue.map(([where]) => where),
        [],
        'every state that was ever shown is what the list was at that number',
      )
    },
  )

  await t.test('LIVE-14 the document is served', async (t) => {
    const server = await serve(t, alliance)
    const answer = await fetch(`http://127.0.0.1:${String(server.port)}/asyncapi.json`)
    t.equal(answer.status, 200)
    t.match(await answer.json(), { asyncapi: '3.0.0' })
  })
})

function textOf({ total, rows }: { readonly total: number; readonly rows: readonly unknown[] }) {
  return JSON.stringify({ total, rows })
}

function setAll(alliance: TestAlliance, ids: readonly number[], note: string): Promise<number> {
  return alliance.write(async (tx) => {
    const facts = JSON.stringify({ nextAction: note })
    await tx`update entry set facts = facts || ${facts}::text::jsonb where id = any(${[...ids]})`
    return [{ topic: 'list', kind: 'entries', entryIds: [...ids] }]
  })
}

function viewer(role: Role, organisation: string) {
  return { personId: '', role, organisation }
}

/** Whole numbers below a bound, the same for the same seed. */
function sequence(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}
