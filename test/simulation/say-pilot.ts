import { figuresOf, median, runPilot, type PilotFigures } from './pilot.ts'

const PUBLISHED = 'Greater Manchester EBUS single queue: median 9 to 7 days, spread 5 to 4'

/** What pooling gives in the shape of the pilot, next to what the pilot reports: a line a figure. */
export function sayPilot(runCount: number, tell: (line: object) => void): void {
  const runs = Array.from({ length: runCount }, (_, seed) => runPilot(seed + 1))
  const home = runs.map((run) => figuresOf(run.home))
  const pooled = runs.map((run) => figuresOf(run.pooled))
  const middle = (of: readonly PilotFigures[], what: (one: PilotFigures) => number): number =>
    median(of.map(what))
  const say = (metric: string, before: number, after: number, unit: string): void => {
    const rounded = (value: number): number => Math.round(value * 10) / 10
    tell({ metric, home: rounded(before), pooled: rounded(after), unit, published: PUBLISHED })
  }

  for (const [index, centre] of ['A', 'B', 'C'].entries()) {
    const of = (one: PilotFigures): number => one.byCentre[index] ?? Number.NaN
    say(
      `median days from request to test, centre ${centre}`,
      middle(home, of),
      middle(pooled, of),
      'days',
    )
  }
  say(
    'median days from request to test, all',
    middle(home, (one) => one.median),
    middle(pooled, (one) => one.median),
    'days',
  )
  say(
    'spread between the centres',
    middle(home, (one) => one.spread),
    middle(pooled, (one) => one.spread),
    'days',
  )
  const count = (of: 'moved' | 'later'): number => median(runs.map((run) => run[of]))
  tell({ metric: 'patients seen at another centre, of 193', value: count('moved') })
  tell({ metric: 'patients seen later than at home, of 193', value: count('later') })
}
