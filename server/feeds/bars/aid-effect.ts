import { randomUUID } from 'node:crypto'
import type { TransactionSql } from '../../../db/client.ts'
import { Refusal } from '../../../shared/problem.ts'
import { LIVE_STATES } from '../../../shared/suggestion.ts'
import type { FeedKey } from '../../access/access.ts'
import type { AidMessage } from './aid-message.ts'
import type { BarsMessage } from './message.ts'

/** What a message about mutual aid did. */
export interface Effect {
  /** The entry that was written on; null when none was. */
  readonly entryId: number | null
  /** The suggestion on which it is shown; null where none is. */
  readonly suggestionId: string | null
  readonly words: string
}

const NOTHING_DONE = { entryId: null, suggestionId: null } as const
const NOBODY_MOVED = 'Nobody was moved and no slot was taken: people say yes to that on the page.'

/** Does what a message asks, and says in words what that was and was not. @throws Refusal as `takeAidMessage` */
export async function effectOf(
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
      return withdraw(tx, given, message, at, rehearsal)
    case 'reject':
      return reject(tx, given, message, at, rehearsal)
    case 'accept':
      if ((await findAsked(tx, given, message)) === undefined) throw nothingFits()
      return {
        ...NOTHING_DONE,
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
    return { ...NOTHING_DONE, words: `This help is asked for already. ${NOBODY_MOVED}` }
  }
  const whom = toTrust ?? 'the alliance'
  const words =
    `Mutual aid asked of ${whom} is written on the pathway as an escalated next action; its facts stay as they were. ` +
    `${NOBODY_MOVED} The planner looks for a slot elsewhere with or without this message.`
  const effect: Effect = { entryId, suggestionId: null, words }
  if (rehearsal) return effect
  const actionId = await addAction(
    tx,
    entryId,
    { trust, key },
    `Mutual aid asked of ${whom} by message`,
  )
  await tx`
    insert into mutual_aid (id, trust, to_trust, entry_id, message_ids, state, action_id, asked_at)
    values (${randomUUID()}, ${trust}, ${toTrust}, ${entryId}, ${[...message.messageIds]}, 'asked', ${actionId}, ${at})`
  return effect
}

interface Asked {
  readonly id: string
  readonly trust: string
  readonly entryId: number
  readonly actionId: number
}

/** The asking trust's own withdrawal. */
async function withdraw(
  tx: TransactionSql,
  given: AidMessage,
  message: Extract<BarsMessage, { kind: 'ask' | 'withdraw' }>,
  at: string,
  rehearsal: boolean,
): Promise<Effect> {
  const asked = await findAsked(tx, given, message)
  if (asked === undefined) throw nothingFits()
  if (!rehearsal) await endAsked(tx, asked, 'withdrawn', at)
  const words = `The request is taken back and its action ticked off. ${NOBODY_MOVED}`
  return { entryId: asked.entryId, suggestionId: null, words }
}

/**
 * A rejection by the trust that was asked. Where a suggestion to move the same patient there waits for that trust, it is
 * shown on it too, and answered by nobody: a no is a person's, with a reason. [FEED-79]
 */
async function reject(
  tx: TransactionSql,
  given: AidMessage,
  message: Extract<BarsMessage, { kind: 'accept' | 'reject' }>,
  at: string,
  rehearsal: boolean,
): Promise<Effect> {
  const { trust, key } = given
  const asked = await findAsked(tx, given, message)
  const shownOn = await findSuggestion(tx, trust, asked?.entryId ?? 0, message.answers)
  if (asked === undefined && shownOn === null) throw nothingFits()
  const said = [
    ...(asked === undefined
      ? []
      : [
          `${trust} cannot help: the request is ended, and the asking trust has it as an escalated next action.`,
        ]),
    'No suggestion was answered by it; a person of the trust answers those on the page' +
      (shownOn === null ? '.' : ', where this rejection is now shown to them.'),
  ]
  const entryId = asked?.entryId ?? null
  const effect: Effect = { entryId, suggestionId: shownOn, words: said.join(' ') }
  if (rehearsal) return effect
  if (asked !== undefined) {
    await endAsked(tx, asked, 'rejected', at)
    const body = `${trust} rejected the mutual aid request: decide what next`
    await addAction(tx, asked.entryId, { trust, key }, body)
  }
  if (shownOn !== null) {
    await tx`update suggestion set message_no_at = ${at}, updated_at = ${at} where id = ${shownOn}`
  }
  return effect
}

async function endAsked(
  tx: TransactionSql,
  { id, actionId }: Asked,
  state: 'rejected' | 'withdrawn',
  at: string,
): Promise<void> {
  await tx`update mutual_aid set state = ${state}, ended_at = ${at} where id = ${id}`
  await tx`update action set done_at = ${at} where id = ${actionId} and done_at is null`
}

/** The suggestion, of the entry or by its own id, that waits for an answer of this trust as receiver. */
async function findSuggestion(
  tx: TransactionSql,
  trust: string,
  entryId: number,
  answers: string,
): Promise<string | null> {
  const [found] = await tx<{ id: string }[]>`
    select id from suggestion s where to_trust = ${trust} and state = any(${[...LIVE_STATES]})
      and (entry_id = ${entryId} or id::text = ${answers})
      and not exists (select from suggestion_answer where suggestion_id = s.id and side = 'receiver')
    order by entry_id = ${entryId} desc limit 1 for update`
  return found?.id ?? null
}

/** The open request a message is about. */
async function findAsked(
  tx: TransactionSql,
  { trust }: AidMessage,
  message: Exclude<BarsMessage, { kind: 'facts' }>,
): Promise<Asked | undefined> {
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
  return asked
}

/** In the same words for a request of other trusts. */
function nothingFits(): Refusal {
  return new Refusal(
    'not-found',
    'No open request for mutual aid fits this message. A response names the id of the request, or of the suggestion, in MessageHeader.response.identifier.',
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
