/** Cells padded by the sending system; the common cell has no blank at either end and is not copied. */
export function trimmed(cell: string): string {
  const first = cell.charCodeAt(0)
  const last = cell.charCodeAt(cell.length - 1)
  return first <= BLANK || last <= BLANK || first === NO_BREAK || last === NO_BREAK
    ? cell.trim()
    : cell
}

const BLANK = 32
const NO_BREAK = 160
