import { addDays } from '../../shared/date.ts'
import type { IsoDate } from '../../shared/date.ts'
import type { EntryFacts } from '../../shared/entry.ts'
import type { Step, Tumour } from '../../shared/vocabulary.ts'
import { STEPS, TUMOURS } from '../../shared/vocabulary.ts'

const STEP_NAMES = Object.keys(STEPS) as Step[]
const TUMOUR_NAMES = Object.keys(TUMOURS) as Tumour[]
const ACTIONS = ['Chase the report', 'Book the clinic', 'Ring the ward', 'Send to the MDT']

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Facts of an open pathway, plausible enough that all kinds of deadlines occur. Nobody is meant. */
export function madeUpFacts(localId: string, today: IsoDate, random: () => number): EntryFacts {
  const upTo = (count: number) => Math.floor(random() * count)
  const some = (share: number) => random() < share
  const ago = (days: number) => addDays(today, -days)
  const waited = Math.floor(random() ** 2 * 150)
  const seen = some(0.7) ? Math.floor(waited * random()) : undefined
  const told = seen !== undefined && some(0.4) ? Math.floor(seen * random()) : undefined
  return {
    localId,
    priorityType: some(0.9) ? '3' : '2',
    referralType: ['01', '03', '07', '08', '11', '16'][upTo(6)] ?? '03',
    receivedOn: ago(waited),
    ...(some(0.9) ? { tumour: TUMOUR_NAMES[upTo(TUMOUR_NAMES.length)] ?? 'lung' } : {}),
    ...(some(0.6) ? { step: STEP_NAMES[upTo(STEP_NAMES.length)] ?? 'ct' } : {}),
    ...(seen === undefined ? {} : { firstSeenOn: ago(seen) }),
    ...(told === undefined ? {} : { toldOn: ago(told), fdsEndReason: '01' }),
    ...(told !== undefined && some(0.5) ? { dttOn: ago(Math.floor(told * random())) } : {}),
    ...(some(0.05) ? { missedFirstAppointments: [ago(Math.floor(waited * random()))] } : {}),
    ...(some(0.2) ? { riskScore: Math.round(random() * 100) / 100 } : {}),
    ...(some(0.2)
      ? {
          priority: {
            scale: 'surgery' as const,
            code: ['P1b', 'P2', 'P3', 'P4'][upTo(4)] ?? 'P2',
            setOn: ago(upTo(waited + 1)),
          },
        }
      : {}),
    ...(some(0.1) ? { iptRequestedOn: ago(upTo(10)) } : {}),
    ...(some(0.4)
      ? {
          nextAction: ACTIONS[upTo(ACTIONS.length)] ?? 'Chase',
          nextActionDueOn: ago(upTo(14) - 7),
          nextActionOwner: `Desk ${localId.slice(-2)}`,
        }
      : {}),
  }
}
