import { randomBytes, timingSafeEqual } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Database, TransactionSql } from '../../../db/client.ts'
import { checkValue, identityKey } from './seal.ts'
import type { IdentityKeys } from './seal.ts'

const KEY_FILE = 'identity.key'
const KEY_BYTES = 32
const OWNER_ONLY = 0o600
const SYSTEM = { kind: 'system', name: 'access' } as const

/**
 * The keys that seal identities: from the setting, else from `identity.key` in the data directory, made on the first
 * start and readable by its owner only.
 * @param setting PTL_IDENTITY_KEY: 32 bytes in hex or base64; several, the newest first, separated by commas
 * @throws one line that repeats no key
 */
export async function loadIdentityKeys(options: {
  readonly setting: string | null
  readonly dataDir: string
}): Promise<IdentityKeys> {
  if (options.setting !== null) return parseKeys(options.setting, 'PTL_IDENTITY_KEY')
  const file = join(options.dataDir, KEY_FILE)
  await mkdir(options.dataDir, { recursive: true })
  try {
    // Exclusive: of two first starts, one makes the key and both read it.
    const made = `${randomBytes(KEY_BYTES).toString('hex')}\n`
    await writeFile(file, made, { flag: 'wx', mode: OWNER_ONLY })
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')) throw cause
  }
  return parseKeys(await readFile(file, 'utf8'), file)
}

/**
 * Refuses a start that could not open what is there, and remembers the key that seals from now on.
 * @throws one line naming keys by id, for a key that is missing or is not the one it was
 */
export async function assertKeysFit(db: Database, keys: IdentityKeys): Promise<void> {
  await db.scoped(SYSTEM, async (tx) => {
    const checks = await tx<{ keyId: string; check: Buffer }[]>`
      select key_id as "keyId", check_value as check from identity_key
    `
    for (const { keyId, check } of checks) {
      const key = keys.find((one) => one.id === keyId)
      if (key === undefined || timingSafeEqual(checkValue(key), check)) continue
      throw new Error(
        `Key ${keyId} is not the key of that name that this database was sealed with.`,
      )
    }
    const used = await usedKeys(tx)
    const known = new Set(keys.map((key) => key.id))
    const missing = used.filter((id) => !known.has(id))
    if (missing.length > 0) {
      throw new Error(
        `Identities are sealed under key ${missing.join(', ')}, and only ${[...known].join(', ')} was given: ` +
          'set PTL_IDENTITY_KEY, or put back identity.key in DATA_DIR.',
      )
    }
    const [current] = keys
    await tx`
      insert into identity_key (key_id, check_value, since) values (${current.id}, ${checkValue(current)}, now())
      on conflict do nothing
    `
    // A key that seals nothing any more has been rotated out, and need not be given again.
    await tx`
      delete from identity_key where key_id <> all(${[...used, current.id]}::text[])
    `
  })
}

/** Ids of keys that something is sealed under. */
export async function usedKeys(tx: TransactionSql): Promise<string[]> {
  const rows = await tx<{ keyId: string }[]>`
    select key_id as "keyId" from identity group by key_id
    union select key_id from refused_row where octet_length(sealed) > 0
    union select key_id from delivery_body
    union select key_id from kept_secret
  `
  return rows.map((row) => row.keyId)
}

function parseKeys(text: string, source: string): IdentityKeys {
  const [first, ...others] = text
    .split(/[,\s]+/)
    .filter((part) => part !== '')
    .map((part) => identityKey(decodeKey(part, source)))
  if (first === undefined) throw new Error(`${source} holds no key; 32 bytes in hex are wanted.`)
  return [first, ...others]
}

function decodeKey(text: string, source: string): Buffer {
  const key = /^[0-9a-f]{64}$/i.test(text) ? Buffer.from(text, 'hex') : Buffer.from(text, 'base64')
  if (key.length !== KEY_BYTES) {
    throw new Error(
      `${source} holds a key of ${String(key.length)} bytes; ${String(KEY_BYTES)} in hex or base64 are wanted.`,
    )
  }
  return key
}
