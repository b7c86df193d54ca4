import type { DayNumber, IsoDate } from '../../shared/date.ts'
import { toIso } from '../../shared/date.ts'
import type { EntryFacts } from '../../shared/entry.ts'
import type { Tumour } from '../../shared/vocabulary.ts'
import type { SampleSite, SampleTrust } from './alliance.ts'
import type { Life } from './life.ts'
import type { Population } from './population.ts'
import { pick, whole } from './random.ts'
import type { Random } from './random.ts'
import { treatmentOf } from './stage.ts'
import { TUMOUR_SHAPES } from './tumours.ts'

/** Facts in the making. */
export type Draft = { -readonly [Name in keyof EntryFacts]: EntryFacts[Name] }

/** One pathway as it is looked at: by whom, and how much of its life is known. */
export interface View {
  readonly population: Population
  readonly life: Life
  readonly home: SampleTrust
  readonly away: SampleTrust | null
  /** The receiving trust has the pathway. */
  readonly arrived: boolean
  readonly open: boolean
  /** Events of later days are not known. */
  readonly day: number
  readonly random: Random
}

const DIAGNOSTIC_DELAYS = ['02', '07', '18', '24', '11', '03'] as const
const TREATMENT_DELAYS = ['05', '07', '10', '16', '18', '04'] as const
const EXCLUSIONS = ['02', '03', '04', '05', '01'] as const
const UPGRADE_SOURCES = ['05', '04', '10', '01', '11'] as const
/**
 * The national list of primary sites of the 28-day pathway could not be read: two digits of the right form, by
 * the order of our groups. Some are left out, as in life, so that the quality of a feed has something to show.
 */
const PRIMARY_SITE = Object.fromEntries(
  Object.keys(TUMOUR_SHAPES).map((tumour, at) => [tumour, String(at + 1).padStart(2, '0')]),
) as Readonly<Record<Tumour, string>>
const PRIMARY_SITE_SHARE = 0.93
const COMMENTS = [
  'No slot in time at any of our sites (synthetic)',
  'Result repeated at the request of the MDT (synthetic)',
  'Away from home for two weeks (synthetic)',
] as const
const COMMENT_SHARE = 0.15

/** Referral, upgrade, first appointment. National items 5 to 19. */
export function referred(facts: Draft, view: View): void {
  const { life, home, random, day } = view
  const source = random()
  const before = whole(random, 0, 3)
  const site = siteOf(home, random())
  const upgradeSource = pick(random, UPGRADE_SOURCES)
  if (life.route === 'subsequent') return
  const isUpgrade = life.upgradedDay !== null
  const isScreening = life.route === 'screening'
  facts.referralSource = isUpgrade
    ? upgradeSource
    : isScreening
      ? '17'
      : life.tumour === 'headNeck' && source < 0.25
        ? '92'
        : '03'
  facts.priorityType = isUpgrade ? (source < 0.5 ? '1' : '2') : isScreening ? '2' : '3'
  if (!isUpgrade) facts.decisionToReferOn = iso(life.receivedDay - before)
  facts.receivedOn = iso(life.receivedDay)
  if (life.referralType !== null) facts.referralType = life.referralType
  if (life.upgradedDay !== null) {
    facts.upgradedOn = iso(life.upgradedDay)
    facts.upgradeSite = home.sites[0].code
  }
  if (life.firstSeenDay <= day) {
    facts.firstSeenOn = iso(life.firstSeenDay)
    facts.firstSeenSite = site.code
    if (life.firstSeenAdjustmentDays > 0) {
      facts.firstSeenAdjustmentDays = life.firstSeenAdjustmentDays
      facts.firstSeenAdjustmentReason = '3'
    }
  }
}

/** Status and diagnosis. */
export function diagnosed(facts: Draft, view: View): void {
  const { life, random, day } = view
  const shape = TUMOUR_SHAPES[life.tumour]
  const diagnosis = pick(random, shape.diagnoses)
  const side = random() < 0.5 ? 'L' : 'R'
  facts.tumour = life.tumour
  facts.patientStatus = statusOf(view)
  if (!life.cancer || (life.toldDay ?? 0) > day) return
  facts.diagnosis = diagnosis
  facts.laterality = shape.sided ? side : '8'
}

/** The end of the 28-day pathway. Upgrades are not on it. */
export function told(facts: Draft, view: View): void {
  const { life, home, open, random, day } = view
  const exclusion = pick(random, EXCLUSIONS)
  const delay = pick(random, DIAGNOSTIC_DELAYS)
  const comment = commentOf(random)
  if (life.toldDay === null || life.toldDay > day) return
  // An outcome that is not cancer closes the pathway: while it is open nobody has recorded it.
  if (!life.cancer && open) return
  if (life.route === 'upgrade') {
    if (life.cancer) return
    facts.closedOn = iso(life.toldDay)
    facts.closedReason = 'cancer ruled out'
    return
  }
  facts.fdsEndReason = endReasonOf(life)
  if (random() < PRIMARY_SITE_SHARE) facts.fdsPrimarySite = PRIMARY_SITE[life.tumour]
  facts.toldOn = iso(life.toldDay)
  facts.toldSite = facts.firstSeenSite ?? home.sites[0].code
  if (life.ending === 'excluded') facts.fdsExclusion = exclusion
  else if (life.toldDay - life.receivedDay - life.firstSeenAdjustmentDays > 28) {
    facts.fdsDelayReason = delay
    if (comment !== null) facts.fdsDelayComment = comment
  }
}

/** The transfer, each side its half. */
export function transferred(facts: Draft, view: View, side: 'sending' | 'receiving'): void {
  const { life, home, away, day } = view
  const transfer = life.transfer
  if (transfer === null || away === null || transfer.requestedDay > day) return
  const reason = transfer.purpose === 'treatment' ? '04' : '01'
  facts.iptRequestedOn = iso(transfer.requestedDay)
  facts.iptReferrer = home.code
  facts.iptReceiver = away.code
  if (side === 'sending') facts.iptReferringReason = reason
  else {
    facts.iptReceivedOn = iso(transfer.receivedDay)
    facts.iptReceivingReason = reason
  }
  if (side === 'sending' && life.dttDay !== null && life.dttDay < transfer.receivedDay) {
    if (life.dttDay <= day) {
      facts.dttOn = iso(life.dttDay)
      facts.dttSite = home.sites[0].code
    }
  }
}

/** Decision to treat and treatment, as the trust that treats reports them. */
export function treated(facts: Draft, view: View): void {
  const { life, home, away, open, random, day, population } = view
  const pausedDelay = pick(random, TREATMENT_DELAYS)
  const comment = commentOf(random)
  if (life.dttDay === null || life.treatedDay === null || life.dttDay > day) return
  const isHandedOver = life.transfer?.purpose === 'treatment' && away !== null
  const here = isHandedOver ? away : home
  const decidedBefore = isHandedOver && life.dttDay < life.transfer.receivedDay
  facts.dttOn = iso(life.dttDay)
  facts.dttSite = (decidedBefore ? home : here).sites[0].code
  if (open) return
  const treatment = treatmentOf(population.seed, life)
  facts.modality = treatment.modality
  facts.treatedOn = iso(life.treatedDay)
  facts.treatmentSite = here.sites[0].code
  facts.treatmentEvent = life.route === 'subsequent' ? '02' : '01'
  facts.clinicalTrial = '02'
  facts.careSetting = treatment.setting
  const pause = life.treatmentAdjustmentDays
  if (pause > 0) {
    facts.treatmentAdjustmentDays = pause
    facts.treatmentAdjustmentReason = '8'
  }
  if (life.treatedDay - life.dttDay - pause > 31) facts.dttDelayReason = '05'
  if (life.route === 'subsequent') return
  const start = life.upgradedDay ?? life.receivedDay
  if (life.treatedDay - start - pause - life.firstSeenAdjustmentDays <= 62) return
  if (life.upgradedDay === null) {
    facts.rttDelayReason = pausedDelay
    if (comment !== null) facts.rttDelayComment = comment
  } else {
    facts.upgradeDelayReason = pausedDelay
    if (comment !== null) facts.upgradeDelayComment = comment
  }
}

/** The main hospital as often as not. */
function siteOf(trust: SampleTrust, u: number): SampleSite {
  const clinics = trust.sites.filter((site) => site.steps.includes('clinic'))
  return clinics[u < 0.6 ? 0 : Math.floor(u * clinics.length)] ?? trust.sites[0]
}

function statusOf(view: View): string {
  const { life, open, day } = view
  if (life.route === 'subsequent') return open ? '13' : '21'
  if (!life.cancer) {
    if (!open) return '03'
    return life.route === 'breastSymptomatic' ? '09' : '14'
  }
  if (!open) return '08'
  if (life.dttDay !== null && life.dttDay <= day) return '11'
  if (life.toldDay !== null && life.toldDay <= day) return '10'
  return life.route === 'breastSymptomatic' ? '09' : '14'
}

function endReasonOf(life: Life): string {
  if (life.cancer) return '01'
  if (life.ending === 'excluded') return '03'
  return life.ending === 'intervalScan' ? '04' : '02'
}

function commentOf(random: Random): string | null {
  const comment = pick(random, COMMENTS)
  return random() < COMMENT_SHARE ? comment : null
}

/** The date of a day; days come again in every pathway, so the text is made once. */
export function iso(day: number): IsoDate {
  const known = DATES.get(day)
  if (known !== undefined) return known
  const date = toIso(day as DayNumber)
  DATES.set(day, date)
  return date
}

const DATES = new Map<number, IsoDate>()
