import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import type { WriteStream } from 'node:fs'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import type { SampleCapacity } from './capacity.ts'
import { capacityOf } from './capacity.ts'
import { csvLine } from './columns.ts'
import { FORMATS, faultOf } from './dirty.ts'
import type { DirtyRow, SampleFormat } from './dirty.ts'
import type { Life } from './life.ts'
import { entriesOf } from './pathway.ts'
import type { Population } from './population.ts'
import { readmeOf } from './readme.ts'
import { ENTRIES_A_BATCH, hl7Frame, hl7Of } from './hl7.ts'
import { FRAMES, recordOf } from './records.ts'
import { travelOf } from './travel.ts'

export interface WrittenFiles {
  readonly files: readonly string[]
  /** Records of the open lists, each counted once and not once a format. */
  readonly openEntries: number
  readonly closedEntries: number
  readonly dirtyRows: number
}

const ALL_FORMATS = Object.keys(FORMATS) as SampleFormat[]
const REPORT_EVERY = 5_000

/**
 * Writes the alliance as feed files in a folder: each trust's open list in every format, the free slots, the
 * organisations, a README, and `dirty.json` with each row broken on purpose. Streams: one record at a time.
 * @param options.dirtyRate share of records broken, 0 to 1
 * @param options.history closed pathways too, one NDJSON file a trust
 * @throws one line when the folder holds something already and `overwrite` is not set
 */
export async function writeFiles(
  population: Population,
  options: {
    readonly directory: string
    readonly dirtyRate: number
    readonly history?: boolean
    readonly overwrite?: boolean
    readonly onProgress?: (done: number, total: number, what: string) => void
    readonly signal?: AbortSignal
  },
): Promise<WrittenFiles> {
  const { directory, dirtyRate } = options
  await mkdir(directory, { recursive: true })
  if (options.overwrite !== true && (await readdir(directory)).length > 0) {
    throw new Error(`${directory} is not empty. Name another folder, or add --overwrite.`)
  }
  const files: string[] = []
  const writers = new Map<string, FeedWriter>()
  for (const { code } of population.alliance.trusts) {
    for (const format of ALL_FORMATS) {
      const file = `${code}${FORMATS[format]}`
      files.push(file)
      writers.set(`${code} ${format}`, openFeed(join(directory, file), FRAMES[format]))
    }
  }
  const messages = new Map(
    population.alliance.trusts.map(({ code }) => [code, openBatches(directory, code, files)]),
  )
  const dirty: DirtyRow[] = []
  let openEntries = 0
  let done = 0
  try {
    for (const life of population.openLives()) {
      options.signal?.throwIfAborted()
      for (const entry of entriesOf(population, life)) {
        openEntries += 1
        await messages.get(entry.trust)?.write(hl7Of(entry, population.asOf))
        for (const format of ALL_FORMATS) {
          const writer = writers.get(`${entry.trust} ${format}`)
          if (writer === undefined) continue
          const fault = faultOf(population.seed, life.id, entry, format, dirtyRate)
          const record = recordOf(entry, format, fault)
          await writer.write(record.text)
          if (fault === null) continue
          const file = `${entry.trust}${FORMATS[format]}`
          dirty.push({ file, rowNumber: writer.records(), fault, field: record.brokenField })
        }
      }
      done += 1
      if (done % REPORT_EVERY === 0) {
        options.onProgress?.(done, population.pathways, 'open pathways')
      }
    }
  } finally {
    await Promise.all([...writers.values(), ...messages.values()].map((writer) => writer.close()))
  }
  const closedEntries =
    options.history === true ? await writeHistory(population, options, files) : 0
  await writeTables(population, directory, dirty)
  for (const { code } of population.alliance.trusts) files.push(`${code}.capacity.csv`)
  files.push('capacity.json', 'organisations.json', 'dirty.json', 'README.md')
  return { files, openEntries, closedEntries, dirtyRows: dirty.length }
}

async function writeHistory(
  population: Population,
  options: Parameters<typeof writeFiles>[1],
  files: string[],
): Promise<number> {
  const writers = new Map<string, FeedWriter>()
  for (const { code } of population.alliance.trusts) {
    const file = `${code}.history.ndjson`
    files.push(file)
    writers.set(code, openFeed(join(options.directory, file), FRAMES.ndjson))
  }
  let written = 0
  try {
    for (const life of closedLives(population)) {
      options.signal?.throwIfAborted()
      for (const entry of entriesOf(population, life)) {
        await writers.get(entry.trust)?.write(recordOf(entry, 'ndjson').text)
        written += 1
        if (written % REPORT_EVERY === 0) options.onProgress?.(written, 0, 'closed pathways')
      }
    }
  } finally {
    await Promise.all([...writers.values()].map((writer) => writer.close()))
  }
  return written
}

function closedLives(population: Population): Generator<Life> {
  return population.closedLives(0, Infinity)
}

async function writeTables(
  population: Population,
  directory: string,
  dirty: readonly DirtyRow[],
): Promise<void> {
  const { alliance } = population
  const trusts = alliance.trusts.map(({ code, name, sites }) => ({ code, name, sites }))
  const organisations = {
    synthetic: true,
    alliance: { code: alliance.code, name: alliance.name },
    trusts,
    travel: travelOf(alliance.sites),
  }
  const json = (value: unknown): string => `${JSON.stringify(value, null, 1)}\n`
  const capacity = [...capacityOf(population)]
  for (const { code, sites } of trusts) {
    const own = capacity.filter(({ site }) => sites.some((one) => one.code === site))
    await writeFile(join(directory, `${code}.capacity.csv`), capacityCsv(own))
  }
  await writeFile(join(directory, 'capacity.json'), json(capacity))
  await writeFile(join(directory, 'organisations.json'), json(organisations))
  await writeFile(join(directory, 'dirty.json'), json(dirty))
  await writeFile(join(directory, 'README.md'), readmeOf(population, dirty.length))
}

/** Slots as `POST /api/feeds/{trust}/capacity` takes them. */
function capacityCsv(capacity: readonly SampleCapacity[]): string {
  const lines = capacity.flatMap(({ site, step, days }) =>
    days.map(({ day, slots, openToAlliance, noticeDays }) =>
      csvLine([site, step, day, String(slots), openToAlliance ? 'yes' : 'no', String(noticeDays)]),
    ),
  )
  return ['site,step,day,slots,openToAlliance,noticeDays', ...lines, ''].join('\r\n')
}

interface FeedWriter {
  write(record: string): Promise<void>
  records(): number
  close(): Promise<void>
}

const CHUNK_CHARACTERS = 65_536
/** Frames that are wanted even around nothing. */
const ENCLOSING: ReadonlySet<object> = new Set([FRAMES.json, FRAMES.xml, FRAMES.fhir])

/** HL7 messages of one trust, in as many files as batches are wanted. */
function openBatches(directory: string, trust: string, files: string[]): FeedWriter {
  let batches = 0
  let current = next()
  function next(): FeedWriter {
    batches += 1
    const file = batches === 1 ? `${trust}.hl7` : `${trust}.${String(batches)}.hl7`
    files.push(file)
    return openFeed(join(directory, file), hl7Frame(trust))
  }
  return {
    records: () => current.records(),
    async write(record) {
      if (current.records() === ENTRIES_A_BATCH) {
        await current.close()
        current = next()
      }
      await current.write(record)
    },
    close: () => current.close(),
  }
}

function openFeed(
  path: string,
  frame: { readonly head: string; readonly between: string; readonly tail: string },
): FeedWriter {
  const stream = createWriteStream(path, { encoding: 'utf8' })
  // A failed write is thrown by the next one, or by `finished`; without a listener it would end the process.
  stream.on('error', () => undefined)
  let records = 0
  let waiting = frame.head
  return {
    records: () => records,
    async write(record) {
      waiting += records === 0 ? record : frame.between + record
      records += 1
      if (waiting.length < CHUNK_CHARACTERS) return
      const chunk = waiting
      waiting = ''
      await send(stream, chunk)
    },
    async close() {
      stream.end(records === 0 && !ENCLOSING.has(frame) ? waiting : waiting + frame.tail)
      await finished(stream)
    },
  }
}

async function send(stream: WriteStream, chunk: string): Promise<void> {
  if (stream.errored !== null) throw stream.errored
  if (!stream.write(chunk)) await once(stream, 'drain')
}
