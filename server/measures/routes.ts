import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Database } from '../../db/client.ts'
import type { FeedGap } from '../../shared/feed-health.ts'
import { withFeedGaps } from '../../shared/feed-health.ts'
import * as measures from '../../shared/measures.ts'
import { roadAnswer, roadQuery } from '../../shared/road.ts'
import type { Access } from '../access/access.ts'
import type { LiveList } from '../list/live-entry.ts'
import * as answers from './answers.ts'
import type { MeasureSources } from './answers.ts'
import { csvOf } from './csv.ts'
import { openFresh } from './fresh.ts'
import { weeklyReturnOf } from './weekly.ts'

/** One measure: its question, its answer, and how the answer's lines look in a file. */
interface Measure<Q extends z.ZodType<measures.MeasureQuery>, A> {
  readonly name: string
  readonly query: Q
  readonly answer: z.ZodType<A>
  readonly restMs: number
  readonly make: (sources: MeasureSources, query: z.output<Q>) => Promise<A>
  readonly lines: (answer: A) => readonly object[]
}

/** Younger answers are given again although the list has moved on: a chart is not read faster. */
const REST_MS = 2_000
/** The weekly return reads all that closed lately, and is about a week that is over. */
const WEEKLY_REST_MS = 30_000

/**
 * `GET /api/measures/{standards|backlog|stages|weekly-return|balance|demand|forecast|road}` and the same with `.csv`.
 * Totals without a person in them, for anybody who may read measures. [MEA-n]
 */
export async function measureRoutes(
  app: FastifyInstance,
  options: {
    readonly db: Database
    readonly list: LiveList
    readonly access: Pick<Access, 'person' | 'require'>
    readonly now: () => number
    /** Feeds whose figures are older than they should be. [FEED-47] */
    readonly gaps?: () => readonly FeedGap[]
  },
): Promise<void> {
  const { db, list, access } = options
  const sources: MeasureSources = { db, list, fresh: openFresh(() => performance.now()) }

  const lined = <L extends object>(answer: { readonly lines: readonly L[] }) => answer.lines
  measure({
    name: 'standards',
    query: measures.standardsQuery,
    answer: measures.standardsAnswer,
    restMs: REST_MS,
    make: answers.standardsOf,
    lines: lined,
  })
  measure({
    name: 'backlog',
    query: measures.backlogQuery,
    answer: measures.backlogAnswer,
    restMs: REST_MS,
    make: answers.backlogOf,
    lines: ({ lines, all }) => [...lines, { ...all, group: { code: 'all', name: 'All' } }],
  })
  measure({
    name: 'stages',
    query: measures.measureQuery,
    answer: measures.stagesAnswer,
    restMs: REST_MS,
    make: answers.stagesOf,
    lines: lined,
  })
  measure({
    name: 'weekly-return',
    query: measures.weeklyReturnQuery,
    answer: measures.weeklyReturnAnswer,
    restMs: WEEKLY_REST_MS,
    make: weeklyReturnOf,
    lines: ({ snapshotOn, trusts }) =>
      trusts.flatMap(({ trust, trustName, missing, lines }): object[] =>
        missing === null
          ? lines.map((line) => ({ snapshotOn, trust, trustName, missing: '', ...line }))
          : [{ snapshotOn, trust, trustName, missing }],
      ),
  })
  measure({
    name: 'balance',
    query: measures.balanceQuery,
    answer: measures.balanceAnswer,
    restMs: REST_MS,
    make: answers.balanceOf,
    lines: lined,
  })
  measure({
    name: 'demand',
    query: measures.demandQuery,
    answer: measures.demandAnswer,
    restMs: REST_MS,
    make: answers.demandOf,
    lines: lined,
  })
  measure({
    name: 'forecast',
    query: measures.measureQuery,
    answer: measures.forecastAnswer,
    restMs: REST_MS,
    make: answers.forecastOf,
    lines: lined,
  })
  measure({
    name: 'road',
    query: roadQuery,
    answer: roadAnswer,
    restMs: REST_MS,
    make: answers.roadOf,
    lines: ({ lines, all }) => [...lines, { ...all, group: { code: 'all', name: 'All' } }],
  })

  function measure<Q extends z.ZodType<measures.MeasureQuery>, A>(of: Measure<Q, A>): void {
    const ask = (query: z.output<Q>): Promise<A> => {
      const key = `${of.name} ${list.asOf()} ${JSON.stringify(query)}`
      return sources.fresh.get(key, list.seq, of.restMs, () => of.make(sources, query))
    }
    const path = `/api/measures/${of.name}`
    const gapsFor = ({ trust }: measures.MeasureQuery) =>
      (options.gaps?.() ?? []).filter((gap) => trust === undefined || gap.trust === trust)
    // the route's schema has made it so; fastify's types lose that through a type parameter
    const asked = (query: unknown) => query as z.output<Q>
    app.get(
      path,
      {
        schema: {
          querystring: of.query,
          response: { 200: z.intersection(of.answer, withFeedGaps) },
        },
      },
      async (request, reply) => {
        access.require(await access.person(request), 'measures:read')
        const query = asked(request.query)
        return reply.send({ ...(await ask(query)), missingFeeds: gapsFor(query) })
      },
    )
    app.get(`${path}.csv`, { schema: { querystring: of.query } }, async (request, reply) => {
      access.require(await access.person(request), 'measures:read')
      const query = asked(request.query)
      const text = csvOf(of.lines(await ask(query)), query.suppress ? '*' : '')
      return reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', `attachment; filename="${of.name}.csv"`)
        .header(
          'missing-feeds',
          gapsFor(query)
            .map(({ trust, feed, since }) => `${trust}/${feed} since ${since}`)
            .join(', '),
        )
        .send(text)
    })
  }
}
