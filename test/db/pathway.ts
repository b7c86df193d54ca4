import { randomUUID } from 'node:crypto'
import type { TransactionSql } from '../../db/client.ts'

/** Two trusts and the alliance, as few facts as the tables demand. */
export async function writeOrganisations(tx: TransactionSql): Promise<void> {
  await tx`
    insert into organisation (code, name, kind, synthetic) values
      ('X1A', 'First Trust', 'trust', true), ('X2B', 'Second Trust', 'trust', true),
      ('X3C', 'Third Trust', 'trust', true), ('XAL', 'The Alliance', 'alliance', true)
  `
}

/** An open entry of `trust` on whose pathway `organisations` are. @returns its id */
export async function writeEntry(
  tx: TransactionSql,
  entry: { readonly trust: string; readonly organisations: readonly string[] },
): Promise<number> {
  const localId = randomUUID()
  const [row] = await tx<{ id: number }[]>`
    insert into entry (trust, local_id, state, tumour, facts, hash, organisations, delivery_id,
      row_number, extract_at)
    values (${entry.trust}, ${localId}, 'open', 'lung', ${JSON.stringify({ localId })}::text::jsonb,
      ${Buffer.alloc(16)}, ${[...entry.organisations]}, ${randomUUID()}, 1, '2025-05-01T09:00:00Z')
    returning id
  `
  if (row === undefined) throw new Error('no entry was written')
  return row.id
}
