import { blockSizes } from './block-sizes.ts'

/** Entries per block; a full block is split in two. Small enough that a shift stays in the cache. */
const BLOCK = 256
const FILLED_ON_LOAD = 192

/**
 * Slots in rank order: sorted blocks of keys, with a Fenwick tree of block sizes above them.
 *
 * A place is found, an entry moved, and any page read in O(log n) steps over flat arrays. Order is by key, then by
 * the id of the slot, so it is total. What a slot's key was must be said again to remove it.
 */
export interface Ranked {
  size(): number
  insert(slot: number, key: number): void
  /** @returns false when (slot, key) is not here */
  remove(slot: number, key: number): boolean
  /** How many come before (key, id), whether or not that is here itself. */
  rank(key: number, id: number): number
  /** The slots from place `from` (0 first), fewer at the end. */
  slice(from: number, count: number): number[]
  /** Every slot in order. */
  readonly each: (visit: (slot: number) => void) => void
  /** Of the slots from place `from` on, those whose bit is set: `count` of them after the first `skip`. */
  pick(bits: Uint32Array, from: number, skip: number, count: number): number[]
  /** How many of the slots before place `to` have their bit set. */
  tally(bits: Uint32Array, to: number): number
  /** Replaces everything by slots already in order. */
  load(slots: Int32Array, keys: Float64Array): void
}

/** @param ids id by slot: the tie-break; may be replaced when the owner grows its arrays */
export function ranked(ids: () => Float64Array): Ranked {
  let keys = new Float64Array(BLOCK)
  let slots = new Int32Array(BLOCK)
  /** Physical block of each place in the order. */
  let order = new Int32Array(4)
  /** Entries in each block, by its place in the order. */
  let counts = new Int32Array(4)
  let firstKey = new Float64Array(4)
  const sizes = blockSizes()
  let blocks = 1
  let allocated = 1
  let freed: number[] = []
  let total = 0

  /** The last block that does not begin after (key, id); block 0 when all do. */
  function blockOf(key: number, id: number): number {
    let low = 0
    let high = blocks - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      const first = firstKey[middle] ?? 0
      const begins =
        key < first ||
        (key === first && id < (ids()[slots[(order[middle] ?? 0) * BLOCK] ?? 0] ?? 0))
      if (begins) high = middle - 1
      else low = middle
    }
    return low
  }

  /** Entries of a block that come before (key, id). */
  function within(block: number, key: number, id: number): number {
    const base = (order[block] ?? 0) * BLOCK
    let low = 0
    let high = counts[block] ?? 0
    while (low < high) {
      const middle = (low + high) >>> 1
      const other = keys[base + middle] ?? 0
      const comesBefore =
        other < key || (other === key && (ids()[slots[base + middle] ?? 0] ?? 0) < id)
      if (comesBefore) low = middle + 1
      else high = middle
    }
    return low
  }

  /** After blocks were added or taken: first keys and the tree anew. */
  function index(): void {
    for (let block = 0; block < blocks; block++)
      firstKey[block] = keys[(order[block] ?? 0) * BLOCK] ?? 0
    sizes.rebuild(counts, blocks)
  }

  function newBlock(): number {
    const reused = freed.pop()
    if (reused !== undefined) return reused
    if ((allocated + 1) * BLOCK > keys.length) {
      keys = widened(keys, new Float64Array(keys.length * 2))
      slots = widened(slots, new Int32Array(slots.length * 2))
    }
    allocated += 1
    return allocated - 1
  }

  function split(block: number): void {
    if (blocks + 1 > order.length) {
      order = widened(order, new Int32Array(order.length * 2))
      counts = widened(counts, new Int32Array(counts.length * 2))
      firstKey = widened(firstKey, new Float64Array(firstKey.length * 2))
    }
    const to = newBlock()
    const from = order[block] ?? 0
    const half = BLOCK >>> 1
    keys.copyWithin(to * BLOCK, from * BLOCK + half, (from + 1) * BLOCK)
    slots.copyWithin(to * BLOCK, from * BLOCK + half, (from + 1) * BLOCK)
    order.copyWithin(block + 2, block + 1, blocks)
    counts.copyWithin(block + 2, block + 1, blocks)
    order[block + 1] = to
    counts[block] = half
    counts[block + 1] = BLOCK - half
    blocks += 1
    index()
  }

  return {
    size: () => total,
    insert(slot, key) {
      const id = ids()[slot] ?? 0
      let block = blockOf(key, id)
      if (counts[block] === BLOCK) {
        split(block)
        block = blockOf(key, id)
      }
      const place = within(block, key, id)
      const base = (order[block] ?? 0) * BLOCK
      const end = base + (counts[block] ?? 0)
      keys.copyWithin(base + place + 1, base + place, end)
      slots.copyWithin(base + place + 1, base + place, end)
      keys[base + place] = key
      slots[base + place] = slot
      if (place === 0) firstKey[block] = key
      counts[block] = (counts[block] ?? 0) + 1
      sizes.add(block, 1)
      total += 1
    },
    remove(slot, key) {
      const id = ids()[slot] ?? 0
      const block = blockOf(key, id)
      const place = within(block, key, id)
      const base = (order[block] ?? 0) * BLOCK
      const count = counts[block] ?? 0
      if (place >= count || slots[base + place] !== slot || keys[base + place] !== key) return false
      keys.copyWithin(base + place, base + place + 1, base + count)
      slots.copyWithin(base + place, base + place + 1, base + count)
      counts[block] = count - 1
      total -= 1
      if (count > 1 || blocks === 1) {
        if (place === 0) firstKey[block] = keys[base] ?? 0
        sizes.add(block, -1)
        return true
      }
      freed.push(order[block] ?? 0)
      order.copyWithin(block, block + 1, blocks)
      counts.copyWithin(block, block + 1, blocks)
      blocks -= 1
      index()
      return true
    },
    rank(key, id) {
      const block = blockOf(key, id)
      return sizes.before(block) + within(block, key, id)
    },
    slice(from, count) {
      const found: number[] = []
      if (from >= total || from < 0) return found
      let { block, left } = sizes.at(from)
      for (; block < blocks && found.length < count; block++, left = 0) {
        const base = (order[block] ?? 0) * BLOCK
        const end = Math.min(counts[block] ?? 0, left + count - found.length)
        for (let place = left; place < end; place++) found.push(slots[base + place] ?? 0)
      }
      return found
    },
    each(visit) {
      for (let block = 0; block < blocks; block++) {
        const base = (order[block] ?? 0) * BLOCK
        const end = base + (counts[block] ?? 0)
        for (let at = base; at < end; at++) visit(slots[at] ?? 0)
      }
    },
    pick(bits, from, skip, count) {
      const found: number[] = []
      if (from >= total) return found
      let { block, left } = sizes.at(Math.max(0, from))
      let passed = 0
      for (; block < blocks && found.length < count; block++, left = 0) {
        const base = (order[block] ?? 0) * BLOCK
        const end = base + (counts[block] ?? 0)
        for (let at = base + left; at < end && found.length < count; at++) {
          const slot = slots[at] ?? 0
          if ((((bits[slot >>> 5] ?? 0) >>> (slot & 31)) & 1) === 0) continue
          if (passed >= skip) found.push(slot)
          passed += 1
        }
      }
      return found
    },
    tally(bits, to) {
      let found = 0
      let left = Math.min(to, total)
      for (let block = 0; block < blocks && left > 0; block++) {
        const base = (order[block] ?? 0) * BLOCK
        const end = base + Math.min(counts[block] ?? 0, left)
        for (let at = base; at < end; at++) {
          const slot = slots[at] ?? 0
          found += ((bits[slot >>> 5] ?? 0) >>> (slot & 31)) & 1
        }
        left -= counts[block] ?? 0
      }
      return found
    },
    load(sorted, keyOf) {
      total = sorted.length
      blocks = Math.max(1, Math.ceil(total / FILLED_ON_LOAD))
      allocated = blocks
      freed = []
      const room = Math.max(blocks + (blocks >>> 2), 4)
      if (keys.length < room * BLOCK) {
        keys = new Float64Array(room * BLOCK)
        slots = new Int32Array(room * BLOCK)
      }
      if (order.length < room) {
        order = new Int32Array(room)
        counts = new Int32Array(room)
        firstKey = new Float64Array(room)
      }
      for (let block = 0; block < blocks; block++) {
        const from = block * FILLED_ON_LOAD
        const to = Math.min(from + FILLED_ON_LOAD, total)
        order[block] = block
        counts[block] = to - from
        const base = block * BLOCK - from
        for (let at = from; at < to; at++) {
          const slot = sorted[at] ?? 0
          slots[base + at] = slot
          keys[base + at] = keyOf[slot] ?? 0
        }
      }
      index()
    },
  }
}

function widened<T extends Float64Array | Int32Array>(from: T, to: T): T {
  to.set(from)
  return to
}
