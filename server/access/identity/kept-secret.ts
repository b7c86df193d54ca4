import type { Database } from '../../../db/client.ts'
import { sealBytes, unsealBytes } from './seal.ts'
import type { IdentityKeys, SealedBytes } from './seal.ts'

const SYSTEM = { kind: 'system', name: 'access' } as const

/** What a kept secret is sealed as. */
export function boundTo(name: string): string {
  return `kept-secret ${name}`
}

/**
 * A secret that outlives the keys: made once, sealed under the newest key, and sealed anew when keys are rotated.
 * Pseudonyms hang on one, so that nobody's changes with a key. [IG-6]
 * @param first makes it, the first time
 */
export async function keptSecret(
  db: Database,
  keys: IdentityKeys,
  name: string,
  first: () => string,
): Promise<string> {
  return db.scoped(SYSTEM, async (tx) => {
    const { keyId, sealed } = sealBytes(Buffer.from(first()), boundTo(name), keys)
    await tx`
      insert into kept_secret (name, key_id, sealed) values (${name}, ${keyId}, ${sealed}) on conflict do nothing
    `
    const [row] = await tx<SealedBytes[]>`
      select key_id as "keyId", sealed from kept_secret where name = ${name}
    `
    if (row === undefined) throw new Error(`the secret ${name} was not kept`)
    return unsealBytes(row, boundTo(name), keys).toString('utf8')
  })
}
