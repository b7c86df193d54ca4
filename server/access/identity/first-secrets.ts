import { createHmac } from 'node:crypto'
import { nhsHash } from './seal.ts'
import type { IdentityKeys } from './seal.ts'

/** What pseudonyms hang on, the first time: afterwards it is kept, for they must outlive every key. */
export function pseudonymKey(keys: IdentityKeys): string {
  const oldest = keys.at(-1) ?? keys[0]
  return createHmac('sha256', oldest.key).update('ptl pseudonyms').digest('hex')
}

/** What the lines of deliveries are hashed with, the first time: as the feeds worked it out before it was kept. */
export function digestKey(keys: IdentityKeys): string {
  return nhsHash('0000000000', keys.at(-1) ?? keys[0]).toString('hex')
}
