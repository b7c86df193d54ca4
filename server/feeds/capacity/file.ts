import { appendChanges } from '../../../db/changes.ts'
import type { Change } from '../../../db/changes.ts'
import type { Database, TransactionSql } from '../../../db/client.ts'
import { londonDate } from '../../../shared/date.ts'
import type { Receipt } from '../../../shared/delivery.ts'
import { Refusal } from '../../../shared/problem.ts'
import type { AuditEvent, FeedKey } from '../../access/access.ts'
import type { SlotDays } from '../../reassignment/capacity/capacity.ts'
import { answerAgain } from '../delivery/again.ts'
import type { MeasuredBody } from '../delivery/body.ts'
import { measureBody } from '../delivery/body.ts'
import { readCapacityCsv } from '../formats/capacity-csv.ts'
import { readCapacityFhir } from '../formats/capacity-fhir.ts'
import { readCapacityJson } from '../formats/capacity-json.ts'
import { judgeCapacity } from './judge.ts'
import type { CapacityFile } from '../formats/capacity-row.ts'
import { utf8Chunks } from '../formats/encoding.ts'
import type { NewDelivery } from '../delivery/ledger.ts'
import { NO_COUNTS, SYSTEM, conclude, hold, keptKey, toReceipt } from '../delivery/ledger.ts'
import { register } from '../delivery/register.ts'

/** Formats of a capacity file by content type. [FEED-80, FEED-81] */
export const CAPACITY_FORMATS = {
  'text/csv': { name: 'capacity-csv', read: readCapacityCsv },
  'application/json': { name: 'capacity-json', read: readCapacityJson },
  'application/fhir+json': { name: 'capacity-fhir', read: readCapacityFhir },
} as const

export interface CapacityOptions {
  readonly db: Database
  readonly now: () => number
  readonly audit: (tx: TransactionSql, event: AuditEvent) => Promise<void>
  readonly writeCapacity: (tx: TransactionSql, bucket: SlotDays, at: string) => Promise<Change>
}

/** A capacity file and what was said about it. */
export interface CapacityDelivery {
  readonly trust: string
  readonly format: (typeof CAPACITY_FORMATS)[keyof typeof CAPACITY_FORMATS]
  readonly body: AsyncIterable<Buffer>
  readonly key: FeedKey
  readonly dryRun: boolean
  readonly webRequestId: string
  readonly idempotencyKey?: string
  readonly requestId?: string
  readonly correlationId?: string
}

const LIMIT_BYTES = 16 * 1024 * 1024
/** Feed under which capacity is noted: it must not make a silent list look alive. */
const CAPACITY_FEED = 'capacity'

/**
 * Takes a file of slots: good records go in, bad ones are refused alone, in one transaction and with a receipt like any
 * delivery's. [FEED-80]
 * @throws Refusal as `Receiver.deliver`
 */
export async function deliverCapacity(
  options: CapacityOptions,
  given: CapacityDelivery,
): Promise<Receipt> {
  const { db, now } = options
  const noted = note(given, new Date(now()).toISOString())
  const body = measureBody(given.body, LIMIT_BYTES)
  const entered = await register(db, noted)
  if ('earlier' in entered) return answerAgain(db, given, entered.earlier, body)
  const { id } = entered
  try {
    const file = await given.format.read(utf8Chunks(body.pieces, null))
    if (file.rows.length + file.refused === 0)
      throw new Refusal('bad-file', 'The body holds no slots.')
    return await db.scoped(SYSTEM, (tx) => write(tx, options, { given, noted, id, file, body }))
  } catch (cause) {
    const refused = cause instanceof Refusal
    const reason = refused ? cause.message : 'Something went wrong here; nothing was changed.'
    const state = refused && cause.code === 'bad-file' ? 'refused' : 'failed'
    const ended = { state, counts: NO_COUNTS, reason, bodyHash: null } as const
    await db.scoped(SYSTEM, (tx) =>
      conclude(tx, id, { ...ended, finishedAt: noted.receivedAt, issues: [], issueCount: 0 }),
    )
    throw cause
  }
}

function note(given: CapacityDelivery, at: string): NewDelivery {
  const { trust, key, format, idempotencyKey, requestId, correlationId } = given
  const rehearsal = given.dryRun || key.sandbox
  return {
    trust,
    feed: CAPACITY_FEED,
    feedKeyId: key.id,
    mode: 'delta',
    format: format.name,
    dryRun: rehearsal,
    sandbox: key.sandbox,
    idempotencyKey: rehearsal ? null : keptKey(`${CAPACITY_FEED}/${key.feed}`, idempotencyKey),
    requestId: rehearsal ? null : (requestId ?? null),
    correlationId: rehearsal ? null : (correlationId ?? null),
    extractAt: at,
    receivedAt: at,
  }
}

interface Writing {
  readonly given: CapacityDelivery
  readonly noted: NewDelivery
  readonly id: string
  readonly file: CapacityFile
  readonly body: MeasuredBody
}

async function write(
  tx: TransactionSql,
  options: CapacityOptions,
  { given, noted, id, file, body }: Writing,
): Promise<Receipt> {
  if (!(await hold(tx, id))) throw new Refusal('conflict', 'Given up meanwhile. Send it again.')
  const at = noted.receivedAt
  const judged = await judgeCapacity(tx, given.trust, file, londonDate(options.now()))
  const outcome = {
    state: 'done' as const,
    counts: judged.counts,
    reason: null,
    bodyHash: body.hash(),
    finishedAt: at,
    issues: judged.issues,
    issueCount: judged.issues.length,
  }
  if (noted.dryRun) {
    return toReceipt(await conclude(tx, id, outcome), judged.issues)
  }
  await options.audit(tx, {
    feedKey: given.key,
    action: 'capacity:write',
    subject: `delivery:${id}`,
    requestId: given.webRequestId,
  })
  const row = await conclude(tx, id, outcome)
  const changes: Change[] = []
  for (const bucket of judged.buckets) changes.push(await options.writeCapacity(tx, bucket, at))
  const receipt = toReceipt(row, judged.issues)
  const told = { ...toReceipt(row, []), issues: [], progress: null }
  await appendChanges(tx, [...changes, { topic: 'feeds', kind: 'delivery', payload: told }], at)
  return receipt
}
