import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Database } from '../../../db/client.ts'
import { capacityBucket, capacityUpdate, type CapacityBucket } from '../../../shared/capacity.ts'
import { londonDate } from '../../../shared/date.ts'
import { Refusal } from '../../../shared/problem.ts'
import { odsSite, step } from '../../../shared/vocabulary.ts'
import type { Access } from '../../access/access.ts'
import { asCsv, type WriteCsv } from '../as-csv.ts'
import { bestPlaces } from './best-places.ts'
import {
  putCapacity,
  readCapacity,
  rehearseCapacity,
  trustOfSite,
  type Bucket,
} from './capacity.ts'
import type { Prices } from './prices.ts'

export interface CapacityRoutesOptions {
  readonly db: Database
  readonly access: Access
  readonly prices: Prices
  readonly now: () => number
  /** The body of a capacity update out of CSV. @throws Refusal when it cannot be read */
  readonly daysFromCsv: (text: string) => unknown
  readonly csvOf: WriteCsv
}

/** Slots with their prices, the places where more would help most, and the writing of slots. */
export async function capacityRoutes(
  app: FastifyInstance,
  options: CapacityRoutesOptions,
): Promise<void> {
  const { db, access, prices, now, csvOf } = options
  const routes = app.withTypeProvider<ZodTypeProvider>()

  const withPrice = ({ limits, ...bucket }: Bucket): CapacityBucket => {
    const price = prices.of(bucket.id)
    return {
      ...bucket,
      tumours: bucket.tumours ?? [],
      ...(limits === null ? {} : { limits }),
      price: price?.points ?? null,
      priceDays: price?.days ?? null,
      priceBreaches: price?.breaches ?? null,
    }
  }

  routes.get(
    '/api/capacity',
    {
      schema: {
        querystring: z.object({
          site: odsSite.optional(),
          step: step.optional(),
          trust: z.string().optional(),
        }),
        response: {
          200: z.object({ buckets: z.array(capacityBucket), best: z.array(capacityBucket) }),
        },
      },
    },
    async (request) => {
      const person = await access.person(request)
      access.require(person, 'capacity:read')
      const { site, step: wantedStep, trust } = request.query
      const today = londonDate(now())
      const priced = (await readCapacity(db, today)).map(withPrice)
      const buckets = priced.filter(
        (bucket) =>
          (site === undefined || bucket.site === site) &&
          (wantedStep === undefined || bucket.step === wantedStep) &&
          (trust === undefined || bucket.trust === trust),
      )
      return { buckets, best: bestPlaces(priced, today) }
    },
  )

  routes.get('/api/capacity/best.csv', async (request, reply) => {
    access.require(await access.person(request), 'capacity:read')
    const today = londonDate(now())
    const best = bestPlaces((await readCapacity(db, today)).map(withPrice), today)
    const lines = best.map((bucket) => ({
      site: bucket.site,
      siteName: bucket.siteName,
      trust: bucket.trust,
      step: bucket.step,
      day: bucket.day,
      weightedDaysSaved: bucket.price,
      daysSaved: bucket.priceDays,
      breachesAvoided: bucket.priceBreaches,
    }))
    return asCsv(reply, 'best-places', csvOf(lines, ''))
  })

  await app.register(async (scope) => capacityWriteRoute(scope, options))
}

/** In a scope of its own: here a body may be CSV, read as the JSON it stands for and checked like it. [FEED-80] */
async function capacityWriteRoute(
  app: FastifyInstance,
  options: CapacityRoutesOptions,
): Promise<void> {
  const { db, access, now } = options
  const parser = async (_request: FastifyRequest, body: string | Buffer): Promise<unknown> =>
    options.daysFromCsv(body.toString())
  app.addContentTypeParser('text/csv', { parseAs: 'string' }, parser)
  app.withTypeProvider<ZodTypeProvider>().put(
    '/api/capacity/:site/:step',
    {
      schema: {
        params: z.object({ site: odsSite, step }),
        body: capacityUpdate,
        response: { 200: z.object({ site: z.string(), step, days: z.number().int() }) },
      },
    },
    async (request) => {
      const { site, step: named } = request.params
      const trust = await trustOfSite(db, site)
      const by = await access.capacityWriter(request, trust)
      const today = londonDate(now())
      const past = request.body.days.find((day) => day.day < today)
      if (past !== undefined) {
        throw new Refusal('bad-request', `${past.day} is past; slots are for ${today} or later.`)
      }
      const bucket = { site, step: named, days: request.body.days }
      const at = new Date(now()).toISOString()
      if ('feedKey' in by && by.feedKey.sandbox) {
        await rehearseCapacity(db, bucket, at)
        return { site, step: named, days: request.body.days.length }
      }
      await db.scoped({ kind: 'system', name: 'capacity' }, async (tx) => {
        await access.audit(tx, {
          ...by,
          action: 'capacity:write',
          subject: `capacity:${site}:${named}`,
          requestId: request.id,
        })
        await putCapacity(tx, bucket, at)
      })
      return { site, step: named, days: request.body.days.length }
    },
  )
}
