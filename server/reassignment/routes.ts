import type { FastifyInstance } from 'fastify'
import { capacityRoutes, type CapacityRoutesOptions } from './capacity/routes.ts'
import type { ReplayDesk } from './replay/desk.ts'
import { planEffectRoutes } from './plan/effect-routes.ts'
import { replayRoutes } from './replay/routes.ts'
import { planSettingsRoutes } from './plan/settings-routes.ts'
import { suggestionRoutes, type SuggestionRoutesOptions } from './suggestions/routes.ts'
import { transferRoutes } from './suggestions/transfer-routes.ts'

export interface ReassignmentOptions extends CapacityRoutesOptions, SuggestionRoutesOptions {
  readonly replay: ReplayDesk
}

/** Suggestions and their answers, transfers, capacity. Nothing here moves anybody: it writes down what people said. */
export async function reassignmentRoutes(
  app: FastifyInstance,
  options: ReassignmentOptions,
): Promise<void> {
  await app.register(planSettingsRoutes, options)
  await app.register(suggestionRoutes, options)
  await app.register(transferRoutes, options)
  await app.register(capacityRoutes, options)
  await app.register(planEffectRoutes, options)
  await app.register(replayRoutes, options)
}
