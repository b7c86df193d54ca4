import t, { type Test } from 'tap'
import { openBook } from '../../server/domain/plan/book.ts'
import { capsLeft } from '../../server/domain/plan/caps/parts.ts'
import { solveCapped } from '../../server/domain/plan/caps/capped.ts'
import { certify } from '../../server/domain/plan/certificate.ts'
import { openKeptPlan, type KeptPlan } from '../../server/domain/plan/kept.ts'
import type {
  PlanCapacity,
  PlanInput,
  PlanPatient,
  ShownSuggestion,
} from '../../server/domain/plan/model.ts'
import { allianceOptions } from '../../server/domain/plan/options.ts'
import { homeDays, plan } from '../../server/domain/plan/planner.ts'
import { slotValues } from '../../server/domain/plan/prices.ts'
import { solve } from '../../server/domain/plan/solve.ts'
import { quantise } from '../../server/domain/plan/transport.ts'
import type { Step } from '../../shared/vocabulary.ts'
import { dayOf, input, on, patient, randomAlliance, slot } from './plan/alliance.ts'
import { seeded } from './plan/random-problem.ts'

/** The facts as they are now, by id, so that a cold plan can be made of them at any moment. */
interface Facts {
  readonly base: PlanInput
  readonly patients: Map<number, PlanPatient>
  readonly capacity: Map<number, PlanCapacity>
  readonly shown: Map<string, ShownSuggestion>
}

function factsOf(base: PlanInput): Facts {
  return {
    base,
    patients: new Map(base.patients.map((one) => [one.id, one])),
    capacity: new Map(base.capacity.map((one) => [one.id, one])),
    shown: new Map(base.shown.map((one) => [one.id, one])),
  }
}

function inputOf(facts: Facts): PlanInput {
  return {
    ...facts.base,
    patients: [...facts.patients.values()],
    capacity: [...facts.capacity.values()],
    shown: [...facts.shown.values()],
  }
}

function opened(facts: Facts): KeptPlan {
  const kept = openKeptPlan(facts.base)
  const { patients, capacity, shown } = inputOf(facts)
  kept.change({ patients, capacity, shown })
  return kept
}

const STEPS_PLANNED: readonly Step[] = ['ebus', 'ct', 'colonoscopy']

/** What is wrong with a kept plan against a cold one of the same facts; empty when nothing is. */
function faults(kept: KeptPlan, facts: Facts): string[] {
  const found: string[] = []
  const given = inputOf(facts)
  for (const [step, held] of kept.solved()) {
    const book = openBook({ ...given, steps: [step] })
    const homeDay = homeDays(book, book.patients)
    const problem = allianceOptions(book, { day: homeDay })
    const cold = solve(problem)
    const certificate = certify(held.problem, held.best)
    if (!certificate.proved) found.push(`${step}: ${certificate.why}`)
    else if (certificate.cost !== cold.cost) {
      found.push(`${step}: ${String(certificate.cost)} where cold has ${String(cold.cost)}`)
    }
    if (JSON.stringify(held.homeDay) !== JSON.stringify(homeDay)) found.push(`${step}: home days`)
    const warmPrices = slotValues(held.problem, held.best).points
    const coldPrices = slotValues(problem, cold).points
    if (warmPrices.join() !== coldPrices.join()) found.push(`${step}: prices`)
  }
  return found
}

/** One thing that happens on a day, told to the kept plan and written into the facts. */
function happen(random: () => number, facts: Facts, kept: KeptPlan): void {
  const whole = (limit: number): number => Math.floor(random() * limit)
  const pick = <T>(from: readonly T[]): T | undefined => from[whole(from.length)]
  const someone = pick([...facts.patients.values()])
  const somewhere = pick([...facts.capacity.values()])
  const shown = pick([...facts.shown.values()])
  const set = (next: PlanPatient): void => {
    facts.patients.set(next.id, next)
    kept.change({ patients: [next] })
  }
  const offer = (next: PlanCapacity): void => {
    facts.capacity.set(next.id, next)
    kept.change({ capacity: [next] })
  }
  const show = (next: ShownSuggestion): void => {
    facts.shown.set(next.id, next)
    kept.change({ shown: [next] })
  }
  const event = whole(14)
  if (someone === undefined || somewhere === undefined) return
  const due = { dueDay: dayOf(whole(40) - 10), weightPerDayLate: 1 + whole(3), breach: true }
  if (event === 0) set({ ...someone, deadlines: [...someone.deadlines.slice(1), due] })
  else if (event === 1) set({ ...someone, bookedOn: random() < 0.5 ? on(whole(30)) : null })
  else if (event === 2) set({ ...someone, step: pick([...STEPS_PLANNED, null]) ?? null })
  else if (event === 3) set({ ...someone, midTransfer: !someone.midTransfer })
  else if (event === 4) {
    const pathwayKey = random() < 0.5 ? `KEY:${String(whole(4))}` : null
    set({ ...someone, pathwayKey })
  } else if (event === 5) {
    facts.patients.delete(someone.id)
    kept.change({ patientsGone: [someone.id] })
  } else if (event === 6) {
    set({ ...someone, id: 1000 + whole(5000), deadlines: [due], expectedStayDay: dayOf(whole(50)) })
  } else if (event === 7) offer({ ...somewhere, free: whole(4) })
  else if (event === 8) offer({ ...somewhere, openToAlliance: !somewhere.openToAlliance })
  else if (event === 9) {
    const limits = random() < 0.5 ? { maxAge: 55 + whole(10) } : null
    offer({ ...somewhere, tumours: random() < 0.5 ? ['lung'] : null, noticeDays: whole(4), limits })
  } else if (event === 10) {
    offer({ ...somewhere, id: 1000 + whole(5000), day: on(whole(30)), free: 1 + whole(3) })
  } else if (event === 11) {
    const refused = [{ toTrust: somewhere.trust, toSite: null, day: null }]
    set({ ...someone, refused })
  } else if (event === 12 && shown !== undefined) {
    if (random() < 0.4) {
      facts.shown.delete(shown.id)
      kept.change({ shownGone: [shown.id] })
    } else show({ ...shown, answered: true, slotHeld: random() < 0.5 })
  } else {
    const busy = new Set([...facts.shown.values()].map((one) => one.patientId))
    const moves = [...kept.plan().steps.values()].flatMap((output) => output.moves)
    const move = pick(moves.filter((one) => !busy.has(one.patientId)))
    if (move === undefined) return
    const id = `s${String(move.patientId)}-${String(whole(1e6))}`
    show({
      id,
      patientId: move.patientId,
      capacityId: move.capacityId,
      answered: false,
      slotHeld: false,
    })
  }
}

function sequence(t: Test, seed: number, patients: number, events: number): void {
  const random = seeded(seed)
  const facts = factsOf(randomAlliance(seed, patients))
  const kept = opened(facts)
  kept.plan()
  for (let event = 0; event < events; event++) {
    const together = random() < 0.3 ? 1 + Math.floor(random() * 5) : 1
    for (let index = 0; index < together; index++) happen(random, facts, kept)
    kept.plan()
    const wrong = faults(kept, facts)
    if (wrong.length > 0) {
      t.fail(`seed ${String(seed)}, event ${String(event)}: ${wrong.join('; ')}`)
      return
    }
  }
}

t.test(
  'MOV-23 a kept plan has the total, home days and prices of a cold one after any changes',
  async (t) => {
    for (let seed = 1; seed <= 1000; seed++) sequence(t, seed, 10 + (seed % 20), 3)
    for (let seed = 3000; seed < 3020; seed++) sequence(t, seed, 60, 15)
    for (let seed = 4000; seed < 4002; seed++) sequence(t, seed, 500, 15)
    t.pass('1022 runs of changes, a certificate for each step after each change')
  },
)

t.test('MOV-23 many changes at once are planned anew, to the same end', async (t) => {
  const facts = factsOf(randomAlliance(9, 400))
  const kept = opened(facts)
  kept.plan()
  for (const one of [...facts.patients.values()].slice(0, 300)) {
    facts.patients.set(one.id, { ...one, expectedStayDay: dayOf(50) })
  }
  for (let index = 0; index < 80; index++) {
    const id = 9000 + index
    facts.capacity.set(id, slot(id, { day: on(index % 25), trust: 'DDD', site: 'DDD01' }))
  }
  kept.change({ patients: [...facts.patients.values()], capacity: [...facts.capacity.values()] })
  kept.plan()
  t.same(faults(kept, facts), [])
})

t.test('MOV-24 what a change does not touch is not planned again', async (t) => {
  const facts = factsOf(
    input([patient(1), patient(2, { step: 'ct' })], [slot(1), slot(2, { step: 'ct' })]),
  )
  const kept = opened(facts)
  t.same([...kept.plan().touched].sort(), ['ct', 'ebus'])
  t.same(kept.plan().touched, [], 'nothing happened')
  kept.change({ patients: [patient(1)], capacity: [slot(1)] })
  t.same(kept.plan().touched, [], 'the same facts told again')
  kept.change({ capacity: [slot(1, { free: 2 })] })
  const output = kept.plan()
  t.same(output.touched, ['ebus'])
  t.equal(output.steps.get('ct')?.moves.length, 1, 'and the rest stands')
  kept.change({
    shown: [{ id: 's', patientId: 1, capacityId: 77, answered: false, slotHeld: false }],
  })
  t.match(kept.plan().orphans, [{ id: 's', kind: 'gone' }], 'a slot nobody offers')
})

t.test('MOV-25 a kept plan can say why not', async (t) => {
  const facts = factsOf(input([patient(1), patient(2, { ageYears: 12 })], [slot(1)]))
  const kept = opened(facts)
  kept.plan()
  t.equal(kept.whyNot(1, 1), null)
  t.match(kept.whyNot(2, 1), { rule: 'MOV-9' })
  t.match(kept.whyNot(2, 9), { rule: 'CAP-3' })
  t.same(
    kept.plan().steps.get('ebus')?.moves,
    plan(inputOf(facts)).moves,
    'the first plan is the cold one',
  )
})

/** Units of what a kept plan gives people, without the prices of caps; every step held to its certificate. */
function keptUnits(t: Test, kept: KeptPlan, facts: Facts): number {
  let units = 0
  for (const [step, { problem, best, book }] of kept.solved()) {
    const certificate = certify(problem, best)
    if (!certificate.proved) t.fail(`${step}: ${certificate.why}`)
    const plain = openBook({ ...inputOf(facts), steps: [step] })
    const raw = allianceOptions(plain, { day: homeDays(plain, plain.patients) })
    best.assignment.forEach((bucket, row) => {
      const slotId = book.slots[bucket]?.id
      let points = raw.stayCost[row] ?? 0
      if (slotId !== undefined) {
        const to = plain.slots.findIndex(({ id }) => id === slotId)
        const arcs = raw.arcBucket.subarray(raw.patientStart[row], raw.patientStart[row + 1])
        points = raw.arcCost[(raw.patientStart[row] ?? 0) + arcs.indexOf(to)] ?? Number.NaN
      }
      units += quantise(points)
    })
  }
  return units
}

t.test(
  'MOV-23 MOV-52 after any change a kept plan is the best within the caps, those coming counted',
  async (t) => {
    let binding = 0
    let plans = 0
    for (let seed = 1; seed <= 50; seed++) {
      const base = randomAlliance(seed, 30 + ((7 * seed) % 60))
      const importCaps = ['AAA', 'BBB', 'CCC', 'DDD'].map((trust, index) => ({
        trust,
        imports: (seed + index * 2) % 6,
      }))
      const random = seeded(seed)
      const facts = factsOf({ ...base, settings: { ...base.settings, importCaps } })
      const kept = opened(facts)
      for (let event = 0; event < 10; event++) {
        const { steps, gap, touched } = kept.plan()
        const given = inputOf(facts)
        const book = openBook(given)
        const problem = allianceOptions(book, { day: homeDays(book, book.patients) })
        const left = capsLeft(importCaps, given.shown, (id) => facts.capacity.get(id)?.trust)
        const cold = solveCapped([{ book, problem }], left)
        const what = `seed ${String(seed)}, event ${String(event)}`
        const units = keptUnits(t, kept, facts)
        if (gap > 0 || cold.gap > 0) t.fail(`${what}: broken off`)
        if (units !== quantise(cold.cost)) {
          t.fail(`${what}: ${String(units)} where cold has ${String(quantise(cold.cost))}`)
        }
        const moves = [...steps.values()].flatMap((output) => output.moves)
        for (const { trust, imports } of left) {
          const taken = moves.filter(({ toTrust }) => toTrust === trust).length
          if (taken > imports) t.fail(`${what}: ${trust} takes ${String(taken)}`)
        }
        if (event === 9 && seed % 5 === 0) {
          // of a step that is not described anew the prices are those of when it was
          const kepts = touched.flatMap((step) => steps.get(step)?.prices ?? [])
          for (const { capacityId, points } of plan(given).prices) {
            const held = kepts.find((price) => price.capacityId === capacityId)
            if (held !== undefined && held.points !== points) {
              t.fail(
                `${what}: slot ${String(capacityId)}: ${String(held.points)}, ${String(points)}`,
              )
            }
          }
        }
        plans++
        if (cold.caps.some(({ points }) => points > 0)) binding++
        happen(random, facts, kept)
      }
    }
    t.ok(binding > plans / 2, `a cap binds in ${String(binding)} of ${String(plans)} plans`)
  },
)
