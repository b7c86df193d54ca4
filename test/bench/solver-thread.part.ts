import { parentPort } from 'node:worker_threads'
import type { Component } from '../../server/domain/plan/components.ts'
import { optimum } from '../../server/domain/plan/thin.ts'
import { STAY } from '../../server/domain/plan/transport.ts'

/* A thread that solves one component after another; it gives back where everybody is and the total in whole units. */
parentPort?.on('message', (part: Component) => {
  const { place, placeArc, price } = optimum(part).basis
  let units = 0
  placeArc.forEach((arc, patient) => {
    units += (arc === STAY ? part.stayCost[patient] : part.arcCost[arc]) ?? 0
  })
  parentPort?.postMessage({ units, place, price })
})
