import { parentPort } from 'node:worker_threads'
import { stayBasis } from '../../server/domain/plan/basis.ts'
import type { Component } from '../../server/domain/plan/components.ts'
import { optimise } from '../../server/domain/plan/simplex.ts'

/* A thread that solves one component after another; it gives back where everybody is and the total in whole units. */
parentPort?.on('message', (part: Component) => {
  const basis = stayBasis(part.start, part.arcBucket, part.arcCost, part.stayCost, part.capacity)
  optimise(basis)
  const units = basis.placeCost.reduce((sum, cost) => sum + cost, 0)
  parentPort?.postMessage({ units, place: basis.place, price: basis.price })
})
