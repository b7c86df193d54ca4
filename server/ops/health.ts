import type { FastifyInstance } from 'fastify'
import type { Database } from '../../db/client.ts'
import type { LiveList } from '../list/live-list.ts'

/** `/healthz`: the process runs. `/readyz`: the database answers and the list is loaded, with its progress until then. */
export async function healthRoutes(
  app: FastifyInstance,
  options: { db: Database; list: LiveList },
): Promise<void> {
  const { db, list } = options
  app.get('/healthz', { schema: { hide: true } }, async () => ({ status: 'ok' }))
  app.get('/readyz', { schema: { hide: true } }, async (_request, reply) => {
    const database = await db.sql`select 1`.then(
      () => true,
      () => false,
    )
    const loaded = list.ready.loaded >= list.ready.total
    return reply
      .code(database && loaded ? 200 : 503)
      .send({ database, list: { ...list.ready, seq: list.seq } })
  })
}
