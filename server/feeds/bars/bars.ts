import { randomUUID } from 'node:crypto'
import { appendChanges } from '../../../db/changes.ts'
import type { Database, TransactionSql } from '../../../db/client.ts'
import type { Receipt } from '../../../shared/delivery.ts'
import { Refusal } from '../../../shared/problem.ts'
import type { AuditEvent, FeedKey } from '../../access/access.ts'
import type { BarsMessage } from './message.ts'
import type { DeliveryRow, NewDelivery } from '../delivery/ledger.ts'
import { NO_COUNTS, SYSTEM, conclude, hold, register, toReceipt } from '../delivery/ledger.ts'
import { deliveryChange } from '../delivery/process.ts'

export interface BarsOptions {
  readonly db: Database
  readonly now: () => number
  readonly audit: (tx: TransactionSql, event: AuditEvent) => Promise<void>
}

/** A message about mutual aid, and who sent it. */
export interface AidMessage {
  readonly trust: string
  readonly key: FeedKey
  readonly message: Exclude<BarsMessage, { kind: 'facts' }>
  readonly bodyHash: Buffer
  readonly dryRun: boolean
  readonly requestId: string
  readonly correlationId: string
  readonly webRequestId: string
}

/** What was written down, and in words what was done and what was not. */
export interface AidAnswer {
  readonly receipt: Receipt
  readonly words: string
}

/**
 * Writes down that a trust asks for mutual aid, takes it back, or is answered. A message moves nobody, books nothing
 * and answers no suggestion: people do, on the page. [FEED-78, FEED-79]
 * @throws Refusal `duplicate`, `not-found` for a pathway or a request that is not there, `bad-request`
 */
export async function takeAidMessage(options: BarsOptions, given: AidMessage): Promise<AidAnswer> {
  const { db, now } = options
  const at = new Date(now()).toISOString()
  const noted = note(given, at)
  const entered = await register(db, noted)
  if ('earlier' in entered) {
    throw new Refusal('duplicate', 'These request and correlation ids came before.', {
      deliveryId: entered.earlier.id,
    })
  }
  const { id } = entered
  const outcome = { bodyHash: given.bodyHash, finishedAt: at, issues: [], issueCount: 0 }
  try {
    return await db.scoped(SYSTEM, async (tx) => {
      if (!(await hold(tx, id))) throw new Refusal('conflict', 'Given up meanwhile. Send it again.')
      const effect = await effectOf(tx, given, at, noted.dryRun)
      const changed = effect.entryId !== null
      const counts = { ...NO_COUNTS, read: 1, accepted: 1, [changed ? 'changed' : 'unchanged']: 1 }
      if (!noted.dryRun) {
        await options.audit(tx, {
          feedKey: given.key,
          action: `mutual-aid:${given.message.kind}`,
          subject: changed ? `entry:${String(effect.entryId)}` : `delivery:${id}`,
          requestId: given.webRequestId,
        })
      }
      const row = await conclude(tx, id, {
        ...outcome,
        state: 'done',
        counts,
        reason: effect.words,
      })
      if (!noted.dryRun) await tell(tx, row, effect.entryId, at)
      return { receipt: toReceipt(row, []), words: effect.words }
    })
  } catch (cause) {
    // A message that could not be taken gives its ids back: mended, it may come with the same ones. [FEED-15]
    const reason = cause instanceof Refusal ? cause.message : 'Something went wrong here.'
    const failed = {
      ...outcome,
      state: 'failed',
      counts: NO_COUNTS,
      reason,
      bodyHash: null,
    } as const
    await db.scoped(SYSTEM, (tx) => conclude(tx, id, failed))
    throw cause
  }
}

function note(given: AidMessage, at: string): NewDelivery {
  const { trust, key, requestId, correlationId } = given
  const rehearsal = given.dryRun || key.sandbox
  return {
    trust,
    feed: 'messages',
    feedKeyId: key.id,
    mode: 'delta',
    format: 'bars-message',
    dryRun: rehearsal,
    sandbox: key.sandbox,
    idempotencyKey: null,
    requestId: rehearsal ? null : requestId,
    correlationId: rehearsal ? null : correlationId,
    extractAt: at,
    receivedAt: at,
  }
}

async function tell(
  tx: TransactionSql,
  row: DeliveryRow,
  entryId: number | null,
  at: string,
): Promise<void> {
  const entries = {
    topic: 'list',
    kind: 'entries',
    entryIds: entryId === null ? [] : [entryId],
  } as const
  await appendChanges(tx, [...(entryId === null ? [] : [entries]), deliveryChange(row)], at)
}

interface Effect {
  /** The entry that was written on; null when none was. */
  readonly entryId: number | null
  readonly words: string
}

const NOBODY_MOVED = 'Nobody was moved and no slot was taken: people say yes to that on the page.'

async function effectOf(
  tx: TransactionSql,
  given: AidMessage,
  at: string,
  rehearsal: boolean,
): Promise<Effect> {
  const { message } = given
  switch (message.kind) {
    case 'ask':
      return ask(tx, given, message, at, rehearsal)
    case 'withdraw':
    case 'reject':
      return end(tx, given, message, at, rehearsal)
    case 'accept':
      await findAsked(tx, given, message)
      return {
        entryId: null,
        words: `The request is known; that it was accepted is noted with this delivery and nowhere else. ${NOBODY_MOVED}`,
      }
    default: {
      const never: never = message
      return never
    }
  }
}

async function ask(
  tx: TransactionSql,
  { trust, key }: AidMessage,
  message: Extract<BarsMessage, { kind: 'ask' | 'withdraw' }>,
  at: string,
  rehearsal: boolean,
): Promise<Effect> {
  const entryId = await findEntry(tx, trust, message.identifiers)
  const { toTrust } = message
  if (toTrust !== null) {
    const known = await tx`
      select from organisation where code = ${toTrust} and kind = 'trust' and code <> ${trust}`
    if (known.count === 0) {
      throw new Refusal(
        'bad-request',
        'MessageHeader.destination names no other trust of this alliance. Name one by its ODS code, or none.',
      )
    }
  }
  const [open] = await tx<{ id: string }[]>`
    select id from mutual_aid
    where entry_id = ${entryId} and state = 'asked' and to_trust is not distinct from ${toTrust}`
  if (open !== undefined) {
    if (!rehearsal) {
      await tx`
        update mutual_aid set message_ids = message_ids || ${[...message.messageIds]}::text[] where id = ${open.id}`
    }
    return { entryId: null, words: `This help is asked for already. ${NOBODY_MOVED}` }
  }
  const whom = toTrust ?? 'the alliance'
  const words =
    `Mutual aid asked of ${whom} is written on the pathway as an escalated next action; its facts stay as they were. ` +
    `${NOBODY_MOVED} The planner looks for a slot elsewhere with or without this message.`
  if (rehearsal) return { entryId, words }
  const actionId = await addAction(
    tx,
    entryId,
    { trust, key },
    `Mutual aid asked of ${whom} by message`,
  )
  await tx`
    insert into mutual_aid (id, trust, to_trust, entry_id, message_ids, state, action_id, asked_at)
    values (${randomUUID()}, ${trust}, ${toTrust}, ${entryId}, ${[...message.messageIds]}, 'asked', ${actionId}, ${at})`
  return { entryId, words }
}

interface Asked {
  readonly id: string
  readonly trust: string
  readonly entryId: number
  readonly actionId: number
}

/** A rejection by the trust that was asked, or the asking trust's own withdrawal. */
async function end(
  tx: TransactionSql,
  given: AidMessage,
  message: Exclude<BarsMessage, { kind: 'facts' }>,
  at: string,
  rehearsal: boolean,
): Promise<Effect> {
  const asked = await findAsked(tx, given, message)
  const { trust, key } = given
  const rejected = message.kind === 'reject'
  const words = rejected
    ? `${trust} cannot help: the request is ended, and the asking trust has it as an escalated next action. ` +
      'No suggestion was answered by it; a person of the trust answers those on the page.'
    : `The request is taken back and its action ticked off. ${NOBODY_MOVED}`
  if (rehearsal) return { entryId: asked.entryId, words }
  await tx`
    update mutual_aid set state = ${rejected ? 'rejected' : 'withdrawn'}, ended_at = ${at} where id = ${asked.id}`
  await tx`update action set done_at = ${at} where id = ${asked.actionId} and done_at is null`
  if (rejected) {
    await addAction(
      tx,
      asked.entryId,
      { trust, key },
      `${trust} rejected the mutual aid request: decide what next`,
    )
  }
  return { entryId: asked.entryId, words }
}

/** The open request a message is about. @throws Refusal `not-found`, in the same words for one of other trusts */
async function findAsked(
  tx: TransactionSql,
  { trust }: AidMessage,
  message: Exclude<BarsMessage, { kind: 'facts' }>,
): Promise<Asked> {
  const [asked] =
    'answers' in message
      ? await tx<Asked[]>`
          select id, trust, entry_id as "entryId", action_id as "actionId" from mutual_aid
          where message_ids @> ${[message.answers]}::text[] and state = 'asked' and trust <> ${trust}
            and (to_trust = ${trust} or to_trust is null) for update`
      : await tx<Asked[]>`
          select m.id, m.trust, m.entry_id as "entryId", m.action_id as "actionId"
          from mutual_aid m join entry e on e.id = m.entry_id
          where m.trust = ${trust} and m.state = 'asked'
            and e.local_id = any(${[...message.identifiers]}::text[]) for update of m`
  if (asked !== undefined) return asked
  throw new Refusal(
    'not-found',
    'No open request for mutual aid fits this message. A response names the id of the request in MessageHeader.response.identifier.',
  )
}

/** The open pathway that one of the identifiers is the record key or the pathway identifier of. */
async function findEntry(
  tx: TransactionSql,
  trust: string,
  identifiers: readonly string[],
): Promise<number> {
  const found = await tx<{ id: number }[]>`
    select id from entry where trust = ${trust} and state = 'open'
      and (local_id = any(${[...identifiers]}::text[]) or facts ->> 'ppid' = any(${[...identifiers]}::text[]))
    limit 2`
  const [only] = found
  if (only !== undefined && found.length === 1) return only.id
  throw new Refusal(
    'not-found',
    'ServiceRequest.identifier names no open pathway of this trust, or more than one. Deliver the pathway first, then ' +
      'ask with its record key.',
  )
}

async function addAction(
  tx: TransactionSql,
  entryId: number,
  by: { readonly trust: string; readonly key: FeedKey },
  body: string,
): Promise<number> {
  const [row] = await tx<{ id: number }[]>`
    insert into action (entry_id, person_id, organisation, body, escalated)
    values (${entryId}, ${by.key.id}, ${by.trust}, ${body}, true) returning id`
  if (row === undefined) throw new Error('the action was not written')
  return row.id
}
