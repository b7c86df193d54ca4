import { spawn } from 'node:child_process'
import { request } from 'node:http'
import t from 'tap'
import { connect } from '../../db/connection.ts'
import type { Receipt } from '../../shared/delivery.ts'
import { asyncPatienceMs } from '../../server/feeds/delivery/prefer.ts'
import { openReceiver } from '../../server/feeds/delivery/receive.ts'
import { openWork } from '../../server/feeds/delivery/work.ts'
import { feedService } from '../feed-service.ts'

const SYSTEM = { kind: 'system', name: 'test' } as const
const failures: unknown[] = []
const service = await feedService(t, (failure) => failures.push(failure))
const { db, ask, push } = service
const admin = connect(db.adminUrl, { max: 2 })
t.teardown(() => admin.end({ timeout: 1 }))
const { key } = await service.key('XAA')
const other = (await service.key('XBB')).key

const lines = (count: number, prefix: string): string =>
  Array.from(
    { length: count },
    (_, at) =>
      `${JSON.stringify({ localId: `${prefix}${at}`, ppid: `${prefix}${at}`, priorityType: '3', receivedOn: '2026-10-01' })}\n`,
  ).join('')
const later = { headers: { prefer: 'respond-async, wait=0' } }
const receiptOf = async (id: string, trust = 'XAA', token = key) =>
  (
    await ask<Receipt>(`/api/feeds/${trust}/deliveries/${id}`, {
      headers: { authorization: `Bearer ${token}` },
    })
  ).body
/** Asks until it is over: what is awaited is told on the change log, and this is what an integrator would do. */
async function ended(id: string, trust = 'XAA', token = key): Promise<Receipt> {
  for (;;) {
    const receipt = await receiptOf(id, trust, token)
    if (receipt.state !== 'running') return receipt
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
/** Holds the turn of a trust, as another process's delivery would. */
async function holdTurn(trust: string): Promise<() => Promise<void>> {
  let letGo = (): void => undefined
  const released = new Promise<void>((resolve) => (letGo = resolve))
  let held = (): void => undefined
  const holding = new Promise<void>((resolve) => (held = resolve))
  const turn = admin.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(hashtextextended(${`ptl feed ${trust}`}, 0))`
    held()
    await released
  })
  await holding
  return async () => {
    letGo()
    await turn
  }
}
const leftovers = async () =>
  (
    await admin`select (select count(*)::int from delivery_work) as work, (select count(*)::int from delivery_body) as body`
  )[0]

t.test('FEED-40 what Prefer asks for', async (t) => {
  for (const [prefer, ms] of [
    [undefined, null],
    ['', null],
    ['wait=5', null],
    ['return=minimal', null],
    ['respond-async', 2_000],
    ['Respond-Async', 2_000],
    ['respond-async, wait=0', 0],
    ['wait=10,respond-async;foo=bar', 10_000],
    ['respond-async, wait="7"', 7_000],
    ['respond-async, wait=600', 60_000],
    ['respond-async, wait=soon', 2_000],
  ] as const) {
    t.equal(asyncPatienceMs(prefer), ms, String(prefer))
  }
})

t.test('FEED-40 a small body is answered at once, whatever is preferred', async (t) => {
  const made = await push('XAA', key, lines(3, 'S'), { headers: { prefer: 'respond-async' } })
  t.equal(made.status, 200)
  t.match(made.body, { state: 'done', counts: { added: 3 }, progress: null })
  const bad = await push('XAA', key, 'PK\u0003\u0004 a zip', {
    headers: { prefer: 'respond-async' },
  })
  t.match(bad, { status: 422, body: { code: 'bad-file', receipt: { state: 'refused' } } })
  t.same(await leftovers(), { work: 0, body: 0 })
})

t.test(
  'FEED-40 a long one is answered 202 when its body is here, and told as it goes',
  async (t) => {
    const release = await holdTurn('XAA')
    const text = lines(2_000, 'L')
    const made = await push('XAA', key, text, {
      headers: { ...later.headers, 'idempotency-key': 'long' },
    })
    t.equal(made.status, 202)
    t.equal(made.headers.get('preference-applied'), 'respond-async')
    t.equal(made.headers.get('location'), `/api/feeds/XAA/deliveries/${made.body.id}`)
    t.match(made.body, { state: 'running', finishedAt: null })
    const again = await push('XAA', key, text, {
      headers: { ...later.headers, 'idempotency-key': 'long' },
    })
    t.match(again, { status: 409, body: { code: 'conflict', deliveryId: made.body.id } })
    const stored = await admin`select sealed from delivery_body where delivery_id = ${made.body.id}`
    t.equal(stored.count, 1)
    t.notMatch(String(stored[0]?.['sealed']), /localId/, 'sealed')
    t.type((await receiptOf(made.body.id)).progress?.rowsRead, 'number')
    await release()
    t.match(await ended(made.body.id), {
      state: 'done',
      counts: { read: 2_000, added: 2_000 },
      progress: null,
    })
    t.same(await leftovers(), { work: 0, body: 0 }, 'and nothing of the body stays')
    const same = await push('XAA', key, text, {
      headers: { ...later.headers, 'idempotency-key': 'long' },
    })
    t.match(same.body, { id: made.body.id, state: 'done' }, 'the same receipt')
  },
)

t.test(
  'FEED-40 progress has rows, rate and time left, and the socket is told every two seconds',
  async (t) => {
    const [row] = await admin<
      { id: string }[]
    >`select id from delivery where idempotency_key = 'main long'`
    const id = row?.id ?? ''
    await admin`update delivery set state = 'running' where id = ${id}`
    let told = (): void => undefined
    const telling = new Promise<void>((resolve) => (told = resolve))
    const work = openWork({ db, id, bytesTotal: 1_000, tell: async () => told() })
    work.rows(30)
    work.bytes(250)
    await telling
    await work.stop()
    const { progress } = await receiptOf(id)
    t.equal(progress?.rowsRead, 30)
    t.ok(
      (progress?.rowsPerSecond ?? 0) > 5 && (progress?.rowsPerSecond ?? 0) <= 31,
      JSON.stringify(progress),
    )
    // 30 rows in so many seconds, and three times as many bytes are left as have come.
    const seconds = 30 / (progress?.rowsPerSecond ?? 0)
    const left = progress?.secondsLeft ?? 0
    t.ok(Math.abs(left - 3 * seconds) <= 1.1, `three quarters are left: ${String(left)} s`)
    await admin`update delivery set state = 'done' where id = ${id}`
    await admin`delete from delivery_work`
  },
)

t.test(
  'FEED-41 a process that dies after its 202 loses nothing: another takes the work up',
  async (t) => {
    const release = await holdTurn('XBB')
    const made = await push('XBB', other, lines(50, 'D'), later)
    t.equal(made.status, 202)
    const another = openReceiver({
      db,
      seal: (identity) => service.access.seal(identity),
      box: service.access,
      now: service.now,
    })
    t.equal(await another.takeUp(), 0, 'it has a beat')
    // As if its process were gone: the transaction is cut, no beat comes any more.
    await admin`update delivery_work set beat_at = now() - interval '31 s' where delivery_id = ${made.body.id}`
    for (let cut = 0; cut === 0;) {
      const waiting = await admin`
      select pg_terminate_backend(pid) from pg_stat_activity where wait_event_type = 'Lock'`
      cut = waiting.count
    }
    await release()
    const lost = await ended(made.body.id, 'XBB', other)
    t.match(
      lost,
      { state: 'failed', reason: /Send it again/ },
      'cut while its process lives: it says so',
    )

    await db.scoped(SYSTEM, async (tx) => {
      await tx`update delivery set state = 'running', finished_at = null, reason = null where id = ${made.body.id}`
      await tx`insert into delivery_work (delivery_id, started_at, beat_at, stored, bytes_total)
      values (${made.body.id}, now(), now() - interval '31 s', true, 10)`
      const { keyId, sealed } = service.access.sealBytes(
        Buffer.from(lines(50, 'D')),
        `delivery-body ${made.body.id} 0`,
      )
      await tx`insert into delivery_body (delivery_id, ordinal, key_id, sealed) values (${made.body.id}, 0, ${keyId}, ${sealed})`
    })
    const claims = await Promise.all([another.takeUp(), service.receiver.takeUp()])
    t.same(claims.sort(), [0, 1], 'one of two')
    t.match(await ended(made.body.id, 'XBB', other), { state: 'done', counts: { added: 50 } })
  },
)

t.test(
  'FEED-41 a body that was not whole is failed with its reason, and its key is free again',
  async (t) => {
    const made = await push('XBB', other, lines(2, 'H'), { headers: { 'idempotency-key': 'half' } })
    await db.scoped(SYSTEM, async (tx) => {
      await tx`update delivery set state = 'running' where id = ${made.body.id}`
      await tx`insert into delivery_work (delivery_id, started_at, beat_at) values (${made.body.id}, now(), now() - interval '31 s')`
    })
    t.equal(await service.receiver.takeUp(), 1)
    t.match(await ended(made.body.id, 'XBB', other), {
      state: 'failed',
      reason: /stopped while the body came in.*Send it again/,
    })
    const again = await push('XBB', other, lines(2, 'H'), {
      headers: { 'idempotency-key': 'half' },
    })
    t.match(again, { status: 200, body: { state: 'done' } })
  },
)

t.test(
  'FEED-21 whoever listens only when all is sent still hears why it was refused',
  async (t) => {
    const big = Buffer.alloc(8 * 1024 * 1024, 'x')
    const cases = [
      {
        name: 'a zip',
        type: 'text/csv;profile=ptl',
        body: Buffer.concat([Buffer.from('PK\u0003\u0004'), big]),
        status: 422,
      },
      { name: 'no such type', type: 'image/png', body: big, status: 415 },
      { name: 'no such key', type: 'text/csv;profile=ptl', body: big, status: 401, token: 'x' },
    ]
    for (const { name, type, body, status, token } of cases) {
      const heard = await new Promise<number>((resolve, reject) => {
        const sender = request(
          `${service.url}/api/feeds/XAA/deliveries`,
          {
            method: 'POST',
            headers: {
              authorization: `Bearer ${token ?? key}`,
              'content-type': type,
              'content-length': body.length,
            },
          },
          (response) => {
            response.resume()
            // an answer counts when all was sent: that is when such a client begins to listen
            response.on('end', () =>
              sent
                ? resolve(response.statusCode ?? 0)
                : (onSent = () => resolve(response.statusCode ?? 0)),
            )
          },
        )
        let sent = false
        let onSent = (): void => undefined
        sender.on('error', reject)
        sender.end(body, () => {
          sent = true
          onSent()
        })
      })
      t.equal(heard, status, name)
    }
  },
)

t.test('a real client hears it too', async (t) => {
  const curl = spawn('curl', [
    '-sS',
    '-m',
    '20',
    '-o',
    '/dev/null',
    '-w',
    '%{http_code}',
    '-H',
    'Expect:',
    '-H',
    'Content-Type: image/png',
    '-H',
    `Authorization: Bearer ${key}`,
    '--data-binary',
    '@-',
    `${service.url}/api/feeds/XAA/deliveries`,
  ])
  let out = ''
  curl.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  curl.stdin.on('error', () => undefined)
  curl.stdin.end(Buffer.alloc(4 * 1024 * 1024, 'x'))
  const code = await new Promise((resolve) => {
    curl.on('error', () => resolve('no curl here'))
    curl.on('close', resolve)
  })
  if (code !== 'no curl here') t.equal(out, '415')
})

t.test('FEED-18 a dry run that would be held offers nothing to confirm', async (t) => {
  const { key } = await service.key('XCC')
  const snapshot = (count: number, more = '') =>
    push('XCC', key, lines(count, 'C'), { query: `?mode=snapshot${more}` })
  await snapshot(200)
  const rehearsed = await snapshot(20, '&dryRun=true')
  t.equal(rehearsed.body.state, 'held')
  t.notMatch(rehearsed.body.reason, /confirm/)
  const refused = await snapshot(20, `&confirm=${rehearsed.body.id}`)
  t.match(refused, { status: 409, body: { detail: /dry run/ } })
  const held = await snapshot(20)
  t.match(held.body, { state: 'held', reason: new RegExp(`confirm=${held.body.id}`) })
  t.match((await snapshot(20, `&confirm=${held.body.id}`)).body, {
    state: 'done',
    counts: { removed: 180 },
  })
})

t.test(
  'small doors: a body in the document, 426 for no websocket, digits for a number',
  async (t) => {
    const { cookie } = await service.cookieOf('coordinator', 'XAA')
    const document = await ask<{
      paths: Record<string, { post?: { requestBody?: { content: object } } }>
    }>('/openapi.json')
    const body = document.body.paths['/api/feeds/{trust}/deliveries']?.post?.requestBody
    t.match(Object.keys(body?.content ?? {}), [
      'text/csv',
      'application/json',
      'application/x-ndjson',
    ])
    const live = await ask('/live', { headers: { cookie } })
    t.match(live, { status: 426, body: { code: 'upgrade-required' } })
    t.equal(live.headers.get('upgrade'), 'websocket')
    const [known] = await admin<{ id: number }[]>`select id from entry where trust = 'XAA' limit 1`
    for (const [id, status] of [
      ['0x10', 400],
      ['1e1', 400],
      ['%2B1', 400],
      [String(known?.id), 200],
    ] as const) {
      t.equal((await ask(`/api/entries/${id}`, { headers: { cookie } })).status, status, id)
    }
  },
)

t.test('nothing went wrong in the background but the connection that was cut', async (t) => {
  t.match(failures, [{ code: 'CONNECTION_CLOSED' }])
  t.equal(failures.length, 1)
})
