import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import fastify from 'fastify'
import type { Test } from 'tap'
import { buildApp } from '../server/app.ts'
import { createFeedKey } from '../server/access/feed-keys/feed-keys.ts'
import type { MadeKey, NewFeedKey } from '../server/access/feed-keys/feed-keys.ts'
import { openReceiver } from '../server/feeds/delivery/receive.ts'
import type { Receiver } from '../server/feeds/delivery/receive.ts'
import { openFeedWatch } from '../server/feeds/health/watch.ts'
import type { FeedWatch } from '../server/feeds/health/watch.ts'
import { openPrices } from '../server/reassignment/capacity/prices.ts'
import type { Receipt } from '../shared/delivery.ts'
import { testAlliance } from './alliance.ts'
import type { TestAlliance } from './alliance.ts'

export interface Answer<T> {
  readonly status: number
  readonly body: T
  readonly headers: Headers
}

export interface Ask {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  /** An object is sent as JSON. */
  readonly body?: string | Buffer | object
}

/** The whole service over three trusts, listening, without the planner: for what is asked of feeds. */
export interface FeedService extends TestAlliance {
  readonly app: FastifyInstance
  readonly url: string
  readonly receiver: Receiver
  readonly watch: FeedWatch
  readonly key: (organisation: string, more?: Partial<NewFeedKey>) => Promise<MadeKey>
  readonly ask: <T = Record<string, unknown>>(path: string, ask?: Ask) => Promise<Answer<T>>
  /** Pushes NDJSON, or what `headers` say. */
  readonly push: (
    trust: string,
    key: string,
    body: string,
    more?: Ask & { query?: string },
  ) => Promise<Answer<Receipt>>
}

const NOTHING = Buffer.alloc(0)
/** Nobody looks at the page here; building it takes a second. */
const BLANK_PAGE = {
  files: new Map([['/index.html', { body: NOTHING, gzipped: NOTHING, type: 'text/html' }]]),
}

/** @param onError hears of failures in the background; absent: they fail the test */
export async function feedService(
  t: Test,
  onError: (error: unknown) => void = (error) => t.fail('in the background', { error }),
): Promise<FeedService> {
  const alliance = await testAlliance(t)
  const { db, access, list, book, now } = alliance
  const prices = await openPrices({ db, list, onError })
  t.teardown(() => prices.close())
  const receiver = openReceiver({
    db,
    seal: (identity) => access.seal(identity),
    box: access,
    unseal: (row) => access.unseal(row),
    now,
    onError,
  })
  const watch = await openFeedWatch({ db, list, receiver, now, onError })
  t.teardown(() => watch.close())
  const app = await buildApp({
    db,
    access,
    list,
    book,
    prices,
    receiver,
    watch,
    page: BLANK_PAGE,
    log: fastify({ logger: false }).log,
    now,
    cookieSecure: false,
    whyNot: async () => null,
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  t.teardown(() => app.close())
  const url = `http://127.0.0.1:${String((app.server.address() as AddressInfo).port)}`

  const ask: FeedService['ask'] = async (path, { method, headers = {}, body } = {}) => {
    const isText = typeof body === 'string' || Buffer.isBuffer(body)
    const response = await fetch(url + path, {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      headers: {
        ...(body === undefined || isText ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: isText ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    const isJson = /json/.test(response.headers.get('content-type') ?? '')
    return {
      status: response.status,
      body: (isJson ? JSON.parse(text) : text) as never,
      headers: response.headers,
    }
  }
  return {
    ...alliance,
    app,
    url,
    receiver,
    watch,
    key: (organisation, more = {}) => createFeedKey(db, { organisation, label: 'test', ...more }),
    ask,
    push: (trust, key, body, more = {}) =>
      ask(`/api/feeds/${trust}/deliveries${more.query ?? ''}`, {
        method: 'POST',
        body,
        headers: {
          'content-type': 'application/x-ndjson',
          authorization: `Bearer ${key}`,
          ...more.headers,
        },
      }),
  }
}
