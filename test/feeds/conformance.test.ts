import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { connect } from '../../db/connection.ts'
import { addDays, londonDate } from '../../shared/date.ts'
import { FEED_SCOPES } from '../../shared/feed-key.ts'
import { placeOf, readCases, runCase } from '../conformance/pack.ts'
import { feedService } from '../feed-service.ts'

const service = await feedService(t)
const admin = connect(service.db.adminUrl, { max: 1 })
t.teardown(() => admin.end({ timeout: 1 }))
const { key } = await service.key('XAA', { sandbox: true, feed: 'test' })
const live = await service.key('XAA')

/** Everything a delivery could touch, and what is told of it. */
async function everything() {
  const [counted] = await admin`
    select (select count(*)::int from entry) as entries, (select count(*)::int from entry_history) as versions,
      (select count(*)::int from identity) as identities, (select count(*)::int from clock_stop) as stops,
      (select count(*)::int from refused_row) as refused, (select count(*)::int from unmapped_code) as codes,
      (select count(*)::int from feed_lines) as lines, (select count(*)::int from feed_snapshot) as snapshots,
      (select count(*)::int from delivery_work) as work, (select count(*)::int from delivery_body) as bodies,
      (select count(*)::int from capacity) as capacity, (select sum(slots)::int from capacity) as slots,
      (select count(*)::int from audit where action = 'capacity:write') as audited, (select count(*)::int from suggestion) as suggestions,
      (select count(*)::int from change_log where topic <> 'feeds') as changes`
  return counted
}
const figures = async () => {
  const { cookie } = await service.cookieOf('lead', 'XAL')
  const answers = await Promise.all(
    ['standards', 'backlog', 'stages', 'weekly-return', 'balance', 'demand', 'forecast'].map(
      async (name) => (await service.ask(`/api/measures/${name}`, { headers: { cookie } })).body,
    ),
  )
  // The number of the log moves with what is told on the topic feeds; the figures must not.
  return answers.map((answer) => ({ ...answer, seq: 0 }))
}
const command = (...args: string[]) =>
  new Promise<{ status: number | null; out: string }>((resolve) => {
    const child = spawn(process.execPath, ['--import', 'tsx', 'test/conformance/run.ts', ...args])
    let out = ''
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (out += chunk.toString()))
    child.on('close', (status) => resolve({ status, out }))
  })

t.test('FEED-45 each case of the pack is answered as it says', async (t) => {
  const cases = readCases()
  t.ok(cases.length >= 25, `${cases.length} cases`)
  t.ok(new Set(cases.map(({ format }) => format)).size >= 8, 'of each format')
  const place = { ...(await placeOf(service.url, key)), nowMs: service.now() }
  // As at a trust that delivers: a message older than its last extract would be late.
  const live = await service.key(place.trust)
  const extract = '{"localId":"LIVE","ppid":"LIVE"}'
  t.equal(
    (await service.push(place.trust, live.key, extract, { query: '?mode=snapshot' })).status,
    200,
  )
  for (const one of cases) {
    const outcome = await runCase(service.url, key, place, one)
    t.equal(outcome.wrong, null, `${one.format}: ${one.said.title}`)
  }
})

t.test('FEED-45 of a sandbox nothing reaches list, figures, queue, codes or log', async (t) => {
  const day = addDays(londonDate(service.now()), 3)
  const slots = (auth: string, count: number) =>
    service.ask('/api/capacity/XAA01/ct', {
      method: 'PUT',
      headers: { authorization: `Bearer ${auth}` },
      body: { days: [{ day, slots: count, openToAlliance: true }] },
    })
  const promise = (count: number) =>
    admin`update capacity set promised = ${count} where site = 'XAA01' and step = 'ct' and day = ${day}`
  t.equal((await slots(live.key, 5)).status, 200)
  await promise(2)
  const rows = Array.from({ length: 60 }, (_, at) =>
    JSON.stringify({
      localId: `L${at}`,
      ppid: `L${at}`,
      priorityType: '3',
      receivedOn: '2026-10-01',
    }),
  ).join('\n')
  t.match((await service.push('XAA', live.key, rows, { query: '?mode=snapshot' })).body, {
    state: 'done',
  })
  const before = {
    stored: await everything(),
    figures: await figures(),
    rows: service.list.ready.loaded,
  }
  t.match(before.stored, { entries: 61 })
  const sandbox = (body: string, query = '') => service.push('XAA', key, body, { query })
  t.match(
    (await sandbox(rows)).body,
    { state: 'done', sandbox: true, counts: { unchanged: 60 } },
    'it sees what is there',
  )
  t.match((await sandbox(rows.replaceAll('2026-10-01', '2026-10-02'))).body.counts, { changed: 60 })
  t.match((await sandbox('{"localId":"L1","remove":true}')).body.counts, { removed: 1 })
  const held = await sandbox(rows.split('\n').slice(0, 5).join('\n'), '?mode=snapshot')
  t.match(held.body, { state: 'held' })
  const confirmed = await sandbox(
    rows.split('\n').slice(0, 5).join('\n'),
    `?mode=snapshot&confirm=${held.body.id}`,
  )
  t.match(confirmed.body, { state: 'done', counts: { removed: 55 } }, 'and confirms as live')
  const bad = '{"localId":"N1","priorityType":"7","identity":{"nhsNumber":"9990000019"}}'
  t.match((await sandbox(bad)).body.counts, { refused: 1 })
  t.match(await slots(key, 9), { status: 200, body: { site: 'XAA01', step: 'ct', days: 1 } })
  t.match(await slots(key, 1), { status: 409, body: { code: 'conflict' } }, 'as live is answered')
  t.match(await service.push('XAA', key, rows, { headers: { prefer: 'respond-async' } }), {
    status: 200,
    body: { sandbox: true },
  })
  const { body: liveHeld } = await service.push('XAA', live.key, '{"localId":"L1"}', {
    query: '?mode=snapshot',
  })
  t.match(liveHeld, { state: 'held' })
  const discard = (auth: string, id: string) =>
    service.ask(`/api/feeds/XAA/deliveries/${id}/discard`, {
      method: 'POST',
      headers: { authorization: `Bearer ${auth}` },
    })
  t.match(await discard(key, liveHeld.id), { status: 403, body: { code: 'not-yours' } })
  const again = await sandbox('{"localId":"L1"}', '?mode=snapshot')
  t.match(await discard(key, again.body.id), { status: 200, body: { state: 'refused' } })
  t.equal((await discard(live.key, liveHeld.id)).status, 200)
  t.same(
    { stored: await everything(), figures: await figures(), rows: service.list.ready.loaded },
    before,
  )
  const told = await admin`select distinct payload ->> 'sandbox' as sandbox from change_log
    where topic = 'feeds' and payload ->> 'id' in (select id::text from delivery where sandbox)`
  t.same([...told], [{ sandbox: 'true' }], 'what is told of it is marked')
})

t.test('FEED-45 the command prints a table, and sends nothing with a live key', async (t) => {
  const help = await command('--help')
  t.match(help, { status: 0, out: /SANDBOX feed key/ })
  t.match(await command(service.url), { status: 2 }, 'wants a key')
  const deliveries = async () => (await admin`select from delivery`).count
  const before = await deliveries()
  t.match(await command(service.url, live.key), { status: 2, out: /LIVE key/ })
  t.match(await command(service.url, 'ptl_x'), { status: 2, out: /not accepted/ })
  t.match(await command('http://127.0.0.1:1', key), { status: 2, out: /cannot be reached/ })
  t.equal(await deliveries(), before)
  const ran = await command(service.url, key, 'ndjson')
  t.match(ran, { status: 0, out: /^pass {2}ndjson {2}one entry a line$/m })
  t.match(ran.out, /^\d+ passed, 0 failed, as XAA$/m)
})

t.test(
  'FEED-45 a service that answers otherwise is shown where, and the status is 1',
  async (t) => {
    const own = {
      id: randomUUID(),
      trust: 'XAA',
      feed: 'main',
      label: 'x',
      sandbox: true,
      sites: [],
    }
    const scopes = [...FEED_SCOPES]
    const other = createServer((request, response) => {
      request.resume().on('end', () => {
        const mine = request.url === '/api/feed-key'
        response.setHeader('content-type', 'application/json')
        response.end(JSON.stringify(mine ? { ...own, scopes } : { state: 'done', counts: {} }))
      })
    })
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    t.teardown(() => other.close())
    const url = `http://127.0.0.1:${String((other.address() as AddressInfo).port)}`
    const ran = await command(url, 'ptl_any', 'json')
    t.match(ran, {
      status: 1,
      out: /^FAIL {2}json {2}an array of entries\n {6}answer\.sandbox is undefined, wanted true$/m,
    })
    t.match(ran.out, /^0 passed, \d+ failed, as XAA$/m)
    scopes.pop()
    const lacking = await command(url, 'ptl_any')
    t.match(lacking, { status: 2, out: /wants the scope capacity:write/ }, 'nothing was sent')
  },
)
