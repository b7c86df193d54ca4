import { once } from 'node:events'
import { connect as connectSocket, createServer } from 'node:net'
import type { Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import { connect } from '../../db/connection.ts'
import type { Sql } from '../../db/connection.ts'
import { testDatabase } from '../database.ts'

/*
 * The driver, pinned and patched, when a connection dies inside `begin` or `reserve`. Unpatched, each of these ends the
 * process, leaves a slot of the pool hanging for good, or runs the dead transaction's next statement outside it,
 * committed. Real server, real connections; the line is cut in three ways at three moments.
 */
const CUTS = ['terminate', 'rst', 'fin'] as const
const MOMENTS = ['idle', 'inflight', 'pending'] as const
type Cut = (typeof CUTS)[number]

const PATIENCE_MS = 5_000
const db = await testDatabase(t)
const admin = connect(db.adminUrl, { max: 1 })
t.teardown(() => admin.end({ timeout: 1 }))
await admin`create table kept (n int)`
await admin`grant all on kept to ptl_service`
const line = await proxy(db.url)
t.teardown(() => line.close())

const crashes: unknown[] = []
process.on('uncaughtException', (cause) => crashes.push(cause))
process.on('unhandledRejection', (cause) => crashes.push(cause))

for (const cut of CUTS) {
  for (const moment of MOMENTS) {
    t.test(
      `begin, ${moment}, cut by ${cut}: rolled back, told, and the pool lives on`,
      async (t) => {
        await admin`truncate kept`
        const sql = connect(line.url, { max: 1 })
        t.teardown(() => sql.end({ timeout: 1 }))
        let second = 'not tried'
        const others: Promise<string>[] = []

        const transaction = sql.begin(async (tx) => {
          const [me] = await tx<{ pid: number }[]>`select pg_backend_pid() as pid`
          await tx`insert into kept values (1)`
          if (moment === 'pending') {
            for (let index = 0; index < 3; index += 1) others.push(outcome(sql`select 1`))
          }
          if (moment === 'inflight') {
            const statement = outcome(tx`select pg_sleep(20)`)
            await sleeping(me?.pid ?? 0)
            await line.cut(cut, me?.pid ?? 0)
            t.not(await inTime(statement), 'done', 'the statement under way is told')
          } else {
            await line.cut(cut, me?.pid ?? 0)
          }
          // Whether or not the driver has noticed yet, this statement must never run by itself.
          second = await inTime(outcome(tx`insert into kept values (2)`))
          throw new Error('the callback went on')
        })
        t.not(await inTime(outcome(transaction)), 'hangs')
        t.notMatch(second, /^(done|hangs)$/, 'no later statement of the dead transaction runs')
        for (const other of others) t.not(await inTime(other), 'hangs', 'who waited is answered')

        await livesOn(t, sql)
        t.same(await rows(), [9], 'nothing of the dead transaction is there')
        // A server does not notice a dead client while it sleeps.
        await admin`
        select pg_terminate_backend(pid, ${PATIENCE_MS}) from pg_stat_activity where wait_event = 'PgSleep'`
        t.same(crashes, [])
      },
    )
  }

  t.test(`reserve, cut by ${cut}: told, and the pool lives on`, async (t) => {
    await admin`truncate kept`
    const sql = connect(line.url, { max: 1 })
    t.teardown(() => sql.end({ timeout: 1 }))
    const reserved = await sql.reserve()
    const [me] = await reserved<{ pid: number }[]>`select pg_backend_pid() as pid`
    await line.cut(cut, me?.pid ?? 0)
    for (let index = 0; index < 2; index += 1) {
      const told = await inTime(outcome(reserved`insert into kept values (2)`))
      t.notMatch(told, /^(done|hangs)$/, 'nothing runs on a line that is gone')
    }
    reserved.release()
    const again = await inTime(sql.reserve())
    t.not(again, 'hangs', 'the next reserve is served')
    if (again !== 'hangs') {
      t.equal(await inTime(outcome(again`select 1`)), 'done')
      again.release()
    }
    await livesOn(t, sql)
    t.same(await rows(), [9])
    t.same(crashes, [])
  })
}

t.test('a reserve refused by a server that is away takes no slot with it', async (t) => {
  await admin`truncate kept`
  const sql = connect(line.url, { max: 1 })
  t.teardown(() => sql.end({ timeout: 1 }))
  await line.away()
  t.match(await inTime(outcome(sql.reserve())), 'ECONNREFUSED')
  await line.back()
  const reserved = await inTime(sql.reserve())
  t.not(reserved, 'hangs')
  if (reserved !== 'hangs') reserved.release()
  await livesOn(t, sql)
})

t.test('nothing escaped to the process', async (t) => {
  t.same(crashes, [])
})

/** Two queries and a transaction over the same single slot. The first may be told of the cut. */
async function livesOn(t: Tap, sql: Sql): Promise<void> {
  t.not(await inTime(outcome(sql`select 1`)), 'hangs')
  t.equal(await inTime(outcome(sql`select 1`)), 'done', 'the next query works')
  const begun = sql.begin((tx) => tx`insert into kept values (9)`)
  t.equal(await inTime(outcome(begun)), 'done', 'the next transaction works')
}

async function rows(): Promise<number[]> {
  const found = await admin<{ n: number }[]>`select n from kept order by n`
  return found.map((row) => row.n)
}

type Tap = { not: typeof t.not; equal: typeof t.equal }

async function outcome(work: PromiseLike<unknown>): Promise<string> {
  try {
    await work
    return 'done'
  } catch (cause) {
    return cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
  }
}

function inTime<T>(work: Promise<T>): Promise<T | 'hangs'> {
  const limit = new AbortController()
  return Promise.race([
    work,
    pause(PATIENCE_MS, 'hangs' as const, { signal: limit.signal, ref: false }),
  ]).finally(() => limit.abort())
}

/** Waits until the server says that this backend is in the middle of its sleep. */
async function sleeping(pid: number): Promise<void> {
  for (;;) {
    const found =
      await admin`select 1 from pg_stat_activity where pid = ${pid} and wait_event = 'PgSleep'`
    if (found.length > 0) return
  }
}

/** A TCP door to the server's unix socket, whose lines can be cut as a network cuts them. */
async function proxy(url: string): Promise<{
  url: string
  cut(how: Cut, pid: number): Promise<void>
  /** Nothing listens at the address, until `back`. */
  away(): Promise<void>
  back(): Promise<void>
  close(): void
}> {
  const directory = new URL(url).searchParams.get('host') ?? ''
  const clients = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connectSocket(`${directory}/.s.PGSQL.5432`)
    clients.add(client)
    for (const socket of [client, upstream]) socket.on('error', () => undefined)
    client.pipe(upstream)
    upstream.pipe(client)
    client.on('close', () => {
      upstream.destroy()
      clients.delete(client)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0
  const close = (): void => {
    for (const client of clients) client.destroy()
    server.close()
  }
  const plain = new URL(url)
  plain.searchParams.delete('host')
  return {
    url: plain.toString().replace('@localhost', `@127.0.0.1:${String(port)}`),
    async cut(how, pid) {
      if (how === 'terminate') {
        await admin`select pg_terminate_backend(${pid}, ${PATIENCE_MS})`
        return
      }
      for (const client of clients) {
        if (how === 'rst') client.resetAndDestroy()
        else client.destroy()
      }
    },
    async away() {
      const closed = once(server, 'close')
      close()
      await closed
    },
    async back() {
      server.listen(port, '127.0.0.1')
      await once(server, 'listening')
    },
    close,
  }
}
