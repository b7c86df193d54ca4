import crypto from 'node:crypto'
import { request } from 'node:http'
import { syncBuiltinESMExports } from 'node:module'
import t from 'tap'
import type { FeedKeyLine } from '../../shared/feed-key.ts'
import { openKeyRate } from '../../server/access/feed-keys/key-rate.ts'
import { feedService } from '../feed-service.ts'

const HOUR_MS = 3_600_000
const line = (localId: string, more: object = {}): string =>
  JSON.stringify({ localId, ppid: localId, priorityType: '3', receivedOn: '2026-10-01', ...more })

const service = await feedService(t)
const { db, ask, push } = service
const cookies = {
  admin: await service.cookieOf('trustAdmin', 'XAA'),
  other: await service.cookieOf('trustAdmin', 'XBB'),
  coordinator: await service.cookieOf('coordinator', 'XAA'),
  alliance: await service.cookieOf('allianceAdmin', 'XAL'),
}
type Who = keyof typeof cookies
const as = (who: Who) => ({ cookie: cookies[who].cookie })

interface Made {
  readonly id: string
  readonly key: string
  readonly oldEndsAt: string | null
}
const make = (body: object, who: Who = 'admin', trust = 'XAA') =>
  ask<Made>(`/api/feeds/${trust}/keys`, { headers: as(who), body })
const linesOf = async (trust = 'XAA', who: Who = 'admin') =>
  (await ask<{ keys: FeedKeyLine[] }>(`/api/feeds/${trust}/keys`, { headers: as(who) })).body.keys

t.test(
  'FEED-48 a key is made by those with the right, told once, and kept as a hash',
  async (t) => {
    for (const [who, trust, status] of [
      ['coordinator', 'XAA', 403],
      ['other', 'XAA', 403],
      ['admin', 'XBB', 403],
      ['alliance', 'XNO', 404],
    ] as const) {
      const refused = await make({ label: 'no' }, who, trust)
      t.equal(refused.status, status, `${who} for ${trust}`)
    }
    const made = await make({ label: 'Hourly extract', feed: 'ptl', scopes: ['delivery:write'] })
    t.equal(made.status, 201)
    t.equal(made.headers.get('cache-control'), 'no-store')
    const listed = await ask('/api/feeds/XAA/keys', { headers: as('admin') })
    t.notMatch(JSON.stringify(listed.body), made.body.key.slice(-43), 'never again')
    t.match((await linesOf())[0], {
      id: made.body.id,
      feed: 'ptl',
      label: 'Hourly extract',
      scopes: ['delivery:write'],
      sandbox: false,
      state: 'active',
      madeBy: 'Test',
      lastUsedAt: null,
    })
    const own = await ask('/api/feed-key', {
      headers: { authorization: `Bearer ${made.body.key}` },
    })
    t.match(own.body, { trust: 'XAA', feed: 'ptl', sandbox: false, sites: ['XAA01'] })
    const sent = await push('XAA', made.body.key, line('K1'))
    t.match(sent.body, { state: 'done', feed: 'ptl', counts: { added: 1 } })
    t.ok((await linesOf())[0]?.lastUsedAt, 'and when it was used is known')
    t.equal(
      (
        await ask('/api/feeds/XAA/deliveries', {
          headers: { authorization: `Bearer ${made.body.key}` },
        })
      ).status,
      403,
      'not its scope',
    )
    const audited = await db.scoped(
      { kind: 'system', name: 'test' },
      (tx) => tx`select action, subject from audit where action like 'feedKey:%'`,
    )
    t.same([...audited], [{ action: 'feedKey:make', subject: `feedKey:${made.body.id}` }])
  },
)

t.test(
  'FEED-48 a key of one trust writes nothing of another, whatever the body says',
  async (t) => {
    const { key } = (await make({ label: 'mine' })).body
    t.match(await push('XBB', key, line('THEFT')), { status: 403, body: { code: 'not-yours' } })
    const said = await push(
      'XAA',
      key,
      line('THEFT', { ppidIssuer: 'XBB', firstSeenSite: 'XBB01' }),
    )
    t.equal(said.status, 200)
    const smuggled = await push('XAA', key, line('THEFT2', { trust: 'XBB' }))
    t.match(smuggled.body, { counts: { refused: 1 } }, 'there is no such key in a body')
    const rows = await db.scoped(
      { kind: 'system', name: 'test' },
      (tx) => tx`select distinct trust from entry where local_id like 'THEFT%'`,
    )
    t.same([...rows], [{ trust: 'XAA' }])
    const theirs = await make({ label: 'theirs' }, 'other', 'XBB')
    for (const what of ['rotate', 'revoke']) {
      const path = `/api/feeds/XAA/keys/${theirs.body.id}/${what}`
      t.equal((await ask(path, { headers: as('admin'), body: {} })).status, 404, `nor ${what}s it`)
    }
  },
)

t.test('FEED-48 a key is offered the scopes that open something, and no others', async (t) => {
  const { id, key } = (await make({ label: 'all' })).body
  const scopes = ['delivery:write', 'delivery:read', 'capacity:write']
  t.same((await linesOf())[0]?.scopes, scopes)
  const asked = await make({ label: 'more', scopes: ['capacity:read'] })
  t.match(asked, { status: 400, body: { detail: /scopes/ } })
  await db.scoped(
    { kind: 'system', name: 'test' },
    (tx) =>
      tx`update feed_key set scopes = scopes || '{capacity:read,suggestion:read}' where id = ${id}`,
  )
  t.same((await linesOf())[0]?.scopes, scopes, 'an older key said more and could do no more')
  const headers = { authorization: `Bearer ${key}` }
  t.match(await ask('/api/feed-key', { headers }), { status: 200, body: { scopes } })
  const people = await ask('/api/capacity', { headers })
  t.match(people, { status: 401, body: { detail: /for people who are signed in/ } })
})

t.test('FEED-48 a key has a first and a last moment', async (t) => {
  const at = service.now()
  const iso = (ms: number) => new Date(ms).toISOString()
  t.equal((await make({ label: 'x', endsAt: iso(at) })).status, 400, 'ends before it begins')
  const dated = (
    await make({ label: 'x', validFrom: iso(at + HOUR_MS), endsAt: iso(at + 2 * HOUR_MS) })
  ).body
  t.teardown(() => service.setNow(at))
  for (const [ms, state, status] of [
    [at + HOUR_MS - 1, 'later', 401],
    [at + HOUR_MS, 'active', 200],
    [at + 2 * HOUR_MS - 1, 'active', 200],
    [at + 2 * HOUR_MS, 'ended', 401],
  ] as const) {
    service.setNow(ms)
    t.equal((await linesOf())[0]?.state, state, `${ms - at} ms`)
    t.equal((await push('XAA', dated.key, line('DATED'))).status, status, state)
  }
})

t.test(
  'FEED-48 rotating leaves the old key good until the stated time, and no longer',
  async (t) => {
    const at = service.now()
    t.teardown(() => service.setNow(at))
    const old = (
      await make({ label: 'rotating', feed: 'pas', scopes: ['delivery:write'], sandbox: true })
    ).body
    const rotate = (id: string, overlapHours: number) =>
      ask<Made>(`/api/feeds/XAA/keys/${id}/rotate`, {
        headers: as('admin'),
        body: { overlapHours },
      })
    const next = await rotate(old.id, 24)
    t.equal(next.status, 201)
    t.equal(next.body.oldEndsAt, new Date(at + 24 * HOUR_MS).toISOString())
    t.match(
      (await linesOf()).find(({ id }) => id === next.body.id),
      {
        feed: 'pas',
        label: 'rotating',
        scopes: ['delivery:write'],
        sandbox: true,
        state: 'active',
      },
    )
    t.equal((await rotate(old.id, 24)).status, 409, 'it has its successor')
    const states = async () => [
      (await push('XAA', old.key, line('R'))).status,
      (await push('XAA', next.body.key, line('R'))).status,
    ]
    t.same(await states(), [200, 200])
    service.setNow(at + 24 * HOUR_MS - 1)
    t.same(await states(), [200, 200])
    service.setNow(at + 24 * HOUR_MS)
    t.same(await states(), [401, 200])
    service.setNow(at)
    const last = await rotate(next.body.id, 0)
    t.equal(last.status, 201, JSON.stringify(last.body))
    t.equal((await push('XAA', next.body.key, line('R'))).status, 401, 'no overlap wanted')
    t.equal((await push('XAA', last.body.key, line('R'))).status, 200)
  },
)

t.test('FEED-48 revoking ends a key at once, also in the middle of its delivery', async (t) => {
  const { id, key } = (await make({ label: 'lost' })).body
  const path = `/api/feeds/XAA/keys/${id}/revoke`
  const sending = await new Promise<{ status: number; text: string }>((resolve, reject) => {
    const sender = request(
      `${service.url}/api/feeds/XAA/deliveries`,
      {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/x-ndjson' },
      },
      (response) => {
        let text = ''
        response.on('data', (chunk: Buffer) => (text += chunk.toString()))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
      },
    )
    sender.on('error', reject)
    sender.write(`${line('REVOKED1')}\n`)
    ask(path, { headers: as('admin'), body: { reason: 'left on a train' } }).then((answer) => {
      t.equal(answer.status, 204)
      sender.end(line('REVOKED2'))
    }, reject)
  })
  t.equal(sending.status, 401, sending.text)
  const kept = await db.scoped(
    { kind: 'system', name: 'test' },
    (tx) => tx`select from entry where local_id like 'REVOKED%'`,
  )
  t.equal(kept.count, 0, 'nothing was kept')
  t.equal((await push('XAA', key, line('R'))).status, 401)
  const headers = { authorization: `Bearer ${key}` }
  t.equal((await ask('/api/feeds/XAA/deliveries', { headers })).status, 401, 'nor does it read')
  t.equal((await ask(path, { headers: as('admin'), body: {} })).status, 204, 'again is no error')
  t.equal((await linesOf()).find((one) => one.id === id)?.state, 'revoked')
  const reason = await db.scoped(
    { kind: 'system', name: 'test' },
    (tx) => tx`select reason from audit where action = 'feedKey:revoke' order by id limit 1`,
  )
  t.same([...reason], [{ reason: 'left on a train' }])
})

t.test('FEED-48 keys are compared in constant time, unknown ones too', async (t) => {
  const { key } = (await make({ label: 'timing' })).body
  const compared: number[] = []
  const real = crypto.timingSafeEqual
  crypto.timingSafeEqual = (a, b) => {
    compared.push(a.byteLength)
    return real(a, b)
  }
  syncBuiltinESMExports()
  t.teardown(() => {
    crypto.timingSafeEqual = real
    syncBuiltinESMExports()
  })
  const unknown = `ptl_${'0'.repeat(32)}_${key.slice(-43)}`
  for (const token of [key, key.slice(0, -1) + (key.endsWith('A') ? 'B' : 'A'), unknown, 'x']) {
    await ask('/api/feed-key', { headers: { authorization: `Bearer ${token}` } })
  }
  t.same(compared, [32, 32, 32, 32])
})

t.test(
  'FEED-48 a key of the sample, whose id is of no version, is listed and revoked too',
  async (t) => {
    const sample = await service.key('XCC', { sample: true, sampleSeed: 'XCC' })
    t.same(
      (await linesOf('XCC', 'alliance')).map(({ id }) => id),
      [sample.id],
    )
    const path = `/api/feeds/XCC/keys/${sample.id}/revoke`
    t.equal((await ask(path, { headers: as('alliance'), body: {} })).status, 204)
    t.equal((await push('XCC', sample.key, line('R'))).status, 401)
  },
)

t.test('FEED-49 a key has its rate, and another key its own', async (t) => {
  const rate = openKeyRate(2)
  rate.count('a', 1_000)
  rate.count('a', 1_001)
  t.throws(() => rate.count('a', 11_500), { code: 'too-many', extra: { retryAfterSeconds: 20 } })
  rate.count('b', 11_000)
  rate.count('a', 31_500)
  t.throws(() => rate.count('a', 31_600), { code: 'too-many' }, 'one has come back, not all')
  rate.count('a', 500_000)
  rate.count('a', 500_000)
  t.throws(() => rate.count('a', 500_000), { code: 'too-many' }, 'no more than a minute’s worth')
  const { key } = (await make({ label: 'busy' })).body
  const headers = { authorization: `Bearer ${key}` }
  const answers = []
  for (let at = 0; at < 3_001; at += 1) {
    answers.push(
      service.app.inject({
        url: '/api/feed-key',
        headers,
        remoteAddress: `10.1.${at >> 8}.${at & 255}`,
      }),
    )
    if (answers.length % 50 === 0) await Promise.all(answers)
  }
  const last = (await Promise.all(answers)).filter(({ statusCode }) => statusCode === 429)
  t.equal(last.length, 1)
  t.match(last[0]?.headers['retry-after'], /^\d+$/)
})
