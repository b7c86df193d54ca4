import t from 'tap'
import type { Test } from 'tap'
import {
  DTT_IN_TIME,
  FDS_BAND_ENDS,
  REFERRALS,
  RTT_BAND_ENDS,
  TREATED_BY_WAIT,
  publishedCancer,
} from '../../db/sample/figures.ts'
import type { RttRoute } from '../../db/sample/figures.ts'
import { checkDigit } from '../../db/sample/nhs-number.ts'
import { entriesOf } from '../../db/sample/pathway.ts'
import type { SampleEntry } from '../../db/sample/pathway.ts'
import { populationOf } from '../../db/sample/population.ts'
import { shareWithin, waitAt } from '../../db/sample/waits.ts'
import { clocks } from '../../server/domain/clock/clock.ts'
import { openState } from '../../server/domain/clock/open.ts'
import { nhsNumberProblem } from '../../server/domain/quality/nhs-number.ts'
import { clockStops } from '../../server/domain/transfer/stops.ts'
import type { IsoDate } from '../../shared/date.ts'
import { entryFacts, identity } from '../../shared/entry.ts'

/*
 * The sample is counted as the service counts any alliance, halves and all, and held to the published figures.
 */

const AS_OF = '2026-11-20' as IsoDate
const population = populationOf({ seed: 20, asOf: AS_OF, pathways: 4_000, trusts: 8 })
const trustOfSite = new Map(population.alliance.sites.map((site) => [site.code, site.trust]))

/** People, those in time, those past day 104. */
interface Tally {
  people: number
  inTime: number
  past104: number
}

function add(tally: Tally, share: number, inTime: boolean, waitDays: number): void {
  tally.people += share
  if (inTime) tally.inTime += share
  if (waitDays > 104) tally.past104 += share
}

function tallyOf(tallies: Map<string, Tally>, key: string): Tally {
  const found = tallies.get(key) ?? { people: 0, inTime: 0, past104: 0 }
  tallies.set(key, found)
  return found
}

const told = new Map<string, Tally>()
const treated = new Map<string, Tally>()
const byTumour = new Map<string, Tally>()
const decided: Tally = { people: 0, inTime: 0, past104: 0 }
const toldByTrust = new Map<string, Tally>()
const closed: SampleEntry[] = []
let closedEntries = 0
const people = new Map<string, string>()
const pathways = new Set<string>()

for (const life of population.closedLives(0, Infinity)) {
  for (const entry of entriesOf(population, life)) {
    closedEntries += 1
    if (closedEntries % 40 === 0) closed.push(entry)
    note(entry)
    const stops = clockStops(entry.facts, entry.trust, (site) => trustOfSite.get(site), AS_OF)
    for (const stop of stops) {
      const { share, inTime, waitDays } = stop
      if (stop.standard === 'fds28') {
        const way = `${stop.route} ${entry.facts.referralType ?? ''}`
        add(tallyOf(told, way), share, inTime, waitDays)
        add(tallyOf(toldByTrust, stop.trust), share, inTime, waitDays)
      } else if (stop.standard === 'dtt31') add(decided, share, inTime, waitDays)
      else {
        const cancer = publishedCancer(stop.tumour)
        add(tallyOf(treated, `${stop.route} ${cancer}`), share, inTime, waitDays)
        add(tallyOf(byTumour, cancer), share, inTime, waitDays)
      }
    }
  }
}

const open = [...population.openLives()].flatMap((life) => {
  const entries = entriesOf(population, life)
  entries.forEach(note)
  return entries
})

/** One NHS number, one person: the same name and birthday wherever it comes again. */
function note({ facts, identity: who }: SampleEntry): void {
  pathways.add(facts.ppid ?? '')
  const number = who.nhsNumber ?? ''
  const person = `${who.name ?? ''} ${who.dateOfBirth ?? ''} ${who.hospitalNumber ?? ''}`
  const known = people.get(number)
  if (known !== undefined && known !== person) people.set('two people', number)
  people.set(number, person)
}

t.test('a banded table gives back its bands, and the last one a tail', async (t) => {
  const counts = [10, 30, 60]
  t.equal(waitAt(0, counts, [14, 28], 10, 100), 0)
  t.equal(waitAt(0.0999, counts, [14, 28], 10, 100), 14)
  t.equal(waitAt(0.1, counts, [14, 28], 10, 100), 15)
  t.equal(waitAt(0.3999, counts, [14, 28], 10, 100), 28)
  t.equal(waitAt(0.4, counts, [14, 28], 10, 100), 29)
  t.equal(waitAt(1, counts, [14, 28], 10, 100), 29 + 100)
  t.equal(shareWithin(28, counts, [14, 28]), 0.4)
})

t.test('people told by way of referral are as many as published', async (t) => {
  const all = sum([...told.values()].map((tally) => tally.people))
  const published = sum(REFERRALS.map((referral) => sum(referral.told)))
  for (const referral of REFERRALS) {
    const share = tallyOf(told, `${referral.route} ${referral.referralType}`).people / all
    near(
      t,
      share,
      sum(referral.told) / published,
      0.006,
      `${referral.route} ${referral.referralType}`,
    )
  }
})

t.test('people told in 28 days are as many as published, by way of referral', async (t) => {
  for (const referral of REFERRALS) {
    const tally = tallyOf(told, `${referral.route} ${referral.referralType}`)
    if (tally.people < 300) continue
    const published = shareWithin(28, referral.told, FDS_BAND_ENDS)
    near(
      t,
      tally.inTime / tally.people,
      published,
      0.015 + 3 * error(published, tally.people),
      `${referral.route} ${referral.referralType}`,
    )
  }
})

t.test(
  'people treated in 62 days and after day 104 are as many as published, by route and cancer',
  async (t) => {
    let compared = 0
    for (const [key, tally] of treated) {
      const [route, cancer] = key.split(' ') as [RttRoute, keyof (typeof TREATED_BY_WAIT)['usc']]
      const bands = TREATED_BY_WAIT[route][cancer]
      if (bands === undefined || tally.people < 150) continue
      const within = shareWithin(62, bands, RTT_BAND_ENDS)
      const past = 1 - shareWithin(104, bands, RTT_BAND_ENDS)
      near(t, tally.inTime / tally.people, within, 0.02 + 3 * error(within, tally.people), key)
      near(
        t,
        tally.past104 / tally.people,
        past,
        0.015 + 3 * error(past, tally.people),
        `${key} past 104`,
      )
      compared += 1
    }
    t.ok(compared > 20, `${String(compared)} routes and cancers were compared`)
  },
)

t.test('62 days by cancer, all routes, stand near the national month', async (t) => {
  // % in time and % after day 104, England, September 2025. The mix of routes is an alliance's, hence 5 points.
  const national: Readonly<Record<string, readonly [number, number]>> = {
    skin: [82.5, 3.5],
    prostate: [62.3, 12.6],
    breast: [68.0, 4.6],
    lung: [61.8, 11.7],
    lowerGi: [59.8, 10.8],
    urological: [59.2, 17.2],
    gynaecological: [58.0, 9.9],
    hpb: [77.5, 9.1],
    headNeck: [55.2, 12.3],
    lymphoma: [64.9, 9.9],
    upperGi: [67.1, 7.9],
    haematological: [90.0, 2.2],
    other: [77.0, 6.2],
  }
  for (const [cancer, [within, past]] of Object.entries(national)) {
    const tally = tallyOf(byTumour, cancer)
    near(t, tally.inTime / tally.people, within / 100, 0.05, `${cancer} in 62 days`)
    near(t, tally.past104 / tally.people, past / 100, 0.03, `${cancer} past 104`)
  }
  const all = [...byTumour.values()]
  const people = sum(all.map((tally) => tally.people))
  near(t, sum(all.map((tally) => tally.inTime)) / people, 0.68, 0.03, 'all cancers')
})

t.test('31 days from decision to treatment are kept as often as published', async (t) => {
  near(t, decided.inTime / decided.people, DTT_IN_TIME, 0.012, 'first and subsequent')
})

t.test(
  'tight trusts are slower than loose ones, so that pooling has something to do',
  async (t) => {
    const rates = population.alliance.trusts.map(({ code, strain }) => {
      const tally = tallyOf(toldByTrust, code)
      return { strain, rate: tally.inTime / tally.people }
    })
    rates.sort((a, b) => a.strain - b.strain)
    const [loosest] = rates
    const tightest = rates.at(-1)
    t.ok((loosest?.rate ?? 0) - (tightest?.rate ?? 0) > 0.15)
  },
)

t.test(
  'the open list is a cross-section: its size as asked, its long waits as plausible',
  async (t) => {
    t.equal(population.openIds.length, 4_000)
    const waits = open.flatMap(({ facts }) => clocks(facts, AS_OF).rtt62?.waitDays ?? [])
    const past = (days: number): number => waits.filter((wait) => wait > days).length / waits.length
    t.ok(past(62) > 0.05 && past(62) < 0.14, `${String(past(62))} past day 62`)
    t.ok(past(104) > 0.008 && past(104) < 0.04, `${String(past(104))} past day 104`)
    const perMonth = closedEntries / 24
    t.ok(perMonth / 4_000 > 0.9 && perMonth / 4_000 < 1.25, `${String(perMonth)} closed a month`)
  },
)

t.test(
  'every entry is what the shared schema takes, and open or closed as the rules say',
  async (t) => {
    let wrong = 0
    for (const entry of [...open, ...closed]) {
      const sound =
        entryFacts.safeParse(entry.facts).success && identity.safeParse(entry.identity).success
      if (!sound || openState(entry.facts).open !== entry.open) wrong += 1
    }
    t.equal(wrong, 0)
    t.ok(open.length > 4_000, 'a transferred pathway stands on two lists')
  },
)

t.test('a transferred pathway is reported by two trusts under one identifier', async (t) => {
  const byPathway = new Map<string, SampleEntry[]>()
  for (const entry of open) {
    const key = `${entry.facts.ppidIssuer ?? ''}:${entry.facts.ppid ?? ''}`
    byPathway.set(key, [...(byPathway.get(key) ?? []), entry])
  }
  const twice = [...byPathway.values()].filter((entries) => entries.length > 1)
  t.ok(twice.length > 20)
  for (const [first, second] of twice) {
    t.not(first?.trust, second?.trust)
    t.equal(first?.facts.iptReceiver, second?.trust)
    t.ok(second?.facts.iptReceivedOn !== undefined)
  }
})

t.test(
  'NHS numbers are of the 999 range, valid, and one to a person; names and postcodes show what they are',
  async (t) => {
    t.notOk(people.has('two people'), 'no number has two people')
    const distinct = new Set(people.values())
    t.equal(distinct.size, people.size, 'no person has two numbers')
    for (const number of people.keys()) {
      if (/^999\d{7}$/.test(number) && checkDigit(number.slice(0, 9)) === Number(number[9]))
        continue
      t.fail('a number out of the range, or with a wrong check digit')
    }
    t.equal(
      open.filter(({ identity: who }) => nhsNumberProblem(who.nhsNumber ?? '') !== null).length,
      0,
    )
    for (const { identity: who } of open) {
      if (who.name?.startsWith('Zz') !== true || who.postcode?.startsWith('ZZ99 ') !== true) {
        t.fail('somebody not visibly synthetic')
      }
    }
    t.ok(people.size < pathways.size - 100, 'some people have more than one pathway')
  },
)

t.test('risk scores are calibrated: as many have cancer as the scores add up to', async (t) => {
  let expected = 0
  let found = 0
  // Of recent arrivals those without cancer have closed and those with it have not: older ones tell.
  for (const life of population.closedLives(450, 720)) {
    if (life.route !== 'usc') continue
    expected += life.risk
    if (life.cancer) found += 1
  }
  near(t, found / expected, 1, 0.05, 'found over expected')
})

function near(t: Test, found: number, wanted: number, tolerance: number, what: string): void {
  const off = Math.abs(found - wanted)
  t.ok(off <= tolerance, `${what}: ${found.toFixed(4)} where ${wanted.toFixed(4)} is published`)
}

/** Standard error of a share. */
function error(share: number, people: number): number {
  return Math.sqrt((share * (1 - share)) / people)
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, value) => total + value, 0)
}
