import type { Database } from '../../db/client.ts'
import type { IsoDate } from '../../shared/date.ts'
import type { RoadQuery } from '../../shared/road.ts'
import type { RoadMove } from '../domain/measure/road.ts'

/** Suggestions made from a day on, with their answers; nobody is named. `trust` is the one that refers. [MEA-11] */
export function readRoad(
  db: Database,
  of: Pick<RoadQuery, 'trust' | 'tumour' | 'step'>,
  from: IsoDate,
): Promise<RoadMove[]> {
  return db.scoped({ kind: 'system', name: 'measures' }, async (tx) => {
    const where = (column: string, value: string | undefined) =>
      value === undefined ? tx`` : tx`and s.${tx(column)} = ${value}`
    const rows = await tx<(Omit<RoadMove, 'answers'> & { answers: RoadMove['answers'] | null })[]>`
      select s.from_trust as "fromTrust", s.state,
        (extract(epoch from s.created_at) * 1000)::float8 as "createdMs",
        coalesce((s.reason ->> 'daysSooner')::int, 0) as "daysSooner",
        (select jsonb_agg(jsonb_build_object('side', a.side, 'answer', a.answer, 'reasonCode', a.reason_code,
           'atMs', extract(epoch from a.at) * 1000) order by a.at)
         from suggestion_answer a where a.suggestion_id = s.id) as answers
      from suggestion s
      where s.created_at >= ${from}::date::timestamp at time zone 'Europe/London'
        ${where('from_trust', of.trust)} ${where('tumour', of.tumour)} ${where('step', of.step)}`
    return rows.map((row) => ({ ...row, answers: row.answers ?? [] }))
  })
}
