import t from 'tap'
import { certify } from '../../server/domain/plan/certificate.ts'
import { components, type Component } from '../../server/domain/plan/components.ts'
import { denseOptimum } from '../../server/domain/plan/dense.ts'
import { solve } from '../../server/domain/plan/solve.ts'
import { STAY, toPoints, type TransportProblem } from '../../server/domain/plan/transport.ts'
import { openOracle } from './plan/highs-oracle.ts'
import { KINDS, problemOf, randomProblem, seeded } from './plan/random-problem.ts'

/** A component as a problem of its own, in points. */
function problemOfPart(part: Component): TransportProblem {
  return {
    patientStart: part.start,
    arcBucket: part.arcBucket,
    arcCost: part.arcCost.map(toPoints),
    stayCost: part.stayCost.map(toPoints),
    capacity: part.capacity,
  }
}

/** Total of a problem with every part solved by the dense way, each held to its certificate; null: not proved. */
function denseTotal(problem: TransportProblem): { cost: number; paths: number } | string {
  const parts = components(problem)
  let cost = 0
  let paths = 0
  const inPart = new Set<number>()
  for (const part of parts) {
    const { basis, pivots } = denseOptimum(part)
    const certificate = certify(problemOfPart(part), {
      assignment: basis.place.map((place) => (place === basis.bucketCount ? STAY : place)),
      chosenArc: basis.placeArc,
      price: basis.price.map(toPoints),
    })
    if (!certificate.proved) return certificate.why
    cost += certificate.cost
    paths += pivots
    for (const patient of part.patients) inPart.add(patient)
  }
  problem.stayCost.forEach((stay, patient) => {
    if (!inPart.has(patient)) cost += stay
  })
  return { cost, paths }
}

/** Everybody may choose nearly every bucket; few costs means many ties. */
function randomDense(random: () => number): TransportProblem {
  const whole = (limit: number): number => Math.floor(random() * limit)
  const patients = 1 + whole(30)
  const buckets = 1 + whole(30)
  const most = [1, 2, 5, 100, 10_000][whole(5)] ?? 1
  const stay = [2, 30, 20_000][whole(3)] ?? 2
  const share = random() < 0.5 ? 1 : 0.8
  const rows = Array.from({ length: patients }, () => ({
    stay: random() < 0.5 ? stay : whole(stay),
    choices: Array.from({ length: buckets }, (_, bucket) => ({
      bucket,
      points: whole(most) / (random() < 0.5 ? 1 : 64),
    })).filter(() => random() < share),
  }))
  const slots = random() < 0.5 ? 1 : 4
  return problemOf(
    rows,
    Array.from({ length: buckets }, () => (slots === 1 ? 1 : whole(slots + 1))),
  )
}

t.test('MOV-15 the dense way finds the optimum of HiGHS, proved, whatever is asked', async (t) => {
  const oracle = await openOracle()
  let worst = 0
  let paths = 0
  const compare = (problem: TransportProblem): void => {
    const least = oracle.leastCost(problem)
    const found = denseTotal(problem)
    if (least === null) t.fail('HiGHS found no optimum')
    else if (typeof found === 'string') t.fail(found)
    else {
      worst = Math.max(worst, Math.abs(found.cost - least))
      paths += found.paths
    }
  }
  for (const kind of KINDS) {
    const random = seeded(300 + KINDS.indexOf(kind))
    for (let round = 0; round < 120; round++) compare(randomProblem(random, kind, 40))
  }
  t.ok(worst < 1e-6, `sparse and degenerate: furthest ${String(worst)} points away`)
  const random = seeded(41)
  for (let round = 0; round < 1500; round++) compare(randomDense(random))
  t.ok(worst < 1e-6, `dense, with ties and without: furthest ${String(worst)} points away`)
  t.ok(paths > 1000, `${String(paths)} seats were found by a path`)
})

t.test('MOV-15 many choices are solved the dense way, the same total as the simplex', async (t) => {
  for (const [patients, buckets, slots, most, stay] of [
    [150, 150, 1, 100, 500],
    [150, 150, 1, 10_000, 20_000],
    [300, 100, 2, 50, 40],
    [200, 120, 3, 2, 5],
    [400, 100, 4, 1000, 2000],
    [400, 100, 5, 1000, 2000],
  ] as const) {
    const random = seeded(patients + buckets + most)
    const row = () => ({
      stay,
      choices: Array.from({ length: buckets }, (_, bucket) => ({
        bucket,
        points: 1 + Math.floor(random() * most),
      })),
    })
    const problem = problemOf(
      Array.from({ length: patients }, row),
      Array.from({ length: buckets }, () => slots),
    )
    const solution = solve(problem)
    t.match(certify(problem, solution), { proved: true, cost: solution.cost })
    t.match(denseTotal(problem), { cost: solution.cost }, `${String(slots)} slots a bucket`)
  }
})

t.test(
  'MOV-15 who finds a choice taken takes another as good: no path is looked for',
  async (t) => {
    const size = 30
    const rows = Array.from({ length: size }, () => ({
      stay: 100,
      choices: Array.from({ length: size }, (_, bucket) => ({ bucket, points: 1 })),
    }))
    const paths = (capacity: number[]): number => {
      const found = denseTotal(problemOf(rows, capacity))
      if (typeof found === 'string') throw new Error(found)
      t.equal(found.cost, size)
      return found.paths
    }
    t.equal(paths(Array.from({ length: size }, () => 1)), 0)
    t.equal(paths(Array.from({ length: size }, () => 2)), 0)
  },
)
