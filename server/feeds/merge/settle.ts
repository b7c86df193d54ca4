import type { TransactionSql } from '../../../db/client.ts'
import type { EntryFacts, Identity, ParsedEntry } from '../../../shared/entry.ts'
import type { IssueBook } from '../delivery/issues.ts'
import type { FieldName } from '../formats/facts.ts'
import { rowIssue } from '../formats/format.ts'
import type { Unseal } from '../updates/update-work.ts'
import type { KeptEntry } from './keep.ts'
import { withKept } from './keep.ts'
import type { MergeContext } from './merge.ts'
import { closeEntries } from './removal.ts'
import type { PathwayCandidate, Target } from './same-pathway.ts'
import { MOST_OF_A_PATHWAY, targetOf } from './same-pathway.ts'

/** A record with what its entry keeps. */
export interface SettledEntry extends KeptEntry {
  /** Of the entry it is of; 0 for a new one. */
  readonly entryId: number
  /** Who it is as known; null when nobody is named, or it cannot be opened here. */
  readonly knownIdentity: Identity | null
}

/** Null: another record of the delivery is of that entry. */
export type Settled = SettledEntry | null

/** Settles records against the entries there are, before they are judged. [FEED-24, FEED-25] */
export interface Settling {
  /**
   * @param carries fields that the format has a place for; null: every one
   * @param keys record keys of the delivery so far, these records' among them; those they turn out to be of are added
   * @returns one for each record, in order
   */
  settle(
    records: readonly ParsedEntry[],
    carries: ReadonlySet<FieldName> | null,
    keys: Set<string>,
  ): Promise<readonly Settled[]>
  /** Entries that were given another key or closed as kept twice. */
  touched(): readonly number[]
}

interface Candidate extends PathwayCandidate {
  readonly kept: Partial<EntryFacts> | null
  readonly identity: Identity | null
}

interface Row {
  readonly place: number
  readonly id: number
  readonly localId: string
  readonly dropped: boolean
  readonly kept: Partial<EntryFacts> | null
  readonly keyId: string | null
  readonly sealed: Buffer | null
}

export function openSettling(options: {
  readonly tx: TransactionSql
  readonly merge: MergeContext
  /** Absent where identities cannot be opened: then none is kept, and none compared. */
  readonly unseal: Unseal | undefined
  readonly issues: IssueBook
}): Settling {
  const { tx, merge, issues } = options
  const touched: number[] = []
  return {
    touched: () => touched,
    async settle(records, carries, keys) {
      const known = await readCandidates(records, carries)
      const twins = new Map<number, number>()
      const renamed = new Map<number, string>()
      const settled = records.map((record, at): Settled => {
        const target = targetOf(asRecord(record), known[at] ?? [])
        note(record, target)
        switch (target.kind) {
          case 'own':
          case 'unsure':
            return kept(record, target.entry, carries)
          case 'twin':
            twins.set(target.twin.id, target.entry.id)
            return kept(record, target.entry, carries)
          case 'renames':
            // A record of this delivery still goes by the former key: then this is one beside it.
            if (keys.has(target.entry.localId) || renamed.has(target.entry.id)) {
              return kept(record, null, carries)
            }
            renamed.set(target.entry.id, record.facts.localId)
            return kept(record, target.entry, carries)
          case 'other': {
            const { localId } = target.entry
            if (keys.has(localId)) return null
            keys.add(localId)
            if (target.twin !== null) twins.set(target.twin.id, target.entry.id)
            return kept({ ...record, facts: { ...record.facts, localId } }, target.entry, carries)
          }
        }
      })
      await rename(renamed)
      await fold(twins)
      return settled
    },
  }

  async function readCandidates(
    records: readonly ParsedEntry[],
    carries: ReadonlySet<FieldName> | null,
  ): Promise<readonly (readonly Candidate[])[]> {
    const keys = records.map(({ facts }) => facts.localId)
    const pathways = records.map(({ facts }) => pathwayKeyOf(facts))
    const kept =
      carries === null ? tx`null::jsonb` : tx`nullif(e.facts - ${[...carries]}::text[], '{}')`
    // Of `trust` and `id` expressions are made so that no index on them is used: before a table's first statistics
    // the server takes those for as good as the one on the pathway, and walks all of the trust for each record.
    const rows = await tx<Row[]>`
      select given.place::int, e.id, e.local_id as "localId", e.hash = '' as dropped, ${kept} as kept,
        i.key_id as "keyId", i.sealed
      from unnest(${keys}::text[], ${pathways}::text[]) with ordinality as given (key, pathway, place)
      cross join lateral (
        select id from entry where trust = ${merge.trust} and local_id = given.key
        union
        (select id from entry where pathway_key = given.pathway and trust || '' = ${merge.trust}
          order by id + 0 desc limit ${MOST_OF_A_PATHWAY})
      ) found join entry e on e.id = found.id left join identity i on i.entry_id = e.id
      order by given.place, e.id`
    const byRecord: Candidate[][] = records.map(() => [])
    for (const row of rows) {
      const identity = identityOf(row)
      byRecord[row.place - 1]?.push({ ...row, identity, nhsNumber: identity?.nhsNumber })
    }
    return byRecord
  }

  function identityOf({ keyId, sealed }: Row): Identity | null {
    if (options.unseal === undefined || keyId === null || sealed === null) return null
    return options.unseal({ keyId, sealed })
  }

  function note(record: ParsedEntry, target: Target<Candidate>): void {
    const said = saidOf(target)
    if (said === null) return
    const { rowNumber, facts } = record
    issues.add({
      ...rowIssue(rowNumber, facts.localId, { field: 'ppid', code: 'FEED-25', ...said }),
      severity: 'warns',
    })
  }

  async function rename(renamed: ReadonlyMap<number, string>): Promise<void> {
    if (renamed.size === 0) return
    await tx`
      update entry e set local_id = v.local_id
      from unnest(${[...renamed.keys()]}::bigint[], ${[...renamed.values()]}::text[]) as v (id, local_id)
      where e.id = v.id`
    touched.push(...renamed.keys())
  }

  /** Closes entries kept twice. What people still have to do goes on where the pathway goes on; notes stay as written. */
  async function fold(twins: ReadonlyMap<number, number>): Promise<void> {
    if (twins.size === 0) return
    const closed = await closeEntries(tx, [...twins.keys()], KEPT_ELSEWHERE, merge)
    const into = closed.map((twin) => twins.get(twin) ?? twin)
    const pairs = tx`unnest(${[...closed]}::bigint[], ${into}::bigint[]) as v (twin, entry)`
    await tx`update action set entry_id = v.entry from ${pairs} where entry_id = v.twin and done_at is null`
    await tx`update priority_override set entry_id = v.entry from ${pairs} where entry_id = v.twin`
    await tx`update mutual_aid set entry_id = v.entry from ${pairs} where entry_id = v.twin`
    touched.push(...closed, ...into)
  }
}

/** Why an entry is closed whose pathway goes on as another entry of the trust. */
const KEPT_ELSEWHERE = 'kept under the key of its own'

function kept(
  record: ParsedEntry,
  entry: Candidate | null,
  carries: ReadonlySet<FieldName> | null,
): SettledEntry {
  const known = entry ?? { id: 0, kept: null, identity: null }
  return {
    ...withKept(record, known, carries),
    entryId: known.id,
    knownIdentity: known.identity,
  }
}

function asRecord({ facts, identity }: ParsedEntry) {
  const { nhsNumber } = identity
  return { localId: facts.localId, pathwayKey: pathwayKeyOf(facts), nhsNumber }
}

function pathwayKeyOf({ ppid, ppidIssuer }: EntryFacts): string | null {
  return ppid === undefined || ppidIssuer === undefined ? null : `${ppidIssuer}:${ppid}`
}

function saidOf(
  target: Target<Candidate>,
): { readonly message: string; readonly fix: string } | null {
  switch (target.kind) {
    case 'own':
    case 'renames':
      return null
    case 'other':
      return target.twin === null ? null : KEPT_TWICE
    case 'twin':
      return KEPT_TWICE
    case 'unsure':
      return target.why === 'several' ? SEVERAL : OTHER_PERSON
  }
}

const KEPT_TWICE = {
  message:
    'The pathway was kept twice, by the key of its own and by its pathway identifier; from now on it is one entry.',
  fix: 'Nothing. Notes written on the other entry are found by its link.',
}
const SEVERAL = {
  message:
    'Several records of the trust have this pathway identifier; nobody can tell which this is, so it is kept beside them.',
  fix: 'Give each pathway an identifier of its own, or send this feed by the key of the record.',
}
const OTHER_PERSON = {
  message:
    'A record of the trust has this pathway identifier and another NHS number; they are kept apart.',
  fix: 'Correct the pathway identifier or the NHS number in the feed that has it wrong.',
}
