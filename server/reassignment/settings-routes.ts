import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { appendChanges } from '../../db/changes.ts'
import type { Database } from '../../db/client.ts'
import { planSettingsUpdate, planSettingsVersion } from '../../shared/plan-settings.ts'
import type { Access } from '../access/access.ts'
import { readSettings } from './plan-reads.ts'

/** What the alliance sets for its planning: limits, points, barred pairs, import caps. Versions, kept; leads write. */
export async function planSettingsRoutes(
  app: FastifyInstance,
  options: { readonly db: Database; readonly access: Access; readonly now: () => number },
): Promise<void> {
  const { db, access, now } = options
  const routes = app.withTypeProvider<ZodTypeProvider>()

  routes.get(
    '/api/plan-settings',
    { schema: { response: { 200: planSettingsVersion } } },
    async (request) => {
      access.require(await access.person(request), 'policy:read')
      return readSettings(db)
    },
  )

  routes.post(
    '/api/plan-settings',
    { schema: { body: planSettingsUpdate, response: { 200: planSettingsVersion } } },
    async (request) => {
      const person = await access.person(request)
      access.require(person, 'policy:write')
      const { settings, reason } = request.body
      const at = new Date(now()).toISOString()
      await db.scoped({ kind: 'system', name: 'plan settings' }, async (tx) => {
        const requestId = request.id
        await access.audit(tx, {
          person,
          action: 'policy:write',
          subject: 'planSettings',
          requestId,
        })
        await tx`
          insert into plan_settings (settings, reason, made_by, made_by_name, made_at)
          values (${JSON.stringify(settings)}::text::jsonb, ${reason}, ${person.id}, ${person.name}, ${at})`
        await appendChanges(tx, [{ topic: 'capacity', kind: 'planSettings', payload: {} }], at)
      })
      return readSettings(db)
    },
  )
}
