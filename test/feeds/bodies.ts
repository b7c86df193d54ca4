import { recordText, utf8Chunks } from '../../server/feeds/formats/encoding.ts'
import type { FeedFormat, ReadRow } from '../../server/feeds/formats/format.ts'

/** A body as it comes from a socket: in pieces of so many bytes. */
export async function* inPieces(body: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < body.length; at += size) yield body.subarray(at, at + size)
}

/** Everything a format finds in a body, read as a delivery reads it. */
export async function readBody(
  format: FeedFormat,
  body: AsyncIterable<Buffer>,
  charset: string | null = null,
): Promise<ReadRow[]> {
  const session = format.open()
  const rows: ReadRow[] = []
  for await (const { bytes, bounds, firstRow } of session.split(utf8Chunks(body, charset))) {
    for (let at = 0; at < bounds.length; at += 2) {
      const text = recordText(bytes, bounds[at] ?? 0, bounds[at + 1] ?? 0)
      rows.push(session.read(text, firstRow + at / 2))
    }
  }
  return rows
}

/** Record number, kind and the codes said of it: `3 refused FEED-4@`. */
export function told(rows: readonly ReadRow[]): string[] {
  return rows.map((row) => {
    const rowNumber = row.kind === 'entry' ? row.entry.rowNumber : row.rowNumber
    const issues = row.kind === 'removal' ? [] : row.issues
    const said = issues.map(({ code, field }) => `${code}@${field}`).join(' ')
    return `${rowNumber} ${row.kind} ${said}`.trim()
  })
}
