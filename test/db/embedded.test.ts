import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  readlink,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { openDatabase } from '../../db/client.ts'
import { connect } from '../../db/connection.ts'
import { startEmbedded } from '../../db/embedded.ts'
import { reachableByAll } from '../../db/embedded/home.ts'
import { migrate } from '../../db/migrate.ts'

const CHILD = fileURLToPath(new URL('./embedded-child.ts', import.meta.url))
/** `daemon`: an account every machine has, and not the one that root's servers run as. */
const DAEMON = 1
const isRoot = process.getuid?.() === 0

type Teardown = { teardown(fn: () => unknown): void }

async function temporary(t: Teardown, name = 'ptl-test-'): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), name))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  await chmod(folder, 0o755)
  return folder
}

async function count(url: string): Promise<number> {
  const sql = connect(url, { max: 1 })
  try {
    const [row] = await sql<{ n: number }[]>`select count(*)::int as n from kept`
    return row?.n ?? -1
  } finally {
    await sql.end({ timeout: 1 })
  }
}

async function run(url: string, statement: string): Promise<void> {
  const sql = connect(url, { max: 1 })
  // Test servers answer before they have written; these tests kill them.
  await sql`set synchronous_commit = on`
  await sql.unsafe(statement)
  await sql.end({ timeout: 1 })
}

/** Starts the child and waits for its one line. */
async function startChild(
  t: Teardown,
  dataDir: string,
  user?: number,
): Promise<{ child: ChildProcess; said: { url?: string; error?: string } }> {
  // A clean environment: the test runner's own hooks would follow the child to where it may not write.
  const path = `PATH=${process.env['PATH'] ?? ''}`
  const child = spawn(
    '/usr/bin/env',
    ['-i', path, `TMPDIR=${tmpdir()}`, process.execPath, '--import', 'tsx', CHILD, dataDir],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
      ...(user === undefined ? {} : { uid: user, gid: user }),
    },
  )
  t.teardown(() => child.kill('SIGKILL'))
  for await (const line of createInterface({ input: child.stdout })) {
    return { child, said: JSON.parse(line) as { url?: string; error?: string } }
  }
  throw new Error('the child said nothing')
}

/** The process at the head of postmaster.pid, once it is gone. */
async function gone(pid: number): Promise<void> {
  const deadline = Date.now() + 20_000
  for (;;) {
    try {
      process.kill(pid, 0)
    } catch {
      return
    }
    if (Date.now() > deadline) throw new Error(`process ${String(pid)} is still there`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

async function postmasterOf(dataDir: string): Promise<number> {
  const file = join(dataDir, 'postgres/cluster/postmaster.pid')
  return Number((await readFile(file, 'utf8')).split('\n')[0])
}

t.test('a first start makes it, a second finds it again within a second', async (t) => {
  const dataDir = join(await temporary(t), 'not', 'there', 'yet')
  const lines: string[] = []
  const first = await startEmbedded({ dataDir, onProgress: (line) => lines.push(line) })
  t.teardown(() => first.stop())
  t.same(lines, ['Making the database'])
  await run(first.url, 'create table kept (a int); insert into kept values (1)')
  const sql = connect(first.url, { max: 1 })
  const settings = await sql`
    select name, setting from pg_settings
    where name in ('listen_addresses', 'fsync', 'server_version_num', 'TimeZone',
      'log_min_error_statement') order by name
  `
  await sql.end({ timeout: 1 })
  t.match(
    Object.fromEntries(settings.map((row) => [String(row['name']), String(row['setting'])])),
    {
      fsync: 'on',
      listen_addresses: '',
      log_min_error_statement: 'panic',
      server_version_num: /^18\d{4}$/,
      TimeZone: 'UTC',
    },
  )
  const socket = new URL(first.url).searchParams.get('host') ?? ''
  t.equal((await stat(socket)).mode & 0o777, 0o700, 'nobody else may come in')
  t.ok(Buffer.byteLength(socket) < 90)

  const startedAt = performance.now()
  await first.stop()
  await first.stop()
  await t.rejects(run(first.url, 'select 1'), 'stopped')
  const stoppedAt = performance.now()
  const second = await startEmbedded({ dataDir, onProgress: (line) => lines.push(line) })
  t.teardown(() => second.stop())
  t.ok(performance.now() - stoppedAt < 5_000, 'soon, even on a busy machine')
  t.ok(stoppedAt - startedAt < 10_000)
  t.equal(lines.length, 1, 'nothing is made twice')
  t.equal(await count(second.url), 1)
  const log = await readFile(join(dataDir, 'postgres/postgres.log'), 'utf8')
  t.notMatch(log, /was not properly shut down|interrupted/)
})

t.test('a plain owner with CREATEROLE may migrate', async (t) => {
  const server = await startEmbedded({ dataDir: await temporary(t), testing: true })
  t.teardown(() => server.stop())
  await run(server.url, 'create role maker login createrole')
  await run(server.url, 'create database plain owner maker')
  await run(server.url, 'create database second owner maker')
  for (const name of ['plain', 'second']) {
    const url = server.url.replace('//ptl@', '//maker@').replace('/ptl?', `/${name}?`)
    await migrate(url)
    const db = await openDatabase({ url })
    t.match(await db.sql`select current_user as u, session_user as s`, [
      { u: 'ptl_service', s: 'maker' },
    ])
    await t.rejects(db.sql`delete from audit`, { code: '42501' })
    await db.close()
  }
})

t.test('a directory in use is refused, and its owner is not disturbed', async (t) => {
  const dataDir = await temporary(t)
  const server = await startEmbedded({ dataDir, testing: true })
  t.teardown(() => server.stop())
  await t.rejects(startEmbedded({ dataDir, testing: true }), {
    message:
      /^Another process is using the data directory .*: stop it, or set DATA_DIR to another\.$/,
  })
  await run(server.url, 'select 1')
})

t.test(
  'killed outright, the owner takes its server with it, and the next start recovers',
  async (t) => {
    const dataDir = await temporary(t)
    const { child, said } = await startChild(t, dataDir)
    await run(said.url ?? '', 'create table kept (a int); insert into kept values (1), (2)')
    const postmaster = await postmasterOf(dataDir)
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
    await gone(postmaster)
    const server = await startEmbedded({ dataDir, testing: true })
    t.teardown(() => server.stop())
    t.equal(await count(server.url), 2)
  },
)

t.test('an orphan whose watchdog was killed too is stopped by the next start', async (t) => {
  const dataDir = await temporary(t)
  const { child, said } = await startChild(t, dataDir)
  await run(said.url ?? '', 'create table kept (a int); insert into kept values (1), (2), (3)')
  const orphan = await postmasterOf(dataDir)
  const watchdogs = (await readdir('/proc').catch(() => [])).filter((pid) => /^\d+$/.test(pid))
  for (const pid of watchdogs) {
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    if (line.startsWith('/bin/sh\0-c\0read') && line.endsWith(`\0${String(orphan)}\0`)) {
      process.kill(Number(pid), 'SIGKILL')
    }
  }
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
  const server = await startEmbedded({ dataDir, testing: true })
  t.teardown(() => server.stop())
  t.not(await postmasterOf(dataDir), orphan)
  await gone(orphan)
  t.equal(await count(server.url), 3)
})

t.test('the server itself killed, and what it left behind, is no hindrance', async (t) => {
  const dataDir = await temporary(t)
  const first = await startEmbedded({ dataDir, testing: true })
  await run(first.url, 'create table kept (a int); insert into kept values (1)')
  const pid = await postmasterOf(dataDir)
  process.kill(pid, 'SIGKILL')
  await gone(pid)
  await first.stop()
  const second = await startEmbedded({ dataDir, testing: true })
  t.teardown(() => second.stop())
  t.equal(await count(second.url), 1)
})

t.test('a first start broken off half-way is done over', async (t) => {
  const dataDir = await temporary(t)
  await mkdir(join(dataDir, 'postgres/cluster.new/base'), { recursive: true })
  const server = await startEmbedded({ dataDir, testing: true })
  t.teardown(() => server.stop())
  await run(server.url, 'select 1')
})

t.test('what cannot work is one clear line', async (t) => {
  const folder = await temporary(t)
  const file = join(folder, 'file')
  await writeFile(file, '')
  await t.rejects(startEmbedded({ dataDir: join(file, 'data'), testing: true }), {
    message: /^Cannot write to the data directory .*file\/data \(ENOTDIR\)\. Set DATA_DIR to /,
  })
  const old = join(folder, 'old')
  await mkdir(join(old, 'postgres/cluster'), { recursive: true })
  await writeFile(join(old, 'postgres/cluster/PG_VERSION'), '16\n')
  await t.rejects(startEmbedded({ dataDir: old, testing: true }), {
    message: /was made by PostgreSQL 16, and this is 18: /,
  })
  const broken = join(folder, 'broken')
  const server = await startEmbedded({ dataDir: broken, testing: true })
  await server.stop()
  await rm(join(broken, 'postgres/cluster/global/pg_control'))
  await t.rejects(startEmbedded({ dataDir: broken, testing: true }), {
    message: /^The embedded PostgreSQL did not start: .*pg_control/,
  })
  t.equal((await readdir(join(broken, 'postgres/socket'))).length, 0)
})

t.test('a long path gets its socket elsewhere, and leaves nothing there', async (t) => {
  const dataDir = join(await temporary(t), 'long'.repeat(30))
  const server = await startEmbedded({ dataDir, testing: true })
  const socket = new URL(server.url).searchParams.get('host') ?? ''
  t.notMatch(socket, 'longlong')
  t.equal((await stat(socket)).mode & 0o777, 0o700)
  await run(server.url, 'select 1')
  await server.stop()
  await t.rejects(stat(socket), { code: 'ENOENT' })
})

t.test(
  'as somebody who is not root it runs as that user, then for root too, and says so when it may not write',
  async (t) => {
    // Run by root, a child drops to another user, who must be able to read the project; else we are that somebody.
    const project = fileURLToPath(new URL('../..', import.meta.url))
    const user = isRoot && (await reachableByAll(project)) ? DAEMON : undefined
    const dataDir = await temporary(t)
    if (user !== undefined) await chown(dataDir, user, user)
    const { child, said } = await startChild(t, dataDir, user)
    t.equal(said.error, undefined)
    await run(said.url ?? '', 'select 1')
    t.equal((await stat(join(dataDir, 'postgres/cluster'))).uid, user ?? process.getuid?.() ?? 0)
    const exited = once(child, 'exit')
    child.stdin?.end()
    t.same(await exited, [0, null], 'and stops in good order')

    const again = await startEmbedded({ dataDir, testing: true })
    t.equal((await stat(join(dataDir, 'postgres/cluster'))).uid, user ?? process.getuid?.() ?? 0)
    await run(again.url, 'select 1')
    await again.stop()

    const closed = await temporary(t)
    await chmod(closed, 0o500)
    const refused = await startChild(t, closed, user)
    const wanted = /^Cannot write to the data directory .* \(EACCES\)\. Set DATA_DIR to /
    if (user !== undefined || !isRoot) t.match(refused.said.error, wanted)
    else t.equal(refused.said.error, undefined, 'root may write anywhere')
    refused.child.stdin?.end()
  },
)

t.test('under a home closed to others it still runs, as root too', async (t) => {
  const home = await temporary(t, 'ptl-closed-')
  const dataDir = join(home, 'project', '.data')
  await mkdir(dataDir, { recursive: true })
  await chmod(home, 0o700)
  const lines: string[] = []
  const server = await startEmbedded({ dataDir, testing: true, onProgress: (l) => lines.push(l) })
  await run(server.url, 'create table kept (a int); insert into kept values (1)')
  await server.stop()
  const again = await startEmbedded({ dataDir, testing: true })
  t.equal(await count(again.url), 1)
  await again.stop()
  if (isRoot) {
    const place = await readlink(join(dataDir, 'postgres'))
    t.teardown(() => rm(place, { recursive: true, force: true }))
    t.match(lines, [
      `The database's user cannot enter ${dataDir}; the database is kept in ${place}`,
    ])
    t.match(place, /^\/var\/lib\/shared-ptl\/[0-9a-f]{12}$/)
  } else {
    t.same(lines, ['Making the database'])
  }
})
