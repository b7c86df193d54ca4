import type { TransactionSql } from '../../../db/client.ts'
import type { Issue } from '../../../shared/delivery.ts'
import type { EntryFacts, Identity } from '../../../shared/entry.ts'
import type { SealedIdentity } from '../../access/access.ts'
import type { CheckContext } from '../../domain/quality/check.ts'
import type { IssueBook } from '../delivery/issues.ts'
import type { EntryUpdate, HeldEntry } from '../formats/update.ts'
import type { Digests } from '../merge/digest.ts'
import type { JudgedEntry } from '../merge/judge.ts'
import type { MergeContext } from '../merge/merge.ts'
import type { WorkingEntry } from './held-entries.ts'
import { about } from './update-issues.ts'
import type { TargetIndex } from './update-targets.ts'

/** Opens a sealed identity, to change part of it. */
export type Unseal = (row: Pick<SealedIdentity, 'keyId' | 'sealed'>) => Identity

export interface UpdateOptions {
  readonly tx: TransactionSql
  readonly merge: MergeContext
  readonly check: CheckContext
  readonly seal: (identity: Identity) => SealedIdentity
  readonly unseal: Unseal
  /** The trust's own codes as the national ones they mean. */
  readonly translated: (facts: EntryFacts) => EntryFacts
  readonly digests: Digests
  readonly issues: IssueBook
}

/** A message whose content no entry can hold. */
export interface BrokenUpdate {
  readonly rowNumber: number
  readonly recordKey: string
  readonly issues: readonly Issue[]
}

/** What became of one message. */
export type Outcome = 'added' | 'changed' | 'unchanged' | 'late' | 'refused'

/** What the messages of one delivery are worked into. */
export interface Work {
  readonly options: UpdateOptions
  readonly index: TargetIndex
  /** The judgement of each entry that differs from what the database has. */
  readonly pending: Map<WorkingEntry, JudgedEntry>
  readonly touched: Set<WorkingEntry>
  readonly broken: BrokenUpdate[]
  /** Before this a whole record of a kind that has a place for everything may have spoken; '' when none can have. */
  readonly coveredAt: string
}

/** With the trust’s own codes as the national ones they mean. */
export function translated({ options }: Work, { facts, identity }: HeldEntry): HeldEntry {
  return { facts: options.translated(facts), identity }
}

/** As a row that was read, to be judged like one. */
export function parsed({ rowNumber }: EntryUpdate, { facts, identity }: HeldEntry) {
  return { rowNumber, facts, identity }
}

/** Notes a message that the rules refused. */
export function broken(
  { broken: into }: Work,
  update: EntryUpdate,
  issues: readonly Issue[],
): Outcome {
  const { rowNumber, recordKey } = update
  if (into.at(-1)?.rowNumber !== rowNumber) into.push({ rowNumber, recordKey, issues })
  return 'refused'
}

/** Notes a message that fits nothing known here. */
export function refuse(
  work: Work,
  update: EntryUpdate,
  code: string,
  said: Pick<Issue, 'field' | 'message' | 'fix'>,
): Outcome {
  work.options.issues.add({ ...about(update), code, severity: 'refuses-row', ...said })
  return 'refused'
}
