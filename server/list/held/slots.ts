/** Numbers small and dense for ids large and sparse: where an entry stands in the flat arrays. */
export interface Slots {
  readonly size: () => number
  readonly of: (id: number) => number | undefined
  /** The slot of an id, a free or new one if it has none. */
  claim(id: number): number
  release(id: number): void
  clear(): void
}

/** Begins with no ids. */
export function slotTable(): Slots {
  const slots = new Map<number, number>()
  let freed: number[] = []
  let used = 0
  return {
    size: () => slots.size,
    of: (id) => slots.get(id),
    claim(id) {
      const known = slots.get(id)
      if (known !== undefined) return known
      const slot = freed.pop() ?? used++
      slots.set(id, slot)
      return slot
    },
    release(id) {
      const slot = slots.get(id)
      if (slot !== undefined) freed.push(slot)
      slots.delete(id)
    },
    clear() {
      slots.clear()
      freed = []
      used = 0
    },
  }
}
