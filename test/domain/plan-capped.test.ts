import t from 'tap'
import { openBook } from '../../server/domain/plan/book.ts'
import type { ImportCap } from '../../server/domain/plan/caps/parts.ts'
import { solveCapped, type CappedSolution } from '../../server/domain/plan/caps/capped.ts'
import { certifyCapped } from '../../server/domain/plan/caps/certificate.ts'
import { certify } from '../../server/domain/plan/certificate.ts'
import { lastDayAsGoodAs } from '../../server/domain/plan/cost.ts'
import { allianceOptions, stayDay } from '../../server/domain/plan/options.ts'
import { homeDays, plan } from '../../server/domain/plan/planner.ts'
import { solve } from '../../server/domain/plan/solve.ts'
import { quantise, STAY, toPoints } from '../../server/domain/plan/transport.ts'
import { input, patient, randomAlliance, slot } from './plan/alliance.ts'
import { openOracle, type Oracle } from './plan/highs-oracle.ts'
import { seeded } from './plan/random-problem.ts'

const TRUSTS = ['AAA', 'BBB', 'CCC', 'DDD']

function partOf(seed: number, patients: number) {
  const book = openBook(randomAlliance(seed, patients))
  const raw = allianceOptions(book, { day: homeDays(book, book.patients) })
  // to the solver's own units, so that both are asked the same
  const units = (points: number): number => toPoints(quantise(points))
  const problem = { ...raw, arcCost: raw.arcCost.map(units), stayCost: raw.stayCost.map(units) }
  return { book, problem }
}

/** Arcs by which patients of other trusts come to one. */
function importsInto({ book, problem }: ReturnType<typeof partOf>, trust: string): number[] {
  return book.patients.flatMap((one, row) => {
    if (one.trust === trust) return []
    const arcs: number[] = []
    const end = problem.patientStart[row + 1] ?? 0
    for (let arc = problem.patientStart[row] ?? 0; arc < end; arc++) {
      if (book.slots[problem.arcBucket[arc] ?? STAY]?.trust === trust) arcs.push(arc)
    }
    return arcs
  })
}

/** What is wrong with an answer within caps, held against HiGHS and against its own certificates; null: nothing. */
function fault(
  oracle: Oracle,
  part: ReturnType<typeof partOf>,
  caps: readonly ImportCap[],
  capped: CappedSolution,
): string | null {
  const limits = caps.map((cap) => ({ arcs: importsInto(part, cap.trust), most: cap.imports }))
  const least = oracle.leastCost(part.problem, { limits })
  if (least === null) return 'HiGHS found no optimum'
  const [solved] = capped.parts
  if (solved === undefined) return 'no answer'
  const { problem, best } = solved
  const taken = new Set(best.chosenArc)
  for (const [index, { arcs, most }] of limits.entries()) {
    const used = arcs.filter((arc) => taken.has(arc)).length
    if (used > most || used !== capped.caps[index]?.used) return 'a cap'
  }
  const network = certify(problem, best)
  if (!network.proved) return network.why
  const certificate = certifyCapped([part], capped)
  if (!certificate.kept) return certificate.why
  if (certificate.cost !== capped.cost) return 'the cost told'
  if (certificate.bound > capped.cost) return 'a bound above the cost'
  if (capped.bound > capped.cost) return 'a bound told above the cost'
  if (capped.gap > 0) return `a gap of ${String(capped.gap)}`
  return Math.abs(capped.cost - least) < 1e-6
    ? null
    : `${String(capped.cost)} where HiGHS has ${String(least)}`
}

t.test('MOV-52 the best plan within the caps, to the optimum of HiGHS', async (t) => {
  const oracle = await openOracle()
  let binding = 0
  let apart = 0
  let byPrices = 0
  const compare = (seed: number, patients: number, caps: readonly ImportCap[]): void => {
    const part = partOf(seed, patients)
    const capped = solveCapped([part], caps)
    const wrong = fault(oracle, part, caps, capped)
    if (wrong !== null) t.fail(`seed ${String(seed)}: ${wrong}`)
    if (capped.caps.some(({ points }) => points > 0)) binding++
    if (capped.cases > 0) apart++
    const certificate = certifyCapped([part], capped)
    if (certificate.kept && certificate.cost === certificate.bound) byPrices++
  }
  for (let seed = 1; seed <= 500; seed++) {
    const random = seeded(seed)
    const caps = TRUSTS.filter(() => random() < 0.6).map((trust) => ({
      trust,
      imports: Math.floor(random() * 5),
    }))
    compare(seed, 20 + (seed % 60), caps)
  }
  for (let seed = 501; seed <= 800; seed++) {
    compare(
      seed,
      20 + (seed % 60),
      TRUSTS.map((trust) => ({ trust, imports: seed % 3 })),
    )
  }
  for (let seed = 801; seed <= 830; seed++) {
    compare(
      seed,
      400,
      TRUSTS.map((trust, index) => ({ trust, imports: 4 + ((seed + 3 * index) % 11) })),
    )
  }
  t.ok(binding > 500, `a cap binds in ${String(binding)} of 830, ${String(apart)} by cases apart`)
  t.ok(byPrices > 700, `proved by the prices told in ${String(byPrices)} of 830`)
})

t.test(
  'MOV-20 MOV-52 one more slot saves under caps what solving again with it saves',
  async (t) => {
    let compared = 0
    let worth = 0
    let wrong = 0
    for (let seed = 1; seed <= 12; seed++) {
      const given = randomAlliance(seed, 25 + 5 * (seed % 9))
      const importCaps = TRUSTS.map((trust, index) => ({ trust, imports: (seed + index) % 6 }))
      const output = plan({ ...given, settings: { ...given.settings, importCaps } })
      const told = new Map(output.prices.map(({ capacityId, points }) => [capacityId, points]))
      const part = partOf(seed, 25 + 5 * (seed % 9))
      const { cost } = solveCapped([part], importCaps)
      for (const { index, id } of part.book.slots) {
        const capacity = part.problem.capacity.slice()
        capacity[index] = (capacity[index] ?? 0) + 1
        const more = { ...part, problem: { ...part.problem, capacity } }
        const saves = cost - solveCapped([more], importCaps).cost
        compared++
        if (saves > 0) worth++
        if (told.get(id) !== saves) wrong++
      }
    }
    t.equal(wrong, 0, `${String(compared)} slots, ${String(worth)} of them worth something`)
    t.ok(worth > 100)
  },
)

t.test('MOV-52 a cap that does not bind changes nothing and costs nothing', async (t) => {
  const part = partOf(3, 60)
  const free = solve(part.problem)
  const capped = solveCapped(
    [part],
    TRUSTS.map((trust) => ({ trust, imports: 1000 })),
  )
  t.equal(capped.cost, free.cost)
  t.equal(capped.gap, 0)
  t.same(
    capped.caps.map(({ points }) => points),
    [0, 0, 0, 0],
  )
})

t.test('MOV-52 by hand: of two who would come, the one it helps more comes', async (t) => {
  const late = patient(2, {
    deadlines: [{ dueDay: patient(2).expectedStayDay, weightPerDayLate: 1, breach: false }],
  })
  const given = (imports: number) =>
    input(
      [patient(1), { ...late, expectedStayDay: patient(1).expectedStayDay }, patient(3)],
      [slot(1, { free: 3 })],
      {
        settings: { importCaps: [{ trust: 'BBB', imports }] },
      },
    )
  t.equal(plan(given(2)).moves.length, 2)
  const one = plan(given(1))
  t.same(
    one.moves.map(({ patientId }) => patientId),
    [1],
    'a tie goes to the longer on the list',
  )
  t.match(one.caps, [{ trust: 'BBB', imports: 1, used: 1 }])
  const points = one.caps[0]?.points ?? 0
  t.ok(points >= 25.4 && points <= 25.42, `one more would save ${String(points)} at most`)
  t.equal(plan(given(0)).moves.length, 0)
  t.same(plan(given(0)).whyNot(1, 1)?.rule, 'MOV-52')
})

t.test(
  'MOV-19 MOV-52 caps push nobody past a deadline their own trust alone would meet',
  async (t) => {
    let moved = 0
    let binding = 0
    let wrong = 0
    for (let seed = 1; seed <= 60; seed++) {
      const given = randomAlliance(seed, 40 + (seed % 40))
      const importCaps = TRUSTS.map((trust, index) => ({ trust, imports: (seed + index) % 4 }))
      const book = openBook(given)
      const homeDay = homeDays(book, book.patients)
      const output = plan({ ...given, settings: { ...given.settings, importCaps } })
      if (output.caps.some(({ points }) => points > 0)) binding++
      moved += output.moves.length
      const slotOf = new Map(
        [...output.moves, ...output.home].map(({ patientId, capacityId }) => [
          patientId,
          capacityId,
        ]),
      )
      book.patients.forEach((one, row) => {
        const slotDay = book.slotOfId.get(slotOf.get(one.id) ?? -1)?.day
        const last = lastDayAsGoodAs(one.deadlines, homeDay[row] ?? stayDay(one))
        if (last !== null && (slotDay ?? stayDay(one)) > last) wrong++
      })
      for (const { trust, imports } of importCaps) {
        if (output.moves.filter(({ toTrust }) => toTrust === trust).length > imports) wrong++
      }
    }
    t.equal(wrong, 0, 'nobody, and no cap broken')
    t.ok(
      binding >= 30 && moved > 100,
      `caps bind in ${String(binding)} of 60, ${String(moved)} moves`,
    )
  },
)
