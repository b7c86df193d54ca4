import { hash } from 'node:crypto'

/** The keys of the entries of a Bundle, held to its end by a hash each. */
export interface SeenKeys {
  see(key: string): void
  has(key: string): boolean
  /** The pathway or patient of this key has been given away: nothing more may refer to it. */
  giveAway(key: string): void
  isGiven(key: string): boolean
  /** A pathway that was given away referred to this key; noted where no entry of it had come. */
  miss(key: string): void
  wasMissed(key: string): boolean
}

export function openSeenKeys(): SeenKeys {
  const seen = new Set<number>()
  const given = new Set<number>()
  const missed = new Set<number>()
  return {
    see: (key) => void seen.add(digestOf(key)),
    has: (key) => seen.has(digestOf(key)),
    giveAway: (key) => void given.add(digestOf(key)),
    isGiven: (key) => given.size > 0 && given.has(digestOf(key)),
    miss(key) {
      const digest = digestOf(key)
      if (!seen.has(digest)) missed.add(digest)
    },
    wasMissed: (key) => missed.size > 0 && missed.has(digestOf(key)),
  }
}

/** 48 bits of a key: the keys of a large Bundle would be more than all that is held of it. */
function digestOf(key: string): number {
  return Number.parseInt(hash('sha1', key, 'hex').slice(0, 12), 16)
}
