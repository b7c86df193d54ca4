import type { KeyObject } from 'node:crypto'
import { createCipheriv, randomFillSync } from 'node:crypto'
import { openGhash } from './ghash.ts'

const ECB = 'aes-256-ecb'
const BLOCK_BYTES = 16
const NONCE_BYTES = 12
/** One block for the tag and those for the text: a number alone, or a number, a name and a postcode. */
const BLOCKS_OF_A_PAD = 9
const PAD_BYTES = BLOCKS_OF_A_PAD * BLOCK_BYTES
const TEXT_FROM = BLOCK_BYTES
export const LONGEST_PADDED = PAD_BYTES - BLOCK_BYTES
const PADS_AT_ONCE = 512

/** Seals short texts with AES-256-GCM, bit for bit as OpenSSL does. */
export interface Pads {
  /**
   * @param text of LONGEST_PADDED bytes at the most
   * @returns nonce, authentication tag, ciphertext
   */
  seal(text: Uint8Array): Buffer
}

/**
 * What GCM needs of the cipher for one text, counter blocks under a nonce, does not depend on the text. For some
 * hundred random nonces it is worked out in one call, where a cipher made, fed, ended and asked for its tag for each
 * person cost a load more than anything else it did. Each pad is used once. [NIST SP 800-38D]
 * @param bound what every text is bound to
 */
export function openPads(key: KeyObject, bound: Uint8Array): Pads {
  const cipher = createCipheriv(ECB, key, null).setAutoPadding(false)
  const ghash = openGhash(cipher.update(Buffer.alloc(BLOCK_BYTES)), bound)
  const nonces = Buffer.alloc(PADS_AT_ONCE * NONCE_BYTES)
  const counters = counterBlocks()
  let pads: Uint8Array = Buffer.alloc(0)
  let used = PADS_AT_ONCE

  function refill(): void {
    randomFillSync(nonces)
    for (let pad = 0; pad < PADS_AT_ONCE; pad += 1) {
      for (let block = 0; block < BLOCKS_OF_A_PAD; block += 1) {
        const at = pad * PAD_BYTES + block * BLOCK_BYTES
        nonces.copy(counters, at, pad * NONCE_BYTES, (pad + 1) * NONCE_BYTES)
      }
    }
    pads = cipher.update(counters)
    used = 0
  }

  return {
    seal(text) {
      if (used === PADS_AT_ONCE) refill()
      const pad = used * PAD_BYTES
      const nonce = used * NONCE_BYTES
      used += 1
      const { length } = text
      const sealed = Buffer.allocUnsafe(NONCE_BYTES + BLOCK_BYTES + length)
      for (let at = 0; at < NONCE_BYTES; at += 1) sealed[at] = nonces[nonce + at] ?? 0
      const from = NONCE_BYTES + BLOCK_BYTES
      for (let at = 0; at < length; at += 1) {
        sealed[from + at] = (text[at] ?? 0) ^ (pads[pad + TEXT_FROM + at] ?? 0)
      }
      ghash.tag(sealed, from, pads, pad, NONCE_BYTES)
      return sealed
    },
  }
}

/** The counters of each pad, from 1, behind room for its nonce. */
function counterBlocks(): Buffer {
  const blocks = Buffer.alloc(PADS_AT_ONCE * PAD_BYTES)
  for (let at = 0; at < PADS_AT_ONCE * BLOCKS_OF_A_PAD; at += 1) {
    blocks[(at + 1) * BLOCK_BYTES - 1] = 1 + (at % BLOCKS_OF_A_PAD)
  }
  return blocks
}
