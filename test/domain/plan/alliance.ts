import {
  DEFAULT_PLAN_SETTINGS,
  type PlanCapacity,
  type PlanInput,
  type PlanPatient,
  type PlanSettings,
} from '../../../server/domain/plan/model.ts'
import { addDays, toDay, type DayNumber, type IsoDate } from '../../../shared/date.ts'
import { seeded } from './random-problem.ts'

export const TODAY = '2026-11-02' as IsoDate

/** The day `days` after TODAY. */
export function on(days: number): IsoDate {
  return addDays(TODAY, days)
}

export function dayOf(days: number): DayNumber {
  return toDay(on(days))
}

/** A patient of trust A who awaits EBUS, was due on day 5 at 2 points a day, and is expected on day 20. */
export function patient(id: number, with_: Partial<PlanPatient> = {}): PlanPatient {
  return {
    id,
    trust: 'AAA',
    homeSite: 'AAA01',
    tumour: 'lung',
    step: 'ebus',
    deadlines: [{ dueDay: dayOf(5), weightPerDayLate: 2, breach: true }],
    expectedStayDay: dayOf(20),
    travelLimitMinutes: null,
    bookedOn: null,
    ageYears: 60,
    midTransfer: false,
    refused: [],
    pathwayKey: null,
    ...with_,
  }
}

/** One EBUS slot at trust B on day 6, open to the alliance. */
export function slot(id: number, with_: Partial<PlanCapacity> = {}): PlanCapacity {
  return {
    id,
    site: 'BBB01',
    trust: 'BBB',
    step: 'ebus',
    day: on(6),
    free: 1,
    openToAlliance: true,
    tumours: null,
    noticeDays: 1,
    ...with_,
  }
}

export function input(
  patients: readonly PlanPatient[],
  capacity: readonly PlanCapacity[],
  with_: Partial<Omit<PlanInput, 'settings'>> & { settings?: Partial<PlanSettings> } = {},
): PlanInput {
  return {
    today: TODAY,
    patients,
    capacity,
    travelMinutes: () => 30,
    shown: [],
    ...with_,
    settings: { ...DEFAULT_PLAN_SETTINGS, ...with_.settings },
  }
}

/** A whole alliance of four trusts, uneven, three steps. */
export function randomAlliance(seed: number, patients: number): PlanInput {
  const random = seeded(seed)
  const whole = (limit: number): number => Math.floor(random() * limit)
  const trusts = ['AAA', 'BBB', 'CCC', 'DDD']
  const steps = ['ebus', 'ct', 'colonoscopy'] as const
  const capacity: PlanCapacity[] = []
  for (const [place, trust] of trusts.entries()) {
    for (const step of steps) {
      for (let day = 0; day < 30; day += 1 + whole(3)) {
        capacity.push(
          slot(capacity.length + 1, {
            trust,
            site: `${trust}0${String(1 + whole(2))}`,
            step,
            day: on(day),
            free: whole(2 + place),
            openToAlliance: random() < 0.7,
            tumours: random() < 0.2 ? ['lung', 'breast'] : null,
            noticeDays: whole(4),
          }),
        )
      }
    }
  }
  const list = Array.from({ length: patients }, (_, index) => {
    const trust = trusts[Math.min(whole(4), whole(4))] ?? 'AAA'
    const dueDay = whole(40) - 10
    return patient(index + 1, {
      trust,
      homeSite: `${trust}0${String(1 + whole(2))}`,
      tumour: random() < 0.7 ? 'lung' : 'lowerGi',
      step: steps[whole(3)] ?? 'ebus',
      deadlines: [
        { dueDay: dayOf(dueDay), weightPerDayLate: 1 + whole(3), breach: random() < 0.5 },
        { dueDay: dayOf(dueDay + 14), weightPerDayLate: 3, breach: true },
      ],
      expectedStayDay: dayOf(25 + whole(20)),
      travelLimitMinutes: random() < 0.5 ? null : whole(120),
      bookedOn: random() < 0.1 ? on(whole(30)) : null,
      pathwayKey: random() < 0.05 ? `KEY:${String(whole(5))}` : null,
    })
  })
  const minutes = (from: string, to: string): number => {
    const apart = Math.abs(from.charCodeAt(0) - to.charCodeAt(0))
    return apart === 0 ? 5 : 15 + 20 * apart
  }
  return input(list, capacity, { travelMinutes: minutes })
}
