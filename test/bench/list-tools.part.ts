import type { Board } from '../../server/list/board.ts'
import type { Viewer } from '../../server/list/live-list.ts'
import { londonDate } from '../../shared/date.ts'
import { printer, type Print } from './figures.part.ts'

export const ENTRIES = Number(process.argv[2] ?? 35_000)
export const NOW = Date.parse('2026-11-22T12:00:00Z')
export const TODAY = londonDate(NOW)
export const LEAD: Viewer = { personId: '', organisation: 'XAL', role: 'lead' }
export const COORDINATOR: Viewer = { personId: '', organisation: 'X03', role: 'coordinator' }

export function idAt(held: Board, slot: number): number {
  return held.entry(slot)?.id ?? 0
}

/** Microseconds a call, over so many calls. */
export async function timed(rounds: number, call: () => PromiseLike<unknown>): Promise<number> {
  await call()
  const from = performance.now()
  for (let round = 0; round < rounds; round++) await call()
  return ((performance.now() - from) * 1000) / rounds
}

export function timedSync(rounds: number, call: () => number): number {
  let seen = 0
  for (let round = 0; round < rounds / 4; round++) seen += call()
  const from = performance.now()
  for (let round = 0; round < rounds; round++) seen += call()
  const took = performance.now() - from
  if (Number.isNaN(seen)) throw new Error('a round gave no number')
  return (took * 1000) / rounds
}

const print = printer('list')

export const tell: Print = (metric, ...figures) =>
  print(`${metric}, ${ENTRIES.toLocaleString('en')} entries`, ...figures)
