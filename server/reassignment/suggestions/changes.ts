import { randomUUID } from 'node:crypto'
import type { TransactionSql } from '../../../db/client.ts'
import { addDays, type IsoDate } from '../../../shared/date.ts'
import { LIVE_STATES, type SuggestionState } from '../../../shared/suggestion.ts'
import type { PlannedMove, ShownSuggestion } from '../../domain/plan/model.ts'
import type { LiveList } from '../../list/live-list.ts'
import { releaseSlot } from './answers.ts'
import type { Bucket } from '../capacity/capacity.ts'
import { transition } from './lifecycle.ts'
import type { PlanResult } from '../plan/messages.ts'
import { SHOWN_A_TRUST } from './shown-limit.ts'

/** A suggestion that was made or ended, and whose it is: both are told. */
export interface Touched {
  readonly id: string
  readonly entryId: number
  /** The slot that is free again with it. */
  readonly freed?: readonly [FreedSlot]
}

interface FreedSlot {
  readonly site: string
  readonly step: string
  readonly day: string
}

/** A live suggestion as stored. */
export type Shown = Omit<ShownSuggestion, 'answered'> & {
  readonly state: SuggestionState
  readonly fromTrust: string
}

/** Ends what the plan found wrong or beaten, unless somebody answered meanwhile in a way the road does not allow to undo. */
export async function withdraw(
  tx: TransactionSql,
  result: Pick<PlanResult, 'withdraw'>,
  at: string,
): Promise<Touched[]> {
  const ended: Touched[] = []
  for (const { id, why } of result.withdraw) {
    const one = await end(tx, id, 'withdraw', why, at)
    if (one !== null) ended.push(one)
  }
  return ended
}

/** Ends what nobody answered before the slot's notice ran out. [MOV-47] */
export async function expire(tx: TransactionSql, today: IsoDate, at: string): Promise<Touched[]> {
  const due = await tx<{ id: string }[]>`
    select s.id from suggestion s join capacity c on c.id = s.capacity_id
    where s.state = any(${[...LIVE_STATES]}) and s.state not in ('mdsSent', 'received') and c.day - c.notice_days < ${today}`
  const ended: Touched[] = []
  for (const { id } of due) {
    const one = await end(tx, id, 'expire', 'Not answered by all three in time for the slot', at)
    if (one !== null) ended.push(one)
  }
  return ended
}

async function end(
  tx: TransactionSql,
  id: string,
  event: 'withdraw' | 'expire',
  why: string,
  at: string,
): Promise<Touched | null> {
  const [row] = await tx<
    (FreedSlot & { entryId: number; capacityId: number; state: SuggestionState })[]
  >`
    select entry_id as "entryId", capacity_id as "capacityId", state, to_site as site, step, day
    from suggestion where id = ${id} for update`
  const next = row === undefined ? null : transition(row.state, event)
  if (row === undefined || next === null) return null
  if (next.slot === 'release') await releaseSlot(tx, row)
  await tx`
    update suggestion set state = ${next.to}, version = version + 1, slot_held = false, closed_reason = ${why},
      updated_at = ${at}
    where id = ${id}`
  const { entryId, site, step, day } = row
  return next.slot === 'release' ? { id, entryId, freed: [{ site, step, day }] } : { id, entryId }
}

/** Of the best new moves those that each referring trust can still look at. [MOV-50] */
export function choose(
  best: readonly PlannedMove[],
  { list, shown }: { readonly list: LiveList; readonly shown: Iterable<Shown> },
): PlannedMove[] {
  const unanswered = new Map<string, number>()
  const busy = new Set<number>()
  for (const one of shown) {
    busy.add(one.patientId)
    if (one.state === 'suggested' || one.state === 'referrerReview') {
      unanswered.set(one.fromTrust, (unanswered.get(one.fromTrust) ?? 0) + 1)
    }
  }
  // of two moves that save as much, the one higher on the list is shown
  const sorted = [...best].sort(
    (a, b) =>
      b.reason.saves - a.reason.saves ||
      list.position(a.patientId, {}, EVERYBODY) - list.position(b.patientId, {}, EVERYBODY),
  )
  return sorted.filter(({ patientId, fromTrust }) => {
    const already = unanswered.get(fromTrust) ?? 0
    if (already >= SHOWN_A_TRUST || busy.has(patientId)) return false
    unanswered.set(fromTrust, already + 1)
    return true
  })
}

const EVERYBODY = { personId: '', organisation: '', role: 'lead' } as const

/** Puts moves before people; who has a live suggestion by then is passed over. [MOV-45] */
export async function create(
  tx: TransactionSql,
  given: {
    readonly moves: readonly PlannedMove[]
    readonly bucketOf: (capacityId: number) => Bucket | undefined
    readonly list: LiveList
    readonly at: string
  },
): Promise<Touched[]> {
  const rows = given.moves.flatMap((move) => {
    const bucket = given.bucketOf(move.capacityId)
    const entry = given.list.entry(move.patientId)
    if (bucket === undefined || entry === undefined) return []
    return [
      {
        id: randomUUID(),
        entry_id: move.patientId,
        capacity_id: move.capacityId,
        from_trust: move.fromTrust,
        to_trust: move.toTrust,
        to_site: bucket.site,
        step: bucket.step,
        tumour: entry.tumour,
        day: bucket.day,
        state: 'suggested',
        reason: JSON.stringify(move.reason),
        created_at: given.at,
        updated_at: given.at,
        expires_at: `${addDays(bucket.day, -bucket.noticeDays)}T23:59:59Z`,
      },
    ]
  })
  if (rows.length === 0) return []
  return tx<Touched[]>`
    insert into suggestion (id, entry_id, capacity_id, from_trust, to_trust, to_site, step, tumour, day, state, reason,
      created_at, updated_at, expires_at)
    select id, entry_id, capacity_id, from_trust, to_trust, to_site, step, tumour, day, state, reason::jsonb,
      created_at, updated_at, expires_at
    from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as given (id uuid, entry_id bigint,
      capacity_id bigint, from_trust text, to_trust text, to_site text, step text, tumour text, day date, state text,
      reason text, created_at timestamptz, updated_at timestamptz, expires_at timestamptz)
    on conflict do nothing
    returning id, entry_id as "entryId"`
}
