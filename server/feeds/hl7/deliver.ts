import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import type { Database } from '../../../db/client.ts'
import type { Issue, Receipt } from '../../../shared/delivery.ts'
import { Refusal } from '../../../shared/problem.ts'
import { unstalled } from '../delivery/body.ts'
import { recordText } from '../formats/encoding.ts'
import { MAX_RECORD_BYTES } from '../formats/format.ts'
import { hl7Heard } from '../formats/hl7.ts'
import type { Hl7Header } from '../formats/hl7-header.ts'
import { headerOf } from '../formats/hl7-header.ts'
import { parseHl7 } from '../formats/hl7-message.ts'
import { FEED_HL7_FORM } from '../formats/hl7-refusal.ts'
import { splitHl7 } from '../formats/hl7-split.ts'
import type { Ack, AckCode, AckOptions } from './ack.ts'
import { ackCode, ackText, batchAckText } from './ack.ts'
import { SYSTEM } from '../delivery/ledger.ts'
import type { Delivery, Receiver } from '../delivery/receive.ts'

/** What a sender of HL7 is answered: one ACK, or one for each message of a batch. */
export interface Hl7Answer {
  readonly text: string
  /** Of a batch AA when anything of it was taken. */
  readonly code: AckCode
  /** null where there was not even a delivery. */
  readonly receiptId: string | null
}

export interface Hl7Parts {
  readonly receiver: Receiver
  readonly db: Database
  /** Milliseconds since 1970. */
  readonly now: () => number
}

/** A message may find its own first sending under way, in a process that died: after so long that is given up. */
const RUNNING_TRIES = 8
const RUNNING_WAIT_MS = 1_000

/**
 * Takes one message or a batch and answers as HL7 does, after the commit. [FEED-56]
 *
 * A single message is known again by sender, facility, control id and its own bytes: it is answered as the first time,
 * and a control id used for another message is a message of its own. [FEED-57]
 * @throws Refusal for what HL7 has no word for: a key that ended, request ids that came before, a snapshot
 */
export async function deliverHl7(
  parts: Hl7Parts,
  delivery: Omit<Delivery, 'format'>,
): Promise<Hl7Answer> {
  if (delivery.mode === 'snapshot') {
    throw new Refusal('bad-request', 'HL7 messages tell of changes; send them with mode=delta.')
  }
  const headers = new Map<number, Hl7Header>()
  const format = hl7Heard({
    live: delivery.sandbox !== true && delivery.dryRun !== true,
    onHeader: (row, header) => headers.set(row, header),
  })
  const { whole, body } = await beginning(unstalled(delivery.body))
  const single = whole === null ? null : await onlyMessage(whole)
  if (single !== null) headers.set(1, single)
  const key = delivery.idempotencyKey ?? (single === null || whole === null ? null : keyOf(whole))
  const named = {
    ...delivery,
    format,
    ...(key === null ? {} : { idempotencyKey: key }),
  }
  try {
    const receipt =
      whole === null
        ? await parts.receiver.deliver({ ...named, body })
        : await whenFree(() => parts.receiver.deliver({ ...named, body: Readable.from([whole]) }))
    return answer(receipt, headers, await refusals(parts.db, receipt))
  } catch (cause) {
    if (!(cause instanceof Refusal) || !ANSWERED.has(cause.code)) throw cause
    return refusedWhole(cause, headers.get(1) ?? null, delivery.trust, parts.now())
  }
}

/** Refusals of the whole that HL7 can tell. */
const ANSWERED: ReadonlySet<string> = new Set(['bad-file', 'too-large', 'conflict'])

function refusedWhole(
  cause: Refusal,
  header: Hl7Header | null,
  trust: string,
  nowMs: number,
): Hl7Answer {
  const receipt = cause.extra['receipt'] as Receipt | undefined
  const running = cause.code === 'conflict'
  const at = receipt?.finishedAt ?? new Date(nowMs).toISOString()
  const ack: Ack = {
    header,
    code: running ? 'AE' : 'AR',
    text: receipt === undefined ? '' : `receipt ${receipt.id}`,
    issues: [
      { field: '', code: running ? 'FEED-17' : FEED_HL7_FORM, message: cause.message, fix: '' },
    ],
  }
  const seed = receipt?.id ?? `${at} ${header?.controlId ?? ''}`
  return { text: ackText(ack, { trust, at, seed }), code: ack.code, receiptId: receipt?.id ?? null }
}

function answer(
  receipt: Receipt,
  headers: ReadonlyMap<number, Hl7Header>,
  refused: ReadonlyMap<number, readonly Issue[]>,
): Hl7Answer {
  const options: AckOptions = {
    trust: receipt.trust,
    at: receipt.finishedAt ?? receipt.receivedAt,
    seed: receipt.id,
  }
  const acks = Array.from({ length: receipt.counts.read }, (_, at): Ack => {
    const issues = refused.get(at + 1) ?? []
    return {
      header: headers.get(at + 1) ?? null,
      code: ackCode(issues),
      text: `receipt ${receipt.id}`,
      issues,
    }
  })
  const [first] = acks
  if (first === undefined) throw new Error('a delivery of no message was taken')
  if (acks.length === 1) {
    return { text: ackText(first, options), code: first.code, receiptId: receipt.id }
  }
  const code = receipt.counts.accepted > 0 ? 'AA' : 'AE'
  return { text: batchAckText(acks, options), code, receiptId: receipt.id }
}

/** What refused each message, by its number. */
async function refusals(
  db: Database,
  receipt: Receipt,
): Promise<ReadonlyMap<number, readonly Issue[]>> {
  const byRow = new Map<number, Issue[]>()
  if (receipt.counts.refused === 0) return byRow
  const issues = await db.scoped(
    SYSTEM,
    (tx) => tx<Issue[]>`
      select row_number as "rowNumber", record_key as "recordKey", field, code, severity, message, fix
      from delivery_issue where delivery_id = ${receipt.id} and severity = 'refuses-row' order by ordinal`,
  )
  for (const issue of issues) {
    byRow.set(issue.rowNumber, [...(byRow.get(issue.rowNumber) ?? []), issue])
  }
  return byRow
}

/** A body as long as a message at most, whole; a longer one as it comes. */
async function beginning(
  chunks: AsyncIterable<Buffer>,
): Promise<{ readonly whole: Buffer | null; readonly body: AsyncIterable<Buffer> }> {
  const source = chunks[Symbol.asyncIterator]()
  const gathered: Buffer[] = []
  let size = 0
  while (size <= MAX_RECORD_BYTES) {
    const next = await source.next()
    if (next.done === true) {
      const whole = Buffer.concat(gathered)
      return { whole, body: Readable.from([whole]) }
    }
    gathered.push(next.value)
    size += next.value.length
  }
  async function* body(): AsyncGenerator<Buffer> {
    yield* gathered
    yield* { [Symbol.asyncIterator]: () => source }
  }
  return { whole: null, body: body() }
}

async function onlyMessage(whole: Buffer): Promise<Hl7Header | null> {
  const found: Hl7Header[] = []
  try {
    for await (const { bytes, bounds } of splitHl7(Readable.from([whole]))) {
      if (bounds.length > 2) return null
      const message = parseHl7(recordText(bytes, bounds[0] ?? 0, bounds[1] ?? 0))
      if (!('wrong' in message)) found.push(headerOf(message))
    }
  } catch {
    // No HL7, or not in an encoding of single bytes: the delivery itself says what is wrong, if anything is.
    return null
  }
  return found[0] ?? null
}

/** Sender, facility and control id are among the bytes. [FEED-57] */
function keyOf(whole: Buffer): string {
  return `hl7 ${createHash('sha256').update(whole).digest('hex')}`
}

async function whenFree(deliver: () => Promise<Receipt>): Promise<Receipt> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await deliver()
    } catch (cause) {
      const running = cause instanceof Refusal && cause.code === 'conflict'
      if (!running || tries === RUNNING_TRIES) throw cause
      await setTimeout(RUNNING_WAIT_MS)
    }
  }
}
