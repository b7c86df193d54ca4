import type { Database } from '../../../db/client.ts'
import { Refusal } from '../../../shared/problem.ts'
import type { AuditEvent } from '../audit/audit.ts'
import type { Person } from '../people/people.ts'
import { may } from '../rights.ts'
import { unsealIdentityText } from './seal.ts'
import type { IdentityKeys, SealedBytes } from './seal.ts'

export const IDENTITIES_PER_READ = 100

/**
 * Who these pathways belong to, for somebody caring for them. Row-level security leaves out whatever the person's
 * organisation is not on; each read and each refusal is in the audit before it is answered.
 * @returns JSON by entry, as it was sealed; entries that do not exist, hold no identity or are not theirs are absent alike
 * @throws Refusal `not-yours` for a role that may see no identity, after writing that down; `bad-request` over 100
 */
export async function readIdentities(
  options: {
    readonly db: Database
    readonly keys: IdentityKeys
    /** Resolves when the events are committed. */
    readonly audit: (events: readonly AuditEvent[]) => Promise<void>
  },
  person: Person,
  request: {
    readonly entryIds: readonly number[]
    readonly reason?: string | undefined
    readonly requestId?: string | undefined
  },
): Promise<Map<number, string>> {
  const { db, keys, audit } = options
  const wanted = [...new Set(request.entryIds)]
  if (wanted.length > IDENTITIES_PER_READ) {
    throw new Refusal(
      'bad-request',
      `${String(wanted.length)} identities were asked for; ${String(IDENTITIES_PER_READ)} is the most at once.`,
    )
  }
  const entitled = may(person, 'identity:read')
  const found = entitled ? await readSealed(db, person, wanted) : []
  const seen = new Map(found.map((row) => [row.entryId, row.glass]))
  // Before the answer: what could not be written down is not told. One event names all that were read for one reason.
  const groups = new Map<string, number[]>()
  for (const entryId of wanted) {
    const glass = seen.get(entryId)
    const key = glass === undefined ? 'refused' : `read ${glass ?? ''}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [entryId])
    else group.push(entryId)
  }
  await audit(
    [...groups].map(([key, entryIds]) => ({
      person,
      action: key === 'refused' ? 'identity:read:refused' : 'identity:read',
      subject: subjectOf(entryIds),
      reason: withGlass(request.reason, key.replace(/^read |^refused$/, '')),
      requestId: request.requestId,
    })),
  )
  if (!entitled) {
    throw new Refusal(
      'not-yours',
      'Your role sees pathways by pseudonym; the attempt was recorded.',
    )
  }
  return new Map(found.map((row) => [row.entryId, unsealIdentityText(row, keys)]))
}

/** `[{"id":12,"identity":{...}}, ...]`: what was sealed here goes into an answer as it is, without being read and written again. */
export function identitiesJson(texts: ReadonlyMap<number, string>): string {
  const parts = [...texts].map(([id, text]) => `{"id":${String(id)},"identity":${text}}`)
  return `[${parts.join(',')}]`
}

interface SealedRow extends SealedBytes {
  readonly entryId: number
  /** Why the glass was broken; null for those on the pathway. */
  readonly glass: string | null
}

const ENTRY_ID_BYTES = 8
const KEY_ID_BYTES = 8
const LENGTH_BYTES = 4

/**
 * All that row-level security shows of `wanted`, in one row of one value: fifty rows of two cost more to take apart than
 * to find. Each is its entry's id, its key's id, how long it is, and the sealed bytes. The function enters the person's
 * scope itself, and only for its own statement.
 */
async function readSealed(
  db: Database,
  person: Person,
  wanted: readonly number[],
): Promise<SealedRow[]> {
  const { id, organisation, role } = person
  const [read] = await db.sql<{ packed: Buffer | null; glass: Record<string, string> | null }[]>`
    select packed, glass from identity_packed(${id}, ${organisation}, ${role}, ${wanted}::bigint[])
  `
  const packed = read?.packed ?? null
  return packed === null ? [] : unpack(packed, read?.glass ?? {})
}

function unpack(packed: Buffer, glass: Readonly<Record<string, string>>): SealedRow[] {
  const rows: SealedRow[] = []
  for (let at = 0; at < packed.length;) {
    const entryId = Number(packed.readBigInt64BE(at))
    at += ENTRY_ID_BYTES
    const keyId = packed.toString('latin1', at, at + KEY_ID_BYTES)
    at += KEY_ID_BYTES
    const length = packed.readInt32BE(at)
    at += LENGTH_BYTES
    rows.push({
      entryId,
      keyId,
      sealed: packed.subarray(at, at + length),
      glass: glass[entryId] ?? null,
    })
    at += length
  }
  return rows
}

/** `entry:12`, or `entries:12,15,18`. */
function subjectOf(entryIds: readonly number[]): string {
  return `${entryIds.length === 1 ? 'entry' : 'entries'}:${entryIds.join(',')}`
}

/** Whoever broke the glass reads for the reason they gave. */
function withGlass(reason: string | undefined, glass: string): string | undefined {
  if (glass === '') return reason
  return `break-glass: ${glass}${reason === undefined ? '' : `; ${reason}`}`
}
