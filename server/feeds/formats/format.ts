import type { Issue } from '../../../shared/delivery.ts'
import type { ParsedEntry } from '../../../shared/entry.ts'
import { Refusal } from '../../../shared/problem.ts'
import { storableText } from '../../../shared/storable-text.ts'
import type { FieldName } from './facts.ts'
import type { EntryUpdate } from './update.ts'

/**
 * Records cut out of a body, not yet understood: `bounds` holds start and end of each in `bytes`, in pairs.
 *
 * Cutting is apart from reading so that a record seen before need not be read again. [FEED-20]
 */
export interface RecordBatch {
  readonly bytes: Buffer
  readonly bounds: readonly number[]
  /** Record number of the first, from 1. */
  readonly firstRow: number
}

/** What became of one record. Nothing in it holds the value of an identifier except `entry.identity`. */
export type ReadRow =
  | { readonly kind: 'entry'; readonly entry: ParsedEntry; readonly issues: readonly Issue[] }
  | {
      /** Part of what is known of a pathway or a person, to be worked into the rest. [FEED-52] */
      readonly kind: 'update'
      readonly rowNumber: number
      readonly update: EntryUpdate
      readonly issues: readonly Issue[]
    }
  | {
      readonly kind: 'removal'
      readonly rowNumber: number
      readonly localId: string
      readonly reason: string
    }
  | {
      readonly kind: 'refused'
      readonly rowNumber: number
      /** '' when no key could be read. */
      readonly recordKey: string
      /** The record has not the form of this format: when all are so, the file is refused whole. [FEED-2] */
      readonly misshapen: boolean
      readonly issues: readonly Issue[]
    }

/** One body being read. The header of a PTL extract makes this more than a pair of functions. */
export interface FormatSession {
  /** @throws Refusal `bad-file` with where and why when the body cannot be cut in records */
  split(chunks: AsyncIterable<Buffer>): AsyncGenerator<RecordBatch>
  /** Reads one record; never throws. */
  read(text: string, rowNumber: number): ReadRow
  /** What else decides how a record is read, such as the header: two bodies with the same meaning agree in it. */
  context(): string
  /**
   * The fields that this body has a place for, known once its first record is cut; absent: every field. What it has no
   * place for stays as last told by a source that has one. [FEED-24]
   */
  carries?(): ReadonlySet<FieldName>
  /** What there is to say of the body as a whole, once it has been read to its end. */
  remarks?(): readonly Issue[]
}

export interface FeedFormat {
  readonly name: string
  /** A delivery in this format must carry X-Request-Id and X-Correlation-Id. [FEED-76] */
  readonly wantsIds?: true
  /** @param own what a trust has said its own column names mean; for formats with a header */
  open(own?: OwnColumns): FormatSession
}

/** The meaning a trust has given a column name of its own; undefined for any other name. [FEED-44] */
export type OwnColumns = (name: string) => string | undefined

/** The longest record taken. Longer is a quote or a bracket that nobody closed, not a pathway. [FEED-21] */
export const MAX_RECORD_BYTES = 262_144

/** The whole file is refused: nobody can tell where its records begin. [FEED-2] */
export function badFile(detail: string, extra: Readonly<Record<string, unknown>> = {}): Refusal {
  return new Refusal('bad-file', detail, extra)
}

/** A record as refused. Its key is the sender's text, not yet held to anything, and is written down: mended here. */
export function refusedRow(
  rowNumber: number,
  saidKey: string,
  saidOf: readonly Issue[],
  misshapen = false,
): ReadRow {
  const recordKey = storableText(saidKey)
  const issues = recordKey === saidKey ? saidOf : saidOf.map((issue) => ({ ...issue, recordKey }))
  return { kind: 'refused', rowNumber, recordKey, misshapen, issues }
}

/** An issue that refuses a row. */
export function rowIssue(
  rowNumber: number,
  recordKey: string,
  said: Pick<Issue, 'field' | 'code' | 'message' | 'fix'>,
): Issue {
  return { rowNumber, recordKey, severity: 'refuses-row', ...said }
}
