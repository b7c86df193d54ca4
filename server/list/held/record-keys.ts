import { eachPlace } from '../filter/each-place.ts'

const FIRST_BYTES = 1 << 12
const END = 0x0a

/** Keys of records in their trusts' own systems, each trust's one after another: its people search these and no others. */
export interface RecordKeys {
  set(slot: number, trust: number, localId: string): void
  readonly holds: (slot: number, text: string, trust: number) => boolean
  /** Marks the slots of a trust whose key holds the text. */
  readonly mark: (text: string, trust: number, into: Uint8Array) => void
  grow(capacity: number): void
}

interface Written {
  bytes: Buffer
  used: number
  /** Where each begins, and whose it was; who was given another since is passed over. */
  readonly starts: number[]
  readonly slots: number[]
}

export function recordKeys(firstCapacity: number): RecordKeys {
  const keys: string[] = []
  const byTrust: Written[] = []
  let trustOf = new Uint16Array(firstCapacity)
  /** Which of its trust's keys is a slot's. */
  let numberOf = new Uint32Array(firstCapacity)

  function write(to: Written, slot: number, key: string): void {
    const bytes = Buffer.byteLength(key)
    while (to.used + bytes + 1 > to.bytes.length)
      to.bytes = Buffer.concat([to.bytes], to.bytes.length * 2)
    numberOf[slot] = to.starts.push(to.used) - 1
    to.slots.push(slot)
    to.used += to.bytes.write(key, to.used)
    to.bytes[to.used] = END
    to.used += 1
  }

  const isOf = (slot: number, trust: number, number: number) =>
    trustOf[slot] === trust && numberOf[slot] === number

  /** Keys of those gone are dropped once they outnumber the others. */
  function writtenOf(trust: number): Written {
    const written = (byTrust[trust] ??= {
      ...{ bytes: Buffer.alloc(FIRST_BYTES), used: 0, starts: [], slots: [] },
    })
    if (written.slots.length < 64 || (written.slots.length & (written.slots.length - 1)) !== 0)
      return written
    const held = written.slots.filter((slot, number) => isOf(slot, trust, number))
    if (held.length > written.slots.length / 2) return written
    const fresh = { bytes: written.bytes, used: 0, starts: [], slots: [] }
    for (const slot of held) write(fresh, slot, keys[slot] ?? '')
    byTrust[trust] = fresh
    return fresh
  }

  return {
    set(slot, trust, localId) {
      const key = localId.toLowerCase().replaceAll('\n', ' ')
      if (keys[slot] === key && trustOf[slot] === trust) return
      const to = writtenOf(trust)
      keys[slot] = key
      trustOf[slot] = trust
      write(to, slot, key)
    },
    holds: (slot, text, trust) => trustOf[slot] === trust && (keys[slot] ?? '').includes(text),
    mark(text, trust, into) {
      const of = byTrust[trust]
      if (of === undefined) return
      let number = 0
      eachPlace(of.bytes, of.used, Buffer.from(text), (at) => {
        while ((of.starts[number + 1] ?? Infinity) <= at) number += 1
        const slot = of.slots[number] ?? 0
        if (isOf(slot, trust, number)) into[slot] = 1
        return of.starts[number + 1] ?? of.used
      })
    },
    grow(capacity) {
      const trusts = new Uint16Array(capacity)
      trusts.set(trustOf)
      trustOf = trusts
      const numbers = new Uint32Array(capacity)
      numbers.set(numberOf)
      numberOf = numbers
    },
  }
}
