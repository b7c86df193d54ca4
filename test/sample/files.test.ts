import { execFile } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import type { Test } from 'tap'
import { MOST_TRUSTS, allianceOf } from '../../db/sample/alliance.ts'
import { capacityOf } from '../../db/sample/capacity.ts'
import { NATIONAL_CSV_COLUMNS, csvLine } from '../../db/sample/columns.ts'
import { FAULTS, FORMATS } from '../../db/sample/dirty.ts'
import type { DirtyRow, Fault, SampleFormat } from '../../db/sample/dirty.ts'
import { writeFiles } from '../../db/sample/files.ts'
import { signInsOf } from '../../db/sample/people.ts'
import { entriesOf } from '../../db/sample/pathway.ts'
import type { SampleEntry } from '../../db/sample/pathway.ts'
import { populationOf } from '../../db/sample/population.ts'
import type { Population } from '../../db/sample/population.ts'
import { recordOf } from '../../db/sample/records.ts'
import { travelOf } from '../../db/sample/travel.ts'
import { checkEntry } from '../../server/domain/quality/check.ts'
import { recordText } from '../../server/feeds/formats/encoding.ts'
import type { FeedFormat, ReadRow } from '../../server/feeds/formats/format.ts'
import { fhir } from '../../server/feeds/formats/fhir.ts'
import { hl7 } from '../../server/feeds/formats/hl7.ts'
import { json, ndjson } from '../../server/feeds/formats/json.ts'
import { NATIONAL_COLUMNS } from '../../server/domain/codes/national-items.ts'
import { ncwtmdsCsv } from '../../server/feeds/formats/ncwtmds-csv.ts'
import { ncwtmdsXml } from '../../server/feeds/formats/ncwtmds-xml.ts'
import { ptlCsv } from '../../server/feeds/formats/ptl-csv.ts'
import { capacityUpdate } from '../../shared/capacity.ts'
import type { IsoDate } from '../../shared/date.ts'
import { role, step } from '../../shared/vocabulary.ts'

const AS_OF = '2026-03-31' as IsoDate
const READERS: Readonly<Record<SampleFormat, FeedFormat>> = {
  ncwtmds: ncwtmdsCsv,
  ptl: ptlCsv,
  json,
  ndjson,
  xml: ncwtmdsXml,
  fhir,
}
const made = (seed: number, pathways = 240): Population =>
  populationOf({ seed, asOf: AS_OF, pathways, trusts: 3 })

t.test('the same seed writes the same bytes, another seed others', async (t) => {
  const first = await folder(t)
  const again = await folder(t)
  const other = await folder(t)
  const written = await writeFiles(made(5), { directory: first, dirtyRate: 0.05, history: true })
  await writeFiles(made(5), { directory: again, dirtyRate: 0.05, history: true })
  await writeFiles(made(6), { directory: other, dirtyRate: 0.05, history: true })
  const names = (await readdir(first)).sort()
  t.same(names, [...written.files].sort())
  for (const name of names) {
    const bytes = await readFile(join(first, name))
    t.ok(bytes.equals(await readFile(join(again, name))), `${name} is the same`)
    if (name.startsWith('ZT') || name === 'capacity.json') {
      t.notOk(bytes.equals(await readFile(join(other, name))), `${name} of another seed differs`)
    }
  }
  await t.rejects(writeFiles(made(5), { directory: first, dirtyRate: 0 }), /is not empty/)
})

t.test('every clean record comes back from every format as it went in', async (t) => {
  const directory = await folder(t)
  const population = made(8)
  await writeFiles(population, { directory, dirtyRate: 0 })
  const entries = [...population.openLives()].flatMap((life) => entriesOf(population, life))
  for (const format of Object.keys(FORMATS) as SampleFormat[]) {
    for (const { code } of population.alliance.trusts) {
      const sent = entries.filter((entry) => entry.trust === code)
      const rows = await readBack(join(directory, `${code}${FORMATS[format]}`), READERS[format])
      t.equal(rows.length, sent.length, `${code} ${format}: as many records`)
      const wrong = rows.filter((row, at) => !isSame(row, sent[at], format))
      t.equal(wrong.length, 0, `${code} ${format}: none changed`)
    }
  }
})

t.test(
  'FEED-52 the messages tell of every pathway and every appointment, none refused',
  async (t) => {
    const directory = await folder(t)
    const population = made(8)
    const { files } = await writeFiles(population, { directory, dirtyRate: 0 })
    const entries = [...population.openLives()].flatMap((life) => entriesOf(population, life))
    const wanted =
      entries.length +
      entries.filter(({ facts }) => facts.step !== undefined && facts.stepBookedOn !== undefined)
        .length
    const rows: ReadRow[] = []
    for (const file of files.filter((name) => name.endsWith('.hl7'))) {
      rows.push(...(await readBack(join(directory, file), hl7)))
    }
    t.equal(rows.length, wanted)
    t.same(
      rows.filter((row) => row.kind !== 'update' || row.issues.length > 0),
      [],
    )
  },
)

t.test('FEED-4 the national columns are those of the feed, 54 in its order', async (t) => {
  t.same(
    NATIONAL_CSV_COLUMNS,
    NATIONAL_COLUMNS.map(({ field }) => field),
  )
  t.equal(NATIONAL_CSV_COLUMNS.length, 54)
  t.equal(csvLine(['a', 'b,c', 'd"e', 'f\ng', '']), 'a,"b,c","d""e","f\ng",')
})

t.test('rows are broken at the rate asked for, and the manifest says which and how', async (t) => {
  const directory = await folder(t)
  const population = made(9, 1_500)
  const written = await writeFiles(population, { directory, dirtyRate: 0.1 })
  const dirty = JSON.parse(await readFile(join(directory, 'dirty.json'), 'utf8')) as DirtyRow[]
  t.equal(dirty.length, written.dirtyRows)
  const share = dirty.length / Object.keys(FORMATS).length / written.openEntries
  t.ok(Math.abs(share - 0.1) < 0.025, `${String(share)} of the rows`)
  t.same(new Set(dirty.map(({ fault }) => fault)), new Set(Object.keys(FAULTS)))

  const trustOfSite = new Map(population.alliance.sites.map((site) => [site.code, site.trust]))
  for (const { code } of population.alliance.trusts) {
    for (const format of Object.keys(FORMATS) as SampleFormat[]) {
      const file = `${code}${FORMATS[format]}`
      const rows = await readBack(join(directory, file), READERS[format])
      const broken = new Map(
        dirty.filter((row) => row.file === file).map((row) => [row.rowNumber, row.fault]),
      )
      const unlike = rows.filter((row, at) => {
        const fault = broken.get(at + 1)
        return fault === undefined ? problems(row).length > 0 : !shows(fault, row)
      })
      t.equal(unlike.length, 0, `${file}: what the manifest says is what the feed finds`)
    }
  }

  /** Codes of what the feed's reader and the domain's checks find, warnings of what is merely missing aside. */
  function problems(row: ReadRow): string[] {
    if (row.kind === 'refused') return row.issues.map(({ code }) => code)
    if (row.kind !== 'entry') return [row.kind]
    const context = {
      asOf: AS_OF,
      trust: 'ZT1',
      organisationOfSite: (site: string) => trustOfSite.get(site),
      siteOpenOn: () => true,
    }
    const found = checkEntry(row.entry.facts, row.entry.identity, context)
    return [...row.issues, ...found].map(({ code }) => code).filter((code) => code !== 'DQ-13')
  }

  function shows(fault: Fault, row: ReadRow): boolean {
    const refused = row.kind === 'refused'
    switch (fault) {
      case 'wrongColumnCount':
      case 'impossibleDate':
      case 'textInDate':
        return refused
      case 'missingKey':
        return refused && row.recordKey === ''
      case 'badCheckDigit':
      case 'unknownCode':
      case 'treatmentBeforeReferral':
        return problems(row).length > 0
      default: {
        const never: never = fault
        return never
      }
    }
  }
})

t.test('the command says what it wants and writes what it is asked for', async (t) => {
  const run = promisify(execFile)
  const main = ['--import', 'tsx', 'db/sample/main.ts']
  const help = await run(process.execPath, [...main, '--help'])
  t.match(help.stdout, /--pathways N/)
  await t.rejects(run(process.execPath, [...main, '--out', 'x', '--trusts', '99']), {
    code: 1,
    stderr: '--trusts wants a whole number from 1 to 24\n',
  })
  const out = join(await folder(t), 'sample')
  const asked = ['--out', out, '--pathways', '20', '--trusts', '2', '--as-of', AS_OF]
  t.match((await run(process.execPath, [...main, ...asked])).stderr, /Wrote 20 files/)
  t.match(await readFile(join(out, 'README.md'), 'utf8'), /Everything here is made up/)
})

t.test(
  'any alliance of 1 to 24 trusts is whole: codes, places, travel, specialist steps',
  async (t) => {
    for (let trusts = 1; trusts <= MOST_TRUSTS; trusts++) {
      const alliance = allianceOf(trusts)
      const codes = [...alliance.trusts, ...alliance.sites].map(({ code }) => code)
      const wrong = [
        new Set(codes).size !== codes.length,
        codes.some((code) => !/^ZT[1-9A-Z](0\d)?$/.test(code)),
        Math.abs(alliance.trusts.reduce((sum, { share }) => sum + share, 0) - 1) > 1e-9,
        step.options.some((one) => !alliance.sites.some((site) => site.steps.includes(one))),
        alliance.sites.some(({ name }) => !name.endsWith('(synthetic)')),
        alliance.sites.some(({ latitude }) => latitude < 54 || latitude > 55.5),
      ]
      t.notOk(wrong.includes(true), `${String(trusts)} trusts`)
    }
    t.throws(() => allianceOf(0), /1 to 24/)
    t.throws(() => allianceOf(25), /1 to 24/)
    const { sites } = allianceOf(8)
    const travel = travelOf(sites)
    t.equal(travel.length, sites.length ** 2)
    const minutes = new Map(travel.map((way) => [`${way.fromSite} ${way.toSite}`, way.minutes]))
    t.equal(minutes.get('ZT101 ZT101'), 0)
    t.equal(minutes.get('ZT101 ZT201'), minutes.get('ZT201 ZT101'))
    t.ok(Math.max(...minutes.values()) < 240)
  },
)

t.test(
  'CAP-1 slots lie on working days ahead; tight trusts keep theirs, loose ones open them',
  async (t) => {
    const population = populationOf({ seed: 3, asOf: AS_OF, pathways: 3_000, trusts: 8 })
    const open = new Map<string, number>()
    for (const { site, days } of capacityOf(population)) {
      t.ok(capacityUpdate.safeParse({ days }).success)
      const trust = site.slice(0, 3)
      for (const day of days) {
        const weekday = new Date(`${day.day}T00:00:00Z`).getUTCDay()
        if (weekday === 0 || weekday === 6 || day.day <= AS_OF)
          t.fail(`${day.day} is no day for slots`)
        if (day.openToAlliance) open.set(trust, (open.get(trust) ?? 0) + day.slots)
      }
    }
    const byStrain = [...population.alliance.trusts].sort((a, b) => a.strain - b.strain)
    const slots = byStrain.map(({ code }) => open.get(code) ?? 0)
    t.ok((slots[0] ?? 0) > 4 * (slots.at(-1) ?? 0), slots.join(' '))
  },
)

t.test('sample sign-ins are the same for the same seed and cover every trust', async (t) => {
  const alliance = allianceOf(8)
  const people = signInsOf(alliance, 1)
  t.same(people, signInsOf(alliance, 1))
  t.equal(new Set(people.map(({ id }) => id)).size, 8 * 4 + 1 + 3)
  t.ok(people.every((person) => role.safeParse(person.role).success))
  t.ok(people.every(({ name }) => name.endsWith('(synthetic)')))
  t.not(people[0]?.id, signInsOf(alliance, 2)[0]?.id)
})

t.test('a pathway is made again by its number, whatever was made before', async (t) => {
  const population = made(4)
  const lives = [...population.openLives()]
  const texts = lives.map((life) => text(population, life.id))
  const backwards = [...lives].reverse().map((life) => text(population, life.id))
  t.same(backwards.reverse(), texts)
  const trust0 = [...population.openLives(0)].flatMap((life) => entriesOf(population, life))
  const all = lives.flatMap((life) => entriesOf(population, life))
  const own = (entries: SampleEntry[]): string[] =>
    entries.filter(({ trust }) => trust === 'ZT1').map(({ facts }) => facts.localId)
  t.same(own(trust0), own(all))
  t.throws(() => made(1, 0), /1 to 300000/)
})

function text(population: Population, id: number): string {
  return entriesOf(population, population.life(id))
    .map((entry) => recordOf(entry, 'ndjson').text)
    .join('\n')
}

async function folder(t: Test): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'ptl-sample-'))
  t.teardown(() => rm(directory, { recursive: true, force: true }))
  return directory
}

async function readBack(path: string, format: FeedFormat): Promise<ReadRow[]> {
  const session = format.open()
  const rows: ReadRow[] = []
  for await (const { bytes, bounds, firstRow } of session.split(createReadStream(path))) {
    for (let at = 0; at < bounds.length; at += 2) {
      const record = recordText(bytes, bounds[at] ?? 0, bounds[at + 1] ?? 0)
      rows.push(session.read(record, firstRow + at / 2))
    }
  }
  return rows
}

function isSame(row: ReadRow, sent: SampleEntry | undefined, format: SampleFormat): boolean {
  if (row.kind !== 'entry' || sent === undefined || row.issues.length > 0) return false
  const { facts, identity } = row.entry
  if (format !== 'ncwtmds' && format !== 'xml') {
    return plain(facts) === plain(sent.facts) && plain(identity) === plain(sent.identity)
  }
  const national = new Set(NATIONAL_CSV_COLUMNS)
  const kept = Object.fromEntries(Object.entries(sent.facts).filter(([name]) => national.has(name)))
  const localId = `${sent.facts.ppidIssuer ?? ''}:${sent.facts.ppid ?? ''}`
  return (
    plain(facts) === plain({ ...kept, localId }) && identity.nhsNumber === sent.identity.nhsNumber
  )
}

/** A document with its members in order of name. */
function plain(value: object): string {
  return JSON.stringify(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}
