import t from 'tap'
import { openBook } from '../../server/domain/plan/book.ts'
import type { ImportCap } from '../../server/domain/plan/cap-parts.ts'
import { solveCapped } from '../../server/domain/plan/capped.ts'
import { certify } from '../../server/domain/plan/certificate.ts'
import { lastDayAsGoodAs } from '../../server/domain/plan/cost.ts'
import { allianceOptions, stayDay } from '../../server/domain/plan/options.ts'
import { homeDays, plan } from '../../server/domain/plan/planner.ts'
import { solve } from '../../server/domain/plan/solve.ts'
import { quantise, STAY, toPoints } from '../../server/domain/plan/transport.ts'
import { input, patient, randomAlliance, slot } from './plan/alliance.ts'
import { openOracle } from './plan/highs-oracle.ts'
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

t.test('MOV-52 caps are kept, and the gap that is told holds against HiGHS', async (t) => {
  const oracle = await openOracle()
  let binding = 0
  let exact = 0
  let widest = 0
  for (let seed = 1; seed <= 60; seed++) {
    const random = seeded(seed)
    const part = partOf(seed, 30 + (seed % 50))
    const caps: ImportCap[] = TRUSTS.filter(() => random() < 0.6).map((trust) => ({
      trust,
      imports: Math.floor(random() * 5),
    }))
    const capped = solveCapped([part], caps)
    const limits = caps.map((cap) => ({
      arcs: importsInto(part, cap.trust),
      most: cap.imports,
    }))
    const least = oracle.leastCost(part.problem, { limits })
    if (least === null) {
      t.fail(`seed ${String(seed)}: HiGHS found no optimum`)
      continue
    }
    const taken = new Set(capped.parts[0]?.best.chosenArc)
    for (const [index, { arcs, most }] of limits.entries()) {
      const used = arcs.filter((arc) => taken.has(arc)).length
      if (used > most || used !== capped.caps[index]?.used) t.fail(`seed ${String(seed)}: a cap`)
    }
    for (const { problem, best } of capped.parts) {
      if (!certify(problem, best).proved) t.fail(`seed ${String(seed)}: the network core`)
    }
    const away = capped.cost - least
    if (away < -1e-6 || away > capped.gap + 1e-6) {
      t.fail(`seed ${String(seed)}: ${String(away)} away, told ${String(capped.gap)}`)
    }
    if (capped.caps.some(({ points }) => points > 0)) binding++
    if (Math.abs(away) < 1e-6) exact++
    widest = Math.max(widest, away)
  }
  t.ok(binding >= 20, `a cap binds in ${String(binding)} of 60`)
  t.ok(exact >= 55, `the optimum itself in ${String(exact)} of 60`)
  t.ok(widest <= 12, `furthest away ${widest.toFixed(2)} points`)
})

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
  t.ok(points >= 25.4 && points <= 25.6, `one more would save ${String(points)} at most`)
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
