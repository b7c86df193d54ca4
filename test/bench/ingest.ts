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
import { copyRows } from '../../db/copy.ts'
import { startEmbedded } from '../../db/embedded.ts'
import { migrate } from '../../db/migrate.ts'
import { FHIR_FRAME, fhirOf } from '../../db/sample/fhir.ts'
import { openAccess } from '../../server/access/access.ts'
import { createFeedKey } from '../../server/access/feed-keys/feed-keys.ts'
import { identityKey } from '../../server/access/identity/seal.ts'
import { XML_FRAME, xmlOf } from '../../db/sample/xml.ts'
import { NATIONAL_COLUMNS } from '../../server/domain/codes/national-items.ts'
import { LIMIT_BYTES } from '../../server/feeds/delivery/body.ts'
import { feedRoutes } from '../../server/feeds/delivery/routes.ts'
import { registerProblems } from '../../server/ops/problems.ts'
import { addDays } from '../../shared/date.ts'
import type { IsoDate } from '../../shared/date.ts'
import type { Receipt } from '../../shared/delivery.ts'
import { pagesDuringLoad } from './ingest-pages.part.ts'
import { hl7Batches, mllpMs, postBatches } from './ingest-hl7.part.ts'
import { FHIR_JSON } from '../../shared/fhir.ts'

/*
 * A delivery from its HTTP body to its commit, against `COPY entry FROM STDIN` of the very rows it left in that table,
 * with the same indexes, in the same run. Ours also writes sealed identities, clock stops and the change log;
 * `all-tables` is COPY of all that into all those tables, one after another. Rows each: `npm run bench ingest -- 300000`.
 */
const ROWS = Number(process.argv[2] ?? 50_000)
const ROUNDS = Number(process.argv[3] ?? 3)
const TRUST = 'QAA'
const ASOF = '2026-11-22' as IsoDate
const CHANGED_EVERY = 100
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
const csv = Buffer.from(facts(0).map(csvLine).join(''))
const csvLater = Buffer.from(facts(1).map(csvLine).join(''))
const ndjson = Buffer.from(facts(0).map(jsonLine).join('\n'))
const json = Buffer.from(`{"entries":[${facts(0).map(jsonLine).join(',')}]}`)
const xml = Buffer.from(`${XML_FRAME.head}${facts(0).map(xmlRecord).join('\n')}${XML_FRAME.tail}`)
const referred = facts(0).map((said) => ({
  ppid: String(said['ppid']),
  nhsNumber: String(said['nhsNumber']),
  receivedOn: String(said['receivedOn']),
}))
const messages = hl7Batches(referred)
const fhir = fhirBody()
const best = new Map<string, number>()
let kept = new Map<string, Buffer[]>()
for (let round = 0; round < ROUNDS; round += 1) {
  await emptyTables()
  await timed('csv first load', () => deliver(csv, national))
  if (round === 0) kept = await rowsOf()
  await timed('csv snapshot again, nothing changed', () => deliver(csv, national))
  await timed('csv snapshot again, 1 % changed', () => deliver(csvLater, national))
  await emptyTables()
  await timed('copy entry', () => copyBack(['entry']))
  await emptyTables()
  await timed('copy all tables', () => copyBack(TABLES))
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
  const said = { bench: 'ingest', unit: 'messages/s', peer: null, ratio: null }
  const metric = `mllp, each message committed and acknowledged, ${connections} connection${connections === 1 ? '' : 's'}`
  console.log(JSON.stringify({ ...said, metric, value: Math.round((some.length / ms) * 1000) }))
}
const entryMs = best.get('copy entry') ?? NaN
const allMs = best.get('copy all tables') ?? NaN
for (const [metric, ms] of best) {
  if (metric.startsWith('copy')) continue
  report(`${metric}, ${ROWS} rows`, ms, 'COPY entry', entryMs)
  if (metric.endsWith('first load')) report(`${metric}, ${ROWS} rows`, ms, 'COPY all-tables', allMs)
}
await app.close()
await access.close()
const pages = await pagesDuringLoad({
  databaseUrl: server.url,
  identityKey: sealingKey.toString('hex'),
  load: (into) => deliver(csv, national, into),
})
reportLimit(`list page of 50 during a load of ${ROWS} rows, p99`, pages.p99Ms, 50, 'ms')
console.log(
  JSON.stringify({
    bench: 'ingest',
    metric: 'the same: quiet p99, worst during the load, pages turned',
    value: [pages.quietP99Ms, pages.worstMs, pages.pages].map(Math.round),
  }),
)
if (pages.grownBytes !== null) {
  const grown = pages.grownBytes / 1_048_576
  reportLimit(`resident memory grown by the service in a load of ${ROWS} rows`, grown, 300, 'MB')
}
await admin.end({ timeout: 5 })
await db.close()
await server.stop()
await rm(dataDir, { recursive: true, force: true })

function report(metric: string, ms: number, peer: string, peerMs: number): void {
  const line = {
    bench: 'ingest',
    metric: `${metric}, against ${peer}`,
    value: Math.round((ROWS / ms) * 1000),
    unit: 'rows/s',
    peer: Math.round((ROWS / peerMs) * 1000),
    ratio: Number((peerMs / ms).toFixed(2)),
  }
  console.log(JSON.stringify(line))
}

function reportLimit(metric: string, value: number, limit: number, unit: string): void {
  const figures = { value: Math.round(value), unit, peer: limit }
  const ratio = Number((limit / value).toFixed(2))
  console.log(JSON.stringify({ bench: 'ingest', metric, ...figures, ratio }))
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
  await admin`truncate entry, identity, clock_stop, feed_snapshot, feed_lines, feed_line_dropped, delivery cascade`
  await admin`checkpoint`
}

/** Everything the delivery left, as COPY's own text. */
async function rowsOf(): Promise<Map<string, Buffer[]>> {
  const rows = new Map<string, Buffer[]>()
  for (const table of TABLES) {
    const stream = await admin`copy ${admin(table)} to stdout`.readable()
    const parts: Buffer[] = []
    stream.on('data', (part: Buffer) => parts.push(part))
    await once(stream, 'end')
    rows.set(table, parts)
  }
  return rows
}

async function copyBack(tables: readonly string[]): Promise<void> {
  await admin.begin(async (tx: TransactionSql) => {
    for (const table of tables) await copyRows(tx, table, kept.get(table) ?? [])
  })
}

/** Pathways in the mix of a live trust: four in ten told or treated, most with 15 to 25 of the 54 items. */
function facts(version: number): Record<string, string | number>[] {
  return Array.from({ length: ROWS }, (_, at) => {
    const received = addDays(ASOF, -(at % 140) - 5)
    const stage = at % 10
    const changed = version > 0 && at % CHANGED_EVERY === 0
    return {
      localId: `${TRUST}:BN${String(at).padStart(8, '0')}`,
      nhsNumber: nhsNumber(at),
      nhsNumberStatus: '01',
      ppid: `BN${String(at).padStart(8, '0')}`,
      ppidIssuer: TRUST,
      referralSource: '03',
      priorityType: '3',
      decisionToReferOn: addDays(received, -1),
      receivedOn: received,
      referralType: ['01', '03', '07', '08', '11', '13'][at % 6] ?? '01',
      patientStatus: '14',
      ...(stage > 2 ? { firstSeenOn: addDays(received, 3), firstSeenSite: 'QAA01' } : {}),
      ...(changed
        ? { firstSeenDelayReason: '12', firstSeenDelayComment: 'Moved, at her wish' }
        : {}),
      ...(stage > 5
        ? {
            fdsEndReason: '01',
            fdsPrimarySite: '01',
            toldOn: addDays(received, 4),
            toldSite: 'QAA01',
          }
        : {}),
      ...(stage > 7 ? { diagnosis: 'C341', dttOn: addDays(received, 4), dttSite: 'QAA01' } : {}),
      ...(stage > 8
        ? {
            treatedOn: addDays(received, 5),
            treatmentSite: 'QAA01',
            treatmentEvent: '01',
            modality: '23',
            clinicalTrial: '02',
            careSetting: '01',
          }
        : {}),
    }
  })
}

/** Valid numbers of the range that is never issued, coming round again after 900,000. */
function nhsNumber(at: number): string {
  for (let nine = 999_000_001 + (at % 900_000); ; nine += 1) {
    const digits = String(nine)
    let sum = 0
    for (let place = 0; place < 9; place += 1) sum += Number(digits[place]) * (10 - place)
    const check = (11 - (sum % 11)) % 11
    if (check < 10) return digits + String(check)
  }
}

function csvLine(said: Readonly<Record<string, string | number>>): string {
  const cells = NATIONAL_COLUMNS.map(({ field }) => String(said[field] ?? ''))
  return cells.map((cell) => (cell.includes(',') ? `"${cell}"` : cell)).join(',') + '\n'
}

function xmlRecord(said: Readonly<Record<string, string | number>>): string {
  return xmlOf(new Map(Object.entries(said).map(([name, value]) => [name, String(value)])))
}

function jsonLine({ nhsNumber: number, ...said }: Record<string, string | number>): string {
  return JSON.stringify({ ...said, identity: { nhsNumber: number } })
}

/** One pathway is an EpisodeOfCare, a Patient, a referral and an Encounter for each event. */
function fhirBody(): Buffer {
  const parts: Buffer[] = [Buffer.from(FHIR_FRAME.head)]
  for (const [at, { nhsNumber: number, ...said }] of facts(0).entries()) {
    const entries = fhirOf(said, { nhsNumber: String(number) }, TRUST)
    parts.push(Buffer.from(at === 0 ? entries : FHIR_FRAME.between + entries))
  }
  parts.push(Buffer.from(FHIR_FRAME.tail))
  return Buffer.concat(parts)
}
