import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { readConfig } from '../../server/config.ts'
import { startService } from '../../server/start.ts'

/*
 * Every door of the service, tried with rubbish: whatever the OpenAPI document lists is walked, so that a route
 * added tomorrow is tried tomorrow.
 */

interface Schema {
  readonly type?: string
  readonly format?: string
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly minimum?: number
  readonly minItems?: number
}
interface Operation {
  readonly parameters?: readonly { readonly in: string; readonly name: string }[]
  readonly requestBody?: { content: { 'application/json'?: { schema: Schema } } }
}
interface Ask {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly url: string
  readonly headers?: Record<string, string>
  readonly payload?: string
}

const PUBLIC = new Set([
  '/api/sample-people',
  '/api/session',
  '/api/sign-in',
  '/api/sign-in/ways',
  '/api/sign-in/callback',
  '/api/sign-in/back-channel-logout',
])
const LONG = 'x'.repeat(3_000)
const TEXTS = [
  '',
  '\u0000',
  '-1',
  '1e309',
  "' or 1=1 --",
  '../../etc/passwd',
  '‮𝔘ñ\r\nX-A: b',
  LONG,
]
const VALUES: readonly unknown[] = [
  null,
  true,
  -1,
  1e300,
  9_007_199_254_740_993,
  0.5,
  [],
  {},
  [[null]],
  ...TEXTS,
  '\ud800',
  '2026-02-30',
  '0000-01-01',
]
const BODIES = [
  '',
  '{',
  'null',
  '1',
  '"text"',
  '[]',
  '{}',
  `${'['.repeat(200_000)}${']'.repeat(200_000)}`,
  '{"__proto__":{"role":"lead"}}',
  '['.repeat(50_000),
  '\u0000',
]

/** An empty part of the path, or one too long for any route: no door is there at all. */
const unroutable = (url: string): boolean => /\/\/|\/$|x{1000}/.test(url.split('?', 1)[0] ?? '')

/** A body the schema would take, or nearly: what one wrong value is then put into. */
function sampleOf(schema: Schema, known: ReadonlyMap<string, string>, name = ''): unknown {
  if (schema.const !== undefined) return schema.const
  if (schema.enum !== undefined) return schema.enum[0]
  const choice = (schema.anyOf ?? schema.oneOf)?.[0]
  if (choice !== undefined) return sampleOf(choice, known, name)
  if (schema.properties !== undefined) {
    return Object.fromEntries(
      Object.entries(schema.properties).map(([key, of]) => [key, sampleOf(of, known, key)]),
    )
  }
  if (schema.type === 'array') return [sampleOf(schema.items ?? {}, known, name)]
  if (schema.type === 'boolean') return true
  if (schema.type === 'integer' || schema.type === 'number') return Math.max(schema.minimum ?? 1, 1)
  if (schema.format === 'date') return '2026-12-01'
  return known.get(name) ?? 'text'
}

/** The same value with one part of it replaced, once for each part and each piece of rubbish. */
function* spoilt(value: unknown, depth = 0): Generator {
  if (typeof value !== 'object' || value === null || depth > 3) return
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value
    for (const bad of VALUES) yield [bad]
    for (const part of spoilt(items[0], depth + 1)) yield [part]
    yield Array.from({ length: 3_000 }, () => items[0])
    return
  }
  yield { ...value, colour: 'red' }
  for (const [key, part] of Object.entries(value)) {
    for (const bad of VALUES) yield { ...value, [key]: bad }
    for (const bad of spoilt(part, depth + 1)) yield { ...value, [key]: bad }
  }
}

t.test('no rubbish at any door is a bug, and nobody gets past one', async (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'ptl-doors-'))
  t.teardown(() => rmSync(dataDir, { recursive: true, force: true }))
  const settings = { PORT: '0', SAMPLE_PATHWAYS: '200', SAMPLE_HISTORY: 'off', LOG_LEVEL: 'fatal' }
  const service = await startService(readConfig({ ...settings, DATA_DIR: dataDir }), {
    say: () => undefined,
  })
  t.teardown(() => service.stop())
  await service.planned

  let asked = 0
  const ask = async (what: Ask, who: Record<string, string> = {}) => {
    asked += 1
    // from ever other addresses, or the limit by address would answer in the routes' place
    const remoteAddress = `10.0.${String((asked >> 8) & 255)}.${String(asked & 255)}`
    return service.app.inject({
      ...what,
      headers: { ...what.headers, ...who },
      remoteAddress,
    })
  }
  const signIn = async (organisation: string, role: string) => {
    const person = service.sample?.people.find(
      (one) => one.organisation === organisation && one.role === role,
    )
    const answer = await ask({
      method: 'POST',
      url: '/api/session',
      headers: { 'content-type': 'application/json' },
      payload: JSON.stringify({ personId: person?.id }),
    })
    return { cookie: String(answer.headers['set-cookie']).split(';')[0] ?? '' }
  }
  const coordinator = await signIn('ZT1', 'coordinator')
  const lead = await signIn('ZAL', 'lead')
  const clinician = await signIn('ZT1', 'clinician')
  const feedKey = {
    authorization: `Bearer ${service.sample?.keys.find((one) => one.organisation === 'ZT1')?.key ?? ''}`,
  }
  const first = async (url: string, list: string): Promise<string> => {
    const found = (await ask({ method: 'GET', url }, coordinator)).json<
      Record<string, { id: string | number }[]>
    >()
    return String(found[list]?.[0]?.id ?? '00000000-0000-4000-8000-000000000000')
  }
  const known = new Map([
    ['entries', await first('/api/list', 'rows')],
    ['suggestions', await first('/api/suggestions', 'suggestions')],
    ['deliveries', await first('/api/feeds/ZT1/deliveries', 'deliveries')],
    ['trust', 'ZT1'],
    ['site', 'ZT101'],
    ['step', 'ct'],
  ])
  const spec = (await ask({ method: 'GET', url: '/openapi.json' })).json<{
    paths: Record<string, Record<string, Operation>>
  }>()
  const operations = Object.entries(spec.paths)
    .flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        path,
        method: method.toUpperCase() as Ask['method'],
        operation,
      })),
    )
    // signing out would end the walk
    .filter(({ method, path }) => !(method === 'DELETE' && path === '/api/session'))
  t.ok(operations.length > 35, 'the document lists the routes')

  /** Everything that is tried on one operation: each parameter and part of the body wrong, alone. */
  function* attempts(path: string, method: Ask['method'], operation: Operation): Generator<Ask> {
    const fill = (name: string): string =>
      known.get(name) ?? known.get(path.split('/').find((part) => known.has(part)) ?? '') ?? 'x'
    const filled = (wrong?: string, text = ''): string =>
      path.replace(/\{(\w+)\}/g, (_whole, name: string) =>
        encodeURIComponent(name === wrong ? text : fill(name)),
      )
    const json = { 'content-type': 'application/json' }
    const schema = operation.requestBody?.content['application/json']?.schema
    const good = schema === undefined ? undefined : JSON.stringify(sampleOf(schema, known))
    const body = good === undefined ? {} : { headers: json, payload: good }
    yield { method, url: filled(), ...body }
    for (const { in: place, name } of operation.parameters ?? []) {
      for (const text of TEXTS) {
        if (place === 'path') yield { method, url: filled(name, text), ...body }
        if (place === 'query')
          yield { method, url: `${filled()}?${name}=${encodeURIComponent(text)}`, ...body }
        if (place === 'header')
          yield {
            method,
            url: filled(),
            ...body,
            headers: { ...body.headers, [name]: encodeURI(text) },
          }
      }
      if (place === 'query') yield { method, url: `${filled()}?${name}=1&${name}=2`, ...body }
    }
    yield { method, url: `${filled()}?colour=red`, ...body }
    if (method === 'GET') return
    for (const payload of BODIES) yield { method, url: filled(), headers: json, payload }
    yield { method, url: filled(), headers: { 'content-type': 'image/png' }, payload: '\u0000' }
    if (schema === undefined) return
    const version = operation.parameters?.some((one) => one.name === 'if-match') ?? false
    for (const bad of spoilt(sampleOf(schema, known))) {
      const headers = version ? { ...json, 'if-match': '"1"' } : json
      yield { method, url: filled(), headers, payload: JSON.stringify(bad) }
    }
  }

  for (const { path, method, operation } of operations) {
    const wrong: string[] = []
    const walk = async (who: Record<string, string>, name: string): Promise<void> => {
      for (const what of attempts(path, method, operation)) {
        const answer = await ask(what, who)
        const { statusCode: status } = answer
        const said = `${name} ${what.url.slice(0, 120)} ${(what.payload ?? '').slice(0, 120)}: ${String(status)} ${answer.body.slice(0, 300)}`
        if (status >= 500 || status === 429) wrong.push(said)
        const type = String(answer.headers['content-type'])
        if (status >= 400 && !type.startsWith('application/problem+json')) wrong.push(said)
        if (name === 'nobody' && !PUBLIC.has(path) && status !== 401 && !unroutable(what.url))
          wrong.push(said)
        if (status >= 400 && answer.body.length > 5_000) wrong.push(`${said}: too many words`)
      }
    }
    await walk({}, 'nobody')
    await walk(coordinator, 'coordinator')
    await walk(lead, 'lead')
    if (method !== 'GET') await walk(clinician, 'clinician')
    if (path.startsWith('/api/feeds/')) await walk(feedKey, 'feed key')
    t.same(wrong.slice(0, 5), [], `${method} ${path}`)
  }

  await t.test('what is no request at all is told so, and the process lives', async (t) => {
    const { port } = new URL(service.url)
    const send = (bytes: string): Promise<string> =>
      new Promise((resolve) => {
        let heard = ''
        const socket = connect(Number(port), '127.0.0.1', () => socket.write(bytes))
        socket.on('data', (chunk: Buffer) => (heard += chunk.toString()))
        socket.on('error', () => undefined)
        socket.on('close', () => resolve(heard))
      })
    const close = 'Host: localhost\r\nConnection: close\r\n\r\n'
    const post = 'POST /api/session HTTP/1.1\r\n'
    const chunked = `${post}Transfer-Encoding: chunked\r\n`
    const cases: [string, string, number, RegExp][] = [
      ['a wrong escape', `GET /api/entries/%zz HTTP/1.1\r\n${close}`, 400, /%25/],
      ['a NUL in a header', `GET / HTTP/1.1\r\nX-A: b\u0000c\r\n${close}`, 400, /header .* broken/],
      ['a line break', `GET / HTTP/1.1\r\nX-A: b\r\n c\r\n${close}`, 400, /line break/],
      ['a line feed', `GET / HTTP/1.1\r\nX-A: b\nc\r\n${close}`, 400, /line break/],
      ['not HTTP', 'MSH|^~\\&|PAS\r\n\r\n', 400, /not an HTTP request/],
      ['an endless address', `GET /?${'a'.repeat(40_000)} HTTP/1.1\r\n${close}`, 413, /16 KB/],
      [
        'two lengths',
        `${post}Content-Length: 1\r\nContent-Length: 2\r\n${close}`,
        400,
        /length of the body/,
      ],
      ['length and chunks', `${chunked}Content-Length: 2\r\n${close}`, 400, /length of the body/],
      ['a chunk without size', `${chunked}${close}zz\r\n`, 400, /does not begin with its size/],
      ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400, /HTTP\/1\.1/],
    ]
    for (const [name, bytes, status, words] of cases) {
      const heard = await send(bytes)
      t.match(heard, `HTTP/1.1 ${String(status)} `, name)
      t.match(heard, words, name)
      t.match(heard, /content-type: application\/problem\+json/i, name)
      t.notMatch(heard, /a{20}/, `${name}: nothing of it comes back`)
    }
    t.equal((await fetch(`${service.url}/healthz`)).status, 200)
  })
})
