import { performance } from 'node:perf_hooks'
import { certify } from '../../server/domain/plan/certificate.ts'
import { solve } from '../../server/domain/plan/solve.ts'
import type { TransportProblem } from '../../server/domain/plan/transport.ts'
import { median, printer } from './figures.part.ts'

/** Sites x weeks x steps of a sparse alliance. */
export const BUCKETS = 960
export const ROUNDS = 7
export const figure = printer('plan')

/** `peer` in milliseconds; null where there is none, and then the metric says why. */
export function print(metric: string, ms: number, against: string, peerMs: number | null): void {
  figure(`${metric}, ${against}`, ms, 'ms', peerMs, peerMs === null ? null : peerMs / ms)
}

export function timed<T>(work: () => T): { result: T; ms: number } {
  const startedAt = performance.now()
  const result = work()
  return { result, ms: performance.now() - startedAt }
}

/** The median of some rounds in milliseconds, after one that warms up. */
export function medianMs(work: () => unknown): number {
  work()
  return median(Array.from({ length: ROUNDS }, () => timed(work).ms))
}

/** @throws unless the answer's own certificate proves it the least */
export function proved(problem: TransportProblem, label: string): ReturnType<typeof solve> {
  const solution = solve(problem)
  const certificate = certify(problem, solution)
  if (!certificate.proved) throw new Error(`${label}: ${certificate.why}`)
  return solution
}
