/** A stream of numbers in [0, 1): the same key gives the same stream on every machine. */
export type Random = () => number

/**
 * sfc32 (Chris Doty-Humphrey's small fast counter, public domain) keyed by three integers, so that any
 * pathway can be made again by its number alone, without making those before it.
 */
export function randomOf(seed: number, id: number, stream: number): Random {
  const random = sfc32(
    Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) | 0,
    Math.imul(id ^ 0x27d4eb2f, 0xc2b2ae35) | 0,
    Math.imul(stream ^ 0x165667b1, 0x9e3779b1) | 0,
  )
  for (let round = 0; round < 12; round++) random()
  return random
}

function sfc32(first: number, second: number, third: number): Random {
  let a = first
  let b = second
  let c = third
  let counter = 1
  // Millions of these are made: a function without a name of its own is made several times faster under tsx.
  return () => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    return (sum >>> 0) / 4_294_967_296
  }
}

/** A whole number from `low` to `high`, both included. */
export function whole(random: Random, low: number, high: number): number {
  return low + Math.floor(random() * (high - low + 1))
}

export function pick<T>(random: Random, items: readonly [T, ...T[]]): T {
  return items[Math.floor(random() * items.length)] ?? items[0]
}

/** Things to choose from, each as often as its weight says. */
export type Weighted<T> = readonly [
  T & { readonly weight: number },
  ...(T & { readonly weight: number })[],
]

export function weighted<T>(random: Random, items: Weighted<T>): T {
  let total = 0
  for (const item of items) total += item.weight
  let at = random() * total
  for (const item of items) {
    at -= item.weight
    if (at < 0) return item
  }
  return items[0]
}

/** Normal deviate, mean 0, standard deviation 1 (Box and Muller). */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

/** Share of a standard normal below `z` (Abramowitz and Stegun 26.2.17, error under 1e-7). */
export function normalShare(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z))
  const tail =
    0.3989422804014327 *
    Math.exp((-z * z) / 2) *
    t *
    (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
  return z > 0 ? 1 - tail : tail
}
