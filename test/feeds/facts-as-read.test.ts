import fc from 'fast-check'
import t from 'tap'
import { entriesOf } from '../../db/sample/pathway.ts'
import { populationOf } from '../../db/sample/population.ts'
import { FRAMES, recordOf } from '../../db/sample/records.ts'
import { NATIONAL_COLUMNS } from '../../server/domain/codes/national-items.ts'
import { FORMATS } from '../../server/feeds/formats/choose.ts'
import { FACT_NAMES } from '../../server/feeds/formats/facts.ts'
import type { ReadRow } from '../../server/feeds/formats/format.ts'
import type { IsoDate } from '../../shared/date.ts'
import { inPieces, readBody } from './bodies.ts'

/* The quick ways of reading give what the careful ones give, and facts written in passing are what JSON.stringify writes. */

const AS_OF = '2026-11-20' as IsoDate
const population = populationOf({ seed: 9, asOf: AS_OF, pathways: 120, trusts: 2 })
const entries = [...population.openLives()].flatMap((life) => entriesOf(population, life))

/** Values that some columns take and others do not, and what is written about them in exports. */
const CELLS = [
  '',
  '',
  '',
  '01',
  '3',
  '14',
  'QAA',
  'QAA01',
  'C341',
  'C34.1',
  '2026-08-01',
  '2026-02-29',
  '2026-8-1',
  '9990000018',
  '999 000 0018',
  '999-000-0018',
  '007',
  '7',
  '1.5',
  ' 01',
  '01 ',
  '  ',
  '\u00a001',
  '\u300001',
  '\ufeff01',
  'é1',
  // The low seven bits of `01`.
  '\u00b0\u00b1',
  'Mrs Ö’Neill, twice',
  'half \ud800',
  '\0',
  'a"b',
  '-1',
  '1e3',
  'x'.repeat(70),
]

const line = fc
  .tuple(
    fc.array(fc.oneof(fc.constantFrom(...CELLS), fc.string({ maxLength: 12 })), {
      minLength: NATIONAL_COLUMNS.length - 1,
      maxLength: NATIONAL_COLUMNS.length + 1,
    }),
    fc.constantFrom(...entries.map((entry) => recordOf(entry, 'ncwtmds').text.split(','))),
    fc.array(fc.nat(NATIONAL_COLUMNS.length - 1), { maxLength: 3 }),
  )
  .map(([anything, right, places]) =>
    // A right record with a few cells that are anything, or anything from end to end.
    places.length === 3
      ? anything
      : right.map((cell, at) => (places.includes(at) ? (anything[at] ?? '') : cell)),
  )

t.test('FEED-1 FEED-7 a line read in one pass is the line read cell by cell', async (t) => {
  let entriesRead = 0
  const session = FORMATS.ncwtmds.open()
  fc.assert(
    fc.property(line, fc.integer({ min: 1, max: 3 }), (cells, rowNumber) => {
      const isPlain = cells.every((cell) => !/[",\r\n]/.test(cell))
      const plain = cells.join(',')
      const quoted = cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',')
      const careful = session.read(quoted, rowNumber)
      if (!isPlain) return true
      const quick = session.read(plain, rowNumber)
      if (careful.kind === 'entry') entriesRead += 1
      return told(quick) === told(careful)
    }),
    { numRuns: 2_000 },
  )
  t.ok(entriesRead > 100, `${entriesRead} of them were right`)
})

for (const format of ['ncwtmds', 'json', 'ndjson'] as const) {
  t.test(`FEED-20 the facts that ${format} writes down are those it read`, async (t) => {
    const { head, between, tail } = FRAMES[format]
    const records = entries.map((entry) => recordOf(entry, format).text)
    const body = Buffer.from(head + records.join(between) + tail)
    const rows = await readBody(FORMATS[format], inPieces(body, 4_096))
    t.ok(rows.length > 100)
    t.same(rows.flatMap(wrong), [])
  })
}

t.test(
  'FEED-20 keys in any order and values of any kind are written down as they are kept',
  async (t) => {
    const session = FORMATS.json.open()
    const said = fc.oneof(fc.constantFrom(...CELLS), fc.json(), fc.string({ unit: 'binary' }))
    const record = fc.tuple(
      fc.constantFrom(
        ...entries.map((entry) => JSON.parse(recordOf(entry, 'json').text) as object),
      ),
      fc.dictionary(fc.constantFrom(...FACT_NAMES), said, { maxKeys: 3 }),
      fc.array(fc.nat(), { minLength: 90, maxLength: 90 }),
    )
    let entriesRead = 0
    fc.assert(
      fc.property(record, ([right, other, order]) => {
        const shuffled = Object.entries({ ...right, ...other })
          .map((part, at) => ({ part, by: order[at] ?? 0 }))
          .sort((a, b) => a.by - b.by)
          .map(({ part }) => part)
        const row = session.read(JSON.stringify(Object.fromEntries(shuffled)), 1)
        if (row.kind !== 'entry') return true
        entriesRead += 1
        const names: string[] = Object.keys(row.entry.facts)
        const inOrder = FACT_NAMES.filter((name) => names.includes(name))
        return wrong(row).length === 0 && names.join() === inOrder.join()
      }),
      { numRuns: 1_000 },
    )
    t.ok(entriesRead > 100)
  },
)

/** All that is said of a row, in the order in which it is said, less the text written in passing. */
function told(row: ReadRow): string {
  if (row.kind !== 'entry') return JSON.stringify(row)
  return JSON.stringify({ ...row, entry: { ...row.entry, written: undefined } })
}

function wrong(row: ReadRow): unknown[] {
  if (row.kind !== 'entry' || row.entry.written === undefined) return []
  const { facts, written } = row.entry
  return written.facts === facts && `{${written.parts.join()}}` === JSON.stringify(facts)
    ? []
    : [row]
}
