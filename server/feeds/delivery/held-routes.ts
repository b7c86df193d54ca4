import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { appendChanges } from '../../../db/changes.ts'
import type { TransactionSql } from '../../../db/client.ts'
import type { Receipt } from '../../../shared/delivery.ts'
import { receipt } from '../../../shared/delivery.ts'
import { Refusal } from '../../../shared/problem.ts'
import { approveHeld, discardHeld, lockDelivery } from './held.ts'
import type { DeliveryRow } from './ledger.ts'
import { SYSTEM, toReceipt } from './ledger.ts'
import { deliveryChange } from './process.ts'
import { deliveryParams, noSuchDelivery } from './receipt-routes.ts'
import type { FeedOptions } from './routes.ts'

type HeldOptions = Pick<FeedOptions, 'db' | 'access' | 'now'>
type Person = Awaited<ReturnType<HeldOptions['access']['person']>>

/** Who decides on a held delivery: the trust's own sender, or somebody of the trust who mends what it sends. */
type Decider =
  | { readonly person: Person; readonly name: string }
  | { readonly sandbox: boolean; readonly name: string }

/** What becomes of a held delivery: it is dropped, or what it would close may be closed. [FEED-11] */
export async function heldRoutes(app: FastifyInstance, options: HeldOptions): Promise<void> {
  const { access } = options
  const routes = app.withTypeProvider<ZodTypeProvider>()
  const schema = { params: deliveryParams, response: { 200: receipt } }

  routes.post(
    '/api/feeds/:trust/deliveries/:id/discard',
    { schema },
    async (request): Promise<Receipt> => {
      const { trust } = request.params
      const by =
        request.headers.authorization === undefined
          ? await personOf(request, trust)
          : { ...(await access.feedKey(request, trust, 'delivery:write')), name: 'the trust' }
      return settle(request, by, 'delivery:discard', (tx, held) => discardHeld(tx, held, by.name))
    },
  )

  routes.post(
    '/api/feeds/:trust/deliveries/:id/approve',
    { schema },
    async (request): Promise<Receipt> => {
      const by = await personOf(request, request.params.trust)
      return settle(request, by, 'delivery:approve', (tx, held) => {
        if (held.sandbox)
          throw new Refusal('conflict', 'That came with a sandbox key: there is nothing to let in.')
        return approveHeld(tx, held, by.name, options.now())
      })
    },
  )

  async function personOf(request: FastifyRequest, trust: string): Promise<Decider> {
    const person = await access.person(request)
    access.require(person, 'delivery:settle', trust)
    return { person, name: person.name }
  }

  async function settle(
    request: FastifyRequest & { readonly params: { readonly trust: string; readonly id: string } },
    by: Decider,
    action: string,
    decide: (tx: TransactionSql, held: DeliveryRow) => Promise<DeliveryRow>,
  ): Promise<Receipt> {
    const { trust, id } = request.params
    return options.db.scoped(SYSTEM, async (tx) => {
      const held = (await lockDelivery(tx, trust, id)) ?? noSuchDelivery()
      if ('sandbox' in by && by.sandbox && !held.sandbox) {
        throw new Refusal('not-yours', 'A sandbox key discards only what a sandbox key sent.')
      }
      if (held.state !== 'held') throw new Refusal('conflict', 'This delivery is not held.')
      const decided = await decide(tx, held)
      if ('person' in by) {
        const { person } = by
        await access.audit(tx, { person, action, subject: `delivery:${id}`, requestId: request.id })
      }
      await appendChanges(tx, [deliveryChange(decided)], new Date(options.now()).toISOString())
      return toReceipt(decided, [])
    })
  }
}
