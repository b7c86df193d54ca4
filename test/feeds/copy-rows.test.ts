import fc from 'fast-check'
import t from 'tap'
import { connect } from '../../db/connection.ts'
import { copyRows } from '../../db/copy.ts'
import { dayOf } from '../../server/domain/clock/day.ts'
import { openCopyRows, wholeCopy } from '../../server/feeds/merge/copy-rows.ts'
import type { IsoDate } from '../../shared/date.ts'
import { testDatabase } from '../database.ts'

/*
 * What the staging writes in bytes is what the database reads: each column, at each edge, and over the end of a buffer.
 */

interface Row {
  readonly int: number
  readonly text: string | null
  readonly bytes: Buffer | null
  readonly said: Readonly<Record<string, string>>
  readonly day: IsoDate | null
  readonly texts: readonly string[]
}

const server = await testDatabase(t)
const admin = connect(server.adminUrl, { max: 1 })
t.teardown(() => admin.end({ timeout: 1 }))

const rows = openCopyRows()
const LATIN1 = Buffer.from([0, 255, 97, 98])

/** The rows as the database has them after a COPY. */
async function through(given: readonly Row[]): Promise<readonly Row[]> {
  for (const { int, text, bytes, said, day, texts } of given) {
    const json = JSON.stringify(said)
    rows.begin(
      7,
      (text?.length ?? 0) + (bytes?.length ?? 0) + json.length + texts.join().length + 4,
    )
    rows.int(int)
    rows.text(text)
    rows.bytes(bytes)
    rows.latin1('\x00\xffab, and no more', 4)
    rows.jsonb(json)
    rows.date(day === null ? null : dayOf(day))
    rows.texts(texts)
  }
  return admin.begin(async (tx) => {
    await tx`
      create temp table given (place int generated always as identity, int int, text text, bytes bytea, latin1 bytea,
        said jsonb, day date, texts text[]) on commit drop`
    const columns = 'given (int, text, bytes, latin1, said, day, texts)'
    await copyRows(tx, columns, wholeCopy(rows.take()), { format: 'binary' })
    const back = await tx<(Row & { latin1: Buffer })[]>`
      select int, text, bytes, latin1, said, day, texts from given order by place`
    t.ok(back.every(({ latin1 }) => latin1.equals(LATIN1)))
    return back.map(({ int, text, bytes, said, day, texts }) => ({
      int,
      text,
      bytes,
      said,
      day,
      texts: [...texts],
    }))
  })
}

const EDGES: readonly Row[] = [
  { int: 0, text: null, bytes: null, said: {}, day: null, texts: [] },
  {
    int: -1,
    text: '',
    bytes: Buffer.alloc(0),
    said: { a: '' },
    day: '1900-01-01' as IsoDate,
    texts: [''],
  },
  {
    int: 2_147_483_647,
    text: 'a\tb\nc\\d\\N"\'{},',
    bytes: Buffer.from([0, 255, 92]),
    said: { a: 'x\\y"z\n', ö: '€ 😀' },
    day: '2199-12-31' as IsoDate,
    texts: ['XAA', 'XBB', '{","}'],
  },
  // The 40th and 41st character, and one that is not ASCII behind others that are.
  {
    int: 1,
    text: 'x'.repeat(40),
    bytes: null,
    said: {},
    day: '2000-01-01' as IsoDate,
    texts: ['é'],
  },
  {
    int: 2,
    text: 'x'.repeat(41),
    bytes: null,
    said: {},
    day: '1999-12-31' as IsoDate,
    texts: ['aé'],
  },
  { int: 3, text: 'Ω'.repeat(300_000), bytes: Buffer.alloc(5), said: {}, day: null, texts: [] },
]

t.test('FEED-16 staged rows come out as they went in', async (t) => {
  t.same(await through(EDGES), EDGES)
  t.same(await through([]), [], 'a COPY of none')
  const many = Array.from({ length: 4_000 }, (_, int): Row => ({ ...EDGES[2], int }) as Row)
  t.same(await through(many), many, 'over many buffers')
})

t.test('FEED-16 any text, and any document, comes out as it went in', async (t) => {
  const text = fc.string({ unit: 'grapheme', maxLength: 60 }).filter((said) => !said.includes('\0'))
  const row = fc.record({
    int: fc.integer({ min: -2_147_483_648, max: 2_147_483_647 }),
    text: fc.option(text),
    bytes: fc.option(fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes))),
    said: fc.dictionary(
      text.filter((name) => name !== '__proto__'),
      text,
      { maxKeys: 5, noNullPrototype: true },
    ),
    day: fc.constantFrom(null, '2026-11-22' as IsoDate, '1904-02-29' as IsoDate),
    texts: fc.array(text, { maxLength: 9 }),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(row, { maxLength: 20 }), async (given) => {
      t.same(await through(given), given)
    }),
    { numRuns: 40 },
  )
})
