import type { DayNumber } from '../../shared/date.ts'
import type { ReplayAssumption } from '../../shared/replay.ts'
import type { Step } from '../../shared/vocabulary.ts'
import { DEFAULT_PLAN_SETTINGS } from '../../server/domain/plan/model.ts'
import { defaultPolicy } from '../../server/domain/rank/default-policy.ts'
import type {
  ReplayClock,
  ReplayPathway,
  ReplaySlots,
  ReplayStage,
} from '../../server/domain/replay/model.ts'
import { ASSUMED, type ReplayFrame } from '../../server/domain/replay/replay.ts'
import type { SampleSite, SampleTrust } from './alliance.ts'
import { NOTICE_DAYS, WITHOUT_SLOTS, easeOf, isOpened } from './capacity.ts'
import type { Life } from './life.ts'
import { HISTORY_DAYS, type Population } from './population.ts'
import { randomOf } from './random.ts'
import { stageOf } from './stage.ts'
import { travelMinutes } from './travel.ts'

const WEEKS = 52
const WEEK_DAYS = 7
/** Three answers and a letter take their time: nobody is moved nearer than this, nor anybody else booked. */
const LEAST_NOTICE_DAYS = 3
const ANSWER_STREAM = 9
const SPARE_STREAM = 10
/** No pathway is longer on the list. */
const OLDEST_DAYS = HISTORY_DAYS + 440

/**
 * The 52 weeks before the sample's list, as they happened: the pathways that were open in them, closed or not since, and
 * a slot for every step that was done. They end so early that every slot a plan looks ahead to is known. [MOV-60]
 */
export function sampleYear(population: Population): ReplayFrame {
  const { asOfDay, seed, alliance } = population
  const settled = asOfDay - DEFAULT_PLAN_SETTINGS.horizonDays
  // day 4 of 1970 was a Monday
  const to = (settled - ((((settled - 4) % WEEK_DAYS) + WEEK_DAYS) % WEEK_DAYS)) as DayNumber
  const from = (to - WEEKS * WEEK_DAYS) as DayNumber
  const hosts = hostsOf(population)
  const pathways: ReplayPathway[] = []
  for (const life of livesOf(population)) {
    if (life.endedDay < from || startOf(life) >= asOfDay) continue
    const pathway = pathwayOf(seed, life, alliance.trusts, hosts)
    if (pathway !== null) pathways.push(pathway)
  }
  const siteOf = new Map(alliance.sites.map((site) => [site.code, site]))
  return {
    period: {
      from,
      to,
      pathways: pathways.sort((a, b) => a.id - b.id),
      slots: slotsOf(population, pathways, from),
      travelMinutes: (one, other) => {
        const [a, b] = [siteOf.get(one), siteOf.get(other)]
        return a === undefined || b === undefined ? null : travelMinutes(a, b)
      },
    },
    answer: (id, stage, trust) =>
      randomOf(
        seed,
        id * 64 + stage,
        ANSWER_STREAM + 100 * alliance.trusts.findIndex(({ code }) => code === trust),
      )(),
    assumptions: [
      {
        name: 'Size',
        value: `${String(population.pathways)} pathways open at once`,
        statedOn: ASSUMED.statedOn,
        why: 'The synthetic alliance, the same for the same seed; nothing here is about real patients.',
      },
      ...ASSUMPTIONS,
    ],
  }
}

const ASSUMPTIONS: readonly ReplayAssumption[] = [
  {
    name: 'Notice',
    value: `the site's own, ${String(LEAST_NOTICE_DAYS)} days at least`,
    statedOn: ASSUMED.statedOn,
    why: 'So that three can answer and a letter arrives. What was done sooner than that is left as it was, and so are MDT discussions.',
  },
  {
    name: 'Slots opened to others',
    value: 'the share of sites that open them now',
    statedOn: ASSUMED.statedOn,
    why: 'By site and step as in the capacity the sample comes with, for the whole year: trusts with long waits open little.',
  },
  {
    name: 'Steps a trust does not do',
    value: 'counted at the nearest that does',
    statedOn: ASSUMED.statedOn,
    why: 'Such patients go there already, plan or no plan: that is no move.',
  },
]

function* livesOf(population: Population): Generator<Life> {
  yield* population.openLives()
  yield* population.closedLives(0, OLDEST_DAYS)
}

function startOf(life: Life): number {
  return life.upgradedDay ?? life.receivedDay
}

function pathwayOf(
  seed: number,
  life: Life,
  trusts: readonly SampleTrust[],
  hosts: Hosts,
): ReplayPathway | null {
  const startOn = startOf(life)
  const stages: ReplayStage[] = []
  for (let day = startOn; day < life.endedDay;) {
    const { step, requestedDay, dueDay } = stageOf(seed, life, day)
    const askedOn = Math.max(requestedDay, stages.at(-1)?.doneOn ?? startOn)
    const doneOn = Math.max(dueDay, day + 1, askedOn)
    stages.push(stageFor({ step, askedOn, doneOn }))
    day = doneOn
  }
  const home = trusts[life.trust]
  if (stages.length === 0 || home === undefined) return null
  const at = (day: number): number => {
    const index = stages.findIndex(({ doneOn }) => doneOn >= day)
    return index < 0 ? stages.length - 1 : index
  }
  return {
    id: life.id,
    trust: home.code,
    tumour: life.tumour,
    startOn: startOn as DayNumber,
    stages,
    clocks: clocksOf(life, at),
  }

  function stageFor(one: { step: Step; askedOn: number; doneOn: number }): ReplayStage {
    const days = { askedOn: one.askedOn as DayNumber, doneOn: one.doneOn as DayNumber }
    if (WITHOUT_SLOTS.has(one.step) || one.doneOn - one.askedOn <= noticeOf(one.step)) {
      return { step: one.step, ...days, at: null }
    }
    const { transfer } = life
    const gone = transfer !== null && transfer.receivedDay <= one.doneOn
    const site = hosts(gone ? transfer.toTrust : life.trust, one.step, life.id)
    const place = site === null ? null : { trust: site.trust, site: site.code }
    return { step: one.step, ...days, at: place }
  }
}

function clocksOf(life: Life, at: (day: number) => number): ReplayClock[] {
  const { fds28, dtt31, rtt62 } = defaultPolicy.standards
  const first = life.firstSeenAdjustmentDays
  const pause = life.treatmentAdjustmentDays
  const clocks: ReplayClock[] = []
  if (life.route !== 'subsequent') {
    if (life.upgradedDay === null && life.toldDay !== null) {
      clocks.push({
        ...{ kind: 'fds28', startsAt: -1, days: 28 + first, stopsAt: at(life.toldDay) },
        weightPerDayLate: fds28.late,
      })
    }
    clocks.push({
      ...{ kind: 'rtt62', startsAt: -1, days: 62 + first + pause, stopsAt: at(life.endedDay) },
      weightPerDayLate: rtt62.late,
    })
  }
  if (life.dttDay !== null && life.treatedDay !== null && life.treatedDay > life.dttDay) {
    const startsAt = life.route === 'subsequent' ? -1 : at(life.dttDay)
    clocks.push({
      ...{ kind: 'dtt31', startsAt, days: 31 + pause, stopsAt: at(life.treatedDay) },
      weightPerDayLate: dtt31.late,
    })
  }
  return clocks
}

/** The site where a trust's patient has a step: its own, else the nearest trust's that does it; null: nowhere. */
type Hosts = (trust: number, step: Step, pathway: number) => SampleSite | null

function hostsOf({ alliance }: Population): Hosts {
  const known = new Map<string, readonly SampleSite[]>()
  return (trust, step, pathway) => {
    const key = `${String(trust)} ${step}`
    let sites = known.get(key)
    if (sites === undefined) known.set(key, (sites = find(trust, step)))
    return sites[pathway % sites.length] ?? null
  }

  function find(index: number, step: Step): readonly SampleSite[] {
    const home = alliance.trusts[index]
    if (home === undefined) return []
    const offering = alliance.trusts
      .map(({ code, sites }) => ({ code, sites: sites.filter((one) => one.steps.includes(step)) }))
      .filter(({ sites }) => sites.length > 0)
    const far = ({ sites }: { readonly sites: readonly SampleSite[] }): number =>
      Math.min(...sites.map((site) => travelMinutes(home.sites[0], site)))
    const own = offering.find(({ code }) => code === home.code)
    return own?.sites ?? offering.sort((a, b) => far(a) - far(b))[0]?.sites ?? []
  }
}

function noticeOf(step: Step): number {
  return Math.max(LEAST_NOTICE_DAYS, NOTICE_DAYS[step] ?? 1)
}

function slotsOf(
  population: Population,
  pathways: readonly ReplayPathway[],
  from: number,
): ReplaySlots[] {
  const opened = isOpened(population)
  const found = new Map<string, ReplaySlots & { used: number }>()
  for (const { stages } of pathways) {
    for (const { step, doneOn, at } of stages) {
      if (at === null || doneOn < from) continue
      const key = `${at.site} ${step} ${String(doneOn)}`
      const known = found.get(key)
      if (known !== undefined) {
        known.used++
        continue
      }
      const openToAlliance = opened(at.site, step)
      const noticeDays = noticeOf(step)
      found.set(key, { ...at, step, day: doneOn, used: 1, spare: 0, openToAlliance, noticeDays })
    }
  }
  const { seed, alliance } = population
  const roomy = new Set(alliance.trusts.filter((one) => easeOf(one) > 1).map(({ code }) => code))
  // in an order of its own, whatever order the pathways came in
  return [...found]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, slots], at) => {
      if (!roomy.has(slots.trust)) return slots
      const spare = slots.used * ASSUMED.spareShare + randomOf(seed, at, SPARE_STREAM)()
      return { ...slots, spare: Math.floor(spare) }
    })
}
