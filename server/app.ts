import cookie from '@fastify/cookie'
import helmet from '@fastify/helmet'
import rateLimit from '@fastify/rate-limit'
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import fastify, { type FastifyInstance, type FastifyBaseLogger } from 'fastify'
import { jsonSchemaTransform, validatorCompiler } from 'fastify-type-provider-zod'
import type { Database } from '../db/client.ts'
import { listRow } from '../shared/list.ts'
import type { Access } from './access/access.ts'
import { closeDoor } from './access/sign-in/closed-door.ts'
import { feedKeyRoutes } from './access/feed-keys/routes.ts'
import { recordRefusals } from './access/refusals.ts'
import { accessRoutes } from './access/routes.ts'
import { healthOfFeedsRoutes } from './feeds/health/routes.ts'
import { mendingRoutes } from './feeds/mending/routes.ts'
import { barsRoutes } from './feeds/bars/routes.ts'
import { capacityFeedRoutes } from './feeds/capacity/routes.ts'
import { capacityDaysFromCsv } from './feeds/formats/capacity-csv.ts'
import { feedRoutes } from './feeds/delivery/routes.ts'
import type { Receiver } from './feeds/delivery/receive.ts'
import type { FeedWatch } from './feeds/health/watch.ts'
import type { LiveList } from './list/live-list.ts'
import { listRoutes } from './list/routes.ts'
import { liveRoutes } from './live/routes.ts'
import { csvOf } from './measures/csv.ts'
import { measureRoutes } from './measures/routes.ts'
import { allianceRoutes } from './ops/alliance.ts'
import { checkedAnswers } from './ops/checked-answers.ts'
import { healthRoutes } from './ops/health.ts'
import { metricsRoutes } from './ops/metrics.ts'
import { answerBrokenRequest, answerProblem, registerProblems } from './ops/problems.ts'
import { securityTxtRoutes } from './ops/security-txt.ts'
import { refuseSlowBodies } from './ops/slow-bodies.ts'
import { refuseUnstorableText } from './ops/refuse-unstorable.ts'
import type { SuggestionBook } from './reassignment/suggestions/book.ts'
import type { Prices } from './reassignment/capacity/prices.ts'
import { NO_REPLAY, type ReplayDesk } from './reassignment/replay/desk.ts'
import { writeCapacity } from './reassignment/capacity/capacity.ts'
import { reassignmentRoutes, type ReassignmentOptions } from './reassignment/routes.ts'
import type { Page } from './web/build.ts'
import { webRoutes } from './web/routes.ts'

const JSON_BODY_LIMIT_BYTES = 1_048_576
/** By address: a whole hospital may come through one. */
const REQUESTS_A_MINUTE = 6_000
const REQUEST_TIMEOUT_MS = 300_000

/** Everything the service is made of, opened by whoever starts it. */
export interface AppParts {
  readonly db: Database
  readonly access: Access
  readonly list: LiveList
  readonly book: SuggestionBook
  readonly prices: Prices
  /** Where the sample's year is played; absent: there is none. */
  readonly replay?: ReplayDesk
  /** Why a patient is not given a slot, as planned now. */
  readonly whyNot: ReassignmentOptions['whyNot']
  /** Minutes between two sites; null when a place is not known. */
  readonly travelMinutes?: (fromSite: string, toSite: string) => number | null
  readonly receiver: Receiver
  readonly watch: FeedWatch
  readonly page: Page
  readonly log: FastifyBaseLogger
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** The session cookie travels over https only. */
  readonly cookieSecure: boolean
  /** Proxies whose word on where a request came from is taken. */
  readonly trustProxy?: string | null
  /** Where flaws are told; null: nobody has said. */
  readonly securityContact?: string | null
  /** How long what is kept is kept, to be told. */
  readonly retention?: { readonly years: number; readonly auditYears: number }
  /** Time for a body that is no delivery. */
  readonly bodyWithinMs?: number
}

/** The service, not yet listening. Closing it closes the sockets; the parts belong to the caller. */
export async function buildApp(parts: AppParts): Promise<FastifyInstance> {
  const gaps = () => parts.watch.gaps()
  const { db, access, list, book, prices, page, log, now } = parts
  const app = fastify({
    loggerInstance: log,
    bodyLimit: JSON_BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    requestIdHeader: false,
    trustProxy: parts.trustProxy ?? false,
    forceCloseConnections: true,
    frameworkErrors: (error, request, reply) => void answerProblem(error, request, reply),
    clientErrorHandler: answerBrokenRequest,
  })
  registerProblems(app)

  await app.register(helmet, {
    contentSecurityPolicy: {
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        connectSrc: ["'self'"],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        // on plain http it would send the page's own requests to a port nobody serves
        upgradeInsecureRequests: null,
      },
    },
  })
  await app.register(cookie)
  await app.register(rateLimit, { global: true, max: REQUESTS_A_MINUTE, timeWindow: '1 minute' })

  // the health routes stay outside the zod compilers
  await app.register(healthRoutes, { db, list })
  await app.register(securityTxtRoutes, { contact: parts.securityContact ?? null, now })
  await metricsRoutes(app, { list, feeds: parts.watch, now })

  await app.register(async (routes) => {
    routes.setValidatorCompiler(validatorCompiler)
    routes.setSerializerCompiler(checkedAnswers(listRow))
    await routes.register(swagger, {
      openapi: { info: { title: 'Shared patient tracking list', version: '1' } },
      transform: jsonSchemaTransform,
    })
    await routes.register(swaggerUi, { routePrefix: '/docs' })
    routes.get('/openapi.json', { schema: { hide: true } }, async () => routes.swagger())
    closeDoor(routes)
    recordRefusals(routes, { access, now })
    refuseSlowBodies(routes, parts.bodyWithinMs)
    refuseUnstorableText(routes)
    await routes.register(accessRoutes, {
      ...{ db, access, now, cookieSecure: parts.cookieSecure },
      ...(parts.retention === undefined ? {} : { retention: parts.retention }),
    })
    await routes.register(feedKeyRoutes, { db, access, now })
    await routes.register(allianceRoutes, { db, access })
    await routes.register(healthOfFeedsRoutes, { db, access, watch: parts.watch, now })
    await routes.register(mendingRoutes, { db, access, now, receiver: parts.receiver })
    await routes.register(feedRoutes, { db, access, now, log, receiver: parts.receiver })
    await routes.register(barsRoutes, { db, access, now, receiver: parts.receiver })
    await routes.register(capacityFeedRoutes, { db, access, now, writeCapacity })
    const { travelMinutes } = parts
    await routes.register(listRoutes, {
      ...{ db, access, list, now, gaps },
      ...(travelMinutes === undefined ? {} : { travelMinutes }),
    })
    await routes.register(reassignmentRoutes, {
      daysFromCsv: capacityDaysFromCsv,
      csvOf,
      replay: parts.replay ?? NO_REPLAY,
      db,
      access,
      list,
      book,
      prices,
      now,
      whyNot: parts.whyNot,
    })
    await routes.register(measureRoutes, { db, access, list, now, gaps })
    await routes.register(liveRoutes, { access, list, suggestions: book, now, log })
    await routes.register(webRoutes, { page })
  })
  return app
}
