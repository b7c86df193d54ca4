import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { Refusal } from '../../../shared/problem.ts'
import { replayAnswer } from '../../../shared/replay.ts'
import type { Access } from '../../access/access.ts'
import { asCsv, type WriteCsv } from '../as-csv.ts'
import type { ReplayDesk } from './desk.ts'

/** The sample's year played twice: how far it is or what came of it, the weeks as CSV, and the asking for it. */
export async function replayRoutes(
  app: FastifyInstance,
  options: { readonly access: Access; readonly replay: ReplayDesk; readonly csvOf: WriteCsv },
): Promise<void> {
  const { access, replay, csvOf } = options
  const routes = app.withTypeProvider<ZodTypeProvider>()

  routes.get('/api/replay', { schema: { response: { 200: replayAnswer } } }, async (request) => {
    access.require(await access.person(request), 'measures:read')
    return replay.answer()
  })

  routes.post(
    '/api/replay',
    { schema: { body: z.strictObject({}), response: { 202: replayAnswer } } },
    async (request, reply) => {
      // it costs a minute of a processor: for those who set the policy, not for everybody who looks
      access.require(await access.person(request), 'policy:write')
      replay.start()
      return reply.code(202).send(replay.answer())
    },
  )

  routes.get('/api/replay.csv', async (request, reply) => {
    access.require(await access.person(request), 'measures:read')
    const answer = replay.answer()
    if (answer.state !== 'done') {
      throw new Refusal('not-found', 'No replay is done. Ask for one with POST /api/replay first.')
    }
    return asCsv(reply, 'replay', csvOf(answer.result.weeks, ''))
  })
}
