import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { appendChanges } from '../../../db/changes.ts'
import type { Database } from '../../../db/client.ts'
import { planSettingsAnswer, planSettingsUpdate } from '../../../shared/plan-settings.ts'
import type { PlanSettingsAnswer } from '../../../shared/plan-settings.ts'
import { Refusal } from '../../../shared/problem.ts'
import type { Access } from '../../access/access.ts'
import { readSettingsVersions } from './reads.ts'

/** What the alliance sets for its planning: limits, points, barred pairs, import caps. Versions, kept; leads write. */
export async function planSettingsRoutes(
  app: FastifyInstance,
  options: { readonly db: Database; readonly access: Access; readonly now: () => number },
): Promise<void> {
  const { db, access, now } = options
  const routes = app.withTypeProvider<ZodTypeProvider>()

  routes.get(
    '/api/plan-settings',
    {
      schema: {
        querystring: z.strictObject({ version: z.coerce.number().int().min(0).optional() }),
        response: { 200: planSettingsAnswer },
      },
    },
    async (request) => {
      access.require(await access.person(request), 'policy:read')
      return answer(request.query.version)
    },
  )

  routes.post(
    '/api/plan-settings',
    {
      schema: {
        /** The version looked at: whoever sends it is refused when there is a newer one. */
        headers: z.object({ 'if-match': z.string().optional() }),
        body: planSettingsUpdate,
        response: { 200: planSettingsAnswer },
      },
    },
    async (request) => {
      const person = await access.person(request)
      access.require(person, 'policy:write')
      const { settings, reason } = request.body
      const seen = /^(?:W\/)?"?(\d+)"?$/.exec(request.headers['if-match'] ?? '')?.[1]
      const at = new Date(now()).toISOString()
      await db.scoped({ kind: 'system', name: 'plan settings' }, async (tx) => {
        await tx`select pg_advisory_xact_lock(hashtextextended('plan settings', 0))`
        const [last] = await tx<{ version: number }[]>`
          select coalesce(max(version), 0)::int as version from plan_settings`
        const inForce = last?.version ?? 0
        if (seen !== undefined && Number(seen) !== inForce)
          throw new Refusal(
            'out-of-date',
            `Version ${String(inForce)} is in force now: look at it first.`,
          )
        const requestId = request.id
        await tx`
          insert into plan_settings (settings, reason, made_by, made_by_name, made_at)
          values (${JSON.stringify(settings)}::text::jsonb, ${reason}, ${person.id}, ${person.name}, ${at})`
        await access.audit(tx, {
          ...{ person, reason, requestId },
          action: 'policy:write',
          subject: 'planSettings',
        })
        await appendChanges(tx, [{ topic: 'capacity', kind: 'planSettings', payload: {} }], at)
      })
      return answer()
    },
  )

  async function answer(wanted?: number): Promise<PlanSettingsAnswer> {
    const all = await readSettingsVersions(db)
    const inForce = all[0]?.version ?? 0
    const found = all.find(({ version }) => version === (wanted ?? inForce))
    if (found === undefined)
      throw new Refusal('not-found', 'No plan settings have that version number.')
    const versions = all.map(({ version, reason, madeByName, madeAt }) => ({
      ...{ version, reason, madeByName, madeAt },
    }))
    return { ...found, inForce, versions }
  }
}
