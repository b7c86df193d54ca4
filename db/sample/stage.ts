import type { Step } from '../../shared/vocabulary.ts'
import type { Life } from './life.ts'
import { randomOf, weighted, whole } from './random.ts'
import { TUMOUR_SHAPES } from './tumours.ts'
import type { Treatment } from './tumours.ts'

/** Where an open pathway stands on a day: what it waits for, since when, and when that will be. */
export interface Stage {
  readonly step: Step
  readonly requestedDay: number
  /** The day the step takes place in this life; it may not be booked yet. */
  readonly dueDay: number
  readonly phase:
    'beforeFirstSeen' | 'testing' | 'awaitingOutcome' | 'planning' | 'awaitingTreatment'
}

const STAGE_STREAM = 3
const TREATMENT_STREAM = 4
/** The report and the letter take this part of the time that one test takes. */
const OUTCOME_PART = 0.35
/** Groups whose first appointment is often the test itself. */
const STRAIGHT_TO_TEST: Readonly<Partial<Record<Life['tumour'], number>>> = {
  lowerGi: 0.5,
  upperGi: 0.4,
  lung: 0.6,
  prostate: 0.3,
}

export function stageOf(seed: number, life: Life, day: number): Stage {
  const random = randomOf(seed, life.id, STAGE_STREAM)
  const { tests } = TUMOUR_SHAPES[life.tumour]
  const started = life.upgradedDay ?? life.receivedDay
  const straight = random() < (STRAIGHT_TO_TEST[life.tumour] ?? 0)
  const testCount = whole(random, 1, tests.length)
  if (day < life.firstSeenDay) {
    const step = straight ? tests[0] : 'clinic'
    return { step, requestedDay: started, dueDay: life.firstSeenDay, phase: 'beforeFirstSeen' }
  }
  const told = life.toldDay
  if (told !== null && (day < told || !life.cancer)) {
    const from = Math.max(life.firstSeenDay, started)
    let requestedDay = from
    for (let test = straight ? 1 : 0; test < testCount; test++) {
      const dueDay = from + Math.floor(((told - from) * (test + 1)) / (testCount + OUTCOME_PART))
      if (dueDay > day) {
        return { step: tests[test] ?? tests[0], requestedDay, dueDay, phase: 'testing' }
      }
      requestedDay = dueDay
    }
    return { step: 'mdt', requestedDay, dueDay: told, phase: 'awaitingOutcome' }
  }
  if (life.dttDay !== null && life.treatedDay !== null) {
    if (told !== null && day < life.dttDay) {
      return { step: 'mdt', requestedDay: told, dueDay: life.dttDay, phase: 'planning' }
    }
    return {
      step: treatmentOf(seed, life).step,
      requestedDay: life.dttDay,
      dueDay: life.treatedDay,
      phase: 'awaitingTreatment',
    }
  }
  return { step: 'mdt', requestedDay: started, dueDay: life.endedDay, phase: 'awaitingOutcome' }
}

/** The treatment this life comes to, the same whenever it is asked for. */
export function treatmentOf(seed: number, life: Life): Treatment {
  return weighted(randomOf(seed, life.id, TREATMENT_STREAM), TUMOUR_SHAPES[life.tumour].treatments)
}
