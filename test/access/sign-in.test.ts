import type { AddressInfo } from 'node:net'
import { randomUUID } from 'node:crypto'
import fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import t from 'tap'
import { connect } from '../../db/connection.ts'
import { openAccess } from '../../server/access/access.ts'
import type { Access } from '../../server/access/access.ts'
import { openBackOff } from '../../server/access/sign-in/back-off.ts'
import { closeDoor } from '../../server/access/sign-in/closed-door.ts'
import { createPerson } from '../../server/access/people/people.ts'
import { openProvider } from '../../server/access/sign-in/provider.ts'
import { recordRefusals } from '../../server/access/refusals.ts'
import { accessRoutes } from '../../server/access/routes.ts'
import { assertSampleFits } from '../../server/access/sample.ts'
import { identityKey } from '../../server/access/identity/seal.ts'
import { readConfig } from '../../server/config.ts'
import type { OidcConfig } from '../../server/config.ts'
import { registerProblems } from '../../server/ops/problems.ts'
import { Refusal } from '../../shared/problem.ts'
import { testDatabase } from '../database.ts'
import { writeOrganisations } from '../db/pathway.ts'
import { CLIENT_ID, CLIENT_SECRET, falseProvider, openJar, realProvider } from './providers.ts'
import type { Jar, Lie } from './providers.ts'

const SYSTEM = { kind: 'system', name: 'test' } as const
const KEYS = [identityKey(Buffer.alloc(32, 1))] as const
const MINUTE_MS = 60_000

const db = await testDatabase(t)
const admin = connect(db.adminUrl, { max: 1 })
t.teardown(() => admin.end({ timeout: 1 }))
await db.scoped(SYSTEM, writeOrganisations)
const clock = { now: Date.now() }

interface Service {
  readonly app: FastifyInstance
  readonly access: Access
  readonly url: string
}

/** The access routes on a port of their own, behind their door. The port is known before the provider is. */
async function service(settings: (url: string) => Promise<OidcConfig | null>): Promise<Service> {
  let access: Access | null = null
  const app = fastify()
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  registerProblems(app)
  closeDoor(app)
  const later = new Proxy({} as Access, {
    get: (_target, name): unknown => (access === null ? undefined : Reflect.get(access, name)),
  })
  recordRefusals(app, { access: later, now: () => clock.now })
  await app.register(accessRoutes, { db, access: later, now: () => clock.now })
  await app.listen({ port: 0, host: '127.0.0.1' })
  t.teardown(() => app.close())
  const url = `http://127.0.0.1:${String((app.server.address() as AddressInfo).port)}`
  const config = await settings(url)
  const provider = config === null ? null : openProvider(config)
  access = await openAccess({ db, keys: KEYS, now: () => clock.now, sample: false, provider })
  const opened = access
  t.teardown(() => opened.close())
  return { app, access: opened, url }
}

function oidc(issuer: string, url: string, more: Partial<OidcConfig> = {}): OidcConfig {
  return {
    issuer,
    clientId: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
    redirectUrl: `${url}/api/sign-in/callback`,
    scope: 'openid',
    acrValues: [],
    minimumAal: 0,
    roleClaim: null,
    algorithm: 'RS256',
    clockToleranceSeconds: 60,
    ...more,
  }
}

/** One request of a browser that follows nothing by itself. */
async function visit(
  { url }: Service,
  jar: Jar,
  path: string,
  init: RequestInit = {},
): Promise<Response> {
  const address = path.startsWith('http') ? path : url + path
  const headers = { cookie: jar.header(), ...(init.headers as Record<string, string> | undefined) }
  const response = await fetch(address, { ...init, redirect: 'manual', headers })
  jar.take(response)
  return response
}

async function problemOf(
  response: Response,
): Promise<{ status: number; code: string; detail: string }> {
  t.match(response.headers.get('content-type'), /^application\/problem\+json/)
  return (await response.json()) as { status: number; code: string; detail: string }
}

async function whoIs(on: Service, jar: Jar): Promise<unknown> {
  return ((await (await visit(on, jar, '/api/session')).json()) as { person: unknown }).person
}

t.test('IG-1 sign-in at a real provider', async (t) => {
  let walk: Awaited<ReturnType<typeof realProvider>> | null = null
  const real = await service(async (url) => {
    walk = await realProvider(t, `${url}/api/sign-in/callback`)
    return oidc(walk.issuer, url, { minimumAal: 3, roleClaim: 'selected_roleid' })
  })
  const signIn = async (subject: string, jar = openJar(), there = openJar()): Promise<Response> => {
    const begun = await visit(real, jar, '/api/sign-in')
    t.equal(begun.status, 302)
    const address = new URL(begun.headers.get('location') ?? '')
    for (const part of ['state', 'nonce', 'code_challenge'])
      t.ok((address.searchParams.get(part)?.length ?? 0) > 30, part)
    t.equal(address.searchParams.get('code_challenge_method'), 'S256')
    t.match(begun.headers.get('set-cookie'), /ptl_sign_in=.*HttpOnly; SameSite=Lax/)
    const back = await walk?.signIn(address.href, subject, there)
    return visit(real, jar, back ?? '')
  }
  const person = await createPerson(db, {
    name: 'Synthetic Coordinator',
    role: 'coordinator',
    organisation: 'X1A',
    subject: 'somebody|profile-somebody',
  })

  await t.test(
    'our table says who they are; a role in the token adds nothing [IG-2]',
    async (t) => {
      const jar = openJar()
      const done = await signIn('somebody', jar)
      t.equal(done.status, 303)
      t.equal(done.headers.get('location'), '/')
      t.same(await whoIs(real, jar), person, 'coordinator, though the token says allianceAdmin')
      t.equal((await visit(real, jar, '/api/people')).status, 403)
      const [session] = await admin`select via, provider_session is not null as sid from session`
      t.same(session, { via: 'provider', sid: true })
    },
  )

  await t.test('whom the table does not name, or no longer: 403 in the same words', async (t) => {
    const told = []
    const gone = await createPerson(db, {
      name: 'Synthetic Leaver',
      role: 'lead',
      organisation: 'XAL',
      subject: 'leaver|profile-leaver',
    })
    await admin`update person set active = false where id = ${gone.id}`
    for (const subject of ['nobody', 'leaver']) {
      const jar = openJar()
      const problem = await problemOf(await signIn(subject, jar))
      t.match(problem, { status: 403, code: 'not-yours' })
      t.equal(await whoIs(real, jar), null)
      told.push(problem.detail)
    }
    t.equal(told[0], told[1])
  })

  await t.test(
    'a role that no table has gives nothing: 403, and 401 who was signed in',
    async (t) => {
      const made = await createPerson(db, {
        name: 'Synthetic Stranger',
        role: 'lead',
        organisation: 'XAL',
        subject: 'stranger|profile-stranger',
      })
      const jar = openJar()
      t.equal((await signIn('stranger', jar)).status, 303)
      t.match(await whoIs(real, jar), { role: 'lead' })
      await admin`update person set role = 'director' where id = ${made.id}`
      t.equal(await whoIs(real, jar), null)
      for (const path of ['/api/audit', '/api/erasures', '/api/people'])
        t.match(await problemOf(await visit(real, jar, path)), {
          status: 401,
          code: 'not-signed-in',
        })
      t.match(await problemOf(await signIn('stranger', openJar())), {
        status: 403,
        code: 'not-yours',
      })
    },
  )

  await t.test('an answer counts once, in the browser that asked, and only in time', async (t) => {
    const jar = openJar()
    const begun = await visit(real, jar, '/api/sign-in')
    const back = (await walk?.signIn(begun.headers.get('location') ?? '', 'somebody')) ?? ''
    const thief = await visit(real, openJar(), back)
    t.match(await problemOf(thief), { status: 401, code: 'not-signed-in' })
    t.equal((await visit(real, jar, back)).status, 303, 'a thief without the cookie spoils nothing')
    t.match(await problemOf(await visit(real, jar, back)), { status: 401 }, 'replayed')

    const late = openJar()
    const asked = await visit(real, late, '/api/sign-in')
    const answer = (await walk?.signIn(asked.headers.get('location') ?? '', 'somebody')) ?? ''
    const before = clock.now
    clock.now += 10 * MINUTE_MS
    t.match(await problemOf(await visit(real, late, answer)), { status: 401 }, 'ten minutes later')
    clock.now = before
    const made = openJar()
    await visit(real, made, '/api/sign-in')
    const forged = await visit(real, made, `/api/sign-in/callback?code=x&state=${randomUUID()}`)
    t.match(await problemOf(forged), { status: 401 }, 'a state that nobody gave')
    const page = await visit(real, openJar(), '/api/sign-in/callback', {
      headers: { accept: 'text/html' },
    })
    t.equal(page.headers.get('location'), '/sign-in?problem=not-signed-in', 'a browser sees a page')
  })

  await t.test('signing out: here, everywhere, and at the provider', async (t) => {
    const [one, two, three] = [openJar(), openJar(), openJar()] as const
    for (const jar of [one, two, three]) await signIn('somebody', jar)
    const out = await visit(real, one, '/api/session', { method: 'DELETE' })
    const { signOutAt } = (await out.json()) as { signOutAt: string }
    t.match(signOutAt, /\/session\/end\?.*post_logout_redirect_uri=.*sign-in/)
    t.equal(await whoIs(real, one), null)
    t.same(await whoIs(real, two), person, 'the others go on')
    await visit(real, two, '/api/session?everywhere=true', { method: 'DELETE' })
    t.equal(await whoIs(real, two), null)
    t.equal(await whoIs(real, three), null, 'everywhere is everywhere')
  })

  await t.test('what ends at the provider ends here: back-channel logout', async (t) => {
    const here = openJar()
    const there = openJar()
    await signIn('somebody', here, there)
    t.same(await whoIs(real, here), person)
    const ended = new Promise((resolve) => real.access.onSessionEnd(resolve))
    const asked = await fetch(`${walk?.issuer ?? ''}/session/end`, {
      headers: { cookie: there.header() },
    })
    there.take(asked)
    const page = await asked.text()
    const form = new URLSearchParams({ logout: 'yes' })
    form.set('xsrf', /name="xsrf" value="([^"]+)"/.exec(page)?.[1] ?? '')
    const confirm = /action="([^"]+)"/.exec(page)?.[1] ?? ''
    await fetch(confirm, {
      method: 'POST',
      redirect: 'manual',
      body: form,
      headers: { cookie: there.header() },
    })
    await ended
    t.equal(await whoIs(real, here), null)
  })
  t.match(await real.access.verifyAudit(), { ok: true })
})

t.test('attacks on the token', async (t) => {
  const lie: { next: Lie } = { next: {} }
  const forger = await falseProvider(t, lie)
  const target = await service(async (url) =>
    oidc(forger.issuer, url, { acrValues: ['AAL3_ANY'], minimumAal: 3 }),
  )
  const person = await createPerson(db, {
    name: 'Synthetic Clinician',
    role: 'clinician',
    organisation: 'X2B',
    subject: 'one',
  })
  const strong = { acr: 'AAL3_ANY', authentication_assurance_level: '3' }
  const attempt = async (next: (nonce: string) => Lie, jar = openJar()): Promise<Response> => {
    const begun = await visit(target, jar, '/api/sign-in')
    const asked = new URL(begun.headers.get('location') ?? '').searchParams
    t.equal(asked.get('acr_values'), 'AAL3_ANY')
    lie.next = next(asked.get('nonce') ?? '')
    const query = new URLSearchParams({ code: 'c', state: asked.get('state') ?? '' })
    return visit(target, jar, `/api/sign-in/callback?${query.toString()}`)
  }
  const seconds = Math.floor(Date.now() / 1000)

  await t.test('a good token is taken, with the clocks a minute apart', async (t) => {
    const jar = openJar()
    const good = await attempt(
      (nonce) => ({ claims: { ...strong, nonce, exp: seconds - 30 } }),
      jar,
    )
    t.equal(good.status, 303)
    t.same(await whoIs(target, jar), person)
  })

  const bad: readonly (readonly [string, (nonce: string) => Lie])[] = [
    ['alg: none', (nonce) => ({ claims: { ...strong, nonce }, header: { alg: 'none' } })],
    ['another algorithm', (nonce) => ({ claims: { ...strong, nonce }, header: { alg: 'HS256' } })],
    ['a key of nobody', (nonce) => ({ claims: { ...strong, nonce }, foreignKey: true })],
    ['an expired token', (nonce) => ({ claims: { ...strong, nonce, exp: seconds - 3_600 } })],
    ['a token for later', (nonce) => ({ claims: { ...strong, nonce, nbf: seconds + 3_600 } })],
    [
      'a token of a clock ten minutes behind',
      (nonce) => ({ claims: { ...strong, nonce, iat: seconds - 900, exp: seconds - 300 } }),
    ],
    [
      'a token of a clock ten minutes ahead',
      (nonce) => ({ claims: { ...strong, nonce, iat: seconds + 600, nbf: seconds + 600 } }),
    ],
    ['a token of another sign-in', () => ({ claims: { ...strong, nonce: randomUUID() } })],
    ['a token for another client', (nonce) => ({ claims: { ...strong, nonce, aud: 'other' } })],
    [
      'a token of another provider',
      (nonce) => ({ claims: { ...strong, nonce, iss: 'https://x.test' } }),
    ],
    ['a token without a subject', (nonce) => ({ claims: { ...strong, nonce, sub: '' } })],
    ['too weak a way to sign in', (nonce) => ({ claims: { acr: 'AAL1_USERPASS', nonce } })],
    [
      'an assurance level below',
      (nonce) => ({ claims: { acr: 'AAL3_ANY', nonce, authentication_assurance_level: '2' } }),
    ],
  ]
  for (const [name, next] of bad) {
    await t.test(`${name} is refused`, async (t) => {
      const jar = openJar()
      const response = await attempt(next, jar)
      const problem = await problemOf(response)
      t.match(problem, { status: 401, code: 'not-signed-in' })
      t.notMatch(problem.detail, /eyJ|nonce|alg/)
      t.equal(await whoIs(target, jar), null)
    })
  }

  await t.test('a role added in the token gives nothing', async (t) => {
    const jar = openJar()
    const claims = {
      ...strong,
      role: 'allianceAdmin',
      roles: ['allianceAdmin'],
      organisation: 'XAL',
    }
    t.equal((await attempt((nonce) => ({ claims: { ...claims, nonce } }), jar)).status, 303)
    t.same(await whoIs(target, jar), person)
  })

  await t.test('a provider that fails, or is gone, is 503 and shows nothing', async (t) => {
    t.match(await problemOf(await attempt(() => ({ status: 500 }))), {
      status: 503,
      code: 'unavailable',
    })
    const gone = await service(async (url) => oidc('http://127.0.0.1:9', url))
    t.match(await problemOf(await visit(gone, openJar(), '/api/sign-in')), {
      status: 503,
      code: 'unavailable',
    })
    const page = await visit(gone, openJar(), '/api/sign-in', { headers: { accept: 'text/html' } })
    t.equal(page.headers.get('location'), '/sign-in?problem=unavailable')
  })

  await t.test('a logout token must be signed, ours, and of now', async (t) => {
    const jar = openJar()
    await attempt((nonce) => ({ claims: { ...strong, nonce, sid: 's1' } }), jar)
    const event = { 'http://schemas.openid.net/event/backchannel-logout': {} }
    const claims = { iss: forger.issuer, aud: CLIENT_ID, iat: seconds, sid: 's1', events: event }
    const post = (token: string): Promise<Response> =>
      fetch(`${target.url}/api/sign-in/back-channel-logout`, {
        method: 'POST',
        body: new URLSearchParams({ logout_token: token }),
      })
    const forged: readonly (readonly [string, string])[] = [
      ['unsigned', forger.logoutToken(claims, { alg: 'none' })],
      ['another algorithm', forger.logoutToken(claims, { alg: 'HS256' })],
      // signed well, by the right key, in a way that is known here and not agreed with this provider
      ['not the one agreed', forger.logoutToken(claims, { alg: 'PS256' })],
      ['nor this one', forger.logoutToken(claims, { alg: 'RS512' })],
      ['altered', forger.logoutToken(claims).replace(/\.[^.]{5}/, '.AAAAA')],
      ['for another client', forger.logoutToken({ ...claims, aud: 'other' })],
      ['of another provider', forger.logoutToken({ ...claims, iss: 'https://x.test' })],
      ['an old one', forger.logoutToken({ ...claims, iat: seconds - 3_600 })],
      ['an ID token', forger.logoutToken({ ...claims, events: undefined, nonce: 'n' })],
      ['of nobody', forger.logoutToken({ ...claims, sid: undefined })],
      ['rubbish', 'a.b.c'],
    ]
    for (const [name, token] of forged) {
      t.match(await problemOf(await post(token)), { status: 400, code: 'bad-request' }, name)
      t.same(await whoIs(target, jar), person, `${name}: still signed in`)
    }
    t.equal((await post(forger.logoutToken(claims))).status, 200)
    t.equal(await whoIs(target, jar), null)
  })

  await t.test('guessing is slowed down, and does not lock anybody else out', async (t) => {
    const statuses = []
    for (let guess = 0; guess < 30; guess += 1) {
      const answer = await visit(
        target,
        openJar(),
        `/api/sign-in/callback?code=c&state=${randomUUID()}`,
      )
      statuses.push(answer.status)
    }
    t.equal(statuses.at(0), 401)
    t.equal(statuses.at(-1), 429)
    const jar = openJar()
    t.equal((await attempt((nonce) => ({ claims: { ...strong, nonce } }), jar)).status, 303)
    await t.test('IG-15 by all processes together', async (t) => {
      const other = await service(async (url) => oidc(forger.issuer, url))
      const guess = () =>
        visit(other, openJar(), `/api/sign-in/callback?code=c&state=${randomUUID()}`)
      t.equal((await guess()).status, 429, 'the first at the next process is no first')
      const keep = clock.now
      clock.now += 6 * MINUTE_MS
      t.equal((await guess()).status, 401, 'and is forgotten after five minutes')
      clock.now = keep
    })
  })

  const refused =
    await admin`select subject, reason, address from audit where action = 'request:refused'`
  t.ok(refused.length > 25, 'IG-8 every refusal is in the audit')
  t.match(refused.at(-1), { subject: 'GET /api/sign-in/callback', address: '127.0.0.1' })
  t.match(await target.access.verifyAudit(), { ok: true })
})

t.test('IG-15 after twenty failures the waits are 1, 2, 4 and at last 60 seconds', async (t) => {
  let nowMs = clock.now
  const backOff = openBackOff(db, () => nowMs)
  const refusal = new Refusal('not-signed-in', 'unknown')
  const waits: unknown[] = []
  for (let failure = 1; failure <= 28; failure += 1) {
    const answer = await backOff.failed('somewhere', refusal)
    if (failure <= 20) t.equal(answer, refusal, `failure ${String(failure)}: the refusal itself`)
    else waits.push(answer.extra['retryAfterSeconds'])
  }
  t.same(waits, [1, 2, 4, 8, 16, 32, 60, 60])
  t.equal(await backOff.failed('elsewhere', refusal), refusal, 'nobody else is slowed')
  nowMs += 5 * MINUTE_MS + 1
  t.equal(await backOff.failed('somewhere', refusal), refusal, 'forgotten after five minutes')
})

t.test('IG-2 people are kept by administrators, within what they may give', async (t) => {
  const keeper = await service(async () => null)
  const samples = await openAccess({ db, keys: KEYS, now: () => clock.now })
  t.teardown(() => samples.close())
  const as = async (role: 'trustAdmin' | 'allianceAdmin' | 'coordinator', organisation: string) => {
    const made = await createPerson(db, { name: 'Synthetic', role, organisation, sample: true })
    const { token } = await samples.signInAsSample(made.id, { headers: {} })
    return { id: made.id, headers: { cookie: `ptl_session=${token}` } }
  }
  // a service that knows no sample sign-ins does not know their sessions either
  const trustAdmin = await as('trustAdmin', 'X1A')
  t.equal(
    (await keeper.app.inject({ url: '/api/people', headers: trustAdmin.headers })).statusCode,
    401,
  )

  const app = fastify()
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  registerProblems(app)
  await app.register(accessRoutes, { db, access: samples, now: () => clock.now })
  t.teardown(() => app.close())
  const admins = { trust: trustAdmin, alliance: await as('allianceAdmin', 'XAL') }
  const ask = async (
    who: { headers: Record<string, string> },
    method: 'GET' | 'POST' | 'PUT',
    url: string,
    payload?: object,
  ) => {
    const answer = await app.inject({
      method,
      url,
      headers: who.headers,
      ...(payload && { payload }),
    })
    return {
      status: answer.statusCode,
      body:
        answer.body === ''
          ? null
          : answer.json<{ id: string; code?: string; people: { organisation: string }[] }>(),
    }
  }
  const someone = { name: 'Synthetic New', role: 'mdt', organisation: 'X1A', subject: 'new-one' }

  t.equal((await ask(await as('coordinator', 'X1A'), 'POST', '/api/people', someone)).status, 403)
  const made = await ask(admins.trust, 'POST', '/api/people', someone)
  t.equal(made.status, 201)
  const id = made.body?.id ?? ''
  t.equal(
    (await ask(admins.trust, 'POST', '/api/people', someone)).status,
    409,
    'one subject, one person',
  )
  const not: readonly (readonly [string, number, object])[] = [
    ['for another trust', 403, { ...someone, organisation: 'X2B', subject: 'a' }],
    ['an alliance role at a trust', 400, { ...someone, role: 'lead', subject: 'b' }],
    ['at no organisation', 403, { ...someone, organisation: 'ZZZ', subject: 'c' }],
    ['with a role there is not', 400, { ...someone, role: 'god', subject: 'd' }],
    ['with a right of its own', 400, { ...someone, subject: 'e', rights: ['audit:read'] }],
  ]
  for (const [name, status, body] of not)
    t.equal((await ask(admins.trust, 'POST', '/api/people', body)).status, status, name)
  const lead = { ...someone, role: 'lead', organisation: 'XAL', subject: 'lead' }
  const madeLead = await ask(admins.alliance, 'POST', '/api/people', lead)
  t.equal(madeLead.status, 201)
  t.equal(
    (await ask(admins.alliance, 'POST', '/api/people', { ...lead, role: 'mdt', subject: 'f' }))
      .status,
    400,
  )

  const listed = await ask(admins.trust, 'GET', '/api/people')
  t.same([...new Set(listed.body?.people.map((one) => one.organisation))], ['X1A'], 'their own')
  const url = `/api/people/${id}`
  t.equal((await ask(admins.trust, 'PUT', url, { role: 'clinician' })).status, 200)
  t.equal((await ask(admins.trust, 'PUT', url, { role: 'lead' })).status, 400)
  t.equal(
    (await ask(admins.trust, 'PUT', `/api/people/${admins.trust.id}`, { role: 'mdt' })).status,
    403,
    'oneself',
  )
  t.equal(
    (await ask(admins.trust, 'POST', `/api/people/${madeLead.body?.id ?? ''}/end`)).status,
    404,
  )

  await t.test('who is ended is out at once, everywhere', async (t) => {
    const colleague = await as('coordinator', 'X1A')
    const request = { method: 'GET', headers: colleague.headers }
    const socket = await samples.personForSocket(request)
    const told = new Promise<string>((resolve) => samples.onSessionEnd(resolve))
    t.equal((await ask(admins.trust, 'POST', `/api/people/${colleague.id}/end`)).status, 204)
    t.equal(await told, socket.id)
    t.equal(await samples.maybePerson(request), null)
    t.equal(
      (await ask(admins.trust, 'POST', `/api/people/${colleague.id}/end`)).status,
      404,
      'once',
    )
  })
  const writes = await admin`select reason from audit where action = 'person:write' order by id`
  t.equal(writes.length, 4, 'every write, and no refused one')
  t.match(writes[2], { reason: 'mdt to clinician; 0 sessions ended' })
})

t.test('settings of sign-in: one clear line', async (t) => {
  const env = {
    OIDC_ISSUER: 'https://idp.test',
    OIDC_CLIENT_ID: 'ptl',
    OIDC_REDIRECT_URL: 'https://ptl.test/api/sign-in/callback',
  }
  t.match(readConfig(env).oidc, { issuer: 'https://idp.test', clientSecret: null, minimumAal: 0 })
  t.equal(readConfig({}).oidc, null)
  t.throws(() => readConfig({ OIDC_ISSUER: 'https://idp.test' }), {
    message: /OIDC_CLIENT_ID and OIDC_REDIRECT_URL together/,
  })
  t.throws(() => readConfig({ ...env, OIDC_ISSUER: 'http://idp.test' }), {
    message: /OIDC_ISSUER: wants https/,
  })
  t.throws(() => readConfig({ OIDC_CLIENT_SECRET_FILE: '/nowhere/at/all' }), {
    message: /OIDC_CLIENT_SECRET_FILE names no file/,
  })
  const file = t.testdir({ secret: 'made-up\n' })
  t.equal(
    readConfig({ ...env, OIDC_CLIENT_SECRET_FILE: `${file}/secret` }).oidc?.clientSecret,
    'made-up',
  )
  t.throws(() => readConfig({ PTL_IDENTITY_KEY: 'a', PTL_IDENTITY_KEY_FILE: `${file}/secret` }), {
    message: /not both/,
  })
  t.equal(readConfig({ PTL_IDENTITY_KEY_FILE: `${file}/secret` }).identityKey, 'made-up')
})

t.test('IG-4 sample sign-ins do not open a database that holds more than the sample', async (t) => {
  await assertSampleFits(db)
  await admin`insert into organisation (code, name, kind) values ('QQQ', 'Not synthetic', 'trust')`
  await t.rejects(assertSampleFits(db), {
    message:
      /^SAMPLE is on, and this database holds 1 organisations that are no sample \(QQQ\): .*Set SAMPLE=off/,
  })
})
