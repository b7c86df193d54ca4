import type { Database } from '../../../db/client.ts'
import type { Identity } from '../../../shared/entry.ts'
import { Refusal } from '../../../shared/problem.ts'
import type { AuditEvent } from '../audit/audit.ts'
import type { Person } from '../people/people.ts'
import { may } from '../rights.ts'
import { unsealIdentity } from './seal.ts'
import type { IdentityKeys, SealedBytes } from './seal.ts'

export const IDENTITIES_PER_READ = 100

/**
 * Who these pathways belong to, for somebody caring for them. Row-level security leaves out whatever the person's
 * organisation is not on; each read and each refusal is in the audit before it is answered.
 * @returns by entry; entries that do not exist, hold no identity or are not theirs are absent alike
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
): Promise<Map<number, Identity>> {
  const { db, keys, audit } = options
  const wanted = [...new Set(request.entryIds)]
  if (wanted.length > IDENTITIES_PER_READ) {
    throw new Refusal(
      'bad-request',
      `${String(wanted.length)} identities were asked for; ${String(IDENTITIES_PER_READ)} is the most at once.`,
    )
  }
  const entitled = may(person, 'identity:read')
  const { id: personId, organisation, role } = person
  const found = entitled
    ? await db.scoped(
        { kind: 'person', personId, organisation, role },
        (tx) => tx<(SealedBytes & { entryId: number; glass: string | null })[]>`
          select entry_id as "entryId", key_id as "keyId", sealed,
            (select reason from break_glass b where b.entry_id = i.entry_id and b.person_id = ${personId}
              and b.ends_at > now() order by b.at desc limit 1) as glass
          from identity i where entry_id = any(${wanted}::bigint[])
        `,
      )
    : []
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
  return new Map(found.map((row) => [row.entryId, unsealIdentity(row, keys)]))
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
