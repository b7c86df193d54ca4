import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Database, TransactionSql } from '../../../db/client.ts'
import { appendChanges } from '../../../db/changes.ts'
import { isoDate } from '../../../shared/date.ts'
import {
  policyAnswer,
  policyOrder as policyOrderAnswer,
  policyPreview,
} from '../../../shared/policy.ts'
import type { PolicyAnswer } from '../../../shared/policy.ts'
import { Refusal } from '../../../shared/problem.ts'
import type { Access, Person } from '../../access/access.ts'
import { defaultPolicy, shippedPolicy } from '../../domain/rank/default-policy.ts'
import { policyBody } from '../../domain/rank/policy.ts'
import type { PolicyBody } from '../../domain/rank/policy.ts'
import { personScope } from '../entry/detail.ts'
import type { LiveList } from '../live-entry.ts'
import { policyOrder } from './order.ts'
import { previewFingerprint, previewPolicy } from './preview.ts'

const SHIPPED = { version: 1, reason: 'Shipped with the service', by: null, at: null } as const

const ORDER_ROWS = 200
type Version = PolicyAnswer['versions'][number] & {
  readonly organisation: string | null
  readonly body: PolicyBody
}

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
        response: { 200: policyAnswer },
      },
    },
    async (request, reply) => {
      const person = await access.person(request)
      access.require(person, 'policy:read')
      const all = await versions(person)
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

  /** Newest first; the shipped one is the first there was. */
  async function versions(person: Person): Promise<Version[]> {
    return db.scoped(personScope(person), readVersions)
  }

  routes.get(
    '/api/policy/order',
    {
      schema: {
        querystring: z.strictObject({
          on: isoDate,
          version: z.coerce.number().int().min(1),
          from: z.coerce.number().int().min(0).default(0),
          limit: z.coerce.number().int().min(1).max(ORDER_ROWS).default(50),
        }),
        response: { 200: policyOrderAnswer },
      },
    },
    async (request) => {
      const person = await access.person(request)
      access.require(person, 'policy:read')
      if (!access.seesAll(person))
        throw new Refusal(
          'not-yours',
          'The lists of past days are for those who oversee the alliance.',
        )
      const { on, version, from, limit } = request.query
      if (on > list.asOf()) throw new Refusal('bad-request', `on: wants a day up to ${list.asOf()}`)
      const found = (await versions(person)).find((item) => item.version === version)
      if (found === undefined) throw new Refusal('not-found', 'No policy has that version number.')
      const policy = { ...policyBody.parse(found.body), version }
      return policyOrder(db, { on, policy, from, count: limit }, (id) => list.pseudonym(id))
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
        if (inForce !== seen) throw outOfDate(await readVersions(tx), seen)
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

async function readVersions(tx: TransactionSql): Promise<Version[]> {
  const stored = await tx<Version[]>`
    select o.version, o.reason, p.name as by, p.organisation, o.at, o.body
    from policy o left join person p on p.id = o.person_id order by o.version desc
  `
  return [...stored, { ...SHIPPED, organisation: null, body: shippedPolicy }]
}

/** Who made the version in force, and what of the policy it changed since the one that was looked at. */
function outOfDate(all: readonly Version[], seen: number): Refusal {
  const [now] = all
  const before = all.find((item) => item.version === seen)
  const version = String(now?.version ?? defaultPolicy.version)
  const changed = before === undefined || now === undefined ? [] : partsChanged(before, now)
  const by = now === undefined ? null : byWords(now)
  const parts = changed.length === 0 ? '' : `, which changes ${changed.join(', ')}`
  const made = by === null ? '' : `: ${by} made it at ${now?.at ?? ''}${parts}`
  return new Refusal(
    'out-of-date',
    `Version ${version} is in force now${made}. Look at it first.`,
    {
      etag: `"${version}"`,
      changedBy: by,
      changedAt: now?.at ?? null,
      what: `made version ${version}`,
      changed,
    },
  )
}

function byWords({ by, organisation }: Version): string | null {
  return by === null ? null : `${by}${organisation === null ? '' : ` (${organisation})`}`
}

function partsChanged(before: Version, now: Version): string[] {
  const parts = (version: Version) =>
    new Map(
      Object.entries(policyBody.parse(version.body)).map(([part, is]) => [
        part,
        JSON.stringify(is),
      ]),
    )
  const [was, is] = [parts(before), parts(now)]
  return [...new Set([...was.keys(), ...is.keys()])].filter(
    (part) => was.get(part) !== is.get(part),
  )
}
