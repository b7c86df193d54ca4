import { setTimeout as pause } from 'node:timers/promises'
import { connect } from './connection.ts'
import type { Sql } from './connection.ts'
import { readyBinaries } from './embedded/binaries.ts'
import { initialise } from './embedded/cluster.ts'
import { readyHome } from './embedded/home.ts'
import { launch, stopOrphan } from './embedded/postmaster.ts'
import type { Postmaster } from './embedded/postmaster.ts'

const DATABASE = 'ptl'
const USER = 'ptl'
/** Marks the connection each owner keeps open, so that a second start can tell an owner from an orphan. */
const OWNER = 'ptl-owner'
/** Backends of a server killed outright hold its shared memory for a moment longer. */
const START_ATTEMPTS = 4
const START_RETRY_MS = 400

export interface Embedded {
  /** For `openDatabase` and `migrate`: user and database `ptl`, unix socket directory as `?host=`. */
  readonly url: string
  /** Fast shutdown, awaited; calling it again is harmless. */
  stop(): Promise<void>
}

/**
 * Runs a real PostgreSQL 18 from the npm binaries in `dataDir`, on a unix socket nobody else can enter, no TCP.
 *
 * The first start makes the cluster; a server left behind by a killed run is stopped first. As root it runs
 * as an unprivileged user, and where that user cannot reach `dataDir` the cluster lives under /var/lib.
 * @param options.testing trades safety on power loss for speed
 * @throws one clear line: unwritable directory, no binaries for this platform, another process in the directory
 */
export async function startEmbedded(options: {
  readonly dataDir: string
  readonly onProgress?: (line: string) => void
  readonly testing?: boolean
}): Promise<Embedded> {
  const progress = options.onProgress ?? (() => undefined)
  const testing = options.testing ?? false
  const home = await readyHome(options.dataDir, progress)
  await stopOrphan(home, isOwned)
  const binaries = await readyBinaries(home, testing)
  await initialise({ home, binaries, user: USER, testing, progress })

  const postmaster = await launchPatiently(() => launch({ home, binaries, testing }))
  const url = addressOf(postmaster.socketDirectory, DATABASE)
  let owner: Sql | undefined
  let stopping: Promise<void> | undefined
  try {
    await createDatabase(addressOf(postmaster.socketDirectory, 'postgres'))
    owner = connect(url, { max: 1, applicationName: OWNER })
    await owner`select 1`
  } catch (cause) {
    await owner?.end({ timeout: 0 })
    await postmaster.stop()
    throw cause
  }
  const keeper = owner

  return {
    url,
    stop() {
      stopping ??= keeper.end({ timeout: 1 }).then(() => postmaster.stop())
      return stopping
    },
  }
}

async function launchPatiently(start: () => Promise<Postmaster>): Promise<Postmaster> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await start()
    } catch (cause) {
      const passing = cause instanceof Error && cause.message.includes('shared memory block')
      if (!passing || attempt === START_ATTEMPTS) throw cause
      await pause(START_RETRY_MS)
    }
  }
}

function addressOf(socketDirectory: string, database: string): string {
  return `postgres://${USER}@localhost/${database}?host=${encodeURIComponent(socketDirectory)}`
}

/** Whether the server at this socket has an owner connected; undefined when no server answers there. */
async function isOwned(socketDirectory: string): Promise<boolean | undefined> {
  const sql = connect(addressOf(socketDirectory, 'postgres'), { max: 1 })
  try {
    const owners = await sql`select 1 from pg_stat_activity where application_name = ${OWNER}`
    return owners.length > 0
  } catch {
    return undefined
  } finally {
    await sql.end({ timeout: 1 })
  }
}

async function createDatabase(url: string): Promise<void> {
  const sql = connect(url, { max: 1 })
  try {
    const found = await sql`select 1 from pg_database where datname = ${DATABASE}`
    if (found.length === 0) await sql.unsafe(`create database ${DATABASE}`)
  } finally {
    await sql.end({ timeout: 1 })
  }
}
