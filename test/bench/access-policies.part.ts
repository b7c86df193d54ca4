import { openDatabase } from '../../db/client.ts'
import type { Sql } from '../../db/connection.ts'

const SYSTEM = { kind: 'system', name: 'bench' } as const

/**
 * The list's and the merge's queries with and without row-level security, best of six rounds taken in turn.
 * `owner` may switch the policies; they are on again at the end.
 */
export async function rowLevelSecurity(parts: {
  readonly url: string
  readonly owner: Sql
  readonly personId: string
  readonly tell: (metric: string, value: number, unit: string, peer: number) => void
}): Promise<void> {
  const { url, owner, personId, tell } = parts
  const scope = {
    kind: 'person',
    personId,
    organisation: 'QAA',
    role: 'coordinator',
  } as const
  // Parameters, for without any the driver neither prepares nor keeps a plan, and planning would be measured with it.
  const queries: readonly (readonly [
    string,
    string,
    readonly (string | number)[],
    typeof scope | typeof SYSTEM,
  ])[] = [
    [
      'list load',
      'select id, trust, facts, organisations from entry where state = $1',
      ['open'],
      SYSTEM,
    ],
    [
      "a trust's own list",
      'select id, facts from entry where state = $1 and $2 = any(organisations)',
      ['open', 'QAA'],
      scope,
    ],
    ['one entry', 'select id, facts from entry where id = $1', [3_000], scope],
    [
      'names of a page',
      'select entry_id, sealed from identity where entry_id between $1 and $2',
      [1_000, 1_049],
      scope,
    ],
    [
      'merge of 1,000',
      'update entry set extract_at = now() where trust = $1 and id between $2 and $3',
      ['QAA', 1_000, 1_999],
      SYSTEM,
    ],
  ]
  // one connection and prepared, as the service's own queries are: what is measured is rows, not planning
  const one = await openDatabase({ url: url, max: 1 })
  const guarded = ['entry', 'identity', 'break_glass', 'entry_history']
  for (const [name, query, values, who] of queries) {
    const once = (): Promise<unknown> =>
      one.scoped(who, (tx) => tx.unsafe(query, [...values], { prepare: true }))
    const times = { with: Infinity, without: Infinity }
    for (let round = 0; round < 6; round += 1) {
      for (const kind of ['with', 'without'] as const) {
        const how = kind === 'with' ? 'enable' : 'disable'
        await owner.unsafe(
          guarded.map((table) => `alter table ${table} ${how} row level security`).join(';'),
        )
        for (let warm = 0; warm < 8; warm += 1) await once()
        const runs = name.includes('merge') || name.includes('list') ? 5 : 60
        const from = performance.now()
        for (let run = 0; run < runs; run += 1) await once()
        times[kind] = Math.min(times[kind], (performance.now() - from) / runs)
      }
    }
    tell(`row-level security: ${name}`, 1_000 / times.with, 'queries/s', 1_000 / times.without)
  }
  await owner.unsafe(
    guarded.map((table) => `alter table ${table} enable row level security`).join(';'),
  )
  await one.close()
}
