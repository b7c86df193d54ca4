import { randomUUID } from 'node:crypto'
import type { Database } from '../../db/client.ts'
import { appendChanges } from '../../db/changes.ts'
import type { EntryFacts } from '../../shared/entry.ts'
import { openState } from '../../server/domain/clock/open.ts'

const SYSTEM = { kind: 'system', name: 'test' } as const
const AT = '2026-11-22T09:00:00Z'

/** A pathway as a delivery would leave it. */
export interface ToStore {
  readonly trust: string
  readonly facts: EntryFacts
  readonly organisations: readonly string[]
  readonly pathwayKey?: string | null
  readonly closed?: boolean
}

/**
 * Writes entries as a delivery does: upsert by trust and local id, history, change log, one transaction.
 * @returns ids in the order given, and the change-log number
 */
export async function storeEntries(
  db: Database,
  entries: readonly ToStore[],
  log = true,
  at = AT,
): Promise<{ ids: number[]; seq: number }> {
  const rows = entries.map((entry, position) => ({
    position,
    trust: entry.trust,
    local_id: entry.facts.localId,
    state: entry.closed === true || !openState(entry.facts).open ? 'closed' : 'open',
    tumour: entry.facts.tumour ?? 'other',
    received_on: entry.facts.receivedOn ?? null,
    facts: entry.facts,
    organisations: entry.organisations,
    pathway_key: entry.pathwayKey ?? null,
  }))
  return db.scoped(SYSTEM, async (tx) => {
    const written = await tx<{ id: number; trust: string; localId: string }[]>`
      insert into entry (trust, local_id, state, tumour, received_on, facts, hash, organisations,
        pathway_key, delivery_id, row_number, extract_at, updated_at)
      select trust, local_id, state, tumour, received_on, facts, decode(md5(facts::text), 'hex'),
        organisations, pathway_key, ${randomUUID()}, position + 1, ${at}, ${at}
      from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as given (position int, trust text,
        local_id text, state text, tumour text, received_on date, facts jsonb, organisations text[],
        pathway_key text)
      order by position
      on conflict (trust, local_id) do update set state = excluded.state, tumour = excluded.tumour,
        facts = excluded.facts, organisations = excluded.organisations,
        pathway_key = excluded.pathway_key, updated_at = excluded.updated_at
      returning id, trust, local_id as "localId"
    `
    const idOf = new Map(written.map((row) => [`${row.trust} ${row.localId}`, row.id]))
    const ids = entries.map((entry) => idOf.get(`${entry.trust} ${entry.facts.localId}`) ?? 0)
    if (!log) return { ids, seq: 0 }
    const seq = await appendChanges(tx, [{ topic: 'list', kind: 'entries', entryIds: ids }], at)
    return { ids, seq }
  })
}
