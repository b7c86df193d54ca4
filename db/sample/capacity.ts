import type { CapacityDay } from '../../shared/capacity.ts'
import type { Step } from '../../shared/vocabulary.ts'
import type { SampleSite, SampleTrust } from './alliance.ts'
import { iso } from './facts.ts'
import { entriesOf } from './pathway.ts'
import type { Population } from './population.ts'
import { randomOf } from './random.ts'

/** Slots of one step at one site: the body of one `PUT /api/capacity/{site}/{step}`. */
export interface SampleCapacity {
  readonly site: string
  readonly step: Step
  readonly days: readonly CapacityDay[]
}

const CAPACITY_STREAM = 7
const WEEKS = 6
const PROBES = 4_000
/** An unbooked person is seen in about so many weeks where there is room for everybody. */
const QUEUE_WEEKS = 2.5
/** MDT discussions are no slots that somebody from elsewhere could take. */
export const WITHOUT_SLOTS: ReadonlySet<Step> = new Set(['mdt'])
export const NOTICE_DAYS: Readonly<Partial<Record<Step, number>>> = {
  colonoscopy: 4,
  ogd: 2,
  petCt: 3,
  ebus: 3,
  eus: 3,
  ctBiopsy: 3,
  usBiopsy: 2,
  prostateBiopsy: 3,
  surgery: 8,
  sact: 5,
  radiotherapy: 6,
}

/**
 * Free slots of the next six weeks, working days. Tight trusts have fewer than their queue wants and keep them;
 * loose ones have more and open most to the alliance: that is what makes pooling worth it.
 */
export function* capacityOf(population: Population): Generator<SampleCapacity> {
  const { alliance, seed } = population
  const queues = queuesOf(population)
  for (const [index, trust] of alliance.trusts.entries()) {
    const ease = easeOf(trust)
    for (const [place, step] of offered(trust)) {
      const sites = trust.sites.filter((site) => site.steps.includes(step))
      const others = alliance.trusts.filter((other) => !offers(other, step))
      const offering = alliance.trusts.length - others.length
      const guests = others.reduce((sum, other) => sum + queueOf(queues, other, step), 0) / offering
      const weekly = (queueOf(queues, trust, step) * ease + guests) / QUEUE_WEEKS
      for (const site of sites) {
        const key = index * 1000 + place * 10 + sites.indexOf(site)
        const random = randomOf(seed, key, CAPACITY_STREAM)
        const open = random() < openShare(trust, guests > 0)
        const days = daysOf(population, weekly / sites.length / WORKING_DAYS, random, {
          open,
          noticeDays: NOTICE_DAYS[step] ?? 1,
        })
        if (days.length > 0) yield { site: site.code, step, days }
      }
    }
  }
}

const WORKING_DAYS = 5

/** Slots of a trust for each that its queue wants: above 1 it has some to spare. */
export function easeOf({ strain }: SampleTrust): number {
  return Math.min(1.7, Math.max(0.3, 0.95 - 0.5 * strain))
}

/** Part of a trust's sites that open a step to others; one that few can do is open nearly everywhere. */
function openShare({ strain }: SampleTrust, isShared: boolean): number {
  return isShared ? 0.95 : Math.min(0.85, Math.max(0.08, 0.4 - 0.3 * strain))
}

/** Whether a site opens its slots of a step to the alliance: the same answer as `capacityOf` gives. */
export function isOpened({
  alliance,
  seed,
}: Population): (siteCode: string, step: Step) => boolean {
  const opened = new Set<string>()
  for (const [index, trust] of alliance.trusts.entries()) {
    for (const [place, step] of offered(trust)) {
      const isShared = alliance.trusts.some((other) => !offers(other, step))
      const sites = trust.sites.filter((site) => site.steps.includes(step))
      for (const [at, site] of sites.entries()) {
        const random = randomOf(seed, index * 1000 + place * 10 + at, CAPACITY_STREAM)
        if (random() < openShare(trust, isShared)) opened.add(`${site.code} ${step}`)
      }
    }
  }
  return (siteCode, step) => opened.has(`${siteCode} ${step}`)
}

function daysOf(
  population: Population,
  perDay: number,
  random: () => number,
  kind: { readonly open: boolean; readonly noticeDays: number },
): CapacityDay[] {
  const days: CapacityDay[] = []
  for (let ahead = 1; ahead <= WEEKS * 7; ahead++) {
    const day = population.asOfDay + ahead
    if ((day + 3) % 7 >= WORKING_DAYS) continue
    // Lists are held on some days and not on others; on the whole they come to `perDay`.
    const slots = Math.floor(perDay * (0.4 + 1.2 * random()) + random())
    if (slots > 0) {
      days.push({
        day: iso(day),
        slots,
        openToAlliance: kind.open,
        noticeDays: kind.noticeDays,
      })
    }
  }
  return days
}

function offered(trust: SampleTrust): readonly (readonly [number, Step])[] {
  const steps = new Set(trust.sites.flatMap((site: SampleSite) => site.steps))
  return [...steps]
    .filter((step) => !WITHOUT_SLOTS.has(step))
    .map((step, at) => [at, step] as const)
}

function offers(trust: SampleTrust, step: Step): boolean {
  return trust.sites.some((site) => site.steps.includes(step))
}

type Queues = ReadonlyMap<string, number>

function queueOf(queues: Queues, trust: SampleTrust, step: Step): number {
  return queues.get(`${trust.code} ${step}`) ?? 0
}

/** People waiting unbooked by trust and step, counted on some thousands of the list and scaled up. */
function queuesOf(population: Population): Queues {
  const every = Math.max(1, Math.floor(population.openIds.length / PROBES))
  const queues = new Map<string, number>()
  for (let at = 0; at < population.openIds.length; at += every) {
    for (const { trust, facts } of entriesOf(
      population,
      population.life(population.openIds[at] ?? 0),
    )) {
      if (facts.stepBookedOn !== undefined) continue
      const key = `${trust} ${facts.step ?? 'clinic'}`
      queues.set(key, (queues.get(key) ?? 0) + every)
    }
  }
  return queues
}
