import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { components, type Component } from '../../server/domain/plan/components.ts'
import { quantise, toPoints, type TransportProblem } from '../../server/domain/plan/transport.ts'

const START = `
  const { workerData } = require('node:worker_threads')
  import('tsx/esm/api').then(({ register }) => {
    register()
    return import(workerData)
  })`

/** Threads that solve the components of a problem side by side, the largest first. */
export function openSolvers(count: number): {
  /** Points of the optimum. */
  readonly solve: (problem: TransportProblem) => Promise<number>
  readonly close: () => Promise<void>
} {
  const file = new URL('./solver-thread.part.ts', import.meta.url).href
  const workers = Array.from(
    { length: count },
    () => new Worker(START, { eval: true, workerData: file }),
  )
  return {
    async solve(problem) {
      const parts = components(problem).sort((a, b) => a.arcCost.length - b.arcCost.length)
      const inParts = parts.reduce((sum, part) => sum + total(part), 0)
      const all = problem.stayCost.reduce((sum, points) => sum + quantise(points), 0)
      // who has no choice that is worth anything stays, and is in no part
      let units = all - inParts
      await Promise.all(
        workers.map(async (worker) => {
          for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
            const answered = once(worker, 'message')
            const { start, arcBucket, arcCost, stayCost, capacity } = part
            const send = { start, arcBucket, arcCost, stayCost, capacity }
            worker.postMessage(
              send,
              Object.values(send).map(({ buffer }) => buffer as ArrayBuffer),
            )
            const [answer] = (await answered) as [{ units: number }]
            units += answer.units
          }
        }),
      )
      return toPoints(units)
    },
    async close() {
      await Promise.all(workers.map((worker) => worker.terminate()))
    },
  }
}

function total(part: Component): number {
  return part.stayCost.reduce((sum, units) => sum + units, 0)
}
