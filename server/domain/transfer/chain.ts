import type { IsoDate } from '../../../shared/date.ts'
import { daysBetween } from '../../../shared/date.ts'
import type { EntryFacts } from '../../../shared/entry.ts'
import { dayOf } from '../clock/day.ts'

/** Care handed from one trust to another. The received date ends the 38 days. [IPT-2] */
export interface Transfer {
  readonly from: string
  readonly to: string
  /** The day it was decided and asked for. */
  readonly requestedOn: IsoDate | null
  /** The day the whole minimum data set had arrived. */
  readonly receivedOn: IsoDate | null
}

/** The transfer of one record, as its trust reported it; null where it names no two ends. [IPT-2] */
export function transferOf(facts: EntryFacts, trust: string): Transfer | null {
  const { iptRequestedOn, iptReceivedOn } = facts
  if (facts.iptReferrer === undefined && facts.iptReceiver === undefined) return null
  return {
    from: facts.iptReferrer ?? trust,
    to: facts.iptReceiver ?? trust,
    requestedOn: iptRequestedOn ?? null,
    receivedOn: iptReceivedOn ?? null,
  }
}

/**
 * The transfers of a pathway put in order, each once, the useless left out. [IPT-3]
 *
 * Two trusts report the same transfer, one its sending and one its receipt: same ends and dates that do not
 * disagree make one. A transfer to oneself, or received before it was asked for, moves nobody.
 */
export function chainOf(transfers: readonly Transfer[]): readonly Transfer[] {
  const chain: Transfer[] = []
  for (const transfer of [...transfers].sort(byDate)) {
    if (transferProblem(transfer) !== null) continue
    const same = chain.findIndex((known) => sameTransfer(known, transfer))
    const known = chain[same]
    if (known === undefined) chain.push(transfer)
    else chain[same] = joined(known, transfer)
  }
  return chain.sort(byDate)
}

/** What makes a transfer unusable, in words; null when nothing does. [IPT-3] */
export function transferProblem(transfer: Transfer): string | null {
  if (transfer.from === transfer.to) return 'a transfer from a trust to itself'
  if (transfer.requestedOn === null && transfer.receivedOn === null)
    return 'a transfer without a date'
  if (dayOf(transfer.receivedOn ?? undefined) < dayOf(transfer.requestedOn ?? undefined)) {
    return 'received before it was requested'
  }
  return null
}

/**
 * The trust that holds the patient on a day: a transfer moves them on the day it is received. [IPT-3]
 * @param first the trust that held them before any transfer
 */
export function holderOn(chain: readonly Transfer[], first: string, on: IsoDate): string {
  let holder = first
  for (const transfer of chain) {
    if (transfer.receivedOn !== null && transfer.receivedOn <= on) holder = transfer.to
  }
  return holder
}

export interface HandOver {
  readonly state: 'due' | 'overdue' | 'sent' | 'inTime' | 'late'
  /** Both dates known and in order: the minimum data set was sent and received. [IPT-4] */
  readonly clean: boolean
  /** Adjusted day on which it was received, or where it stands on `asOf`; day 38 is in time. */
  readonly day: number
  readonly dueOn: IsoDate
}

/**
 * How the hand-over of a 62-day pathway stands. [IPT-4]
 * @param dueOn day 38 after adjustments: `start + 38 + first-seen adjustments`
 */
export function handOver(
  transfer: Transfer | null,
  dueOn: IsoDate,
  asOf: IsoDate,
  handOverDays = 38,
): HandOver {
  const receivedOn = transfer?.receivedOn ?? null
  const requestedOn = transfer?.requestedOn ?? null
  const arrived = receivedOn !== null && receivedOn <= asOf
  const sent = requestedOn !== null && requestedOn <= asOf
  const until = arrived ? receivedOn : asOf
  const day = handOverDays + daysBetween(dueOn, until)
  const late = day > handOverDays
  if (arrived) {
    const clean = requestedOn !== null && requestedOn <= receivedOn
    return { state: late ? 'late' : 'inTime', clean, day, dueOn }
  }
  const state = late ? 'overdue' : sent ? 'sent' : 'due'
  return { state, clean: false, day, dueOn }
}

function byDate(a: Transfer, b: Transfer): number {
  const [first, second] = [dateOf(a), dateOf(b)]
  if (first !== second) return first < second ? -1 : 1
  return `${a.from} ${a.to}` < `${b.from} ${b.to}` ? -1 : 1
}

function dateOf(transfer: Transfer): string {
  return transfer.receivedOn ?? transfer.requestedOn ?? ''
}

function sameTransfer(a: Transfer, b: Transfer): boolean {
  return (
    a.from === b.from &&
    a.to === b.to &&
    agree(a.requestedOn, b.requestedOn) &&
    agree(a.receivedOn, b.receivedOn) &&
    transferProblem(joined(a, b)) === null
  )
}

function agree(a: IsoDate | null, b: IsoDate | null): boolean {
  return a === null || b === null || a === b
}

function joined(a: Transfer, b: Transfer): Transfer {
  return {
    from: a.from,
    to: a.to,
    requestedOn: a.requestedOn ?? b.requestedOn,
    receivedOn: a.receivedOn ?? b.receivedOn,
  }
}
