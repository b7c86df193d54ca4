import type { FastifyInstance } from 'fastify'
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'
import type { FeedWatch } from '../feeds/health/watch.ts'
import type { LiveList } from '../list/live-list.ts'

/**
 * `/metrics` in Prometheus text. Labels are route patterns and codes, never a path with an id in it.
 * Call it on the root instance, not through `register`: its hook is to see every route.
 */
export async function metricsRoutes(
  app: FastifyInstance,
  options: { list: LiveList; feeds: Pick<FeedWatch, 'health' | 'waiting'>; now: () => number },
): Promise<void> {
  const { list, feeds, now } = options
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const seconds = new Histogram({
    name: 'ptl_request_seconds',
    help: 'Time to answer, by route pattern and status',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30],
    registers: [registry],
  })
  const changes = new Counter({
    name: 'ptl_changes_applied_total',
    help: 'Change-log rows applied, by kind',
    labelNames: ['kind'],
    registers: [registry],
  })
  new Gauge({
    name: 'ptl_change_seq',
    help: 'Last change-log number this process has applied',
    registers: [registry],
    collect() {
      this.set(list.seq)
    },
  })
  new Gauge({
    name: 'ptl_list_entries',
    help: 'Entries the live list holds',
    registers: [registry],
    collect() {
      this.set(list.ready.loaded)
    },
  })
  new Gauge({
    name: 'ptl_feed_age_seconds',
    help: 'Time since the last whole delivery of a feed; without a sample it has never delivered',
    labelNames: ['trust', 'feed'],
    registers: [registry],
    collect() {
      this.reset()
      for (const { trust, feed, lastAt } of feeds.health()) {
        if (lastAt !== null) this.set({ trust, feed }, (now() - Date.parse(lastAt)) / 1_000)
      }
    },
  })
  new Gauge({
    name: 'ptl_feed_alarm',
    help: '1 for each thing that is wrong with a feed: late, silent, falling, refusals',
    labelNames: ['trust', 'feed', 'kind'],
    registers: [registry],
    collect() {
      this.reset()
      for (const { trust, feed, alarms } of feeds.health()) {
        for (const { kind } of alarms) this.set({ trust, feed, kind }, 1)
      }
    },
  })
  new Gauge({
    name: 'ptl_refused_rows_waiting',
    help: 'Refused rows that wait for somebody to mend them, by trust',
    labelNames: ['trust'],
    registers: [registry],
    collect() {
      this.reset()
      for (const [trust, rows] of feeds.waiting()) this.set({ trust }, rows)
    },
  })
  const stop = list.onChange((change) => {
    for (const row of change.rows) changes.inc({ kind: row.kind })
  })
  app.addHook('onClose', async () => stop())
  app.get('/metrics', { schema: { hide: true } }, async (_request, reply) =>
    reply.type(registry.contentType).send(await registry.metrics()),
  )
  app.addHook('onResponse', async (request, reply) => {
    seconds.observe(
      {
        method: request.method,
        route: request.routeOptions.url ?? 'none',
        status: String(reply.statusCode),
      },
      reply.elapsedTime / 1000,
    )
  })
}
