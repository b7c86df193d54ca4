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

/** Who says so: the record of a trust, or this service, which carried the move through. */
export type Source =
  { readonly kind: 'record'; readonly trust: string } | { readonly kind: 'service' }

/** A transfer as one source tells it. */
export interface Report {
  readonly transfer: Transfer
  readonly source: Source
}

/** All that is told of one transfer. */
type Told = [Report, ...Report[]]

/** The transfer of one record as a report of its trust; none where it names no two ends. */
export function reportOf(facts: EntryFacts, trust: string): readonly Report[] {
  const transfer = transferOf(facts, trust)
  return transfer === null ? [] : [{ transfer, source: { kind: 'record', trust } }]
}

/** A transfer put together from all who tell of it. */
export interface Leg extends Transfer {
  /** Each once: the receiving trust, this service, the referring trust, then others by code. */
  readonly sources: readonly Source[]
  /** Two of them give different dates; those shown are of whoever is nearest to the event. */
  readonly disputed: boolean
}

/**
 * The transfers of a pathway put in order, each once, the useless left out. [IPT-3]
 *
 * Two trusts report the same transfer, one its sending and one its receipt: same ends, and a day requested or
 * received in common, or a request that the receipt answers. The receiving trust's word on the receipt goes first, the
 * referring trust's on the request. A transfer to oneself, or received before it was asked for, moves nobody.
 */
export function legsOf(reports: readonly Report[]): readonly Leg[] {
  const groups: Told[] = []
  for (const report of [...reports].sort(byReport)) {
    if (transferProblem(report.transfer) !== null) continue
    const group = groups.find((known) => isSame(legOf(known), report.transfer))
    if (group === undefined) groups.push([report])
    else group.push(report)
  }
  return groups.map(legOf).sort(byDate)
}

/** What makes a transfer unusable, in words; null when nothing does. [IPT-3] */
export function transferProblem(transfer: Transfer): string | null {
  if (transfer.from === transfer.to) return 'a transfer from a trust to itself'
  if (transfer.requestedOn === null && transfer.receivedOn === null)
    return 'a transfer without a date'
  const backwards = isBefore(transfer.receivedOn, transfer.requestedOn)
  return backwards ? 'received before it was requested' : null
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

function legOf(group: Told): Leg {
  const { from, to } = group[0].transfer
  const byReceiver = [...group].sort((a, b) => nearness(a, to, from) - nearness(b, to, from))
  const byReferrer = [...group].sort((a, b) => nearness(a, from, to) - nearness(b, from, to))
  const requests = byReferrer.flatMap(({ transfer }) => transfer.requestedOn ?? [])
  const receipts = byReceiver.flatMap(({ transfer }) => transfer.receivedOn ?? [])
  return {
    ...{ from, to, requestedOn: requests[0] ?? null, receivedOn: receipts[0] ?? null },
    sources: distinct(byReceiver.map(({ source }) => source)),
    disputed: new Set(requests).size > 1 || new Set(receipts).size > 1,
  }
}

/** Order in which sources are believed: the trust at that end, this service, the trust at the other, others. */
function nearness({ source }: Report, near: string, far: string): number {
  if (source.kind === 'service') return 1
  return source.trust === near ? 0 : source.trust === far ? 2 : 3
}

function distinct(sources: readonly Source[]): readonly Source[] {
  return [...new Map(sources.map((source) => [nameOf(source), source])).values()]
}

function nameOf(source: Source): string {
  return source.kind === 'service' ? '' : source.trust
}

/** A total order, so that the same reports in any order make the same legs. */
function byReport(a: Report, b: Report): number {
  const order = byDate(a.transfer, b.transfer)
  return order === 0 ? compare(nameOf(a.source), nameOf(b.source)) : order
}

function byDate(a: Transfer, b: Transfer): number {
  return compare(keyOf(a), keyOf(b))
}

function keyOf(transfer: Transfer): string {
  const { from, to, requestedOn, receivedOn } = transfer
  return [receivedOn ?? requestedOn, from, to, requestedOn].join(' ')
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** A request of the same ends that has not been received is answered by the next receipt, whatever else is said of it. */
function isSame(a: Transfer, b: Transfer): boolean {
  if (a.from !== b.from || a.to !== b.to) return false
  if (a.receivedOn === null) return !isBefore(b.receivedOn, a.requestedOn)
  if (b.receivedOn === null) return !isBefore(a.receivedOn, b.requestedOn)
  if (a.receivedOn === b.receivedOn) return true
  return a.requestedOn !== null && a.requestedOn === b.requestedOn
}

/** False where either day is not known. */
function isBefore(a: IsoDate | null, b: IsoDate | null): boolean {
  return dayOf(a ?? undefined) < dayOf(b ?? undefined)
}
