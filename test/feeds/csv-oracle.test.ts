import { parse } from 'csv-parse/sync'
import { stringify } from 'csv-stringify/sync'
import fc from 'fast-check'
import t from 'tap'
import { csvCells, splitCsv } from '../../server/feeds/formats/csv.ts'

/** Cells with everything that makes CSV hard, and letters of more than one byte. */
const cell = fc.string({
  unit: fc.constantFrom('a', 'é', '漢', '1', ' ', ',', '"', '\n', '\r\n', ';', "'"),
  maxLength: 8,
})
const table = fc.array(fc.array(cell, { minLength: 2, maxLength: 5 }), {
  minLength: 1,
  maxLength: 8,
})

async function* inPieces(bytes: Buffer, cuts: readonly number[]): AsyncGenerator<Buffer> {
  let from = 0
  for (const size of cuts) {
    if (from >= bytes.length) break
    yield bytes.subarray(from, from + size)
    from += size
  }
  if (from < bytes.length) yield bytes.subarray(from)
}

t.test(
  'FEED-4 whatever the cells and wherever the chunks end, the reader finds what csv-parse finds',
  async (t) => {
    await fc.assert(
      fc.asyncProperty(
        table,
        fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 40 }),
        fc.constantFrom('\n', '\r\n'),
        async (rows, cuts, ending) => {
          const text = stringify(rows, { record_delimiter: ending, quoted: true })
          const ours: (string[] | null)[] = []
          for await (const { bytes, bounds } of splitCsv(inPieces(Buffer.from(text), cuts))) {
            for (let at = 0; at < bounds.length; at += 2) {
              ours.push(csvCells(bytes.toString('utf8', bounds[at], bounds[at + 1])))
            }
          }
          const theirs: string[][] = parse(text, {
            relax_column_count: true,
            record_delimiter: ending,
          })
          t.same(ours, theirs)
        },
      ),
      { numRuns: 500 },
    )
  },
)
