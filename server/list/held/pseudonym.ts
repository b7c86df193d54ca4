import { createHmac } from 'node:crypto'

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const SYMBOLS = 8
const BITS_PER_SYMBOL = 5
const HALF_BITS = 20
const HALF_MASK = 2 ** HALF_BITS - 1
const ROUNDS = 8
const PREFIX = 'P-'
const LETTERS_MISREAD: Readonly<Record<string, string>> = { O: '0', I: '1', L: '1' }

export interface Pseudonyms {
  /** `P-` and eight symbols, the same for an id for ever under one key. @param id 0 to 2 ** 40 - 1 */
  readonly of: (id: number) => string
  /** The id behind a whole pseudonym, however it was typed; null for anything else. */
  readonly idOf: (text: string) => number | null
}

/**
 * Entry ids as pseudonyms: a keyed permutation (Feistel, 8 rounds) of 40 bits, so that two never meet and nobody
 * without the key can tell which came in next to which. It hides a counter, not a secret: what guards a row is the
 * right to see it.
 */
export function pseudonyms(key: string): Pseudonyms {
  const roundKeys = Array.from({ length: ROUNDS }, (_, round) =>
    createHmac('sha256', key)
      .update(`pseudonym ${String(round)}`)
      .digest()
      .readUInt32LE(0),
  )
  const run = (left: number, right: number, keys: readonly number[]) => {
    let a = left
    let b = right
    for (const roundKey of keys) {
      const next = a ^ mixed(b, roundKey)
      a = b
      b = next
    }
    return [b, a] as const
  }
  return {
    of(id) {
      const [left, right] = run(Math.floor(id / (HALF_MASK + 1)), id & HALF_MASK, roundKeys)
      return PREFIX + written(left * (HALF_MASK + 1) + right)
    },
    idOf(text) {
      const value = readBack(text)
      if (value === null) return null
      const reversed = [...roundKeys].reverse()
      const [left, right] = run(Math.floor(value / (HALF_MASK + 1)), value & HALF_MASK, reversed)
      return left * (HALF_MASK + 1) + right
    },
  }
}

/** A well-mixed half: the finaliser of MurmurHash3. */
function mixed(half: number, roundKey: number): number {
  let h = Math.imul(half ^ roundKey, 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35) ^ roundKey
  h = Math.imul(h ^ (h >>> 16), 0x27d4eb2f)
  return (h ^ (h >>> 15)) & HALF_MASK
}

function written(value: number): string {
  let text = ''
  let rest = value
  for (let symbol = 0; symbol < SYMBOLS; symbol++) {
    text = (ALPHABET[rest % 2 ** BITS_PER_SYMBOL] ?? '') + text
    rest = Math.floor(rest / 2 ** BITS_PER_SYMBOL)
  }
  return text
}

function readBack(text: string): number | null {
  const symbols = text.trim().toUpperCase().replace(/^P-?/, '')
  if (symbols.length !== SYMBOLS) return null
  let value = 0
  for (const symbol of symbols) {
    const digit = ALPHABET.indexOf(LETTERS_MISREAD[symbol] ?? symbol)
    if (digit < 0) return null
    value = value * 2 ** BITS_PER_SYMBOL + digit
  }
  return value
}
