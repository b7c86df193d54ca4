import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import t from 'tap'
import type { Test } from 'tap'
import { connect } from '../../db/connection.ts'
import type { Access } from '../../server/access/access.ts'
import { openAccess } from '../../server/access/access.ts'
import { createFeedKey } from '../../server/access/feed-keys/feed-keys.ts'
import { identityKey } from '../../server/access/identity/seal.ts'
import { NATIONAL_COLUMNS } from '../../server/domain/codes/national-items.ts'
import { FORMATS } from '../../server/feeds/formats/choose.ts'
import { hold } from '../../server/feeds/delivery/ledger.ts'
import { register } from '../../server/feeds/delivery/register.ts'
import type { Delivery, Receiver } from '../../server/feeds/delivery/receive.ts'
import { openReceiver } from '../../server/feeds/delivery/receive.ts'
import { feedRoutes } from '../../server/feeds/delivery/routes.ts'
import { registerProblems } from '../../server/ops/problems.ts'
import type { DeliveryCounts, Receipt } from '../../shared/delivery.ts'
import type { TestDatabase } from '../database.ts'
import { testDatabase } from '../database.ts'

const FIXTURES = join(import.meta.dirname, '..', 'fixtures', 'feeds')
const NOW_MS = Date.parse('2026-11-22T12:00:00Z')
const SYSTEM = { kind: 'system', name: 'test' } as const
const TRUSTS = [
  'QAA',
  'QBB',
  'QCC',
  'QDD',
  'QEE',
  'QFF',
  'QGG',
  'QHH',
  'QJJ',
  'QKK',
  'QLL',
] as const

interface Service {
  readonly db: TestDatabase
  readonly access: Access
  readonly app: FastifyInstance
  readonly receiver: Receiver
  readonly keys: ReadonlyMap<string, string>
  readonly sandboxKey: string
  /** Of QCC, of a feed `pas`. */
  readonly otherFeedKey: string
}

async function startService(t: Test): Promise<Service> {
  const db = await testDatabase(t)
  await db.scoped(SYSTEM, async (tx) => {
    for (const code of TRUSTS) {
      await tx`insert into organisation (code, name, kind, synthetic) values (${code}, ${code}, 'trust', true)`
      await tx`insert into site (code, organisation, name, synthetic) values (${`${code}01`}, ${code}, 'Site', true)`
    }
    await tx`insert into organisation (code, name, kind, synthetic) values ('QZZ', 'Alliance', 'alliance', true)`
  })
  const access = await openAccess({
    db,
    keys: [identityKey(randomBytes(32))],
    now: () => NOW_MS,
  })
  t.teardown(() => access.close())
  const keys = new Map<string, string>()
  for (const organisation of [...TRUSTS, 'QZZ']) {
    const made = await createFeedKey(db, { organisation, label: 'test' })
    keys.set(organisation, made.key)
  }
  const sandbox = await createFeedKey(db, { organisation: 'QAA', label: 'box', sandbox: true })
  const pas = await createFeedKey(db, { organisation: 'QCC', label: 'pas', feed: 'pas' })
  const receiver = openReceiver({
    db,
    seal: (identity) => access.seal(identity),
    now: () => NOW_MS,
  })
  const app = await startApp({ db, access }, receiver)
  t.teardown(() => app.close())
  const more = { sandboxKey: sandbox.key, otherFeedKey: pas.key }
  return { db, access, app, receiver, keys, ...more }
}

async function startApp(
  parts: Pick<Service, 'db' | 'access'>,
  receiver: Receiver,
): Promise<FastifyInstance> {
  const app = fastify()
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  registerProblems(app)
  const { db, access } = parts
  await app.register(feedRoutes, { db, access, now: () => NOW_MS, log: app.log, receiver })
  return app
}

interface Said {
  readonly type?: string
  readonly query?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly key?: string
}

async function post(service: Service, trust: string, body: string | Buffer, said: Said = {}) {
  const response = await service.app.inject({
    method: 'POST',
    url: `/api/feeds/${trust}/deliveries${said.query ?? ''}`,
    headers: {
      'content-type': said.type ?? 'application/x-ndjson',
      authorization: `Bearer ${said.key ?? service.keys.get(trust) ?? ''}`,
      ...said.headers,
    },
    payload: body,
  })
  return { status: response.statusCode, body: response.json<Record<string, unknown>>(), response }
}

function line(localId: string, facts: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({
    localId,
    ppid: localId,
    priorityType: '3',
    receivedOn: '2026-10-01',
    ...facts,
  })
}

function lines(count: number, facts: Readonly<Record<string, unknown>> = {}, prefix = 'E'): string {
  return Array.from({ length: count }, (_, at) => line(`${prefix}${at}`, facts) + '\n').join('')
}

function delivery(trust: string, text: string, more: Partial<Delivery> = {}): Delivery {
  return {
    trust,
    mode: 'delta',
    format: FORMATS.ndjson,
    body: Readable.from([Buffer.from(text)]),
    ...more,
  }
}

/** A promise to be kept from outside. */
function promised(): { readonly wait: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => undefined
  const wait = new Promise<void>((done) => (resolve = done))
  return { wait, resolve: () => resolve() }
}

function counts(said: Partial<DeliveryCounts>): DeliveryCounts {
  const none = { read: 0, accepted: 0, unchanged: 0, changed: 0, added: 0, removed: 0, refused: 0 }
  return { ...none, ...said }
}

async function entries(db: TestDatabase, trust: string) {
  return db.scoped(
    SYSTEM,
    (tx) => tx<
      {
        localId: string
        state: string
        closedReason: string | null
        received: string
        versions: number
        /** The delivery and the row it was last told by. */
        told: string
      }[]
    >`
      select local_id as "localId", state, closed_reason as "closedReason", received_on as received,
        version as versions, delivery_id || ' ' || row_number as told
      from entry where trust = ${trust} order by local_id`,
  )
}

/** `E0 open, E1 closed`. */
async function states(db: TestDatabase, trust: string): Promise<string> {
  return (await entries(db, trust)).map(({ localId, state }) => `${localId} ${state}`).join(', ')
}

async function everything(db: TestDatabase): Promise<unknown> {
  const [row] = await db.scoped(
    SYSTEM,
    (tx) => tx`
      select (select count(*) from entry) as entries, (select count(*) from entry_history) as history,
        (select count(*) from identity) as identities, (select count(*) from clock_stop) as stops,
        (select max(seq) from change_log where topic = 'list') as changes, (select count(*) from feed_lines) as lines`,
  )
  return row
}

const CSV = { type: 'text/csv; profile=ncwtmds' }

t.test('deliveries', async (t) => {
  const service = await startService(t)
  const { db, receiver } = service

  await t.test(
    'FEED-1 FEED-19 a national file goes in, with history, identity, stops and changes',
    async (t) => {
      const body = readFileSync(join(FIXTURES, 'ncwtmds.csv'))
      const made = await post(service, 'QAA', body, CSV)
      t.equal(made.status, 200)
      t.match(made.body, {
        state: 'done',
        mode: 'delta',
        format: 'ncwtmds-csv',
        counts: counts({ read: 12, accepted: 12, added: 12 }),
      })
      t.equal(
        made.response.headers['location'],
        `/api/feeds/QAA/deliveries/${String(made.body['id'])}`,
      )
      const kept = await entries(db, 'QAA')
      t.equal(kept.length, 12)
      t.match(kept[1], {
        localId: 'QAA:PW00002',
        state: 'closed',
        closedReason: 'treated',
        versions: 1,
      })
      const [row] = await db.scoped(
        SYSTEM,
        (tx) => tx<
          { stops: string[]; named: number; delivery: string; rowNumber: number; plain: boolean }[]
        >`
        select (select array_agg(standard || ' ' || wait_days order by standard) from clock_stop where entry_id = id) as stops,
          (select count(*)::int from identity where nhs_hash is not null) as named, delivery_id as delivery,
          row_number as "rowNumber",
          exists (select from identity where position('9990000' in encode(sealed, 'escape')) > 0) as plain
        from entry where local_id = 'QAA:PW00002'`,
      )
      // received 4 June, told 28 June, decided 1 July, treated 20 July: 24, 19 and 46 days
      t.match(row, {
        stops: ['dtt31 19', 'fds28 24', 'rtt62 46'],
        named: 12,
        delivery: made.body['id'],
        rowNumber: 2,
        plain: false,
      })
      const changes = await db.sql<{ kind: string; ids: number | null; payload: unknown }[]>`
      select kind, cardinality(entry_ids) as ids, payload from change_log order by seq`
      t.match(changes, [
        { kind: 'entries', ids: 12 },
        { kind: 'delivery', payload: { id: made.body['id'], state: 'done', issues: [] } },
      ])
      const again = await post(service, 'QAA', body, CSV)
      t.match(again.body, { counts: counts({ read: 12, accepted: 12, unchanged: 12 }) })
      t.ok(
        (await entries(db, 'QAA')).every(({ versions }) => versions === 1),
        'nothing is written twice',
      )
    },
  )

  await t.test(
    'FEED-3 FEED-22 bad rows are refused alone, told in the receipt, in pages and as CSV',
    async (t) => {
      const made = await post(
        service,
        'QBB',
        readFileSync(join(FIXTURES, 'ncwtmds-bad-rows.csv')),
        CSV,
      )
      t.match(made.body, { counts: counts({ read: 12, accepted: 7, added: 7, refused: 5 }) })
      const { issues } = made.body as unknown as Receipt
      t.same(
        issues
          .filter(({ severity }) => severity === 'refuses-row')
          .map(({ rowNumber, code, field }) => `${rowNumber} ${code} ${field}`),
        [
          '4 DQ-2 nhsNumber',
          '5 FEED-7 receivedOn',
          '6 FEED-4 ',
          '7 FEED-8 ppid',
          '8 FEED-8 localId',
        ],
      )
      t.notMatch(JSON.stringify(made.body), /999000|07\/08\/2026/, 'no value is repeated')
      const odd = await post(
        service,
        'QBB',
        `{"localId":"=HYPERLINK(1)","receivedOn":"x"}\n{"localId":"@b","fit":-1}\n`,
      )
      const id = String(odd.body['id'])
      const authorization = `Bearer ${service.keys.get('QBB') ?? ''}`
      const csv = await service.app.inject({
        url: `/api/feeds/QBB/deliveries/${id}/issues.csv`,
        headers: { authorization },
      })
      t.equal(csv.headers['content-type'], 'text/csv; charset=utf-8')
      const [header, first] = csv.body.split('\n')
      t.equal(header, 'rowNumber,recordKey,field,code,severity,message,fix')
      t.match(first, /^1,'=HYPERLINK\(1\),receivedOn,FEED-7,refuses-row,/)
      t.match(csv.body, /\n2,'@b,fit,FEED-7,refuses-field,/)
      const page = await service.app.inject({
        url: `/api/feeds/QBB/deliveries/${id}/issues?limit=1`,
        headers: { authorization },
      })
      const {
        issues: [one],
        next,
      } = page.json<{ issues: { rowNumber: number }[]; next: number }>()
      t.match([one?.rowNumber, next], [1, 1])
      const list = await service.app.inject({
        url: `/api/feeds/QBB/deliveries?limit=1`,
        headers: { authorization },
      })
      const newest = list.json<{ deliveries: Receipt[]; next: string }>()
      t.equal(newest.deliveries.length, 1)
      const rest = await service.app.inject({
        url: `/api/feeds/QBB/deliveries?before=${newest.next}`,
        headers: { authorization },
      })
      t.equal(rest.json<{ deliveries: Receipt[] }>().deliveries.length, 1)
      const read = await service.app.inject({
        url: `/api/feeds/QBB/deliveries/${id}`,
        headers: { authorization },
      })
      t.same(read.json(), odd.body, 'the receipt reads the same later')
    },
  )

  await t.test('FEED-2 a malformed file changes nothing, and says where and why', async (t) => {
    const before = await everything(db)
    const cases: [string, Said, RegExp][] = [
      ['ncwtmds-unclosed-quote.csv', CSV, /Record 4/],
      ['ncwtmds-semicolons.csv', CSV, /semicolons/],
      ['entries-cut-off.json', { type: 'application/json' }, /ends before it is complete/],
      ['entries-unknown-wrapper.json', { type: 'application/json' }, /"meta"/],
    ]
    for (const [name, said, wanted] of cases) {
      const made = await post(service, 'QAA', readFileSync(join(FIXTURES, name)), {
        query: '?mode=snapshot',
        ...said,
      })
      t.equal(made.status, 422, name)
      t.match(made.body, { code: 'bad-file', detail: wanted, receipt: { state: 'refused' } })
      t.equal(made.response.headers['content-type'], 'application/problem+json')
    }
    for (const body of ['', '\n\n', '[]', '{"entries":[]}']) {
      const made = await post(service, 'QAA', body, {
        query: '?mode=snapshot',
        type: body.startsWith('\n') || body === '' ? 'application/x-ndjson' : 'application/json',
      })
      t.match(
        made.body,
        { code: 'bad-file', detail: /no record/ },
        'an empty snapshot closes nobody',
      )
    }
    t.same(await everything(db), before)
  })

  await t.test(
    'FEED-1 FEED-21 FEED-23 what is not for us is a problem with the right status',
    async (t) => {
      const ok = line('A1')
      const cases: [string, number, string, Said][] = [
        ['QAA', 401, 'unknown-key', { key: 'nonsense' }],
        ['QAA', 403, 'not-yours', { key: service.keys.get('QBB') ?? '' }],
        ['QAA', 415, 'unknown-content-type', { type: 'application/pdf' }],
        ['QAA', 415, 'unknown-content-type', { type: 'text/csv' }],
        ['QAA', 400, 'bad-request', { query: '?mode=everything' }],
        ['QAA', 400, 'bad-request', { query: '?colour=blue' }],
        ['QAA', 400, 'bad-request', { query: '?extractAt=yesterday' }],
        ['QAA', 400, 'bad-request', { query: '?extractAt=2026-11-23T12:00:00Z' }],
        ['QAA', 400, 'bad-request', { query: '?extractAt=2026-02-30T12:00:00Z' }],
        ['QAA', 400, 'bad-request', { query: '?extractAt=2026-10-25T01:30:00' }],
        ['QZZ', 404, 'not-found', {}],
        [
          'QAA',
          404,
          'not-found',
          { query: '?mode=snapshot&confirm=00000000-0000-4000-8000-000000000000' },
        ],
      ]
      for (const [trust, status, code, said] of cases) {
        const made = await post(service, trust, ok, said)
        t.match(
          { status: made.status, ...made.body },
          { status, code },
          `${status} ${JSON.stringify(said.query ?? '')}`,
        )
      }
      const anonymous = await service.app.inject({ url: '/api/feeds/QAA/deliveries' })
      t.equal(anonymous.statusCode, 401)
      const small = openReceiver({
        db,
        seal: (identity) => {
          throw new Error(typeof identity)
        },
        now: () => NOW_MS,
        limitBytes: 1_000,
      })
      // The receiver asks once for the digest key; a limit is reached before anything is sealed.
      const sealing = openReceiver({
        db,
        seal: () => ({ keyId: 'k', sealed: Buffer.alloc(1), nhsHash: Buffer.alloc(32) }),
        now: () => NOW_MS,
        limitBytes: 1_000,
      })
      await t.rejects(sealing.deliver(delivery('QAA', lines(100))), { code: 'too-large' })
      await t.rejects(small.deliver(delivery('QAA', lines(1))), { message: 'object' })
      let asked = false
      const said = Readable.from(
        (function* () {
          asked = true
          yield Buffer.from('{')
        })(),
      )
      await t.rejects(
        sealing.deliver(delivery('QAA', '', { body: said, bytesTotal: 1_001 })),
        { code: 'too-large' },
        'one that says it is too large is told so',
      )
      t.notOk(asked, 'before any of it is read')
    },
  )

  await t.test(
    'FEED-14 the same key and body get the same receipt; another body is refused',
    async (t) => {
      const said = { headers: { 'idempotency-key': 'k-1' } }
      const first = await post(service, 'QCC', line('I1'), said)
      const second = await post(service, 'QCC', line('I1'), said)
      t.equal(second.status, 200)
      t.same(second.body, first.body)
      const other = await post(service, 'QCC', line('I2'), said)
      t.match(
        { status: other.status, ...other.body },
        { status: 422, code: 'key-reused', deliveryId: first.body['id'] },
      )
      t.equal(await states(db, 'QCC'), 'I1 open')
      const snapshot = await post(service, 'QCC', line('I1'), { ...said, query: '?mode=snapshot' })
      t.match({ status: snapshot.status, ...snapshot.body }, { status: 422, code: 'key-reused' })
      const csv = { ...said, type: 'text/csv', query: '?profile=ptl' }
      t.match((await post(service, 'QCC', line('I1'), csv)).body, { code: 'key-reused' })
      const elsewhere = await post(service, 'QBB', line('I3'), said)
      t.equal(elsewhere.status, 200, 'keys are per trust')
      const theirs = { headers: { 'idempotency-key': 'k-9' } }
      await post(service, 'QBB', line('I3'), theirs)
      const ours = await post(service, 'QCC', line('I1'), theirs)
      t.same(
        (await post(service, 'QCC', line('I1'), theirs)).body,
        ours.body,
        'and so are receipts',
      )
      const pas = { ...said, key: service.otherFeedKey }
      const ofPas = await post(service, 'QCC', line('I5'), pas)
      t.match(ofPas, { status: 200, body: { feed: 'pas' } }, 'each feed counts its own')
      t.same((await post(service, 'QCC', line('I5'), pas)).body, ofPas.body)
      t.same((await post(service, 'QCC', line('I1'), said)).body, first.body)
      const said2 = { headers: { 'idempotency-key': 'k-2' } }
      const bad = await post(service, 'QCC', '{', said2)
      const badAgain = await post(service, 'QCC', '{', said2)
      t.same([bad.status, badAgain.status], [422, 422])
      const mended = await post(service, 'QCC', line('I4'), said2)
      t.match(mended, { status: 200 }, 'a file refused whole gives its key back')
    },
  )

  await t.test(
    'FEED-14 FEED-15 keys of what runs or waits for its turn are told at once',
    async (t) => {
      const seal = () => ({ keyId: 'k', sealed: Buffer.alloc(1), nhsHash: Buffer.alloc(32) })
      const another = openReceiver({ db, seal, now: () => NOW_MS })
      for (const [name, runs] of [
        ['here', receiver],
        ['there', another],
      ] as const) {
        let release = (): void => undefined
        const gate = new Promise<void>((resolve) => (release = resolve))
        let began = (): void => undefined
        const begun = new Promise<void>((resolve) => (began = resolve))
        const slow = async function* (): AsyncGenerator<Buffer> {
          yield Buffer.from(line('R1') + '\n')
          began()
          await gate
        }
        const ids = { requestId: `run-${name}`, correlationId: 'c' }
        const idempotencyKey = `k-${name}`
        const running = runs.deliver(delivery('QCC', '', { body: slow(), idempotencyKey }))
        await begun
        const waiting = runs.deliver(delivery('QCC', line('R2'), ids))
        // Written down before its turn comes.
        for (let noted = 0; noted < 1;) {
          const rows = await db.scoped(
            SYSTEM,
            (tx) => tx`select from delivery where request_id = ${ids.requestId}`,
          )
          noted = rows.count
        }
        const said = { headers: { 'idempotency-key': idempotencyKey } }
        const during = await post(service, 'QCC', line('R1') + '\n', said)
        t.match(
          { status: during.status, ...during.body },
          { status: 409, code: 'conflict', detail: /same again in 5 seconds/ },
          name,
        )
        t.equal(during.response.headers['retry-after'], '5', 'and when to ask again')
        const twin = await post(service, 'QCC', line('R2'), {
          headers: { 'x-request-id': ids.requestId, 'x-correlation-id': 'c' },
        })
        release()
        const receipt = await running
        t.match(
          { status: twin.status, ...twin.body },
          { status: 409, code: 'duplicate', deliveryId: (await waiting).id },
          name,
        )
        const after = await post(service, 'QCC', line('R1') + '\n', said)
        t.equal(after.body['id'], receipt.id, name)
      }
    },
  )

  await t.test(
    'FEED-15 request and correlation ids that came before are a duplicate',
    async (t) => {
      const headers = { 'x-request-id': 'r-1', 'x-correlation-id': 'c-1' }
      const first = await post(service, 'QCC', line('D1'), { headers })
      const second = await post(service, 'QCC', line('D2'), { headers })
      t.match(
        { status: second.status, ...second.body },
        { status: 409, code: 'duplicate', deliveryId: first.body['id'] },
      )
      const third = await post(service, 'QCC', line('D3'), {
        headers: { ...headers, 'x-correlation-id': 'c-2' },
      })
      t.equal(third.status, 200)
      const alone = { headers: { 'x-request-id': 'r-2' } }
      await post(service, 'QCC', line('D4'), alone)
      t.equal(
        (await post(service, 'QCC', line('D5'), alone)).status,
        200,
        'a request id alone is a proxy’s',
      )
    },
  )

  await t.test(
    'FEED-9 a delta brings, changes and removes by name, and leaves the rest',
    async (t) => {
      await receiver.deliver(delivery('QDD', lines(4)))
      const body = [
        line('E1', { receivedOn: '2026-10-02' }),
        line('E9'),
        '{"localId":"E2","remove":true}',
        '{"localId":"none","remove":true}',
      ].join('\n')
      const made = await receiver.deliver(delivery('QDD', body))
      t.match(made, {
        counts: counts({ read: 4, accepted: 3, changed: 2, added: 1, removed: 1, refused: 1 }),
      })
      t.match(
        made.issues.find(({ code }) => code === 'FEED-9'),
        { rowNumber: 4, recordKey: 'none' },
      )
      t.equal(await states(db, 'QDD'), 'E0 open, E1 open, E2 closed, E3 open, E9 open')
      const [, changed, removed, , added] = await entries(db, 'QDD')
      t.same(
        [changed?.told, removed?.told, added?.told],
        [`${made.id} 1`, `${made.id} 0`, `${made.id} 2`],
        'which delivery and row told it',
      )
      t.match(
        (await entries(db, 'QDD')).map(({ versions }) => versions),
        [1, 2, 2, 1, 1],
      )
    },
  )

  await t.test('FEED-10 a snapshot closes what it does not hold, and opens it again', async (t) => {
    await receiver.deliver(delivery('QEE', lines(4), { mode: 'snapshot' }))
    const shorter = await receiver.deliver(delivery('QEE', lines(3), { mode: 'snapshot' }))
    t.match(shorter, { counts: counts({ read: 3, accepted: 3, unchanged: 3, removed: 1 }) })
    t.match((await entries(db, 'QEE'))[3], {
      state: 'closed',
      closedReason: 'no longer reported',
      versions: 2,
    })
    const back = await receiver.deliver(delivery('QEE', lines(4), { mode: 'snapshot' }))
    t.match(back, { counts: counts({ read: 4, accepted: 4, unchanged: 3, changed: 1 }) })
    t.match((await entries(db, 'QEE'))[3], { state: 'open', closedReason: null, versions: 3 })
    const broken = lines(3) + '{"localId":"E3","receivedOn":"never"}\n'
    const kept = await receiver.deliver(delivery('QEE', broken, { mode: 'snapshot' }))
    t.match(kept, { counts: counts({ read: 4, accepted: 3, unchanged: 3, refused: 1 }) })
    t.match(
      (await entries(db, 'QEE'))[3],
      { state: 'open' },
      'a refused record still says that it is there',
    )
  })

  await t.test('FEED-12 a snapshot with records without a key closes nothing', async (t) => {
    const made = await receiver.deliver(
      delivery('QEE', lines(2) + '{"receivedOn":"2026-10-01"}\n', { mode: 'snapshot' }),
    )
    t.match(made, {
      state: 'done',
      counts: counts({ read: 3, accepted: 2, unchanged: 2, refused: 1 }),
    })
    t.ok(made.issues.some(({ code, rowNumber }) => code === 'FEED-12' && rowNumber === 0))
    t.equal(await states(db, 'QEE'), 'E0 open, E1 open, E2 open, E3 open')
  })

  await t.test(
    'FEED-11 a snapshot that loses many is held until somebody confirms or discards it',
    async (t) => {
      const all = lines(500)
      await receiver.deliver(delivery('QFF', all, { mode: 'snapshot' }))
      const edge = await receiver.deliver(
        delivery('QFF', lines(450), { mode: 'snapshot', dryRun: true }),
      )
      t.match(edge, { state: 'done', counts: { removed: 50 } }, '50 of 500 are 10 %, not more')
      const before = await everything(db)
      const query = '?mode=snapshot'
      const news = line('E0', { receivedOn: '2026-10-09' }) + '\n' + line('F0')
      const withNews = lines(449).slice(lines(1).length) + news
      const heldNews = await post(service, 'QFF', withNews, { query })
      t.match(heldNews.body, { state: 'held', counts: { changed: 1, added: 1, removed: 51 } })
      const made = await post(service, 'QFF', lines(449), { query })
      t.equal(made.status, 202)
      t.match(made.body, { state: 'held', counts: { removed: 51 }, reason: /51 of 500/ })
      t.same(await everything(db), before)
      const id = String(made.body['id'])
      const wrong = await post(service, 'QFF', lines(448), { query: `${query}&confirm=${id}` })
      t.match({ status: wrong.status, ...wrong.body }, { status: 409, code: 'conflict' })
      const asDelta = await post(service, 'QFF', lines(449), { query: `?confirm=${id}` })
      t.match(
        { status: asDelta.status, ...asDelta.body },
        { status: 409, detail: /in the same mode and format: mode=snapshot&confirm=/ },
        'a delta would let it in and close nothing',
      )
      const asJson = await post(service, 'QFF', `[${lines(449).trim().replaceAll('\n', ',')}]`, {
        query: `${query}&confirm=${id}`,
        type: 'application/json',
      })
      t.match({ status: asJson.status, ...asJson.body }, { status: 409, detail: /as ndjson/ })
      const right = await post(service, 'QFF', lines(449), { query: `${query}&confirm=${id}` })
      t.match(right.body, { state: 'done', counts: { removed: 51 } })
      const twice = await post(service, 'QFF', lines(449), { query: `${query}&confirm=${id}` })
      t.match({ status: twice.status, ...twice.body }, { status: 409, code: 'conflict' })
      const said = { query, headers: { 'idempotency-key': 'held' } }
      const second = await post(service, 'QFF', lines(300), said)
      t.same(
        (await post(service, 'QFF', lines(300), said)).body,
        second.body,
        'held, and told again',
      )
      const authorization = `Bearer ${service.keys.get('QFF') ?? ''}`
      const url = `/api/feeds/QFF/deliveries/${String(second.body['id'])}/discard`
      const discarded = await service.app.inject({
        method: 'POST',
        url,
        headers: { authorization },
      })
      t.match(discarded.json(), { state: 'refused', reason: 'Discarded by the trust.' })
      const [told] = await db.scoped(
        SYSTEM,
        (tx) => tx`select payload from change_log where topic = 'feeds' order by seq desc limit 1`,
      )
      t.match(
        told,
        { payload: { id: second.body['id'], state: 'refused' } },
        'those who watch hear',
      )
      t.equal(
        (await service.app.inject({ method: 'POST', url, headers: { authorization } })).statusCode,
        409,
      )
      const third = await post(service, 'QFF', lines(300), said)
      t.equal(third.body['state'], 'held', 'discarded, it gave its key back')
      const held = String(third.body['id'])
      const letIn = await post(service, 'QFF', lines(300), {
        ...said,
        query: `${query}&confirm=${held}`,
      })
      t.match(letIn.body, { state: 'done', counts: { removed: 149 } }, 'under the key it came by')
      await receiver.deliver(delivery('QGG', lines(60, {}, 'S'), { mode: 'snapshot' }))
      const few = await receiver.deliver(delivery('QGG', lines(11, {}, 'S'), { mode: 'snapshot' }))
      t.match(
        few,
        { state: 'done', counts: { removed: 49 } },
        '49 are too few to hold, whatever the share',
      )
    },
  )

  await t.test('FEED-11 FEED-13 what is confirmed is as old as when it was held', async (t) => {
    const at = (minute: string) => `2026-11-22T10:${minute}:00Z`
    const said = { mode: 'snapshot', format: FORMATS.ndjson } as const
    await receiver.deliver(delivery('QLL', lines(100), { ...said, extractAt: at('00') }))
    const half = lines(50)
    const held = await receiver.deliver(delivery('QLL', half, { ...said, extractAt: at('10') }))
    await receiver.deliver(
      delivery('QLL', line('E1', { receivedOn: '2026-10-20' }), { extractAt: at('20') }),
    )
    t.equal(held.state, 'held')
    const letIn = await receiver.deliver(delivery('QLL', half, { ...said, confirm: held.id }))
    t.match(letIn, { state: 'done', counts: { removed: 50 } })
    const [told] = (await entries(db, 'QLL')).filter(({ localId }) => localId === 'E1')
    t.equal(told?.received, '2026-10-20', 'what was told meanwhile is newer')
  })

  await t.test('FEED-13 an older extract never overwrites newer facts', async (t) => {
    const at = (hour: string) => `2026-11-22T${hour}:00:00Z`
    const facts = async () =>
      (await entries(db, 'QHH')).map(({ localId, received }) => `${localId} ${received}`)
    await receiver.deliver(
      delivery('QHH', line('A', { receivedOn: '2026-10-10' }), { extractAt: at('10') }),
    )
    const older = await receiver.deliver(
      delivery('QHH', line('A', { receivedOn: '2026-10-09' }), { extractAt: at('09') }),
    )
    t.match(older, { counts: counts({ read: 1, accepted: 1, unchanged: 1 }) })
    t.ok(older.issues.some(({ code }) => code === 'FEED-13'))
    t.same(await facts(), ['A 2026-10-10'])
    // Said again at eleven without change: half past ten is late, though nothing was written at eleven.
    await receiver.deliver(
      delivery('QHH', line('A', { receivedOn: '2026-10-10' }), { extractAt: at('11') }),
    )
    await receiver.deliver(
      delivery('QHH', line('A', { receivedOn: '2026-10-01' }), {
        extractAt: '2026-11-22T10:30:00Z',
      }),
    )
    t.same(await facts(), ['A 2026-10-10'])
    await receiver.deliver(
      delivery('QHH', line('A', { receivedOn: '2026-10-11' }), {
        extractAt: '2026-11-22T12:00:00+01:00',
      }),
    )
    t.same(await facts(), ['A 2026-10-11'], 'the same instant in another zone is not older')
    const snapshot = [line('A', { receivedOn: '2026-10-11' }), line('B')].join('\n')
    await receiver.deliver(
      delivery('QHH', snapshot, { mode: 'snapshot', extractAt: '2026-11-22T11:30:00Z' }),
    )
    const late = await receiver.deliver(
      delivery('QHH', [line('B', { receivedOn: '2026-09-09' }), line('C')].join('\n'), {
        mode: 'snapshot',
        extractAt: '2026-11-22T11:15:00Z',
      }),
    )
    const removal = await receiver.deliver(
      delivery('QHH', '{"localId":"A","remove":true}', { extractAt: '2026-11-22T11:15:00Z' }),
    )
    t.match(
      removal,
      { counts: { removed: 0 } },
      'nor does an older removal close what a snapshot has',
    )
    t.match(late, { counts: counts({ read: 2, accepted: 2, unchanged: 2 }) })
    t.same(
      await facts(),
      ['A 2026-10-11', 'B 2026-10-01'],
      'a snapshot has spoken of all, and a late one closes none',
    )
    await receiver.deliver(delivery('QHH', line('D'), { extractAt: '2026-11-22T11:45:00Z' }))
    await receiver.deliver(
      delivery('QHH', snapshot, { mode: 'snapshot', extractAt: '2026-11-22T11:40:00Z' }),
    )
    t.equal(
      await states(db, 'QHH'),
      'A open, B open, D open',
      'what a later delta brought is not missing',
    )
  })

  await t.test(
    'FEED-18 FEED-23 a dry run and a sandbox key answer in full and write nothing',
    async (t) => {
      const before = await everything(db)
      const body = readFileSync(join(FIXTURES, 'ncwtmds-bad-rows.csv'))
      for (const said of [{ query: '?dryRun=true&mode=snapshot' }, { key: service.sandboxKey }]) {
        const made = await post(service, 'QJJ', body, { ...CSV, ...said })
        if (said.key !== undefined) {
          t.equal(made.status, 403, 'a sandbox key is of one trust too')
          continue
        }
        t.match(made.body, {
          state: 'done',
          dryRun: true,
          counts: counts({ read: 12, accepted: 7, added: 7, refused: 5 }),
        })
      }
      const sandbox = await post(service, 'QAA', lines(3, {}, 'X'), { key: service.sandboxKey })
      t.match(sandbox.body, { dryRun: true, counts: counts({ read: 3, accepted: 3, added: 3 }) })
      t.same(await everything(db), before)
      const key = { headers: { 'idempotency-key': 'rehearsed' } }
      await post(service, 'QJJ', line('Z'), { ...key, query: '?dryRun=true' })
      const real = await post(service, 'QJJ', line('Z'), key)
      t.match(real.body, { dryRun: false, counts: { added: 1 } }, 'a rehearsal uses up no key')
    },
  )

  await t.test(
    'FEED-17 two deliveries at once: one trust in turn, two trusts together',
    async (t) => {
      const order: string[] = []
      let bothBegan = (): void => undefined
      const together = new Promise<void>((resolve) => (bothBegan = resolve))
      const begun = new Set<string>()
      async function* body(trust: string, name: string, meet: boolean): AsyncGenerator<Buffer> {
        order.push(`${name} begins`)
        begun.add(trust)
        if (begun.size === 2) bothBegan()
        if (meet) await together
        yield Buffer.from(line('T', { trackingNote: name }))
        order.push(`${name} ends`)
      }
      await Promise.all([
        receiver.deliver(delivery('QJJ', '', { body: body('QJJ', 'a', true) })),
        receiver.deliver(delivery('QJJ', '', { body: body('QJJ', 'b', false) })),
        receiver.deliver(delivery('QKK', '', { body: body('QKK', 'c', true) })),
      ])
      const own = order.filter((step) => !step.startsWith('c'))
      t.same(own, ['a begins', 'a ends', 'b begins', 'b ends'])
      // Between processes, where queues know nothing of each other, the database keeps the turn.
      const seal = () => ({ keyId: 'k', sealed: Buffer.alloc(1), nhsHash: Buffer.alloc(32) })
      const others = [1, 2, 3].map(() => openReceiver({ db, seal, now: () => NOW_MS }))
      const made = await Promise.all(
        others.map((other, at) =>
          other.deliver(delivery('QKK', lines(50, { trackingNote: `n${at}` }, 'P'))),
        ),
      )
      t.same(
        made.map(({ counts: { added, changed } }) => added + changed),
        [50, 50, 50],
      )
      t.equal(
        made.reduce((sum, { counts: { added } }) => sum + added, 0),
        50,
      )
    },
  )

  await t.test('FEED-17 those who wait for their turn hold no connection', async (t) => {
    const gate = promised()
    const begun = promised()
    async function* slow(): AsyncGenerator<Buffer> {
      yield Buffer.from(line('W'))
      begun.resolve()
      await gate.wait
    }
    const first = receiver.deliver(delivery('QLL', '', { body: slow() }))
    await begun.wait
    const waiting = Array.from({ length: 6 }, (_, at) =>
      receiver.deliver(
        delivery('QLL', line(`W${at}`), { requestId: `w${at}`, correlationId: 'w' }),
      ),
    )
    for (let noted = 0; noted < waiting.length;) {
      const rows = await db.scoped(
        SYSTEM,
        (tx) => tx`select from delivery where correlation_id = 'w'`,
      )
      noted = rows.count
    }
    const another = await receiver.deliver(delivery('QJJ', line('W')))
    t.equal(another.state, 'done', 'another trust is not held up, nor is who reads')
    const running = await db.scoped(
      SYSTEM,
      (tx) => tx`select from pg_locks where locktype = 'advisory' and not granted`,
    )
    t.equal(running.count, 0, 'nobody waits inside the database')
    gate.resolve()
    await Promise.all([first, ...waiting])
  })

  await t.test(
    'FEED-14 FEED-16 a key stays taken while its delivery is held, however old',
    async (t) => {
      const noted = {
        trust: 'QLL',
        feed: 'main',
        feedKeyId: null,
        mode: 'delta',
        format: 'ndjson',
        dryRun: false,
        sandbox: false,
        idempotencyKey: 'main held',
        requestId: null,
        correlationId: null,
        extractAt: new Date(NOW_MS).toISOString(),
        receivedAt: new Date(NOW_MS).toISOString(),
      } as const
      const late = { ...noted, receivedAt: new Date(NOW_MS + 60_000).toISOString() }
      const first = await register(db, noted)
      t.ok('id' in first)
      const id = 'id' in first ? first.id : ''
      // No beat of it was ever written: its transaction alone says that somebody is at it.
      await db.scoped(SYSTEM, async (tx) => {
        t.ok(await hold(tx, id))
        t.match(await register(db, late), { earlier: { id, state: 'running' } })
      })
      t.match(await register(db, late), { id: /^[0-9a-f-]{36}$/ }, 'and given up when it is over')
      t.notOk(await db.scoped(SYSTEM, (tx) => hold(tx, id)), 'what was given up is held by nobody')
    },
  )

  await t.test(
    'FEED-16 a delivery cut off anywhere leaves nothing, and comes whole when sent again',
    async (t) => {
      const admin = connect(db.adminUrl, { max: 1 })
      t.teardown(() => admin.end({ timeout: 5 }))
      const before = await everything(db)
      const text = lines(9_000, {}, 'K')
      const half = Buffer.from(text.slice(0, text.length / 2))
      async function* killed(): AsyncGenerator<Buffer> {
        yield half
        const gone = await admin`
        select pg_terminate_backend(a.pid) from pg_stat_activity a join pg_locks l using (pid)
        where l.locktype = 'advisory' and a.application_name = 'ptl'`
        if (gone.length !== 1) throw new Error('the delivery was not found at work')
        yield Buffer.from(text.slice(text.length / 2))
      }
      // Each cut falls at another moment of copying the part before it in.
      const cuts = [0.45, 0.5, 0.55, 0.6, 0.9]
      async function* aborted(cut: number): AsyncGenerator<Buffer> {
        yield Buffer.from(text.slice(0, text.length * cut))
        throw new Error('aborted')
      }
      for (const body of [killed(), ...cuts.map(aborted)]) {
        await t.rejects(receiver.deliver(delivery('QKK', '', { body, idempotencyKey: 'cut' })))
        t.same(await everything(db), before)
      }
      const [row] = await db.scoped(
        SYSTEM,
        (tx) => tx`
      select count(*)::int as failed from delivery where trust = 'QKK' and state = 'failed'`,
      )
      t.match(row, { failed: 1 + cuts.length })
      const again = await receiver.deliver(delivery('QKK', text, { idempotencyKey: 'cut' }))
      t.match(again, {
        state: 'done',
        counts: counts({ read: 9_000, accepted: 9_000, added: 9_000 }),
      })
    },
  )

  await t.test('FEED-16 a sender that goes away in the middle leaves nothing', async (t) => {
    const before = await everything(db)
    let started = (): void => undefined
    const begun = new Promise<void>((resolve) => (started = resolve))
    let outcome: Promise<unknown> = Promise.resolve()
    const watched: Receiver = {
      ...receiver,
      deliver(given) {
        const delivering = receiver.deliver(given)
        outcome = delivering.catch((cause: unknown) => cause)
        started()
        return delivering
      },
    }
    const app = await startApp(service, watched)
    t.teardown(() => app.close())
    const address = await app.listen({ port: 0, host: '127.0.0.1' })
    const text = lines(1_000, {}, 'G')
    const sent = request(`${address}/api/feeds/QKK/deliveries`, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-ndjson',
        'content-length': text.length,
        authorization: `Bearer ${service.keys.get('QKK') ?? ''}`,
      },
    })
    sent.on('error', () => undefined)
    sent.write(text.slice(0, text.length - 10))
    await begun
    sent.destroy()
    t.match(await outcome, { code: 'bad-request', message: /hung up/ }, 'told as what it is')
    t.same(await everything(db), before)
    const whole = await fetch(`${address}/api/feeds/QKK/deliveries`, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-ndjson',
        authorization: `Bearer ${service.keys.get('QKK') ?? ''}`,
      },
      body: text,
    })
    t.match(await whole.json(), { state: 'done', counts: { added: 1_000 } })
  })

  await t.test('FEED-16 one left running by a process that died gives its key back', async (t) => {
    await db.scoped(
      SYSTEM,
      (tx) => tx`
      insert into delivery (id, trust, mode, format, state, idempotency_key, extract_at, counts, received_at)
      values (gen_random_uuid(), 'QAA', 'delta', 'ndjson', 'running', 'main orphan', now(), '{}', '2026-11-22T11:00:00Z')`,
    )
    const made = await receiver.deliver(delivery('QAA', line('O1'), { idempotencyKey: 'orphan' }))
    t.equal(made.state, 'done')
  })
})

t.test(
  'FEED-8 FEED-20 known lines never change the answer: a hundred snapshots and deltas against a plain model',
  async (t) => {
    const { db, receiver } = await startService(t)
    let seed = 20_261_122
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0
      return (seed >>> 8) % below
    }
    const model = new Map<string, { note: string; open: boolean }>()
    let skipped = 0
    for (let round = 0; round < 100; round += 1) {
      const snapshot = random(4) > 0
      const rows: { key: string; note: string; bad: boolean }[] = []
      for (let key = 0; key < 40; key += 1) {
        if (random(snapshot ? 12 : 3) === 0) continue
        const before = model.get(`M${key}`)
        const note = before === undefined || random(6) === 0 ? `n${random(3)}` : before.note
        rows.push({ key: `M${key}`, note, bad: random(40) === 0 })
        if (random(30) === 0) rows.push({ key: `M${key}`, note: `n${random(3)}`, bad: false })
      }
      rows.sort(() => random(3) - 1)
      const body = rows
        .map(({ key, note, bad }) =>
          line(key, { rttDelayComment: note, ...(bad ? { dttOn: 'x' } : {}) }),
        )
        .join('\n')
      const expected = {
        read: rows.length,
        unchanged: 0,
        changed: 0,
        added: 0,
        removed: 0,
        refused: 0,
      }
      const taken = new Set<string>()
      const named = new Set<string>()
      for (const { key, note, bad } of rows) {
        named.add(key)
        if (bad || taken.has(key)) {
          expected.refused += 1
          continue
        }
        taken.add(key)
        const before = model.get(key)
        if (before === undefined) expected.added += 1
        else if (before.open && before.note === note) expected.unchanged += 1
        else expected.changed += 1
        model.set(key, { note, open: true })
      }
      if (snapshot) {
        for (const [key, entry] of model) {
          if (!entry.open || named.has(key)) continue
          model.set(key, { ...entry, open: false })
          expected.removed += 1
        }
      }
      const made = await receiver.deliver(
        delivery('QAA', body, { mode: snapshot ? 'snapshot' : 'delta' }),
      )
      t.match(made.counts, expected, `round ${round}`)
      skipped += expected.unchanged
    }
    t.ok(skipped > 1_000, 'most lines were known')
    const kept = await db.scoped(
      SYSTEM,
      (tx) => tx<{ key: string; note: string; state: string }[]>`
      select local_id as key, facts->>'rttDelayComment' as note, state from entry order by local_id`,
    )
    const wanted = [...model].map(([key, { note, open }]) => ({
      key,
      note,
      state: open ? 'open' : 'closed',
    }))
    t.same(
      kept,
      wanted.toSorted((a, b) => (a.key < b.key ? -1 : 1)),
    )
  },
)

t.test(
  'FEED-20 a change of the tables by which lines are judged makes them be read again',
  async (t) => {
    const { db, receiver } = await startService(t)
    const body = line('A', { firstSeenOn: '2026-10-09', firstSeenSite: 'QXX01' })
    await receiver.deliver(delivery('QAA', body, { mode: 'snapshot' }))
    await db.scoped(
      SYSTEM,
      (tx) => tx`insert into site (code, organisation, name) values ('QXX01', 'QBB', 'New')`,
    )
    const made = await receiver.deliver(delivery('QAA', body, { mode: 'snapshot' }))
    t.match(made.counts, { read: 1, accepted: 1 })
    const [row] = await db.scoped(SYSTEM, (tx) => tx`select organisations from entry`)
    t.match(row, { organisations: ['QAA', 'QBB'] })
  },
)

t.test(
  'FEED-20 each format has lines of its own: what another one changed or closed is read again, and no more',
  async (t) => {
    const { db, receiver } = await startService(t)
    const csvOf = (keys: readonly string[]) =>
      keys
        .map((ppid) => {
          const said: Record<string, string> = {
            ppid,
            ppidIssuer: 'QAA',
            priorityType: '3',
            receivedOn: '2026-10-01',
          }
          return NATIONAL_COLUMNS.map(({ field }) => said[field] ?? '').join(',')
        })
        .join('\n')
    const jsonOf = (keys: readonly string[], receivedOn: Readonly<Record<string, string>> = {}) =>
      keys
        .map((ppid) =>
          line(`QAA:${ppid}`, {
            ppid,
            ppidIssuer: 'QAA',
            receivedOn: receivedOn[ppid] ?? '2026-10-01',
          }),
        )
        .join('\n')
    const csv = async (keys: readonly string[]) =>
      (
        await receiver.deliver(
          delivery('QAA', csvOf(keys), { mode: 'snapshot', format: FORMATS.ncwtmds }),
        )
      ).counts
    const json = async (keys: readonly string[], receivedOn?: Readonly<Record<string, string>>) =>
      (await receiver.deliver(delivery('QAA', jsonOf(keys, receivedOn), { mode: 'snapshot' })))
        .counts
    /** Entries to be read again in each format. */
    const again = () =>
      db.scoped(
        SYSTEM,
        (tx) => tx`
          select format, local_id as key from feed_line_dropped d join entry e on e.id = entry_id order by 1, 2`,
      )
    const all = ['A', 'B', 'C']
    t.match(await csv(all), { added: 3 })
    t.match(await json(all, { B: '2026-10-02' }), { unchanged: 2, changed: 1 })
    t.same(await again(), [{ format: 'ncwtmds-csv', key: 'QAA:B' }])
    t.match(await csv(all), { unchanged: 2, changed: 1 }, 'its own word counts again')
    t.same(await again(), [{ format: 'ndjson', key: 'QAA:B' }])
    t.match(await json(['A', 'B']), { unchanged: 2, removed: 1 })
    t.match(await csv(all), { unchanged: 2, changed: 1 }, 'closed by the other, it opens again')
    await receiver.deliver(delivery('QAA', jsonOf(['A'], { A: '2026-10-03' })))
    t.same(await again(), [
      { format: '', key: 'QAA:A' },
      { format: 'ndjson', key: 'QAA:C' },
    ])
    t.match(await csv(all), { unchanged: 2, changed: 1 }, 'a delta is not of either set')
    t.match(await json(all), { unchanged: 3 })
    t.same(await again(), [])
    const kept = await db.scoped(
      SYSTEM,
      (tx) => tx`select state, facts->>'receivedOn' as "on" from entry group by 1, 2`,
    )
    t.same(kept, [{ state: 'open', on: '2026-10-01' }])
    await db.scoped(
      SYSTEM,
      (tx) =>
        tx`update feed_line_set set extract_at = extract_at - interval '36 days' where format = 'ncwtmds-csv'`,
    )
    await json(all)
    const sets = await db.scoped(SYSTEM, (tx) => tx`select format from feed_line_set`)
    t.same(sets, [{ format: 'ndjson' }], 'a format not sent for long is forgotten')
  },
)
