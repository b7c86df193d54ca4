import t from 'tap'
import { figuresOf, median, runPilot, type PilotFigures } from './pilot.ts'

t.test(
  'MOV-22 the EBUS pilot in simulation: home as published, pooled better and more even',
  async (t) => {
    t.same(runPilot(7), runPilot(7), 'the same seed, the same six months')
    const runs = Array.from({ length: 30 }, (_, seed) => runPilot(seed + 1))
    const over = (arm: 'home' | 'pooled', of: (one: PilotFigures) => number): number =>
      median(runs.map((run) => of(figuresOf(run[arm]))))
    const centres = [0, 1, 2].map((index) => over('home', (one) => one.byCentre[index] ?? 0))
    for (const [index, published] of [10, 6, 10].entries()) {
      t.ok(Math.abs((centres[index] ?? 0) - published) <= 1, `home medians ${centres.join(', ')}`)
    }
    const before = over('home', (one) => one.median)
    const after = over('pooled', (one) => one.median)
    t.ok(Math.abs(before - 9) <= 1, `9 days in all at home, as published: ${String(before)}`)
    t.ok(after <= 7, `pooled ${String(after)} days, the pilot 7`)
    const spread = over('pooled', (one) => one.spread)
    t.ok(spread < over('home', (one) => one.spread) - 1, `spread pooled ${String(spread)} days`)
    for (const { home, pooled } of runs) {
      const count = [...home.values()].flat().length
      t.equal(count, 193, 'as many procedures as the pilot had')
      t.equal([...pooled.values()].flat().length, count, 'everybody is seen in both')
    }
  },
)
