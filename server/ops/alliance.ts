import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Database } from '../../db/client.ts'
import type { Access } from '../access/access.ts'

const alliance = z.object({
  name: z.string(),
  synthetic: z.boolean(),
  trusts: z.array(
    z.object({
      code: z.string(),
      name: z.string(),
      sites: z.array(z.object({ code: z.string(), name: z.string() })),
    }),
  ),
})

/** Who is in the alliance: names for codes, for whoever has signed in. */
export async function allianceRoutes(
  app: FastifyInstance,
  options: { db: Database; access: Access },
): Promise<void> {
  const { db, access } = options
  app
    .withTypeProvider<ZodTypeProvider>()
    .get('/api/alliance', { schema: { response: { 200: alliance } } }, async (request) => {
      await access.person(request)
      const organisations = await db.sql<
        { code: string; name: string; kind: string; synthetic: boolean }[]
      >`select code, name, kind, synthetic from organisation where closed_on is null order by name`
      const sites = await db.sql<{ code: string; name: string; organisation: string }[]>`
        select code, name, organisation from site where closed_on is null order by name`
      const head = organisations.find((organisation) => organisation.kind === 'alliance')
      return {
        name: head?.name ?? 'Cancer alliance',
        synthetic: organisations.some((organisation) => organisation.synthetic),
        trusts: organisations
          .filter((organisation) => organisation.kind === 'trust')
          .map(({ code, name }) => ({
            code,
            name,
            sites: sites
              .filter((site) => site.organisation === code)
              .map((site) => ({ code: site.code, name: site.name })),
          })),
      }
    })
}
