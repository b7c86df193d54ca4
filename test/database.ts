import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { openDatabase } from '../db/client.ts'
import type { Database } from '../db/client.ts'
import { startEmbedded } from '../db/embedded.ts'
import { migrate } from '../db/migrate.ts'

export type TestDatabase = Database & {
  /** The same server as its superuser: for `connect(adminUrl, { max: 1 })`, past row-level security. */
  readonly adminUrl: string
}

/**
 * A real PostgreSQL of this test's own, migrated and empty, gone with the test.
 *
 * Everything runs as the service role: read and write guarded rows inside `scoped`.
 */
export async function testDatabase(t: Test): Promise<TestDatabase> {
  const dataDir = await mkdtemp(join(tmpdir(), 'ptl-test-'))
  t.teardown(() => rm(dataDir, { recursive: true, force: true }))
  const server = await startEmbedded({ dataDir, testing: true })
  t.teardown(() => server.stop())
  await migrate(server.url)
  const database = await openDatabase({ url: server.url })
  t.teardown(() => database.close())
  return { ...database, adminUrl: server.url }
}
