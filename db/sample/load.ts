import { setTimeout as delay } from 'node:timers/promises'
import { addDays, londonDate } from '../../shared/date.ts'
import type { Receipt } from '../../shared/delivery.ts'
import { Refusal } from '../../shared/problem.ts'
import type { Database } from '../client.ts'
import { allianceOf } from './alliance.ts'
import type { Alliance } from './alliance.ts'
import { historyBodies, historyParts, openBody } from './bodies.ts'
import { capacityOf } from './capacity.ts'
import type { LoadOptions, SampleAlliance, SampleDelivery } from './loading.ts'
import { signInsOf } from './people.ts'
import { writePlaces } from './places.ts'
import { populationOf } from './population.ts'
import type { Population, SampleOptions } from './population.ts'
import { historyKey, openKey, readLoaded } from './progress-mark.ts'

export type { LoadOptions, SampleAlliance, SampleDelivery, SampleProgress } from './loading.ts'

const SYSTEM = { kind: 'system', name: 'sample' } as const
/** A list as extracted the evening before: late enough to be the newest, and past wherever the clock stands. */
const OPEN_AT_ONCE = 2
const RUNNING_RETRY_MS = 1_000
const RUNNING_RETRIES = 60

/**
 * Brings the synthetic alliance into a migrated database through the trusts' own delivery path: places, sign-ins,
 * keys, open lists and slots before it resolves, closed history behind it.
 *
 * A second start brings nothing twice and goes on with a history that was broken off. It makes the same alliance as
 * the first start did, whatever `asOf`, `seed` and sizes it is given.
 * @throws one line when a list of the sample is not taken
 */
export async function loadSample(options: LoadOptions): Promise<SampleAlliance> {
  const { db } = options
  const loaded = await readLoaded(db)
  const made: SampleOptions = loaded.options ?? {
    seed: options.seed,
    asOf: options.asOf,
    pathways: options.pathways,
    trusts: options.trusts,
  }
  const alliance = allianceOf(made.trusts)
  await writePlaces(db, alliance)
  const people = signInsOf(alliance, made.seed)
  for (const person of people) await options.createPerson(db, { ...person, sample: true })
  const keys = await feedKeys(options, alliance, made.seed)

  // Made only when something is missing: a later start has better things to do.
  let drawn: Population | null = null
  const population = (): Population => (drawn ??= populationOf(made))
  const missing = alliance.trusts
    .map(({ code }, index) => ({ code, index }))
    .filter(({ code }) => !loaded.done.has(openKey(made, code)))
  if (missing.length > 0) await deliverOpen(options, population(), missing)
  if (!(await hasCapacity(db, alliance))) await writeCapacity(options, population())

  const wantsHistory = (options.history ?? true) && !loaded.historyComplete
  const history = wantsHistory
    ? untilAborted(options.signal, deliverHistory(options, population(), loaded.done))
    : Promise.resolve(0)
  // Whoever waits for it hears of a failure; nobody has to.
  history.catch(() => undefined)
  return { made, people, keys, fresh: missing.length > 0, history }
}

async function feedKeys(
  options: LoadOptions,
  alliance: Alliance,
  seed: number,
): Promise<SampleAlliance['keys']> {
  const keys: { organisation: string; key: string }[] = []
  for (const { code } of alliance.trusts) {
    const { key } = await options.createFeedKey(options.db, {
      organisation: code,
      label: 'Sample feed (synthetic)',
      sample: true,
      sampleSeed: `${String(seed)} ${code}`,
    })
    keys.push({ organisation: code, key })
  }
  return keys
}

async function deliverOpen(
  options: LoadOptions,
  population: Population,
  missing: readonly { readonly code: string; readonly index: number }[],
): Promise<void> {
  const queue = [...missing]
  let rows = 0
  let done = 0
  async function work(): Promise<void> {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const { code, index } = next
      const receipt = await taken(options, () => ({
        trust: code,
        mode: 'snapshot',
        format: 'ndjson',
        body: openBody(population, index, options.signal),
        extractAt: extractAt(population),
        idempotencyKey: openKey(population, code),
      }))
      rows += receipt.counts.accepted
      done += 1
      options.onProgress?.({ phase: 'open', rows, part: done / missing.length })
    }
  }
  await Promise.all(Array.from({ length: OPEN_AT_ONCE }, work))
}

async function deliverHistory(
  options: LoadOptions,
  population: Population,
  done: ReadonlySet<string>,
): Promise<number> {
  const parts = historyParts(population)
  const { trusts } = population.alliance
  let rows = 0
  for (const [at, part] of parts.entries()) {
    const keyOf = (trust: string): string => historyKey(population, trust, at + 1, parts.length)
    const missing = trusts.filter(({ code }) => !done.has(keyOf(code)))
    if (missing.length === 0) continue
    const bodies = await historyBodies(population, part, options.signal)
    for (const { code } of missing) {
      if (options.signal?.aborted === true) return rows
      const body = bodies.get(code) ?? []
      if (body.length === 0) continue
      const receipt = await taken(options, () => ({
        trust: code,
        mode: 'delta',
        format: 'ndjson',
        body: chunksOf(body),
        extractAt: extractAt(population),
        idempotencyKey: keyOf(code),
      }))
      rows += receipt.counts.accepted
    }
    options.onProgress?.({ phase: 'history', rows, part: (at + 1) / parts.length })
  }
  return rows
}

/** What is broken off by the end of the service is no failure: the next start goes on with it. */
async function untilAborted(
  signal: AbortSignal | undefined,
  work: Promise<number>,
): Promise<number> {
  try {
    return await work
  } catch (cause) {
    if (signal?.aborted === true) return 0
    throw cause
  }
}

/** Delivers until it is done; one left running by a process that was killed is waited for. */
async function taken(options: LoadOptions, delivery: () => SampleDelivery): Promise<Receipt> {
  for (let attempt = 0; ; attempt++) {
    try {
      const receipt = await options.deliver(delivery())
      if (receipt.state === 'done') return receipt
      const why = receipt.reason ?? 'no reason was given'
      throw new Error(`The sample list of ${receipt.trust} was ${receipt.state}: ${why}`)
    } catch (cause) {
      const isRunning = cause instanceof Refusal && cause.code === 'conflict'
      if (!isRunning || attempt >= RUNNING_RETRIES) throw cause
      await delay(RUNNING_RETRY_MS, undefined, signalOf(options))
    }
  }
}

function signalOf({ signal }: LoadOptions): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal }
}

async function writeCapacity(options: LoadOptions, population: Population): Promise<void> {
  let rows = 0
  await options.db.scoped(SYSTEM, async (tx) => {
    for (const bucket of capacityOf(population)) {
      await options.putCapacity(tx, bucket, extractAt(population))
      rows += bucket.days.length
    }
  })
  options.onProgress?.({ phase: 'capacity', rows, part: 1 })
}

async function hasCapacity(db: Database, alliance: Alliance): Promise<boolean> {
  const sites = alliance.sites.map(({ code }) => code)
  const rows = await db.scoped(
    SYSTEM,
    (tx) => tx`select from capacity where site = any(${sites}::text[]) limit 1`,
  )
  return rows.count > 0
}

/** Midnight in London, when the day of the sample begins: so the week before is over, and its return can be made. */
function extractAt({ asOf }: Population): string {
  const inSummer = `${addDays(asOf, -1)}T23:00:00.000Z`
  return londonDate(Date.parse(inSummer)) === asOf ? inSummer : `${asOf}T00:00:00.000Z`
}

async function* chunksOf(chunks: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* chunks
}
