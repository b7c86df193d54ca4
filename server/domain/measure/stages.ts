import type { StageLine } from '../../../shared/measures.ts'
import { STEPS } from '../../../shared/vocabulary.ts'
import type { Step } from '../../../shared/vocabulary.ts'
import { grouped } from './groups.ts'
import type { TrustNames } from './groups.ts'
import type { OpenWait } from './open-wait.ts'
import { quantile } from './quantile.ts'
import { shown } from './suppress.ts'

/**
 * People waiting for each step at each trust, and how long: since it was asked for, of those whose trust says when,
 * and on the whole pathway so far, of those with a date. Longest median pathway first. [MEA-3]
 */
export function stages(waits: readonly OpenWait[], trusts: TrustNames): StageLine[] {
  const waiting = waits.filter((wait): wait is OpenWait & { step: Step } => wait.step !== null)
  return grouped(waiting, ({ trust, step }) => `${trust} ${step}`)
    .flatMap(([, members]) => {
      const [first] = members
      if (first === undefined) return []
      const dated = members.flatMap(({ stepDays }) => (stepDays === null ? [] : [stepDays]))
      const pathway = members.flatMap(({ waitDays }) => (waitDays === null ? [] : [waitDays]))
      return [
        {
          trust: first.trust,
          trustName: trusts.get(first.trust) ?? first.trust,
          step: first.step,
          stepLabel: STEPS[first.step],
          count: members.length,
          booked: members.filter(({ isBooked }) => isBooked).length,
          dated: dated.length,
          medianDays: quantile(dated, 0.5),
          p90Days: quantile(dated, 0.9),
          medianPathwayDays: quantile(pathway, 0.5),
          p90PathwayDays: quantile(pathway, 0.9),
        },
      ]
    })
    .sort((a, b) => (b.medianPathwayDays ?? -1) - (a.medianPathwayDays ?? -1))
}

/** Small numbers hidden, and with fewer than five people their days too. [MEA-8] */
export function suppressedStage(line: StageLine): StageLine {
  const { count, booked, dated } = line
  const isDatedShown = shown(dated) !== null
  const isShown = shown(count) !== null
  return {
    ...line,
    count: shown(count),
    booked: shown(booked),
    dated: shown(dated),
    medianDays: isDatedShown ? line.medianDays : null,
    p90Days: isDatedShown ? line.p90Days : null,
    medianPathwayDays: isShown ? line.medianPathwayDays : null,
    p90PathwayDays: isShown ? line.p90PathwayDays : null,
  }
}
