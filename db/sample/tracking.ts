import type { Step } from '../../shared/vocabulary.ts'
import type { SampleTrust } from './alliance.ts'
import { iso } from './facts.ts'
import type { Draft, View } from './facts.ts'
import { normal, pick, randomOf, weighted, whole } from './random.ts'
import type { Random, Weighted } from './random.ts'
import { stageOf } from './stage.ts'
import type { Stage } from './stage.ts'
import { travelMinutes } from './travel.ts'

const TRACKING_STREAM = 6
const RISK_SHARE = 0.45
const FIT_SHARE = 0.85
const PRIORITY_SHARE = 0.8
const BODY_SHARE = 0.3
/** A trust does not always say the step; then it is worked out from the facts. */
const UNSAID_CLINIC_SHARE = 0.4
const TESTS_WITHOUT_PRIORITY: ReadonlySet<Step> = new Set(['clinic', 'mdt'])

const NOTES: Readonly<Record<Stage['phase'], readonly [string, ...string[]]>> = {
  beforeFirstSeen: [
    'Triaged, awaiting first appointment',
    'Referral vetted, clinic to offer a date',
    'Offered a date and declined, to be offered again',
  ],
  testing: [
    'Request with radiology, date awaited',
    'Test requested, not yet vetted',
    'Pre-assessment done',
    'First report inconclusive, further test asked for',
  ],
  awaitingOutcome: [
    'Report back, outcome letter to be sent',
    'Awaiting histology',
    'For discussion at the next MDT',
  ],
  planning: ['Diagnosis given, treatment plan to be agreed', 'Oncology opinion awaited'],
  awaitingTreatment: [
    'Plan agreed, date awaited',
    'Pre-operative assessment booked',
    'On the treatment waiting list',
  ],
}
const ACTIONS: Readonly<Record<Stage['phase'], readonly [string, ...string[]]>> = {
  beforeFirstSeen: ['Confirm clinic date', 'Telephone to offer an earlier slot'],
  testing: ['Chase the test date', 'Ask whether another site has a slot', 'Chase the report'],
  awaitingOutcome: ['Confirm outcome with the clinician', 'List for MDT', 'Chase histology'],
  planning: ['Book the clinic to agree a plan', 'Chase the oncology letter'],
  awaitingTreatment: ['Confirm the treatment date', 'Check fitness for the date'],
}
const OWNERS = [
  'Pathway navigator',
  'MDT coordinator',
  'Clinical nurse specialist',
  'Booking team',
] as const

/** What a PTL extract says beyond the national items: the step, its booking, priority, notes, next action. */
export function tracking(facts: Draft, view: View, holder: SampleTrust): void {
  const { life, population } = view
  const day = population.asOfDay
  const random = randomOf(population.seed, life.id, TRACKING_STREAM)
  const stage = stageOf(population.seed, life, day)
  booking(facts, view, holder, stage, random)
  priority(facts, stage, random)
  risk(facts, view, stage, random)
  if (random() < BODY_SHARE) {
    facts.performanceStatus = weighted(random, PERFORMANCE).status
    facts.bmi = Math.round(Math.min(52, Math.max(16, 27.5 + 5 * normal(random))) * 10) / 10
  }
  const started = life.upgradedDay ?? life.receivedDay
  const noteDay = Math.max(started, day - whole(random, 0, 9))
  facts.trackingNote = `${pick(random, NOTES[stage.phase])} (synthetic)`
  facts.trackingNoteOn = iso(noteDay)
  facts.nextAction = pick(random, ACTIONS[stage.phase])
  facts.nextActionOwner = pick(random, OWNERS)
  facts.nextActionDueOn = iso(day + whole(random, -3, 9))
  const isLate = day - started > 55 && facts.stepBookedOn === undefined
  facts.escalated = isLate && random() < 0.4
}

function booking(
  facts: Draft,
  view: View,
  holder: SampleTrust,
  stage: Stage,
  random: Random,
): void {
  const day = view.population.asOfDay
  const u = random()
  const unsaid = random() < UNSAID_CLINIC_SHARE && stage.step === 'clinic'
  if (!unsaid) {
    facts.step = stage.step
    facts.stepRequestedOn = iso(Math.min(stage.requestedDay, day))
  }
  if (u >= bookedShare(stage.dueDay - day)) return
  facts.stepBookedOn = iso(workingDay(stage.dueDay))
  facts.stepBookedSite = siteFor(view, holder, stage.step, facts.homeSite)
}

/** Nothing is booked for a weekend: the Monday after. Day 0 was a Thursday. */
function workingDay(day: number): number {
  const weekday = (day + 3) % 7
  return weekday < 5 ? day : day + 7 - weekday
}

/** The nearer the day, the likelier it is booked. What is not booked is the queue that others could take from. */
function bookedShare(daysAway: number): number {
  if (daysAway <= 3) return 0.95
  if (daysAway <= 7) return 0.75
  if (daysAway <= 14) return 0.45
  return daysAway <= 28 ? 0.2 : 0.05
}

/** The person's own site, else their trust's, else the nearest of the alliance that does it. */
function siteFor(view: View, holder: SampleTrust, step: Step, home: string | undefined): string {
  const offering = holder.sites.filter((site) => site.steps.includes(step))
  const own = offering.find((site) => site.code === home) ?? offering[0]
  if (own !== undefined) return own.code
  let nearest = holder.sites[0]
  let least = Infinity
  for (const site of view.population.alliance.sites) {
    const minutes = travelMinutes(holder.sites[0], site)
    if (minutes < least && site.steps.includes(step)) {
      least = minutes
      nearest = site
    }
  }
  return nearest.code
}

function priority(facts: Draft, stage: Stage, random: Random): void {
  const u = random()
  const [scale, codes] = scaleOf(stage.step, facts.tumour === 'lowerGi')
  const code = weighted(random, codes).code
  if (u >= PRIORITY_SHARE || TESTS_WITHOUT_PRIORITY.has(stage.step)) return
  facts.priority = { scale, code, setOn: iso(stage.requestedDay) }
}

type Codes = Weighted<{ readonly code: string }>

function scaleOf(
  step: Step,
  isLowerGi: boolean,
): readonly ['surgery' | 'sact' | 'radiotherapy' | 'colonoscopy' | 'diagnostics', Codes] {
  if (step === 'surgery') return ['surgery', SURGERY]
  if (step === 'sact') return ['sact', SACT]
  if (step === 'radiotherapy') return ['radiotherapy', RADIOTHERAPY]
  return step === 'colonoscopy' && isLowerGi
    ? ['colonoscopy', COLONOSCOPY]
    : ['diagnostics', DIAGNOSTICS]
}

/** Nearly all urgent cancer surgery is P2; an emergency is rare on a list of people who wait. */
const SURGERY: Codes = [
  { weight: 74, code: 'P2' },
  { weight: 21, code: 'P3' },
  { weight: 4, code: 'P4' },
  { weight: 1, code: 'P1b' },
]
const SACT: Codes = [
  { weight: 3, code: '1' },
  { weight: 4, code: '2' },
  { weight: 3, code: '3' },
  { weight: 2, code: '4' },
  { weight: 1, code: '5' },
]
const RADIOTHERAPY: Codes = [
  { weight: 3, code: '3' },
  { weight: 5, code: '4' },
  { weight: 2, code: '5' },
]
const COLONOSCOPY: Codes = [
  { weight: 2, code: 'EP1' },
  { weight: 4, code: 'EP2' },
  { weight: 3, code: 'EP3' },
]
const DIAGNOSTICS: Codes = [
  { weight: 6, code: 'D2' },
  { weight: 3, code: 'D3' },
  { weight: 1, code: 'D4' },
]
const PERFORMANCE: Weighted<{ readonly status: number }> = [
  { weight: 55, status: 0 },
  { weight: 28, status: 1 },
  { weight: 12, status: 2 },
  { weight: 5, status: 3 },
]

/** FIT for the bowel, and for some a calibrated probability of cancer: it is the one the life was drawn with. */
function risk(facts: Draft, view: View, stage: Stage, random: Random): void {
  const { life } = view
  const fit = Math.exp((life.cancer ? 4.6 : 2.6) + 1.1 * normal(random))
  if (random() < FIT_SHARE && life.tumour === 'lowerGi' && life.route === 'usc') {
    facts.fit = Math.round(Math.min(400, fit) * 10) / 10
  }
  const untold = stage.phase === 'beforeFirstSeen' || stage.phase === 'testing'
  if (random() < RISK_SHARE && untold && life.route === 'usc') {
    facts.riskScore = Math.round(life.risk * 1000) / 1000
  }
}
