import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { WebSocket } from 'ws'
import { openDatabase } from '../../db/client.ts'
import { startEmbedded } from '../../db/embedded.ts'
import { migrate } from '../../db/migrate.ts'
import { addDays, londonDate } from '../../shared/date.ts'
import type { Receipt } from '../../shared/delivery.ts'
import { liveSocket, openLiveClient, type LiveClient } from '../../shared/live-client.ts'
import type { LiveState } from '../../shared/live-state.ts'
import { until } from '../live/awaited.ts'

/*
 * Three real processes on one database. The invariant: they show the same list at the same number of the change log,
 * whichever of them was written through, and whichever of them dies at whatever moment.
 */

const WAIT_MS = 30_000
const today = londonDate(Date.now())

interface Server {
  readonly url: string
  readonly child: ChildProcess
  readonly output: string
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'ptl-processes-'))
  t.teardown(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** Starts `npm start`'s program and waits for the block that says it is ready. */
async function serve(env: Record<string, string>): Promise<Server> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'server/main.ts'], {
    env: {
      ...process.env,
      HOST: '127.0.0.1',
      PORT: '0',
      DATA_DIR: folder(),
      LOG_LEVEL: 'fatal',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.teardown(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGTERM')
    await once(child, 'exit')
  })
  let output = ''
  const url = await new Promise<string>((resolve, reject) => {
    child.once('exit', () => reject(new Error(`the service ended: ${output}`)))
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString()
      const found = /tracking list: (http:\S+)[\s\S]*stop: Ctrl-C/.exec(output)?.[1]
      if (found !== undefined) resolve(found)
    })
  })
  return { url, child, output }
}

const line = (localId: string, ageDays: number): string =>
  JSON.stringify({
    localId,
    priorityType: '3',
    referralSource: '03',
    referralType: '03',
    receivedOn: addDays(today, -ageDays),
    firstSeenOn: addDays(today, -ageDays),
    firstSeenSite: 'ZT401',
    patientStatus: '14',
    tumour: 'lung',
    step: 'ebus',
    homeSite: 'ZT401',
  })

t.test('three processes on one database behave as one', async (t) => {
  const database = await startEmbedded({ dataDir: folder(), testing: true })
  t.teardown(() => database.stop())
  await migrate(database.url)
  const db = await openDatabase({ url: database.url, max: 2 })
  t.teardown(() => db.close())
  const env = {
    DATABASE_URL: database.url,
    PTL_IDENTITY_KEY: randomBytes(32).toString('hex'),
    SAMPLE: 'on',
    SAMPLE_PATHWAYS: '200',
    SAMPLE_HISTORY: 'off',
  }
  const a = await serve(env)
  const [b, c] = await Promise.all([serve(env), serve(env)])
  const key = /^ +ZT4 +(ptl_\S+)$/m.exec(a.output)?.[1] ?? ''
  const people = (await (await fetch(`${a.url}/api/sample-people`)).json()) as {
    people: { id: string; organisation: string; role: string }[]
  }
  const person = people.people.find(
    (one) => one.organisation === 'ZT4' && one.role === 'coordinator',
  )
  const signedIn = await fetch(`${a.url}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ personId: person?.id }),
  })
  const cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? ''
  const watch = (server: Server): LiveClient => {
    const client = openLiveClient({
      open: liveSocket(WebSocket as never, `${server.url.replace('http', 'ws')}/live`, {
        headers: { cookie },
      } as never),
      topics: { list: { filter: { trust: 'ZT4', tumour: 'lung' }, count: 200 }, suggestions: true },
      minRetryMs: 50,
    })
    t.teardown(() => client.close())
    return client
  }
  const deliver = (
    server: Server,
    body: string,
    headers: Record<string, string> = {},
  ): Promise<Response> =>
    fetch(`${server.url}/api/feeds/ZT4/deliveries`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': 'application/x-ndjson',
        ...headers,
      },
      body,
    })
  const shown = (state: LiveState): unknown[] =>
    (state.list?.rows ?? []).map((row) => [row.id, row.rank, row.because, row.suggestion])

  const onA = watch(a)
  const onB = watch(b)
  const onC = watch(c)
  const before = (await until(onB, (state) => state.list !== null)).list?.total ?? 0
  await until(onC, (state) => state.list !== null)

  await t.test(
    'LIVE-4 what is delivered through A is seen on sockets of B and C, alike, at the same number',
    async (t) => {
      const numbers: Record<'b' | 'c', number[]> = { b: [], c: [] }
      onB.subscribe((state) => numbers.b.push(state.list?.seq ?? 0))
      onC.subscribe((state) => numbers.c.push(state.list?.seq ?? 0))
      for (let round = 0; round < 5; round += 1) {
        const body = Array.from({ length: 6 }, (_, index) =>
          line(`P${round}-${index}`, 20 + round * 6 + index),
        ).join('\n')
        t.equal((await deliver(a, body)).status, 200)
      }
      const total = (state: LiveState): boolean => state.list?.total === before + 30
      await Promise.all([until(onB, total), until(onC, total)])
      const [row] = await db.sql<{ seq: number }[]>`select last_seq as seq from change_clock`
      const reached = (state: LiveState): boolean => (state.list?.seq ?? 0) >= (row?.seq ?? 0)
      // The one that wrote learns of it from the log as the others do, and may be the last to.
      const [atB, atC] = await Promise.all([
        until(onB, reached),
        until(onC, reached),
        until(onA, reached),
      ])
      t.ok(atB.list !== null && atC.list !== null)
      // A row is read as it is by then, and the planner may write on: at rest both show the same under one number.
      const atRest = async () => {
        const told = (state: LiveState) => [state.list?.seq, shown(state)] as const
        for (const from = performance.now(); performance.now() - from < WAIT_MS;) {
          const [one, other] = [told(onB.state()), told(onC.state())]
          if (JSON.stringify(one) === JSON.stringify(other)) break
          await new Promise((resolve) => setTimeout(resolve, 20))
        }
        return [told(onB.state()), told(onC.state())] as const
      }
      const [restB, restC] = await atRest()
      t.equal(restB[1].length, before + 30)
      t.same(restB, restC, 'at the same number the same list, in the same order')
      const pages = await Promise.all(
        [a, b, c].map(async (server) => {
          const answer = await fetch(`${server.url}/api/list?trust=ZT4&tumour=lung&limit=200`, {
            headers: { cookie },
          })
          const page = (await answer.json()) as { rows: { id: number; rank: number }[] }
          return page.rows.map((one) => [one.id, one.rank])
        }),
      )
      t.same(pages[1], pages[0], 'B answers as A')
      t.same(pages[2], pages[0], 'C answers as A')
      for (const seen of [numbers.b, numbers.c]) {
        t.ok(
          seen.every((seq, at) => at === 0 || seq >= (seen[at - 1] ?? 0)),
          'the number never goes back',
        )
      }
    },
  )

  await t.test(
    'MOV-49 the leader is killed in the middle of a delivery: nothing of it is there, all of it is after sending again, another plans',
    async (t) => {
      const leaderOf = async (): Promise<{ heldBy: string; fence: number }> => {
        const [row] = await db.sql<{ heldBy: string; fence: number }[]>`
        select held_by as "heldBy", fence from leader where name = 'planner'`
        return row ?? { heldBy: '', fence: 0 }
      }
      const led = await leaderOf()
      const leader = [a, b, c].find((server) => led.heldBy.endsWith(`:${server.child.pid}`))
      t.ok(leader, 'one of the three leads')
      if (leader === undefined) return
      const others = [a, b, c].filter((server) => server !== leader)
      const rows = Array.from({ length: 400 }, (_, index) => line(`K${index}`, 1 + (index % 60)))

      const upload = request(`${leader.url}/api/feeds/ZT4/deliveries`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${key}`,
          'content-type': 'application/x-ndjson',
          'idempotency-key': 'killed-1',
        },
      })
      upload.on('error', () => undefined)
      upload.write(`${rows.slice(0, 300).join('\n')}\n`)
      const begun = async (): Promise<boolean> => {
        const found = await db.scoped(
          { kind: 'system', name: 'test' },
          (tx) => tx`
        select from delivery where idempotency_key = 'main killed-1'`,
        )
        return found.count > 0
      }
      while (!(await begun())) await new Promise((resolve) => setImmediate(resolve))
      leader.child.kill('SIGKILL')
      await once(leader.child, 'exit')

      const counted = async (): Promise<number> => {
        const [row] = await db.scoped(
          { kind: 'system', name: 'test' },
          (tx) => tx<{ n: number }[]>`
        select count(*)::int as n from entry where local_id like 'K%'`,
        )
        return row?.n ?? -1
      }
      t.equal(await counted(), 0, 'none of it')
      const [first, second] = others
      if (first === undefined || second === undefined) return
      let answer = await deliver(first, rows.join('\n'), { 'idempotency-key': 'killed-1' })
      while (answer.status === 409) {
        await new Promise((resolve) => setTimeout(resolve, 100))
        answer = await deliver(first, rows.join('\n'), { 'idempotency-key': 'killed-1' })
      }
      t.match(await answer.json(), {
        state: 'done',
        counts: { read: 400, added: 400, refused: 0 },
      })
      t.equal(await counted(), 400, 'all of it, once')
      const again = (await (
        await deliver(second, rows.join('\n'), { 'idempotency-key': 'killed-1' })
      ).json()) as Receipt
      t.match(
        again.counts,
        { added: 400 },
        'sent once more through another process: the same receipt',
      )
      t.equal(await counted(), 400)

      const survivor = second === b ? onB : second === c ? onC : first === b ? onB : onC
      await until(survivor, (state) => state.list?.total === before + 430)
      const killedAt = performance.now()
      while ((await leaderOf()).fence === led.fence && performance.now() - killedAt < WAIT_MS) {
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
      const now = await leaderOf()
      t.ok(now.fence > led.fence, 'another leads')
      t.ok(
        others.some((server) => now.heldBy.endsWith(`:${server.child.pid}`)),
        'one of those alive',
      )
    },
  )

  await t.test(
    'FEED-16 LIVE-6 one that only reads is killed while another takes a load: nothing lost, nothing doubled',
    async (t) => {
      const alive = [a, b, c].filter(({ child }) => child.exitCode === null && !child.killed)
      const [taking, dying] = alive
      if (taking === undefined || dying === undefined) throw new Error('two should be alive')
      const rows = Array.from({ length: 300 }, (_, index) => line(`M${index}`, 1 + (index % 60)))
      const watching = taking === b ? onB : taking === c ? onC : onA
      // Its own socket may still be behind the one that the test before looked at.
      const had = before + 430
      await until(watching, (state) => state.list?.total === had)
      const answer = new Promise<Receipt>((resolve, reject) => {
        const upload = request(
          `${taking.url}/api/feeds/ZT4/deliveries`,
          {
            method: 'POST',
            headers: {
              authorization: `Bearer ${key}`,
              'content-type': 'application/x-ndjson',
              'idempotency-key': 'killed-2',
            },
          },
          (response) => {
            let text = ''
            response.setEncoding('utf8')
            response.on('data', (chunk: string) => (text += chunk))
            response.on('end', () => resolve(JSON.parse(text) as Receipt))
          },
        )
        upload.on('error', reject)
        upload.write(`${rows.slice(0, 150).join('\n')}\n`)
        dying.child.once('exit', () => upload.end(rows.slice(150).join('\n')))
        dying.child.kill('SIGKILL')
      })
      t.match(await answer, { state: 'done', counts: { read: 300, added: 300, refused: 0 } })
      await until(watching, (state) => state.list?.total === had + 300)
      const [row] = await db.scoped(
        { kind: 'system', name: 'test' },
        (tx) => tx<{ entries: number; keys: number }[]>`
          select count(*)::int as entries, count(distinct local_id)::int as keys
          from entry where local_id like 'M%'`,
      )
      t.same(row, { entries: 300, keys: 300 })
    },
  )
})
