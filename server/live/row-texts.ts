import type { ListRow } from '../../shared/list.ts'

/** Rows whose text is kept: some windows' worth, a kilobyte each. */
const ROWS_KEPT = 2_000

/**
 * Writes messages about list rows. Many windows hold the same row, and it is the same object in all of them: its text
 * is made once. The rows come last; their order in a message says nothing. [LIVE-8]
 */
export function openRowTexts(): (message: { readonly rows?: readonly ListRow[] }) => string {
  const texts = new Map<ListRow, string>()

  function textOf(row: ListRow): string {
    const known = texts.get(row)
    if (known !== undefined) return known
    if (texts.size >= ROWS_KEPT) texts.clear()
    const text = JSON.stringify(row)
    texts.set(row, text)
    return text
  }

  return ({ rows, ...rest }) => {
    const text = JSON.stringify(rest)
    return rows === undefined
      ? text
      : `${text.slice(0, -1)},"rows":[${rows.map(textOf).join(',')}]}`
  }
}
