import type { Database } from '../../../db/client.ts'
import { planSettingsBody, type PlanSettingsVersion } from '../../../shared/plan-settings.ts'
import { LIVE_STATES } from '../../../shared/suggestion.ts'
import { DEFAULT_PLAN_SETTINGS } from '../../domain/plan/model.ts'
import type { StoredRefusal, StoredTransfer } from './input.ts'
import type { Shown } from '../suggestions/changes.ts'

/** What the planner reads beyond the list: all of it where `ids` is null, else what belongs to those. */
const PLANNER = { kind: 'system', name: 'planner' } as const

/** Suggestions by id, whatever their state; the live ones when `ids` is null. */
export function readShown(db: Database, ids: readonly string[] | null): Promise<Shown[]> {
  return db.scoped(PLANNER, async (tx) => [
    ...(await tx<Shown[]>`
        select id, entry_id as "patientId", capacity_id as "capacityId", slot_held as "slotHeld", state,
          from_trust as "fromTrust"
        from suggestion
        where ${ids === null ? tx`state = any(${[...LIVE_STATES]})` : tx`id = any(${[...ids]})`}`),
  ])
}

/** Every no that was given, by entry. [MOV-44] */
export async function readRefusals(
  db: Database,
  entryIds: readonly number[] | null,
): Promise<Map<number, StoredRefusal[]>> {
  const rows = await db.scoped(
    PLANNER,
    (tx) => tx<StoredRefusal[]>`
      select s.entry_id as "entryId", a.side, a.reason_code as "reasonCode", s.to_trust as "toTrust", s.step, s.day
      from suggestion_answer a join suggestion s on s.id = a.suggestion_id
      where a.answer = 'no' ${entryIds === null ? tx`` : tx`and s.entry_id = any(${[...entryIds]})`}`,
  )
  return byEntry(rows)
}

/** Moves that were agreed and not withdrawn since, by entry. */
export async function readTransfers(
  db: Database,
  entryIds: readonly number[] | null,
): Promise<Map<number, StoredTransfer[]>> {
  const rows = await db.scoped(
    PLANNER,
    (tx) => tx<StoredTransfer[]>`
      select t.entry_id as "entryId", t.step, t.day, t.to_trust as "toTrust",
        coalesce(s.state = 'transferred', t.received_on is not null) as completed
      from transfer t left join suggestion s on s.id = t.suggestion_id
      where coalesce(s.state not in ('withdrawn', 'expired', 'declined'), true)
        ${entryIds === null ? tx`` : tx`and t.entry_id = any(${[...entryIds]})`}`,
  )
  return byEntry(rows)
}

/** The first site of each trust, for a patient of whom no place is known. */
export async function readMainSites(db: Database): Promise<Map<string, string>> {
  const sites = await db.sql<{ organisation: string; code: string }[]>`
    select distinct on (organisation) organisation, code from site where closed_on is null order by organisation, code`
  return new Map(sites.map((row) => [row.organisation, row.code]))
}

/** What holds until an alliance has set anything. */
const SHIPPED_SETTINGS: PlanSettingsVersion = {
  version: 0,
  settings: planSettingsBody.parse(DEFAULT_PLAN_SETTINGS),
  reason: 'Shipped with the service',
  madeByName: '',
  madeAt: null,
}

/** What the alliance has set last; the defaults until it has set anything. */
export async function readSettings(db: Database): Promise<PlanSettingsVersion> {
  const [newest] = await readSettingsVersions(db, 1)
  return newest ?? SHIPPED_SETTINGS
}

/** Every version, the newest first and the shipped one last; with `limit` no more than the newest. */
export async function readSettingsVersions(
  db: Database,
  limit: number | null = null,
): Promise<PlanSettingsVersion[]> {
  const rows = await db.scoped(
    PLANNER,
    (tx) => tx<(Omit<PlanSettingsVersion, 'settings'> & { settings: object })[]>`
      select version, settings, reason, made_by_name as "madeByName", made_at as "madeAt"
      from plan_settings order by version desc limit ${limit}`,
  )
  const stored = rows.map((row) => ({
    ...row,
    // a setting that came later than the version has its default
    settings: planSettingsBody.parse({ ...DEFAULT_PLAN_SETTINGS, ...row.settings }),
  }))
  return limit === null ? [...stored, SHIPPED_SETTINGS] : stored
}

function byEntry<T extends { readonly entryId: number }>(rows: readonly T[]): Map<number, T[]> {
  const grouped = new Map<number, T[]>()
  for (const row of rows) {
    const known = grouped.get(row.entryId)
    if (known === undefined) grouped.set(row.entryId, [row])
    else known.push(row)
  }
  return grouped
}
