import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import type { Database } from '../../../db/client.ts'
import {
  planEffectAnswer,
  planEffectQuery,
  type PlanEffectLine,
  type PlanEffectQuery,
} from '../../../shared/plan-effect.ts'
import type { Access } from '../../access/access.ts'
import type { PlanEffect } from '../../domain/plan/model.ts'
import { asCsv, type WriteCsv } from '../as-csv.ts'

/** Most plans told at once: a chart of more says no more. */
const MOST_PLANS = 120

/** What each plan does against every trust alone, over time, and the same as CSV with a line a plan. [MOV-22, MOV-64] */
export async function planEffectRoutes(
  app: FastifyInstance,
  options: { readonly db: Database; readonly access: Access; readonly csvOf: WriteCsv },
): Promise<void> {
  const { db, access, csvOf } = options
  const routes = app.withTypeProvider<ZodTypeProvider>()

  routes.get(
    '/api/plan/effect',
    { schema: { querystring: planEffectQuery, response: { 200: planEffectAnswer } } },
    async (request) => {
      access.require(await access.person(request), 'measures:read')
      return { plans: await readEffects(db, request.query.by) }
    },
  )

  routes.get(
    '/api/plan/effect.csv',
    { schema: { querystring: planEffectQuery } },
    async (request, reply) => {
      access.require(await access.person(request), 'measures:read')
      const plans = await readEffects(db, request.query.by)
      const codes = [...new Set(plans.flatMap(({ trusts }) => trusts.map(({ trust }) => trust)))]
      const lines = plans.map(({ trusts, ...plan }) => ({
        ...plan,
        ...Object.fromEntries(
          codes.sort().flatMap((code) => {
            const of = trusts.find(({ trust }) => trust === code)
            return [
              [`out ${code}`, of?.out ?? 0],
              [`in ${code}`, of?.in ?? 0],
            ]
          }),
        ),
      }))
      return asCsv(reply, 'plan-effect', csvOf(lines, ''))
    },
  )
}

type Stored = Omit<PlanEffectLine, 'trusts' | keyof Omit<PlanEffect, 'byTrust'>> & {
  readonly effect: PlanEffect
}

async function readEffects(db: Database, by: PlanEffectQuery['by']): Promise<PlanEffectLine[]> {
  const rows = await db.scoped({ kind: 'system', name: 'plan effect' }, (tx) => {
    const each = by === 'plan' ? tx`` : tx`distinct on ((at at time zone 'Europe/London')::date)`
    const order =
      by === 'plan' ? tx`id desc` : tx`(at at time zone 'Europe/London')::date desc, id desc`
    return tx<Stored[]>`
      select ${each} at, patients, slots, moved as moves, cost_stay as "pointsAlone",
        cost_plan as "pointsTogether", effect
      from plan where effect is not null order by ${order} limit ${MOST_PLANS}`
  })
  const lines = rows.reverse().map(({ effect, ...plan }) => {
    const { pointsSaved, breachesAvoided, daysSaved, displaced, travelMinutesAdded } = effect
    return {
      ...plan,
      ...{ pointsSaved, breachesAvoided, daysSaved, displaced },
      travelMinutes: travelMinutesAdded,
      trusts: [...effect.byTrust],
    }
  })
  // plans that differ in prices or in who moves only are one here, the last of them
  const figures = (line: PlanEffectLine): string => JSON.stringify({ ...line, at: '' })
  return lines.filter((line, at) => {
    const next = lines[at + 1]
    return by === 'day' || next === undefined || figures(next) !== figures(line)
  })
}
