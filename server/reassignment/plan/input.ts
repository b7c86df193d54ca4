import { addDays, toDay, type DayNumber, type IsoDate } from '../../../shared/date.ts'
import type { RefusalReason, Voice } from '../../../shared/suggestion.ts'
import type { Step } from '../../../shared/vocabulary.ts'
import { planDeadlines } from '../../domain/plan/deadlines.ts'
import type { PlanPatient, PlanRefusal } from '../../domain/plan/model.ts'
import type { LiveEntry } from '../../list/live-list.ts'
import type { Bucket } from '../capacity/capacity.ts'

/** Where nothing is known of a trust's own queue for a step, the wait assumed at home. Local, dated 2026-11-01. [MOV-14; L] */
const ASSUMED_HOME_WAIT_DAYS = 21
/** A trust that publishes slots is assumed to go on after the last published day. [MOV-14; L] */
const BEYOND_PUBLISHED_DAYS = 7

/** A no somebody gave, as stored. */
export interface StoredRefusal {
  readonly entryId: number
  readonly side: Voice
  readonly reasonCode: RefusalReason | null
  readonly toTrust: string
  readonly step: Step
  readonly day: IsoDate
}

/** A move already agreed, as stored: the step it covers is as good as booked, and once completed as good as done. */
export interface StoredTransfer {
  readonly entryId: number
  readonly step: Step | null
  readonly day: IsoDate | null
  readonly toTrust: string
  readonly completed: boolean
}

/** What is known beyond the list itself, for every patient of one plan. */
export interface PlanContext {
  readonly today: IsoDate
  readonly mainSiteOf: ReadonlyMap<string, string>
  readonly lastOwnDay: ReadonlyMap<string, IsoDate>
  readonly refusals: ReadonlyMap<number, readonly StoredRefusal[]>
  readonly transfers: ReadonlyMap<number, readonly StoredTransfer[]>
}

/** The last day on which each trust has published slots of its own, by `trust step`. */
export function lastOwnDays(capacity: readonly Bucket[]): Map<string, IsoDate> {
  const last = new Map<string, IsoDate>()
  for (const bucket of capacity) {
    const key = `${bucket.trust} ${bucket.step}`
    const known = last.get(key)
    if (bucket.slots > 0 && (known === undefined || bucket.day > known)) last.set(key, bucket.day)
  }
  return last
}

/** An entry of the list as the planner looks at it. */
export function planPatient(entry: LiveEntry, context: PlanContext): PlanPatient {
  const { facts } = entry
  const agreed = context.transfers.get(entry.id)?.find((one) => one.step === entry.step)
  const requestedOn = facts.stepRequestedOn
  return {
    id: entry.id,
    trust: entry.trust,
    homeSite: facts.homeSite ?? facts.firstSeenSite ?? context.mainSiteOf.get(entry.trust) ?? null,
    tumour: entry.tumour,
    step: entry.step,
    deadlines: entry.step === null ? [] : planDeadlines(entry.deadlines, entry.step),
    expectedStayDay: expectedStayDay(entry, context),
    travelLimitMinutes: facts.travelLimitMinutes ?? null,
    bookedOn: upcoming(facts.stepBookedOn ?? agreed?.day ?? null, context.today),
    ageYears: facts.ageYears ?? null,
    clinical: {
      bmi: facts.bmi,
      asa: facts.asa,
      performanceStatus: facts.performanceStatus,
      anaesthetic: facts.anaesthetic,
      laterality: facts.laterality,
      needs: facts.needs,
    },
    // asked for again after the day it was done elsewhere: then it is another one
    doneElsewhere:
      agreed?.completed === true &&
      (requestedOn === undefined || agreed.day === null || requestedOn <= agreed.day),
    midTransfer: facts.iptRequestedOn !== undefined && facts.iptReceivedOn === undefined,
    refused: (context.refusals.get(entry.id) ?? []).flatMap((no) =>
      no.step === entry.step ? [planRefusal(no)] : [],
    ),
    pathwayKey: entry.pathwayId === null ? null : String(entry.pathwayId),
  }
}

/** The day the step is expected at home if no slot in sight goes to this person. [MOV-14] */
function expectedStayDay(entry: LiveEntry, context: PlanContext): DayNumber {
  const last =
    entry.step === null ? undefined : context.lastOwnDay.get(`${entry.trust} ${entry.step}`)
  return toDay(
    last === undefined
      ? addDays(context.today, ASSUMED_HOME_WAIT_DAYS)
      : addDays(last, BEYOND_PUBLISHED_DAYS),
  )
}

function upcoming(day: IsoDate | null, today: IsoDate): IsoDate | null {
  return day !== null && day >= today ? day : null
}

/** How far a no reaches: a date that did not suit bars that day, a wish to stay or a clinician's veto bars every trust, else that trust. [MOV-44, MOV-53] */
function planRefusal(no: StoredRefusal): PlanRefusal {
  if (no.reasonCode === 'datesUnsuitable') return { toTrust: no.toTrust, toSite: null, day: no.day }
  return no.side === 'clinician' || STAYS.has(no.reasonCode ?? 'other')
    ? { toTrust: null, toSite: null, day: null }
    : { toTrust: no.toTrust, toSite: null, day: null }
}

const STAYS: ReadonlySet<RefusalReason> = new Set([
  'clinicallyUnsuitable',
  'needsLocalTeam',
  'prefersToWait',
  'alreadyBooked',
  'clinicianVeto',
])
