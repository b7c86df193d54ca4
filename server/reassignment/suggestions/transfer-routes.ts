import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Database } from '../../../db/client.ts'
import { transfer, type Transfer } from '../../../shared/suggestion.ts'
import type { Access } from '../../access/access.ts'
import type { LiveList } from '../../list/live-list.ts'

/** Transfers agreed by all three, newest first. */
export async function transferRoutes(
  app: FastifyInstance,
  options: { readonly db: Database; readonly access: Access; readonly list: LiveList },
): Promise<void> {
  const { db, access, list } = options
  const routes = app.withTypeProvider<ZodTypeProvider>()

  routes.get(
    '/api/transfers',
    { schema: { response: { 200: z.object({ transfers: z.array(transfer) }) } } },
    async (request) => {
      const person = await access.person(request)
      access.require(person, 'suggestion:read')
      return {
        transfers: await readTransfers(db, list, person.organisation, access.seesAll(person)),
      }
    },
  )
}

async function readTransfers(
  db: Database,
  list: LiveList,
  organisation: string,
  all: boolean,
): Promise<Transfer[]> {
  const rows = await db.scoped(
    { kind: 'system', name: 'transfers' },
    (tx) => tx<Omit<Transfer, 'pseudonym'>[]>`
    select t.id, t.entry_id as "entryId", t.suggestion_id as "suggestionId", t.from_trust as "fromTrust",
      t.to_trust as "toTrust", t.to_site as "toSite", t.step, t.day, t.agreed_at as "agreedAt", s.state,
      t.sent_on as "sentOn", t.received_on as "receivedOn"
    from transfer t left join suggestion s on s.id = t.suggestion_id
    where ${all} or t.from_trust = ${organisation} or t.to_trust = ${organisation}
    order by t.agreed_at desc limit 500`,
  )
  return rows.map((row) => ({ ...row, pseudonym: list.pseudonym(row.entryId) }))
}
