import { setImmediate as breathe } from 'node:timers/promises'
import type { Life } from './life.ts'
import { HISTORY_DAYS } from './population.ts'
import type { Population } from './population.ts'
import { entriesOf } from './pathway.ts'
import { recordOf } from './records.ts'

const CHUNK_BYTES = 65_536
/** Other work gets its turn after so many pathways: the service is in use while the history loads. */
const PATHWAYS_A_TURN = 60
/** A part of the history is held in memory while it is delivered: about 20 MB. */
const PATHWAYS_A_PART = 20_000
const LONGEST_PART_DAYS = 91
/** Arrivals before the history whose pathways may end within it. */
const RUN_UP_DAYS = 440

/** The open list of one trust as NDJSON, one entry a line, made while it is read. */
export async function* openBody(
  population: Population,
  trust: number,
  signal?: AbortSignal,
): AsyncGenerator<Buffer> {
  const code = population.alliance.trusts[trust]?.code
  let text = ''
  let made = 0
  for (const life of population.openLives(trust)) {
    for (const entry of entriesOf(population, life)) {
      if (entry.trust === code) text += `${recordOf(entry, 'ndjson').text}\n`
    }
    made += 1
    if (made % PATHWAYS_A_TURN !== 0) continue
    await breathe()
    signal?.throwIfAborted()
    if (text.length < CHUNK_BYTES) continue
    yield Buffer.from(text)
    text = ''
  }
  if (text !== '') yield Buffer.from(text)
}

/** Arrivals of a stretch of days before asOf: `fromAge` <= age < `toAge`. */
export interface HistoryPart {
  readonly fromAge: number
  readonly toAge: number
}

/** The history in parts of at most a quarter, newest first, so that recent months are there soonest. */
export function historyParts(population: Population): readonly HistoryPart[] {
  const days = Math.floor(PATHWAYS_A_PART / population.arrivalsPerDay)
  const length = Math.min(LONGEST_PART_DAYS, Math.max(1, days))
  const reach = Math.ceil(population.historyEnd / population.arrivalsPerDay)
  const parts: HistoryPart[] = []
  for (let fromAge = 0; fromAge < Math.min(HISTORY_DAYS, reach); fromAge += length) {
    parts.push({ fromAge, toAge: fromAge + length })
  }
  const last = parts.pop()
  // Few of those who came before the history ended within it: they go with its oldest part.
  return last === undefined ? [] : [...parts, { ...last, toAge: HISTORY_DAYS + RUN_UP_DAYS }]
}

/** The closed pathways of a part as NDJSON by trust; incomplete once `signal` is aborted. */
export async function historyBodies(
  population: Population,
  part: HistoryPart,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, readonly Buffer[]>> {
  const texts = new Map(population.alliance.trusts.map(({ code }) => [code, '']))
  const bodies = new Map(population.alliance.trusts.map(({ code }) => [code, [] as Buffer[]]))
  function add(life: Life): void {
    for (const entry of entriesOf(population, life)) {
      const text = `${texts.get(entry.trust) ?? ''}${recordOf(entry, 'ndjson').text}\n`
      texts.set(entry.trust, text.length < CHUNK_BYTES ? text : '')
      if (text.length >= CHUNK_BYTES) bodies.get(entry.trust)?.push(Buffer.from(text))
    }
  }
  let made = 0
  for (let age = part.fromAge; age < part.toAge; age++) {
    await breathe()
    if (signal?.aborted === true) break
    for (const life of population.closedLives(age, age + 1)) {
      add(life)
      made += 1
      if (made % PATHWAYS_A_TURN === 0) await breathe()
    }
  }
  for (const [code, text] of texts) if (text !== '') bodies.get(code)?.push(Buffer.from(text))
  return bodies
}
