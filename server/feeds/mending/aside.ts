import { createHash, randomUUID } from 'node:crypto'
import type { TransactionSql } from '../../../db/client.ts'
import type { Issue } from '../../../shared/delivery.ts'
import type { EntryFacts } from '../../../shared/entry.ts'
import type { Access } from '../../access/access.ts'
import type { CodeMap } from '../../domain/codes/mappable.ts'
import { codeMap, isMappable, translated } from '../../domain/codes/mappable.ts'
import type { FormatSession, ReadRow } from '../formats/format.ts'
import { cellsOf, composed, recordForm } from '../formats/record-form.ts'
import { ERASED } from '../merge/judge.ts'
import { endRows } from './refused-rows.ts'

/** Rows kept of one delivery, and bytes of them: beyond, the file is to be mended as a whole. [FEED-42] */
const ROWS_KEPT = 2_000
const BYTES_KEPT = 8 * 1024 * 1024
/** Own codes noted of one delivery. */
const CODES_KEPT = 500
/** More values of a row that cannot be read, and its columns have slipped: what stands there is no code. */
const SLIPPED = 4
const LONGEST_CODE = 60
const ROWS_A_STATEMENT = 500

export type Box = Pick<Access, 'sealBytes' | 'unsealBytes' | 'erasedOf'>

/** What a delivery lays aside for people: rows that were refused, codes that are in no list. [FEED-42, FEED-44] */
export interface Aside {
  /** What the trust means by its own codes; to be told before the first row. */
  learn(map: CodeMap): void
  /** Reads a row again when codes of the trust's own made it unreadable and it has said what they mean. */
  mended(row: ReadRow, text: string, session: FormatSession): ReadRow
  translated(facts: EntryFacts): EntryFacts
  refuse(rowNumber: number, recordKey: string, text: string, issues: readonly Issue[]): void
  /** Notes codes of a row that was taken without them. */
  noteCodes(rowNumber: number, text: string, facts: EntryFacts, issues: readonly Issue[]): void
  /** Keys of the rows laid aside, or that there was no room for. */
  refusedKeys(): readonly string[]
  refusedRows(): ReadonlySet<number>
  /** Writes it all down. */
  keep(tx: TransactionSql, delivery: KeptFor, box: Box, keepsRows: boolean): Promise<void>
}

export interface KeptFor {
  readonly id: string
  readonly trust: string
  readonly feed: string
  readonly format: string
  readonly extractAt: string
  readonly at: string
}

interface KeptRow {
  readonly rowNumber: number
  readonly recordKey: string
  readonly text: string
  readonly issues: readonly Issue[]
}

export function openAside(format: string): Aside {
  let map = codeMap([])
  const form = recordForm(format)
  const rows: KeptRow[] = []
  const keys: string[] = []
  const numbers = new Set<number>()
  const codes = new Map<string, { field: string; code: string; count: number; rowNumber: number }>()
  let bytes = 0
  let context: (() => string) | null = null

  function valueIn(text: string, field: string): string | undefined {
    if (form === undefined || context === null) return undefined
    return form
      .cells(text, context())
      ?.find(({ name }) => name === field)
      ?.value.trim()
  }

  function noteCode(rowNumber: number, field: string, code: string | undefined): void {
    if (code === undefined || !looksLikeCode(code)) return
    const key = `${field}\n${code}`
    const known = codes.get(key)
    if (known !== undefined) known.count += 1
    else if (codes.size < CODES_KEPT) codes.set(key, { field, code, count: 1, rowNumber })
  }

  function noteUnread(rowNumber: number, text: string, issues: readonly Issue[]): void {
    const unread = issues.filter(({ code }) => code === 'FEED-7')
    if (unread.length >= SLIPPED) return
    for (const { field } of unread) {
      if (isMappable(field)) noteCode(rowNumber, field, valueIn(text, field))
    }
  }

  return {
    learn: (known) => void (map = known),
    mended(row, text, session) {
      context ??= () => session.context()
      if (map.size === 0 || form === undefined || row.kind === 'removal') return row
      const wrong = new Set(
        row.issues.filter(({ code }) => code === 'FEED-7').map(({ field }) => field),
      )
      if (wrong.size === 0) return row
      const cells = cellsOf(form, text, session.context())
      const meant = cells.map(({ name, value }) =>
        wrong.has(name)
          ? { name, value: map.meaning(name, value.trim()) ?? value }
          : { name, value },
      )
      if (meant.every(({ value }, at) => value === cells[at]?.value)) return row
      return session.read(composed(form, meant, session.context()), rowNumberOf(row))
    },
    translated: (facts) => translated(facts, map),
    refuse(rowNumber, recordKey, text, issues) {
      numbers.add(rowNumber)
      // What was erased is not kept by another way.
      if (issues.some(({ code }) => code === ERASED)) return
      if (recordKey !== '') keys.push(recordKey)
      noteUnread(rowNumber, text, issues)
      bytes += text.length
      if (rows.length < ROWS_KEPT && bytes <= BYTES_KEPT) {
        rows.push({ rowNumber, recordKey, text, issues })
      }
    },
    noteCodes(rowNumber, text, facts, issues) {
      noteUnread(rowNumber, text, issues)
      for (const { field, code } of issues) {
        if (code !== 'DQ-7' || !isMappable(field)) continue
        const value = facts[field]
        noteCode(rowNumber, field, typeof value === 'string' ? value : undefined)
      }
    },
    refusedKeys: () => (form?.isMessage === true ? [] : keys),
    refusedRows: () => numbers,
    async keep(tx, delivery, box, keepsRows) {
      if (keepsRows && form?.isMessage === true) await keepMessages(tx, delivery, box, rows)
      else if (keepsRows) await keepRows(tx, delivery, box, rows, () => context?.() ?? '')
      await keepCodes(tx, delivery, [...codes.values()])
    },
  }
}

function rowNumberOf(row: Exclude<ReadRow, { kind: 'removal' }>): number {
  return row.kind === 'entry' ? row.entry.rowNumber : row.rowNumber
}

/** A code may stand in a table that people read; what looks like a number of a person, or is no text, may not. */
export function looksLikeCode(text: string): boolean {
  return text !== '' && text.length <= LONGEST_CODE && !/\d{4,}|@|[\p{Cc}\p{Cs}]/u.test(text)
}

/** What seals the content of a refused row, and opens it again. */
export function boundTo(id: string): string {
  return `refused-row ${id}`
}

/** A sender keeps what is refused and sends it again: the same bytes then stand in the place of those that wait. */
async function keepMessages(
  tx: TransactionSql,
  delivery: KeptFor,
  box: Box,
  rows: readonly KeptRow[],
): Promise<void> {
  const contextOf = ({ text }: KeptRow): string => createHash('sha256').update(text).digest('hex')
  const sentAgain = await tx<{ id: string }[]>`
    select id from refused_row where trust = ${delivery.trust} and state = 'waiting'
      and format = ${delivery.format} and context = any(${rows.map(contextOf)}::text[])`
  const reason = 'the message came again'
  const ids = sentAgain.map(({ id }) => id)
  await endRows(tx, ids, { state: 'superseded', at: delivery.at, deliveryId: delivery.id, reason })
  await keepRows(tx, delivery, box, rows, contextOf)
}

async function keepRows(
  tx: TransactionSql,
  delivery: KeptFor,
  box: Box,
  rows: readonly KeptRow[],
  contextOf: (row: KeptRow) => string,
): Promise<void> {
  for (let from = 0; from < rows.length; from += ROWS_A_STATEMENT) {
    const part = rows.slice(from, from + ROWS_A_STATEMENT).map(({ text, ...row }) => {
      const context = contextOf({ text, ...row })
      const id = randomUUID()
      const { keyId, sealed } = box.sealBytes(Buffer.from(text), boundTo(id))
      return { ...row, id, context, keyId, sealed: sealed.toString('hex') }
    })
    await tx`
      insert into refused_row (id, trust, feed, delivery_id, row_number, record_key, format, context, key_id, sealed,
        issues, extract_at, refused_at, state)
      select id, ${delivery.trust}, ${delivery.feed}, ${delivery.id}, "rowNumber", "recordKey", ${delivery.format},
        context, "keyId", decode(sealed, 'hex'), issues, ${delivery.extractAt}, ${delivery.at}, 'waiting'
      from jsonb_to_recordset(${JSON.stringify(part)}::text::jsonb) as (id uuid, "rowNumber" int, "recordKey" text,
        context text, "keyId" text, sealed text, issues jsonb)`
  }
}

/** Adds own codes to those that wait for a meaning. */
export async function keepCodes(
  tx: TransactionSql,
  { trust, id, at }: Pick<KeptFor, 'trust' | 'id' | 'at'>,
  codes: readonly { field: string; code: string; count: number; rowNumber: number }[],
): Promise<void> {
  if (codes.length === 0) return
  await tx`
    insert into unmapped_code (trust, field, code, count, first_seen_at, last_seen_at, delivery_id, row_number)
    select ${trust}, field, code, count, ${at}, ${at}, ${id}, "rowNumber"
    from jsonb_to_recordset(${JSON.stringify(codes)}::text::jsonb)
      as (field text, code text, count bigint, "rowNumber" int)
    on conflict (trust, field, code) do update set count = unmapped_code.count + excluded.count,
      last_seen_at = excluded.last_seen_at, delivery_id = excluded.delivery_id, row_number = excluded.row_number`
}
