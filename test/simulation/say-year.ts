import { populationOf, type SampleOptions } from '../../db/sample/population.ts'
import { sampleYear } from '../../db/sample/year.ts'
import { replay } from '../../server/domain/replay/replay.ts'
import type { ReplayResult } from '../../shared/replay.ts'

/** The sample's year, every trust alone beside all together: a line a figure. */
export function sayYear(
  made: SampleOptions,
  say: (line: object) => void,
  progress: (words: string) => void,
): void {
  const result = played(made, progress)
  const { from, to, alone, pooled, saved, weeks, byTrust, sensitivity, assumptions } = result
  say({ metric: 'year', from, to, pathways: result.pathways, slots: result.slots })
  for (const name of ['breaches', 'pointsLate', 'daysWaited'] as const) {
    say({
      metric: name,
      alone: alone[name],
      pooled: pooled[name],
      saved: alone[name] - pooled[name],
    })
  }
  say({ metric: 'saved', ...saved })
  const last = weeks.at(-1)
  if (last !== undefined) say({ metric: 'waiting past day 62 at the end', ...last.past62 })
  for (const one of byTrust) say({ metric: 'by trust', ...one })
  for (const one of sensitivity) say({ metric: 'otherwise', ...one })
  for (const one of assumptions) say({ metric: 'assumed', ...one })
}

function played(made: SampleOptions, progress: (words: string) => void): ReplayResult {
  const playing = replay(sampleYear(populationOf(made)))
  let told = 0
  for (;;) {
    const next = playing.next()
    if (next.done === true) return next.value
    if (next.value < told + 0.1) continue
    told = next.value
    progress(`${String(Math.round(told * 100))} % of the year played`)
  }
}
