const BLOCK_BYTES = 16
const WORDS = 4
/** Partial products of the two halves, as they are and turned round. */
const PRODUCTS = 18
const TURNED = 9

/** The hash of GCM under one key. [NIST SP 800-38D, 6.4] */
export interface Ghash {
  /** Hashes what was sealed, `from` to the end of `bytes`, and writes the tag: the hash with `mask` upon it. */
  tag(bytes: Uint8Array, from: number, mask: Uint8Array, maskAt: number, tagAt: number): void
}

/**
 * Opens the hash of GCM. Carry-less products are made of whole-number ones with holes between the bits, after
 * `ghash_ctmul32` of BearSSL: no table is looked up and nothing branches on what is secret.
 * @param subkey the block of zeros as the cipher of the key gives it
 * @param bound the bytes that every hash begins with, those that are bound and not sealed
 */
export function openGhash(subkey: Uint8Array, bound: Uint8Array): Ghash {
  const h = new Int32Array(WORDS)
  addBlock(h, subkey, 0, BLOCK_BYTES)
  const once = spread(new Int32Array(PRODUCTS), h)
  const square = h.slice()
  multiply(square, once)
  const twice = spread(new Int32Array(PRODUCTS), square)
  const begun = new Int32Array(WORDS)
  for (let at = 0; at < bound.length; at += BLOCK_BYTES) {
    addBlock(begun, bound, at, Math.min(bound.length, at + BLOCK_BYTES))
    multiply(begun, once)
  }
  const state = new Int32Array(WORDS)
  const lengths: Int32Array[] = []

  /** What the block of the two lengths comes to, which ends every hash: the same for each text of a length. */
  function ofLengths(length: number): Int32Array {
    const known = lengths[length]
    if (known !== undefined) return known
    const made = Int32Array.of(length * 8, 0, bound.length * 8, 0)
    multiply(made, once)
    return (lengths[length] = made)
  }

  return {
    tag(bytes, from, mask, maskAt, tagAt) {
      state.set(begun)
      const end = bytes.length
      let at = from
      for (; at + BLOCK_BYTES < end; at += BLOCK_BYTES) {
        addBlock(state, bytes, at, end)
        multiply(state, once)
      }
      if (at < end) addBlock(state, bytes, at, end)
      multiply(state, at < end ? twice : once)
      const last = ofLengths(end - from)
      for (let place = 0; place < BLOCK_BYTES; place += 1) {
        const word = WORDS - 1 - (place >> 2)
        const hashed = (state[word] ?? 0) ^ (last[word] ?? 0)
        bytes[tagAt + place] = (hashed >>> (24 - 8 * (place & 3))) ^ (mask[maskAt + place] ?? 0)
      }
    },
  }
}

/** Adds a block to `state`; beyond `end` it is zeros. */
function addBlock(state: Int32Array, bytes: Uint8Array, at: number, end: number): void {
  const isWhole = at + BLOCK_BYTES <= end
  for (let word = 0; word < WORDS; word += 1) {
    const from = at + (WORDS - 1 - word) * 4
    state[word] = (state[word] ?? 0) ^ (isWhole ? word32(bytes, from) : partOf(bytes, from, end))
  }
}

function partOf(bytes: Uint8Array, at: number, end: number): number {
  let word = 0
  for (let place = 0; place < 4; place += 1) {
    word = (word << 8) | (at + place < end ? (bytes[at + place] ?? 0) : 0)
  }
  return word
}

const product = new Int32Array(PRODUCTS)
const spreadState = new Int32Array(PRODUCTS)

/** Multiplies `state` in the field, by what `spread` made of the factor. */
function multiply(state: Int32Array, factor: Int32Array): void {
  spread(spreadState, state)
  for (let at = 0; at < PRODUCTS; at += 1) {
    product[at] = carryless(spreadState[at] ?? 0, factor[at] ?? 0)
  }
  reduce(state)
}

function word32(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] ?? 0) << 24) |
    ((bytes[at + 1] ?? 0) << 16) |
    ((bytes[at + 2] ?? 0) << 8) |
    (bytes[at + 3] ?? 0)
  )
}

/** What Karatsuba multiplies of four words: three by three of them, and the same with their bits turned round. */
function spread(into: Int32Array, of: Int32Array): Int32Array {
  const a = of[0] ?? 0
  const b = of[1] ?? 0
  const c = of[2] ?? 0
  const d = of[3] ?? 0
  fill(into, 0, a, b, c, d)
  fill(into, TURNED, turned(a), turned(b), turned(c), turned(d))
  return into
}

function fill(into: Int32Array, at: number, a: number, b: number, c: number, d: number): void {
  into[at] = a
  into[at + 1] = b
  into[at + 2] = c
  into[at + 3] = d
  into[at + 4] = a ^ b
  into[at + 5] = c ^ d
  into[at + 6] = a ^ c
  into[at + 7] = b ^ d
  into[at + 8] = a ^ c ^ b ^ d
}

/** The lower 32 bits of the carry-less product. Each part keeps every fourth bit, so that carries fall between. */
function carryless(x: number, y: number): number {
  const x0 = x & 0x11111111
  const x1 = x & 0x22222222
  const x2 = x & 0x44444444
  const x3 = x & 0x88888888
  const y0 = y & 0x11111111
  const y1 = y & 0x22222222
  const y2 = y & 0x44444444
  const y3 = y & 0x88888888
  const z0 = Math.imul(x0, y0) ^ Math.imul(x1, y3) ^ Math.imul(x2, y2) ^ Math.imul(x3, y1)
  const z1 = Math.imul(x0, y1) ^ Math.imul(x1, y0) ^ Math.imul(x2, y3) ^ Math.imul(x3, y2)
  const z2 = Math.imul(x0, y2) ^ Math.imul(x1, y1) ^ Math.imul(x2, y0) ^ Math.imul(x3, y3)
  const z3 = Math.imul(x0, y3) ^ Math.imul(x1, y2) ^ Math.imul(x2, y1) ^ Math.imul(x3, y0)
  return (z0 & 0x11111111) | (z1 & 0x22222222) | (z2 & 0x44444444) | (z3 & 0x88888888)
}

function turned(word: number): number {
  let x = ((word & 0x55555555) << 1) | ((word >>> 1) & 0x55555555)
  x = ((x & 0x33333333) << 2) | ((x >>> 2) & 0x33333333)
  x = ((x & 0x0f0f0f0f) << 4) | ((x >>> 4) & 0x0f0f0f0f)
  x = ((x & 0x00ff00ff) << 8) | ((x >>> 8) & 0x00ff00ff)
  return (x << 16) | (x >>> 16)
}

/** The upper half of a product of two words, from what the turned words gave. */
function upper(turnedProduct: number): number {
  return turned(turnedProduct) >>> 1
}

/** Puts the partial products together and takes them modulo the field's polynomial. */
function reduce(into: Int32Array): void {
  const c0 = product[0] ?? 0
  const c1 = product[1] ?? 0
  const c2 = product[2] ?? 0
  const c3 = product[3] ?? 0
  const c6 = product[6] ?? 0
  const c7 = product[7] ?? 0
  const c9 = product[9] ?? 0
  const c10 = product[10] ?? 0
  const c11 = product[11] ?? 0
  const c12 = product[12] ?? 0
  const c15 = product[15] ?? 0
  const c16 = product[16] ?? 0
  const c4 = (product[4] ?? 0) ^ c0 ^ c1
  const c5 = (product[5] ?? 0) ^ c2 ^ c3
  const c8 = (product[8] ?? 0) ^ c6 ^ c7
  const c13 = (product[13] ?? 0) ^ c9 ^ c10
  const c14 = (product[14] ?? 0) ^ c11 ^ c12
  const c17 = (product[17] ?? 0) ^ c15 ^ c16
  const w0 = c0
  const w1 = c4 ^ upper(c9)
  const w2 = c1 ^ c0 ^ c2 ^ c6 ^ upper(c13)
  const w3 = c4 ^ c5 ^ c8 ^ upper(c10 ^ c9 ^ c11 ^ c15)
  const w4 = c2 ^ c1 ^ c3 ^ c7 ^ upper(c13 ^ c14 ^ c17)
  const w5 = c5 ^ upper(c11 ^ c10 ^ c12 ^ c16)
  const w6 = c3 ^ upper(c14)
  const w7 = upper(c12)
  // GCM counts its bits from the other end: the whole product is one place further up.
  const z0 = w0 << 1
  const z1 = (w1 << 1) | (w0 >>> 31)
  const z2 = (w2 << 1) | (w1 >>> 31)
  const z3 = (w3 << 1) | (w2 >>> 31)
  const z4 = (w4 << 1) | (w3 >>> 31)
  const z5 = (w5 << 1) | (w4 >>> 31)
  const z6 = (w6 << 1) | (w5 >>> 31)
  const z7 = (w7 << 1) | (w6 >>> 31)
  const last = z3 ^ carried(z0)
  into[0] = z4 ^ folded(z0) ^ carried(z1)
  into[1] = z5 ^ folded(z1) ^ carried(z2)
  into[2] = z6 ^ folded(z2) ^ carried(last)
  into[3] = z7 ^ folded(last)
}

function folded(word: number): number {
  return word ^ (word >>> 1) ^ (word >>> 2) ^ (word >>> 7)
}

function carried(word: number): number {
  return (word << 31) ^ (word << 30) ^ (word << 25)
}
