import type { TransactionSql } from '../../../db/client.ts'
import { entryFacts } from '../../../shared/entry.ts'
import type { Identity } from '../../../shared/entry.ts'
import type { SealedIdentity } from '../../access/access.ts'
import type { HeldEntry, UpdatePart } from '../formats/update.ts'

/** An entry that messages may touch, as the database has it and as messages have left it since. */
export interface WorkingEntry {
  /** 0 for one that a message of this delivery makes. */
  id: number
  held: HeldEntry
  /** `issuer:ppid`; null where it has none. */
  readonly pathwayKey: string | null
  /** Closed by absence or by name: only a new referral opens it. [FEED-55] */
  dropped: boolean
  /** The newest time anything was said of it. */
  extractAt: string
  /** When something last spoke of the whole of it. */
  readonly wholeAt: string
  /** When messages last spoke of a part. */
  readonly saidAt: Map<UpdatePart, string>
  /** Parts spoken of since it was read. */
  readonly spoken: Set<UpdatePart>
}

interface Row {
  readonly id: number
  readonly facts: unknown
  readonly pathwayKey: string | null
  readonly dropped: boolean
  readonly extractAt: string
  readonly keyId: string | null
  readonly sealed: Buffer | null
  readonly parts: readonly UpdatePart[] | null
  readonly saidAt: readonly string[] | null
  readonly wholeAt: string | null
}

/**
 * The trust's entries of these keys (record key or pathway identifier) and of people with these NHS number hashes.
 * @param options.snapshotAt a snapshot spoke of every entry; null before the first
 */
export async function readHeld(
  tx: TransactionSql,
  options: {
    readonly trust: string
    readonly keys: readonly string[]
    readonly nhsHashes: readonly Buffer[]
    readonly snapshotAt: string | null
    readonly unseal: (row: Pick<SealedIdentity, 'keyId' | 'sealed'>) => Identity
  },
): Promise<WorkingEntry[]> {
  const { trust, keys, nhsHashes } = options
  const hashes = nhsHashes.map((hash) => hash.toString('hex'))
  const rows = await tx<Row[]>`
    select e.id, e.facts, e.pathway_key as "pathwayKey", e.hash = '' as dropped, e.extract_at as "extractAt",
      i.key_id as "keyId", i.sealed, s.parts, s."saidAt", s."wholeAt"
    from (
      select id from entry where trust = ${trust} and local_id = any(${[...keys]}::text[])
      union select id from entry where trust = ${trust} and pathway_key = any(${[...keys]}::text[])
      union select e.id from identity i join entry e on e.id = i.entry_id and e.trust = ${trust}
        where i.nhs_hash in (select decode(hex, 'hex') from unnest(${hashes}::text[]) as hex)
    ) found join entry e using (id) left join identity i on i.entry_id = e.id
    left join lateral (
      select array_agg(part) as parts, array_agg(to_json(said_at) #>> '{}') as "saidAt", max(whole_at) as "wholeAt"
      from feed_said where entry_id = e.id
    ) s on true
    order by e.id`
  return rows.map((row): WorkingEntry => {
    const saidAt = new Map(
      (row.parts ?? []).map((part, at) => [part, iso(row.saidAt?.[at] ?? row.extractAt)]),
    )
    return {
      id: row.id,
      // Read by the schema, so that what jsonb has reordered hashes as it did when it came.
      held: { facts: entryFacts.parse(row.facts), identity: identityOf(row) },
      pathwayKey: row.pathwayKey,
      dropped: row.dropped,
      extractAt: iso(row.extractAt),
      wholeAt: wholeAt(iso(row.extractAt), saidAt, row.wholeAt, options.snapshotAt),
      saidAt,
      spoken: new Set(),
    }
  })

  function identityOf({ keyId, sealed }: Row): Identity {
    return keyId === null || sealed === null ? {} : options.unseal({ keyId, sealed })
  }
}

/** Writes down what was said when, of entries whose ids are known by now. [FEED-54] */
export async function keepSaid(
  tx: TransactionSql,
  entries: readonly WorkingEntry[],
): Promise<void> {
  const spoken = entries.filter((entry) => entry.id !== 0 && entry.spoken.size > 0)
  if (spoken.length === 0) return
  const said = spoken.flatMap((entry) =>
    [...entry.spoken].map((part) => ({
      entry_id: entry.id,
      part,
      said_at: entry.saidAt.get(part) ?? entry.extractAt,
      whole_at: entry.wholeAt,
    })),
  )
  const times = spoken.map(({ id, extractAt }) => ({ id, at: extractAt }))
  await Promise.all([
    tx`
      update entry e set extract_at = v.at
      from jsonb_to_recordset(${JSON.stringify(times)}::text::jsonb) as v (id bigint, at timestamptz)
      where e.id = v.id and e.extract_at <> v.at`,
    tx`
      insert into feed_said (entry_id, part, said_at, whole_at)
      select entry_id, part, said_at, whole_at
      from jsonb_to_recordset(${JSON.stringify(said)}::text::jsonb)
        as v (entry_id bigint, part text, said_at timestamptz, whole_at timestamptz)
      on conflict (entry_id, part) do update set said_at = excluded.said_at, whole_at = excluded.whole_at`,
  ])
}

/** A whole record has spoken since where the entry's time is newer than any message's. */
function wholeAt(
  extractAt: string,
  saidAt: ReadonlyMap<UpdatePart, string>,
  wholeBefore: string | null,
  snapshotAt: string | null,
): string {
  const lastMessage = [...saidAt.values()].reduce((a, b) => (a > b ? a : b), '')
  const whole = wholeBefore !== null && extractAt <= lastMessage ? iso(wholeBefore) : extractAt
  return snapshotAt !== null && snapshotAt > whole ? snapshotAt : whole
}

/** In one form, to compare as text. */
function iso(text: string): string {
  return new Date(text).toISOString()
}
