import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Database } from '../../../db/client.ts'
import { keptPerson } from '../../../shared/governance.ts'
import type { KeptPerson } from '../../../shared/governance.ts'
import { Refusal } from '../../../shared/problem.ts'
import { odsOrganisation, role } from '../../../shared/vocabulary.ts'
import type { Role } from '../../../shared/vocabulary.ts'
import type { Access, Person } from '../access.ts'
import { endPerson, organisationKind, readPeople, savePerson } from './people.ts'
import { reach } from '../rights.ts'

const name = z.string().trim().min(1).max(200)
const subject = z.string().trim().min(1).max(255)
const newPerson = z.strictObject({ name, role, organisation: odsOrganisation, subject })
const change = z.strictObject({
  name: name.optional(),
  role: role.optional(),
  subject: subject.optional(),
})
const personId = z.strictObject({ id: z.uuid() })

/** Roles that see the whole alliance; a trust neither has nor gives them. */
const ALLIANCE_ROLES: ReadonlySet<Role> = new Set<Role>(['lead', 'allianceAdmin', 'auditor'])

/** `/api/people`: who may sign in, in which role, for whom. [IG-2] */
export async function peopleRoutes(
  app: FastifyInstance,
  options: { readonly db: Database; readonly access: Access; readonly now: () => number },
): Promise<void> {
  const { db, access, now } = options
  const routes = app.withTypeProvider<ZodTypeProvider>()
  const instant = (): string => new Date(now()).toISOString()

  routes.get(
    '/api/people',
    { schema: { response: { 200: z.object({ people: z.array(keptPerson) }) } } },
    async (request) => {
      const person = await keeper(request)
      const everywhere = reach(person.role, 'person:write') === 'any'
      return { people: await readPeople(db, everywhere ? null : person.organisation) }
    },
  )

  routes.post(
    '/api/people',
    { schema: { body: newPerson, response: { 201: keptPerson } } },
    async (request, reply) => {
      const by = await keeper(request)
      const { body } = request
      await assertMayGive(by, body)
      const made = await db.scoped(SYSTEM, async (tx) => {
        const person = await savePerson(tx, body)
        await access.audit(tx, {
          person: by,
          action: 'person:write',
          subject: `person:${person.id}`,
          reason: `added as ${body.role} at ${body.organisation}`,
          requestId: request.id,
        })
        return person
      })
      return reply.code(201).send(made)
    },
  )

  routes.put(
    '/api/people/:id',
    { schema: { params: personId, body: change, response: { 200: keptPerson } } },
    async (request) => {
      const by = await keeper(request)
      const before = await theirs(by, request.params.id)
      const after = { ...before, ...defined(request.body) }
      await assertMayGive(by, after)
      return db.scoped(SYSTEM, async (tx) => {
        const person = await savePerson(tx, after)
        // Whoever has another role now signs in anew, wherever they are.
        const ended = before.role === after.role ? 0 : await access.endSessionsOf(tx, person.id)
        await access.audit(tx, {
          person: by,
          action: 'person:write',
          subject: `person:${person.id}`,
          reason: `${before.role} to ${after.role}; ${String(ended)} sessions ended`,
          requestId: request.id,
        })
        return person
      })
    },
  )

  routes.post('/api/people/:id/end', { schema: { params: personId } }, async (request, reply) => {
    const by = await keeper(request)
    const { id } = await theirs(by, request.params.id)
    await db.scoped(SYSTEM, async (tx) => {
      await endPerson(tx, id, instant())
      const ended = await access.endSessionsOf(tx, id)
      await access.audit(tx, {
        person: by,
        action: 'person:write',
        subject: `person:${id}`,
        reason: `ended; ${String(ended)} sessions ended`,
        requestId: request.id,
      })
    })
    return reply.code(204).send()
  })

  async function keeper(request: FastifyRequest): Promise<Person> {
    const person = await access.person(request)
    access.require(person, 'person:write')
    return person
  }

  /** Somebody the keeper may write. Nobody writes themselves: a role is given by another. */
  async function theirs(by: Person, id: string): Promise<KeptPerson> {
    const found = (await readPeople(db, null, id))[0]
    if (found?.active !== true || !access.may(by, 'person:write', found.organisation))
      throw new Refusal('not-found', 'No such person, or not one of yours.')
    if (found.id === by.id)
      throw new Refusal(
        'not-yours',
        'Nobody changes or ends themselves. Ask another administrator.',
      )
    if (ALLIANCE_ROLES.has(found.role)) access.require(by, 'person:write', ALLIANCE)
    return found
  }

  async function assertMayGive(
    by: Person,
    given: { readonly role: Role; readonly organisation: string },
  ): Promise<void> {
    access.require(by, 'person:write', given.organisation)
    const kind = await organisationKind(db, given.organisation)
    if (kind === null)
      throw new Refusal('bad-request', 'organisation: no open organisation has this code here')
    const isOverseeing = ALLIANCE_ROLES.has(given.role)
    if (isOverseeing === (kind === 'trust') && given.role !== 'readOnly')
      throw new Refusal(
        'bad-request',
        isOverseeing
          ? 'role: a role that sees the whole alliance belongs to no single trust'
          : 'role: this role cares for patients, and belongs to a trust',
      )
  }
}

const SYSTEM = { kind: 'system', name: 'access' } as const
/** No trust has this code: only those who may write everywhere may write there. */
const ALLIANCE = '*'

function defined(given: z.infer<typeof change>): Partial<KeptPerson> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
}
