import { randomUUID } from 'node:crypto'

import { appendChanges } from '../../../db/changes.ts'
import type { Database, TransactionSql } from '../../../db/client.ts'
import { londonDate } from '../../../shared/date.ts'
import { Refusal } from '../../../shared/problem.ts'
import {
  SUGGESTION_STATES,
  type AnswerBody,
  type SuggestionState,
  type VetoBody,
  type Voice,
} from '../../../shared/suggestion.ts'
import type { Access, Person } from '../../access/access.ts'
import { actingTrusts, awaitedSide, transition, type MoveEvent } from './lifecycle.ts'

/** A suggestion as the road sees it, locked for the length of a transaction. */
interface Move {
  readonly id: string
  readonly entryId: number
  readonly capacityId: number
  readonly fromTrust: string
  readonly toTrust: string
  readonly toSite: string
  readonly step: string
  readonly day: string
  readonly state: SuggestionState
  readonly version: number
}

export interface RoadOptions {
  readonly db: Database
  readonly access: Access
  /** Milliseconds since 1970. */
  readonly now: () => number
}

interface Step {
  readonly event: MoveEvent
  readonly person: Person
  /** Version the person was looking at; null when the event does not depend on it. */
  readonly version: number
  readonly requestId: string
}

/**
 * Records one yes or no. [MOV-41..MOV-46, MOV-48]
 * @throws Refusal `not-found`; `out-of-date` when somebody else was first; `not-yours` for the wrong trust or role, a
 *   veto by somebody who is no clinician included;
 *   `conflict` when it is another side's turn or the slot has gone
 */
export async function answer(
  options: RoadOptions,
  id: string,
  body: AnswerBody,
  by: Omit<Step, 'event'>,
): Promise<void> {
  const event: MoveEvent = `${body.side}:${body.answer}`
  if (body.reasonCode === 'clinicianVeto' && by.person.role !== 'clinician') {
    throw new Refusal(
      'not-yours',
      "A veto is a clinician's own: have one sign in and say it, or give the reason under another code.",
    )
  }
  await step(options, id, { ...by, event }, async (tx, move, at) => {
    await say(tx, move, by.person, body, at)
    return body.answer === 'no' ? `${body.side}: ${body.reasonCode ?? 'no'}` : null
  })
}

/**
 * A clinician's no, whoever's turn it is and however far the move has come, while it lives: it ends there, its slot is
 * free again, and no move of that patient for that step is suggested any more. [MOV-53]
 * @throws Refusal as `answer`; `conflict` when it has ended
 */
export async function veto(
  options: RoadOptions,
  id: string,
  body: VetoBody,
  by: Omit<Step, 'event'>,
): Promise<void> {
  await step(options, id, { ...by, event: 'veto' }, async (tx, move, at) => {
    await say(tx, move, by.person, { ...body, side: 'clinician', answer: 'no' }, at)
    return `clinician: ${body.reasonCode}`
  })
}

/** Writes down who said what. */
async function say(
  tx: TransactionSql,
  move: Move,
  { id, name, organisation }: Person,
  said: Omit<AnswerBody, 'side'> & { readonly side: Voice },
  at: string,
): Promise<void> {
  await tx`
    insert into suggestion_answer
      (suggestion_id, side, answer, reason_code, note, person_id, person_name, organisation, at)
    values (${move.id}, ${said.side}, ${said.answer}, ${said.reasonCode ?? null}, ${said.note ?? null},
      ${id}, ${name}, ${organisation}, ${at})`
}

/** Carries an agreed move on: minimum data set sent, received, completed; or a review opened. [MOV-46] */
export async function advance(options: RoadOptions, id: string, by: Step): Promise<void> {
  await step(options, id, by, async (tx, move, at) => {
    const today = londonDate(Date.parse(at))
    if (by.event === 'sendMds')
      await tx`update transfer set sent_on = ${today} where suggestion_id = ${move.id}`
    if (by.event === 'receive')
      await tx`update transfer set received_on = ${today} where suggestion_id = ${move.id}`
    return null
  })
}

/**
 * One step along the road in one transaction: lock, check version, right and table, hold or free the slot, write, audit,
 * and tell everybody through the change log. `record` writes what is particular to the event and gives the reason a
 * suggestion closed with, if it did.
 */
async function step(
  { db, access, now }: RoadOptions,
  id: string,
  by: Step,
  record: (tx: TransactionSql, move: Move, at: string) => Promise<string | null>,
): Promise<void> {
  const at = new Date(now()).toISOString()
  await db.scoped({ kind: 'system', name: 'reassignment' }, async (tx) => {
    const [move] = await tx<Move[]>`
      select id, entry_id as "entryId", capacity_id as "capacityId", from_trust as "fromTrust",
        to_trust as "toTrust", to_site as "toSite", step, day, state, version
      from suggestion where id = ${id} for update`
    if (move === undefined || !maySee(by.person, move)) {
      throw new Refusal(
        'not-found',
        'No such suggestion, or none of your trust. GET /api/suggestions lists yours.',
      )
    }
    const right = by.event === 'veto' ? 'suggestion:veto' : 'suggestion:answer'
    access.require(by.person, right, actingTrusts(by.event, move))
    if (move.version !== by.version) throw outOfDate(move)
    const next = transition(move.state, by.event)
    if (next === null) throw notNow(move, by.event)

    if (next.slot === 'hold') await holdSlot(tx, move)
    if (next.slot === 'release') await releaseSlot(tx, move)
    const closedReason = await record(tx, move, at)
    await tx`
      update suggestion set state = ${next.to}, version = version + 1, updated_at = ${at},
        slot_held = ${next.slot === 'hold' ? true : next.slot === 'release' ? false : tx`slot_held`},
        closed_reason = ${closedReason}
      where id = ${move.id}`
    if (next.to === 'accepted') await agreeTransfer(tx, move, at)
    await access.audit(tx, {
      person: by.person,
      action: `suggestion:${by.event}`,
      subject: `suggestion:${move.id}`,
      requestId: by.requestId,
    })
    await appendChanges(
      tx,
      [
        {
          topic: 'suggestions',
          kind: 'suggestions',
          entryIds: [move.entryId],
          payload: { ids: [move.id], by: by.person.id },
        },
        ...(next.slot === 'none'
          ? []
          : [
              {
                topic: 'capacity' as const,
                kind: 'capacity',
                payload: { site: move.toSite, step: move.step, days: [move.day] },
              },
            ]),
      ],
      at,
    )
  })
}

/** Promises one slot; the row lock and the check make the promise exclusive however many ask at once. [MOV-43] */
async function holdSlot(tx: TransactionSql, move: Move): Promise<void> {
  const held = await tx`
    update capacity set promised = promised + 1 where id = ${move.capacityId} and promised < slots returning id`
  if (held.length === 0) {
    throw new Refusal(
      'conflict',
      'The slot has gone to somebody else since. A new suggestion follows if there is another.',
    )
  }
}

/** Frees the slot of a move that has ended. */
export async function releaseSlot(
  tx: TransactionSql,
  move: { readonly capacityId: number },
): Promise<void> {
  await tx`update capacity set promised = promised - 1 where id = ${move.capacityId} and promised > 0`
}

async function agreeTransfer(tx: TransactionSql, move: Move, at: string): Promise<void> {
  await tx`
    insert into transfer (id, entry_id, suggestion_id, from_trust, to_trust, to_site, step, day, agreed_at)
    values (${randomUUID()}, ${move.entryId}, ${move.id}, ${move.fromTrust}, ${move.toTrust}, ${move.toSite},
      ${move.step}, ${move.day}, ${at})`
}

function maySee(person: Person, move: Move): boolean {
  return person.organisation === move.fromTrust || person.organisation === move.toTrust
}

function outOfDate(move: Move): Refusal {
  return new Refusal(
    'out-of-date',
    `Somebody was first: it is now "${SUGGESTION_STATES[move.state]}". Look again, then answer with If-Match "${move.version}".`,
    { state: move.state, version: move.version },
  )
}

function notNow(move: Move, event: MoveEvent): Refusal {
  const awaited = awaitedSide(move.state)
  const waits = awaited === null ? 'It waits for no answer' : `It waits for the ${awaited}`
  return new Refusal(
    'conflict',
    `"${SUGGESTION_STATES[move.state]}" does not allow ${event}. ${waits}.`,
    {
      state: move.state,
      awaited,
    },
  )
}
