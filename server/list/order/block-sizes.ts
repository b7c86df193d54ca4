/** Sizes of blocks that stand in a row, with the sum of the first n in O(log n): a Fenwick tree. */
export interface BlockSizes {
  /** Anew, from the first `blocks` counts. */
  rebuild(counts: Int32Array, blocks: number): void
  add(block: number, by: number): void
  /** How many entries stand before a block. */
  before(block: number): number
  /** The block that holds a place, 0 first, and how far in it is. */
  at(place: number): { block: number; left: number }
}

export function blockSizes(): BlockSizes {
  let tree = new Int32Array(5)
  let size = 0
  return {
    rebuild(counts, blocks) {
      if (tree.length < blocks + 1) tree = new Int32Array(counts.length + 1)
      else tree.fill(0, 0, blocks + 1)
      size = blocks
      for (let node = 1; node <= blocks; node++) {
        tree[node] = (tree[node] ?? 0) + (counts[node - 1] ?? 0)
        const parent = node + (node & -node)
        if (parent <= blocks) tree[parent] = (tree[parent] ?? 0) + (tree[node] ?? 0)
      }
    },
    add(block, by) {
      for (let node = block + 1; node <= size; node += node & -node)
        tree[node] = (tree[node] ?? 0) + by
    },
    before(block) {
      let sum = 0
      for (let node = block; node > 0; node -= node & -node) sum += tree[node] ?? 0
      return sum
    },
    at(place) {
      let block = 0
      let left = place
      let step = 1
      while (step * 2 <= size) step *= 2
      for (; step > 0; step >>>= 1) {
        const next = block + step
        const entries = tree[next] ?? 0
        if (next <= size && entries <= left) {
          block = next
          left -= entries
        }
      }
      return { block, left }
    },
  }
}
