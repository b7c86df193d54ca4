import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createSecretKey,
  hash,
  hkdfSync,
  randomFillSync,
} from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import type { Identity } from '../../../shared/entry.ts'

const CIPHER = 'aes-256-gcm'
const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16
const KEY_ID_CHARACTERS = 8

export interface IdentityKey {
  /** Derived from the key, so that it can be kept beside what was sealed and tells nothing. */
  readonly id: string
  /** The same as bytes: what a sealed identity is bound to. */
  readonly idBytes: Buffer
  readonly key: Buffer
  /** The same as the cipher wants it: made ready once, and not fifty times a page. */
  readonly ready: KeyObject
  /** For the keyed hash of NHS numbers; derived, never the sealing key itself. */
  readonly hashKey: Buffer
}

/** The first seals; all open. Rotation: put a new key in front, seal again at leisure, drop the old one. */
export type IdentityKeys = readonly [IdentityKey, ...IdentityKey[]]

/** An identity as the database holds it. */
export interface SealedIdentity {
  readonly keyId: string
  /** Nonce, authentication tag, ciphertext. */
  readonly sealed: Buffer
  /** Keyed hash of the NHS number; null where there is none. */
  readonly nhsHash: Buffer | null
}

/** @throws when `key` is not 32 bytes */
export function identityKey(key: Buffer): IdentityKey {
  if (key.length !== KEY_BYTES) {
    throw new Error(
      `An identity key has ${String(key.length)} bytes; ${String(KEY_BYTES)} are wanted.`,
    )
  }
  const digest = createHash('sha256').update('ptl key id').update(key).digest('hex')
  const id = digest.slice(0, KEY_ID_CHARACTERS)
  const hashKey = Buffer.from(hkdfSync('sha256', key, '', 'ptl nhs number hash', KEY_BYTES))
  return { id, idBytes: Buffer.from(id), key, ready: createSecretKey(key), hashKey }
}

/** Seals an identity under the first key; the same one twice gives different bytes. */
export function sealIdentity(identity: Identity, keys: IdentityKeys): SealedIdentity {
  const [current] = keys
  const { keyId, sealed } = sealBytes(Buffer.from(JSON.stringify(identity)), '', keys)
  const { nhsNumber } = identity
  return { keyId, sealed, nhsHash: nhsNumber === undefined ? null : nhsHash(nhsNumber, current) }
}

const NONCES_AT_ONCE = 512
const nonces = Buffer.alloc(NONCES_AT_ONCE * NONCE_BYTES)
const unused: Buffer[] = []

/** Random bytes are asked for in hundreds: twelve at a time cost as much as the sealing. Each is used once. */
function nextNonce(): Buffer {
  const next = unused.pop()
  if (next !== undefined) return next
  randomFillSync(nonces)
  unused.push(...NONCE_VIEWS)
  return nextNonce()
}

const NONCE_VIEWS = Array.from({ length: NONCES_AT_ONCE }, (_, at) =>
  nonces.subarray(at * NONCE_BYTES, (at + 1) * NONCE_BYTES),
)

/**
 * Opens a sealed identity.
 * @throws when its key is not among `keys`, or the bytes were altered; neither message holds a value
 */
export function unsealIdentity(row: SealedBytes, keys: IdentityKeys): Identity {
  // What authenticates was sealed here, from an identity that had been checked: looking again would double the cost.
  return JSON.parse(unsealIdentityText(row, keys)) as Identity
}

/** The same as the JSON that was sealed. @throws as `unsealIdentity` */
export function unsealIdentityText(row: SealedBytes, keys: IdentityKeys): string {
  return unsealBytes(row, '', keys).toString('utf8')
}

/** Bytes as the database holds them when they may name somebody. */
export type SealedBytes = Pick<SealedIdentity, 'keyId' | 'sealed'>

/** Seals any bytes under the first key. @param boundTo what they belong to: opened as anything else they fail */
export function sealBytes(bytes: Buffer, boundTo: string, keys: IdentityKeys): SealedBytes {
  const [current] = keys
  const nonce = nextNonce()
  const cipher = createCipheriv(CIPHER, current.ready, nonce)
  cipher.setAAD(binding(current, boundTo))
  const text = cipher.update(bytes)
  // GCM holds nothing back: this only works the tag out.
  cipher.final()
  const sealed = Buffer.allocUnsafe(NONCE_BYTES + TAG_BYTES + text.length)
  sealed.set(nonce)
  sealed.set(cipher.getAuthTag(), NONCE_BYTES)
  sealed.set(text, NONCE_BYTES + TAG_BYTES)
  return { keyId: current.id, sealed }
}

/** Opens what `sealBytes` sealed. @throws as `unsealIdentity`, and when it was bound to something else */
export function unsealBytes(row: SealedBytes, boundTo: string, keys: IdentityKeys): Buffer {
  const found = keys.find((key) => key.id === row.keyId)
  if (found === undefined) {
    throw new Error(
      `An identity is sealed under key ${row.keyId}, which PTL_IDENTITY_KEY does not hold.`,
    )
  }
  const nonce = row.sealed.subarray(0, NONCE_BYTES)
  const tag = row.sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES)
  const text = row.sealed.subarray(NONCE_BYTES + TAG_BYTES)
  const decipher = createDecipheriv(CIPHER, found.ready, nonce, { authTagLength: TAG_BYTES })
  decipher.setAAD(binding(found, boundTo))
  decipher.setAuthTag(tag)
  const bytes = decipher.update(text)
  // GCM holds nothing back: this only holds the tag to what was opened, and throws where they differ.
  decipher.final()
  return bytes
}

function binding(key: IdentityKey, boundTo: string): Buffer {
  return boundTo === '' ? key.idBytes : Buffer.from(key.id + boundTo)
}

/** What only this key gives, to be kept beside its id: a key that is wrong shows before anything is opened. */
export function checkValue(key: IdentityKey): Buffer {
  return createHmac('sha256', key.key).update('ptl identity key check').digest()
}

/** Hashes of a number under every key, newest first: while keys are rotated it may be held under any. */
export function nhsHashes(nhsNumber: string, keys: IdentityKeys): Buffer[] {
  return keys.map((key) => nhsHash(nhsNumber, key))
}

/**
 * Keyed hash of a ten-digit NHS number: equal numbers give equal hashes, and without the key it says nothing. It is
 * HMAC-SHA-256 put together from two plain hashes, since making an Hmac object costs three times as much.
 */
export function nhsHash(nhsNumber: string, key: IdentityKey): Buffer {
  if (nhsNumber.length > LONGEST_NUMBER) {
    return createHmac('sha256', key.hashKey).update(nhsNumber).digest()
  }
  const { inner, outer } = padsOf(key)
  const length = BLOCK_BYTES + inner.write(nhsNumber, BLOCK_BYTES)
  outer.write(hash('sha256', inner.subarray(0, length), 'binary'), BLOCK_BYTES, 'latin1')
  return Buffer.from(hash('sha256', outer, 'binary'), 'latin1')
}

/** The two blocks of RFC 2104 for a key, each with room behind it for what is hashed. */
interface Pads {
  readonly inner: Buffer
  readonly outer: Buffer
}

const BLOCK_BYTES = 64
const HASH_BYTES = 32
const LONGEST_NUMBER = 20
const pads = new WeakMap<IdentityKey, Pads>()

function padsOf(key: IdentityKey): Pads {
  const known = pads.get(key)
  if (known !== undefined) return known
  const made = {
    inner: Buffer.alloc(BLOCK_BYTES + LONGEST_NUMBER * 3, 0x36),
    outer: Buffer.alloc(BLOCK_BYTES + HASH_BYTES, 0x5c),
  }
  for (const [at, byte] of key.hashKey.entries()) {
    made.inner[at] = byte ^ 0x36
    made.outer[at] = byte ^ 0x5c
  }
  pads.set(key, made)
  return made
}
