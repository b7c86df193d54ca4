import type { TransactionSql } from '../../../db/client.ts'
import { entryFacts } from '../../../shared/entry.ts'
import type { Identity } from '../../../shared/entry.ts'
import type { SealedIdentity } from '../../access/access.ts'
import type { HeldEntry, UpdatePart } from '../formats/update.ts'
import { MOST_OF_A_PATHWAY } from '../merge/same-pathway.ts'

/** An entry that messages may touch, as the database has it and as messages have left it since. */
export interface WorkingEntry {
  /** 0 for one that a message of this delivery makes. */
  id: number
  held: HeldEntry
  /** Who the database has it be of; null for nobody named, and for one that is not there yet. */
  readonly knownIdentity: Identity | null
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
  // Key by key, and of `trust` and `id` expressions: whatever the server believes of the tables, each is one look into
  // the index meant, and never a walk through all of the trust. [FEED-62]
  const rows = await tx<Row[]>`
    select e.id, e.facts, e.pathway_key as "pathwayKey", e.hash = '' as dropped, e.extract_at as "extractAt",
      i.key_id as "keyId", i.sealed, s.parts, s."saidAt", s."wholeAt"
    from (
      select found.id from unnest(${[...keys]}::text[]) as given (key) cross join lateral (
        select id from entry where trust = ${trust} and local_id = given.key
        union all
        (select id from entry where pathway_key = given.key and trust || '' = ${trust}
          order by id + 0 limit ${MOST_OF_A_PATHWAY})
      ) found
      union select i.entry_id from unnest(${hashes}::text[]) as given (hash) cross join lateral (
        select entry_id from identity where nhs_hash = decode(given.hash, 'hex') offset 0
      ) i
    ) found cross join lateral (
      select * from entry where id = found.id and trust || '' = ${trust} limit 1
    ) e left join lateral (
      select key_id, sealed from identity where entry_id = e.id limit 1
    ) i on true left join lateral (
      select array_agg(part) as parts, array_agg(to_json(said_at) #>> '{}') as "saidAt", max(whole_at) as "wholeAt"
      from feed_said where entry_id = e.id
    ) s on true
    order by e.id`
  return rows.map((row): WorkingEntry => {
    const knownIdentity = identityOf(row)
    const saidAt = new Map(
      (row.parts ?? []).map((part, at) => [part, iso(row.saidAt?.[at] ?? row.extractAt)]),
    )
    return {
      id: row.id,
      // Read by the schema, so that what jsonb has reordered hashes as it did when it came.
      held: { facts: entryFacts.parse(row.facts), identity: knownIdentity ?? {} },
      knownIdentity,
      pathwayKey: row.pathwayKey,
      dropped: row.dropped,
      extractAt: iso(row.extractAt),
      wholeAt: wholeAt(iso(row.extractAt), saidAt, row.wholeAt, options.snapshotAt),
      saidAt,
      spoken: new Set(),
    }
  })

  function identityOf({ keyId, sealed }: Row): Identity | null {
    return keyId === null || sealed === null ? null : options.unseal({ keyId, sealed })
  }
}

/**
 * Writes down what was said when, of entries whose ids are known by now. [FEED-54]
 * @param written ids of those whose own time went in with them
 */
export async function keepSaid(
  tx: TransactionSql,
  entries: readonly WorkingEntry[],
  written: ReadonlySet<number>,
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
  const timed = spoken.filter(({ id }) => !written.has(id))
  const times = JSON.stringify(
    Object.fromEntries(timed.map(({ id, extractAt }) => [id, extractAt])),
  )
  await Promise.all([
    timed.length === 0
      ? null
      : // By ids and not by a join, which would be planned by how few entries there once were. [FEED-62]
        tx`
          update entry set extract_at = ((select ${times}::text::jsonb) ->> id::text)::timestamptz
          where id = any(${timed.map(({ id }) => id)}::bigint[])
            and extract_at <> ((select ${times}::text::jsonb) ->> id::text)::timestamptz`,
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
