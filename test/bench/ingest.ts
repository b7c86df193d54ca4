import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { once } from 'node:events'
import { request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fastify from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import { openDatabase } from '../../db/client.ts'
import type { TransactionSql } from '../../db/connection.ts'
import { connect } from '../../db/connection.ts'
import type { CopyFormat } from '../../db/copy.ts'
import { copyRows } from '../../db/copy.ts'
import { startEmbedded } from '../../db/embedded.ts'
import { migrate } from '../../db/migrate.ts'
import { openAccess } from '../../server/access/access.ts'
import { createFeedKey } from '../../server/access/feed-keys/feed-keys.ts'
import { identityKey } from '../../server/access/identity/seal.ts'
import { LIMIT_BYTES } from '../../server/feeds/delivery/body.ts'
import { feedRoutes } from '../../server/feeds/delivery/routes.ts'
import { registerProblems } from '../../server/ops/problems.ts'
import type { Receipt } from '../../shared/delivery.ts'
import { TRUST, bodiesOf } from './ingest-bodies.part.ts'
import { printer } from './figures.part.ts'
import { pagesDuringLoad } from './ingest-pages.part.ts'
import { hl7Batches, mllpMs, postBatches } from './ingest-hl7.part.ts'
import { FHIR_JSON } from '../../shared/fhir.ts'

/*
 * A delivery from its HTTP body to its commit, against `COPY entry FROM STDIN` of the very rows it left in that table,
 * with the same indexes, in the same run. Ours also writes sealed identities, clock stops and the change log;
 * `all-tables` is COPY of all that into all those tables, one after another. Rows each: `npm run bench ingest -- 300000`.
 */
const print = printer('ingest')
const ROWS = Number(process.argv[2] ?? 50_000)
const ROUNDS = Number(process.argv[3] ?? 3)
const TABLES = ['entry', 'identity', 'clock_stop'] as const

const dataDir = await mkdtemp(join(tmpdir(), 'ptl-bench-'))
const server = await startEmbedded({ dataDir })
await migrate(server.url)
const db = await openDatabase({ url: server.url })
const admin = connect(server.url, { max: 1, statementTimeoutMs: 0 })
const sealingKey = randomBytes(32)
const access = await openAccess({ db, keys: [identityKey(sealingKey)], now: Date.now })
await db.scoped({ kind: 'system', name: 'bench' }, async (tx) => {
  await tx`insert into organisation (code, name, kind, synthetic) values (${TRUST}, 'Bench', 'trust', true)`
  await tx`insert into site (code, organisation, name, synthetic) values ('QAA01', ${TRUST}, 'Site', true)`
})
const { key } = await createFeedKey(db, { organisation: TRUST, label: 'bench' })
const app = fastify()
app.setValidatorCompiler(validatorCompiler)
app.setSerializerCompiler(serializerCompiler)
registerProblems(app)
await app.register(feedRoutes, { db, access, now: Date.now, log: app.log })
await app.listen({ port: 0, host: '127.0.0.1' })
const { port } = app.server.address() as AddressInfo

const national = 'text/csv; profile=ncwtmds'
const { csv, csvLater, ndjson, json, xml, fhir, referred } = bodiesOf(ROWS)
const messages = hl7Batches(referred)
const best = new Map<string, number>()
let kept = new Map<string, Buffer[]>()
let keptBinary = new Map<string, Buffer[]>()
for (let round = 0; round < ROUNDS; round += 1) {
  await emptyTables()
  await timed('csv first load', () => deliver(csv, national))
  if (round === 0) {
    kept = await rowsOf('text')
    keptBinary = await rowsOf('binary')
  }
  await timed('csv snapshot again, nothing changed', () => deliver(csv, national))
  await timed('csv snapshot again, 1 % changed', () => deliver(csvLater, national))
  await emptyTables()
  await timed('copy entry', () => copyBack(['entry']))
  await emptyTables()
  await timed('copy all tables', () => copyBack(TABLES))
  await emptyTables()
  await timed('copy all tables ready-made', () => copyBack(TABLES, 'binary'))
  for (const [name, body, type] of [
    ['ndjson', ndjson, 'application/x-ndjson'],
    ['json', json, 'application/json'],
    ['xml', xml, 'application/xml'],
    ['fhir', fhir, FHIR_JSON],
  ] as const) {
    if (body.length > LIMIT_BYTES) continue
    await emptyTables()
    await timed(`${name} first load`, () => deliver(body, type))
  }
  await emptyTables()
  const to = { port, trust: TRUST, key }
  await timed('hl7 referrals first load', () => postBatches(to, messages.referrals, ROWS))
  await timed('hl7 appointments of known pathways', () =>
    postBatches(to, messages.appointments, ROWS),
  )
}
await emptyTables()
for (const [connections, count] of [
  [1, 300],
  [4, 600],
] as const) {
  const some = referred
    .slice(0, count)
    .map((one) => ({ ...one, ppid: `${one.ppid}X${connections}` }))
  const ms = await mllpMs({ db, access, trust: TRUST, key }, some, connections)
  const metric = `mllp, each message committed and acknowledged, ${connections} connection${connections === 1 ? '' : 's'}`
  print(metric, (some.length / ms) * 1000, 'messages/s', null, null)
}
const entryMs = best.get('copy entry') ?? NaN
const allMs = best.get('copy all tables') ?? NaN
for (const [metric, ms] of best) {
  if (metric.startsWith('copy')) continue
  report(`${metric}, ${ROWS} rows`, ms, 'COPY entry', entryMs)
  if (metric.endsWith('first load')) report(`${metric}, ${ROWS} rows`, ms, 'COPY all-tables', allMs)
}
// What a service without any work of its own would come to: its rows lie ready in the server's own format.
const readyMs = best.get('copy all tables ready-made') ?? NaN
report(`all rows of a first load, ready-made, binary, ${ROWS} rows`, readyMs, 'COPY entry', entryMs)
await app.close()
await access.close()
const pages = await pagesDuringLoad({
  databaseUrl: server.url,
  identityKey: sealingKey.toString('hex'),
  load: (into) => deliver(csv, national, into),
})
reportLimit(`list page of 50 during a load of ${ROWS} rows, p99`, pages.p99Ms, 50, 'ms')
print('the same: quiet p99', pages.quietP99Ms, 'ms', null, null)
print('the same: worst during the load', pages.worstMs, 'ms', null, null)
print('the same: pages turned', pages.pages, 'pages', null, null)
if (pages.grownBytes !== null) {
  const grown = pages.grownBytes / 1_048_576
  reportLimit(`resident memory grown by the service in a load of ${ROWS} rows`, grown, 300, 'MB')
}
await admin.end({ timeout: 5 })
await db.close()
await server.stop()
await rm(dataDir, { recursive: true, force: true })

function report(metric: string, ms: number, peer: string, peerMs: number): void {
  const perSecond = (took: number): number => (ROWS / took) * 1000
  print(`${metric}, against ${peer}`, perSecond(ms), 'rows/s', perSecond(peerMs), peerMs / ms)
}

function reportLimit(metric: string, value: number, limit: number, unit: string): void {
  print(metric, value, unit, limit, limit / value)
}

async function timed(metric: string, work: () => Promise<unknown>): Promise<void> {
  const startedAt = performance.now()
  await work()
  best.set(metric, Math.min(best.get(metric) ?? Infinity, performance.now() - startedAt))
}

async function deliver(body: Buffer, type: string, to = port): Promise<void> {
  const receipt = await new Promise<Receipt>((resolve, reject) => {
    const sent = request(
      {
        port: to,
        method: 'POST',
        path: `/api/feeds/${TRUST}/deliveries?mode=snapshot`,
        headers: {
          'content-type': type,
          authorization: `Bearer ${key}`,
          'content-length': body.length,
          'x-request-id': randomUUID(),
          'x-correlation-id': randomUUID(),
        },
      },
      (response) => {
        const parts: Buffer[] = []
        response.on('data', (part: Buffer) => parts.push(part))
        response.on('end', () => resolve(JSON.parse(Buffer.concat(parts).toString()) as Receipt))
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })
  if (receipt.counts.accepted !== ROWS)
    throw new Error(`not as expected: ${JSON.stringify(receipt)}`)
}

async function emptyTables(): Promise<void> {
  await admin`truncate entry, identity, clock_stop, feed_snapshot, feed_line_set, feed_lines, feed_line_dropped, delivery cascade`
  await admin`checkpoint`
}

/** Everything the delivery left, as COPY writes it. */
async function rowsOf(format: CopyFormat): Promise<Map<string, Buffer[]>> {
  const rows = new Map<string, Buffer[]>()
  for (const table of TABLES) {
    const stream = await admin`copy ${admin(table)} to stdout (format ${admin(format)})`.readable()
    const parts: Buffer[] = []
    stream.on('data', (part: Buffer) => parts.push(part))
    await once(stream, 'end')
    rows.set(table, parts)
  }
  return rows
}

async function copyBack(tables: readonly string[], format: CopyFormat = 'text'): Promise<void> {
  const from = format === 'binary' ? keptBinary : kept
  await admin.begin(async (tx: TransactionSql) => {
    for (const table of tables) await copyRows(tx, table, from.get(table) ?? [], { format })
  })
}
