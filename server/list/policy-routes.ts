import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Database } from '../../db/client.ts'
import { appendChanges } from '../../db/changes.ts'
import { Refusal } from '../../shared/problem.ts'
import type { Access } from '../access/access.ts'
import { defaultPolicy, shippedPolicy } from '../domain/rank/default-policy.ts'
import { policyBody } from '../domain/rank/policy.ts'
import { personScope } from './entry-detail.ts'
import type { LiveList } from './live-entry.ts'
import { policyPreview, previewFingerprint, previewPolicy } from './policy-preview.ts'

const SHIPPED = { version: 1, reason: 'Shipped with the service', by: null, at: null } as const

const policyVersion = z.object({
  version: z.number().int(),
  reason: z.string(),
  by: z.string().nullable(),
  at: z.string().nullable(),
})

/** `/api/policy`: the versions of the ranking policy, a preview of a draft, and the making of a version. [RNK-10, RNK-15] */
export async function policyRoutes(
  app: FastifyInstance,
  options: {
    readonly db: Database
    readonly access: Access
    readonly list: LiveList
    readonly now: () => number
  },
): Promise<void> {
  const { db, access, list, now } = options
  const routes = app.withTypeProvider<ZodTypeProvider>()

  routes.get(
    '/api/policy',
    {
      schema: {
        querystring: z.strictObject({ version: z.coerce.number().int().min(1).optional() }),
        response: {
          200: z.object({
            /** The version that orders the list now. */
            inForce: z.number().int(),
            version: z.number().int(),
            policy: z.unknown(),
            versions: z.array(policyVersion),
          }),
        },
      },
    },
    async (request, reply) => {
      const person = await access.person(request)
      access.require(person, 'policy:read')
      const stored = await db.scoped(
        personScope(person),
        (tx) => tx<(z.infer<typeof policyVersion> & { body: unknown })[]>`
          select o.version, o.reason, p.name as by, o.at, o.body
          from policy o left join person p on p.id = o.person_id order by o.version desc
        `,
      )
      const all = [...stored, { ...SHIPPED, body: shippedPolicy }]
      const wanted = request.query.version ?? all[0]?.version ?? 1
      const found = all.find((item) => item.version === wanted)
      if (found === undefined) throw new Refusal('not-found', 'No policy has that version number.')
      void reply.header('etag', `"${String(all[0]?.version ?? 1)}"`)
      return {
        inForce: all[0]?.version ?? 1,
        version: found.version,
        policy: found.body,
        versions: all.map(({ version, reason, by, at }) => ({ version, reason, by, at })),
      }
    },
  )

  routes.post(
    '/api/policy/preview',
    {
      schema: {
        body: z.strictObject({ policy: policyBody }),
        response: { 200: policyPreview },
      },
    },
    async (request) => {
      const person = await access.person(request)
      access.require(person, 'policy:write')
      return previewPolicy(list, request.body.policy)
    },
  )

  routes.post(
    '/api/policy',
    {
      schema: {
        headers: z.object({ 'if-match': z.string().optional() }),
        body: z.strictObject({
          policy: policyBody,
          reason: z.string().trim().min(5).max(500),
          /** `fingerprint` of the preview of this very policy. */
          preview: z.string().max(100),
        }),
        response: { 201: z.object({ version: z.number().int() }) },
      },
    },
    async (request, reply) => {
      const person = await access.person(request)
      access.require(person, 'policy:write')
      const seen = Number(/^(?:W\/)?"?(\d+)"?$/.exec(request.headers['if-match'] ?? '')?.[1])
      if (Number.isNaN(seen))
        throw new Refusal('precondition-required', 'Send If-Match with the version in force.')
      const { policy, reason, preview } = request.body
      const version = await db.scoped(personScope(person), async (tx) => {
        await tx`select pg_advisory_xact_lock(hashtextextended('policy', 0))`
        const [last] = await tx<{ version: number }[]>`
          select coalesce(max(version), ${defaultPolicy.version})::int as version from policy
        `
        const inForce = last?.version ?? defaultPolicy.version
        if (inForce !== seen)
          throw new Refusal(
            'out-of-date',
            `Version ${String(inForce)} is in force now: look at it first.`,
          )
        if (preview !== previewFingerprint(policy, inForce))
          throw new Refusal(
            'conflict',
            'Preview this very policy first, then send its fingerprint.',
          )
        const at = new Date(now()).toISOString()
        await tx`
          insert into policy (version, body, reason, person_id, at)
          values (${inForce + 1}, ${JSON.stringify(policy)}::text::jsonb, ${reason}, ${person.id}, ${at})
        `
        const subject = `policy:${String(inForce + 1)}`
        await access.audit(tx, {
          person,
          action: 'policy:write',
          subject,
          reason,
          requestId: request.id,
        })
        const payload = { version: inForce + 1 }
        await appendChanges(tx, [{ topic: 'list', kind: 'policy', payload }], at)
        return inForce + 1
      })
      return reply.code(201).send({ version })
    },
  )
}
