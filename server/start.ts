import { hostname } from 'node:os'
import type { FastifyInstance } from 'fastify'
import { openDatabase, type Database } from '../db/client.ts'
import { startEmbedded } from '../db/embedded.ts'
import { migrate } from '../db/migrate.ts'
import type { SampleAlliance } from '../db/sample/load.ts'
import { openAccess } from './access/access.ts'
import { startKeeping } from './access/keeping/keeping.ts'
import { keptSecret } from './access/identity/kept-secret.ts'
import { loadIdentityKeys } from './access/identity/keys.ts'
import { openProvider } from './access/sign-in/provider.ts'
import { assertSampleFits } from './access/sample.ts'
import { buildApp } from './app.ts'
import type { Config } from './config.ts'
import { boundTo } from './feeds/mending/aside.ts'
import { openReceiver } from './feeds/delivery/receive.ts'
import { openFeedWatch } from './feeds/health/watch.ts'
import { openLiveList } from './list/live-list.ts'
import { digestKey, pseudonymKey } from './access/identity/first-secrets.ts'
import { kindOf, openLog } from './log.ts'
import { listenMllp } from './start-mllp.ts'
import { openDoor } from './ops/door.ts'
import { openSuggestionBook } from './reassignment/suggestions/book.ts'
import { campaign } from './reassignment/plan/leadership.ts'
import { startPlannerJob } from './reassignment/plan/planner-job.ts'
import { openPrices } from './reassignment/capacity/prices.ts'
import { openReplayDesk } from './reassignment/replay/desk.ts'
import { readTravel, travelMinutes } from './reassignment/travel.ts'
import { bringSample } from './start-sample.ts'
import { buildPage } from './web/build.ts'

export interface Service {
  readonly app: FastifyInstance
  /** Where the page is, such as `http://127.0.0.1:3000`. */
  readonly url: string
  /** Where HL7 over MLLP is taken; null: nowhere. */
  readonly mllpPort: number | null
  readonly db: Database
  /** The synthetic alliance, where there is one. */
  readonly sample: SampleAlliance | null
  /** Resolves when the first plan has been made; the closed history of the sample is in `sample.history`. */
  readonly planned: Promise<void>
  /** Resolves when everything written so far is on the list and planned. */
  settled(): Promise<void>
  stop(): Promise<void>
}

export interface StartOptions {
  /** Tells a person what happens, a line at a time. */
  readonly say: (line: string) => void
  /** Milliseconds since 1970. */
  readonly now?: () => number
}

/**
 * Opens everything in order and closes it in the opposite one: database, migrations, sample, list, planner, routes.
 * @throws one clear line when something outside the program is in the way
 */
export async function startService(config: Config, options: StartOptions): Promise<Service> {
  const { say } = options
  const now = options.now ?? Date.now
  const log = openLog(config.logLevel)
  const closing: (() => unknown)[] = []
  const stopping = new AbortController()

  async function stop(): Promise<void> {
    stopping.abort()
    for (const close of closing.splice(0).reverse()) await close()
  }
  const onError = (error: unknown): void => {
    if (!stopping.signal.aborted) log.error({ kind: kindOf(error) }, 'background work failed')
  }

  try {
    // First of all: a port that is in use is told before minutes of loading, and whoever asks is told how far it is.
    const door = await openDoor({ port: config.port, host: config.host })
    closing.push(() => door.close())
    const doing = (what: string): void => door.say({ doing: what, loaded: 0, total: 0 })
    const url = config.databaseUrl ?? (await embedded())
    doing('bringing the database up to date')
    await migrate(url)
    const db = await openDatabase({ url })
    closing.push(() => db.close())
    const keys = await loadIdentityKeys({ setting: config.identityKey, dataDir: config.dataDir })
    if (config.sample && !config.sampleForced) await assertSampleFits(db)
    const provider = config.oidc === null ? null : openProvider(config.oidc)
    const access = await openAccess({
      db,
      keys,
      now,
      sample: config.sample,
      provider,
      breakGlassMinutes: config.breakGlassMinutes,
    })
    closing.push(() => access.close())
    const digestSecret = await keptSecret(db, keys, 'feed digests', () => digestKey(keys))
    const receiver = openReceiver({
      db,
      seal: (identity) => access.seal(identity),
      box: access,
      unseal: (row) => access.unseal(row),
      digestSecret,
      now,
      onError,
    })
    if (config.sample) doing('loading the synthetic alliance')
    const sample = config.sample
      ? await bringSample(config, { db, receiver, now, say, signal: stopping.signal })
      : null
    if (sample !== null) closing.push(() => sample.history.catch(() => 0))

    const pseudonyms = await keptSecret(db, keys, 'pseudonyms', () => pseudonymKey(keys))
    const list = await openLiveList({
      db,
      now,
      log,
      pseudonymKey: pseudonyms,
      onProgress: ({ loaded, total }) => door.say({ doing: 'reading the list', loaded, total }),
    })
    closing.push(() => list.close())
    const stopAlarm = list.onChange(({ rows }) => {
      for (const { kind, seq } of rows)
        if (kind === 'breakGlass') log.warn({ seq }, 'an identity was opened by breaking the glass')
    })
    closing.push(stopAlarm)
    const book = await openSuggestionBook({ db, list, now, onError })
    closing.push(() => book.close())
    const prices = await openPrices({ db, list, onError })
    closing.push(() => prices.close())

    const leadership = await campaign({ db, self: `${hostname()}:${process.pid}`, onError })
    closing.push(() => leadership.close())
    const travel = await readTravel(db)
    const planner = startPlannerJob({ db, list, travel, leadership, now, onError })
    closing.push(() => planner.close())

    const replay = openReplayDesk({ made: sample?.made ?? null, onError })
    closing.push(() => replay.close())

    const watch = await openFeedWatch({ db, list, receiver, now, onError })
    closing.push(() => watch.close())

    const retention = { years: config.retentionYears, auditYears: config.auditRetentionYears }
    const app = await buildApp({
      db,
      access,
      receiver,
      watch,
      list,
      book,
      prices,
      replay,
      travelMinutes: travelMinutes(travel),
      whyNot: (entryId, capacityId) => planner.whyNot(entryId, capacityId),
      page: await buildPage(),
      log,
      now,
      retention,
      cookieSecure: config.cookieSecure,
      trustProxy: config.trustProxy,
      // the sample tells its own at a domain that is nobody's
      securityContact:
        config.securityContact ?? (config.sample ? 'mailto:security@ptl.example' : null),
    })
    closing.push(() => app.close())
    await app.ready()
    await door.close()
    const address = await app.listen({ port: door.port, host: config.host })
    const mllp =
      config.mllp === null ? null : await listenMllp(config, { db, access, receiver, now, log })
    if (mllp !== null) closing.push(() => mllp.close())
    planner.wake()
    const keeping = startKeeping({
      db,
      keys,
      recordHash: access.recordHash,
      now,
      retention,
      refusedRowBoundTo: boundTo,
      onError,
    })
    closing.push(() => keeping.close())
    return {
      app,
      url: address,
      mllpPort: mllp?.port ?? null,
      db,
      sample,
      planned: planner.idle(),
      settled: () => planner.settled(),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }

  async function embedded(): Promise<string> {
    const server = await startEmbedded({ dataDir: config.dataDir, onProgress: say })
    closing.push(() => server.stop())
    return server.url
  }
}
