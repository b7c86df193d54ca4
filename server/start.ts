import { hostname } from 'node:os'
import type { FastifyInstance } from 'fastify'
import { openDatabase, type Database } from '../db/client.ts'
import { startEmbedded } from '../db/embedded.ts'
import { migrate } from '../db/migrate.ts'
import { loadSample, type SampleAlliance } from '../db/sample/load.ts'
import { londonDate } from '../shared/date.ts'
import { openAccess } from './access/access.ts'
import { loadIdentityKeys } from './access/keys.ts'
import { buildApp } from './app.ts'
import type { Config } from './config.ts'
import { openLiveList } from './list/open.ts'
import { openLog } from './log.ts'
import { openSuggestionBook } from './reassignment/book.ts'
import { campaign } from './reassignment/leadership.ts'
import { startPlannerJob } from './reassignment/planner-job.ts'
import { openPrices } from './reassignment/prices.ts'
import { readTravel } from './reassignment/travel.ts'
import { buildPage } from './web/build.ts'

export interface Service {
  readonly app: FastifyInstance
  readonly url: string
  readonly db: Database
  /** The synthetic alliance, where there is one: sign-ins and keys as printed. */
  readonly sample: SampleAlliance | null
  /** Resolves when what follows behind the start (closed history, first plan) is done. */
  readonly settled: Promise<void>
  stop(): Promise<void>
}

/**
 * Opens everything in order and closes it in the opposite one: database, migrations, sample, list, planner, socket.
 * @param options.say tells a person what happens, a line at a time
 */
export async function startService(
  config: Config,
  options: { readonly say: (line: string) => void; readonly now?: () => number },
): Promise<Service> {
  const { say } = options
  const now = options.now ?? Date.now
  const startedAt = performance.now()
  const log = openLog(config.logLevel)
  const closing: (() => Promise<unknown>)[] = []
  const stopping = new AbortController()

  async function stop(): Promise<void> {
    stopping.abort()
    for (const close of closing.splice(0).reverse()) await close()
  }

  try {
    let url = config.databaseUrl
    if (url === null) {
      const embedded = await startEmbedded({ dataDir: config.dataDir, onProgress: say })
      closing.push(() => embedded.stop())
      url = embedded.url
    }
    await migrate(url)
    const db = await openDatabase({ url })
    closing.push(() => db.close())
    const keys = await loadIdentityKeys({ setting: config.identityKey, dataDir: config.dataDir })
    const access = await openAccess({ db, keys, now })
    closing.push(() => access.close())
    const onError = (error: unknown): void => log.error({ err: describe(error) }, 'background work failed')

    const sample = config.sample ? await loadSample(sampleOptions()) : null
    const list = await openLiveList({ db, now, log, pseudonymKey: keys[0] })
    closing.push(() => list.close())
    const book = await openSuggestionBook({ db, list, now, onError })
    closing.push(async () => book.close())
    const prices = await openPrices({ db, list, onError })
    closing.push(async () => prices.close())

    let leadership: Awaited<ReturnType<typeof campaign>> | null = null
    const planner = startPlannerJob({ db, list, leadership: () => leadership, travel: await readTravel(db), now, onError })
    closing.push(() => planner.close())
    leadership = await campaign({ db, self: `${hostname()}:${String(process.pid)}`, onElected: () => planner.wake(), onError })
    closing.push(() => leadership?.close() ?? Promise.resolve())

    const app = await buildApp({ db, access, list, book, prices, page: await buildPage(), log, now, config })
    closing.push(() => app.close())
    await app.listen({ port: config.port, host: config.host })
    planner.wake()

    return { app, url: addressOf(app), db, sample, settled: Promise.resolve(), stop }
  } catch (error) {
    await stop()
    throw error
  }
}
