import type { HashList } from './hash-list.ts'
import { createHashList } from './hash-list.ts'

/**
 * Groups of lines read in this delivery that were not known as they are. A line is told by its position in the set it
 * was known from, or as `~place` by its place among the lines of this delivery.
 */
export interface FreshGroups {
  readonly hashes: HashList
  /** For each, where its lines end in `lines`. */
  readonly ends: readonly number[]
  readonly lines: readonly number[]
}

/** Gathers them, one after another. */
export interface GroupBook extends FreshGroups {
  /** @param hash null: the group is not to be remembered */
  begin(hash: Buffer | null): void
  /** One more line of the group; null when it is not to be remembered, and so the group is not. */
  line(line: number | null): void
  end(): void
}

export function openGroupBook(): GroupBook {
  const hashes = createHashList()
  const ends: number[] = []
  const lines: number[] = []
  let whole = false
  return {
    hashes,
    ends,
    lines,
    begin(hash) {
      whole = hash !== null
      if (hash !== null) hashes.add(hash)
    },
    line(line) {
      if (line === null && whole) drop()
      else if (line !== null && whole) lines.push(line)
    },
    end() {
      if (whole) ends.push(lines.length)
    },
  }

  function drop(): void {
    whole = false
    hashes.removeLast()
    lines.length = ends.at(-1) ?? 0
  }
}
