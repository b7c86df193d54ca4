/*
 * `npm run bench road [-- pathways]`: from a trust's capacity call to the suggestion on another trust's socket, and back
 * again when the slots go; the whole service in a process of its own, its database, HTTP and sockets, 35,000 pathways
 * unless said otherwise. Beside it how long the service's main thread was held up at most.
 *
 * The sample's slots are all closed to the alliance first, so that nobody has a suggestion to begin with: each round
 * then opens six slots at one site and waits for what comes of it.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WebSocket } from 'ws'
import { capacityBucket, type CapacityBucket } from '../../shared/capacity.ts'
import { addDays, londonDate } from '../../shared/date.ts'
import { suggestion } from '../../shared/suggestion.ts'
import { z } from 'zod'
import { seeded } from '../domain/plan/random-problem.ts'
import { median, percentile, printer } from './figures.part.ts'

const PATHWAYS = Number(process.argv[2] ?? 35_000)
const ROUNDS = Number(process.argv[3] ?? 120)
/** Slots at which nobody is helped bring nothing: the round is not counted. */
const NOTHING_COMES_MS = 1_500

const dataDir = mkdtempSync(join(tmpdir(), 'ptl-road-'))
const service = spawn(process.execPath, ['--import', 'tsx', 'server/main.ts'], {
  env: {
    ...process.env,
    PORT: '0',
    DATA_DIR: dataDir,
    SAMPLE_PATHWAYS: String(PATHWAYS),
    SAMPLE_HISTORY: 'off',
    LOG_LEVEL: 'error',
  },
  stdio: ['ignore', 'pipe', 'inherit'],
})
const url = await new Promise<string>((resolve, reject) => {
  let output = ''
  service.once('exit', () => reject(new Error(`the service ended: ${output}`)))
  service.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString()
    const found = /list: (http:\S+) /.exec(output)?.[1]
    if (found !== undefined) resolve(found)
  })
})

const people = z
  .object({
    people: z.array(z.object({ id: z.string(), role: z.string(), organisation: z.string() })),
  })
  .parse(await (await fetch(`${url}/api/sample-people`)).json()).people

async function cookieOf(role: string, organisation?: string): Promise<string> {
  const person = people.find(
    (one) => one.role === role && (organisation ?? one.organisation) === one.organisation,
  )
  const answer = await fetch(`${url}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ personId: person?.id }),
  })
  return answer.headers.get('set-cookie')?.split(';')[0] ?? ''
}

const lead = await cookieOf('lead')
const cookies = new Map<string, string>()

async function put(of: CapacityBucket, days: readonly object[]): Promise<void> {
  const cookie = cookies.get(of.trust) ?? (await cookieOf('coordinator', of.trust))
  cookies.set(of.trust, cookie)
  const answer = await fetch(`${url}/api/capacity/${of.site}/${of.step}`, {
    method: 'PUT',
    headers: { cookie, 'content-type': 'application/json' },
    body: JSON.stringify({ days }),
  })
  if (answer.status !== 200) throw new Error(`capacity: ${String(answer.status)}`)
}

async function buckets(): Promise<CapacityBucket[]> {
  const answer = await fetch(`${url}/api/capacity`, { headers: { cookie: lead } })
  return z.object({ buckets: z.array(capacityBucket) }).parse(await answer.json()).buckets
}

/** The longest the main thread was held up since this was last asked, ms. */
async function heldUpMs(): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  const seconds = Number(/^nodejs_eventloop_lag_max_seconds (\S+)/m.exec(text)?.[1])
  // Node's histogram counts its own ten milliseconds in
  return Math.max(0, seconds * 1000 - 10)
}

const socket = new WebSocket(`${url.replace('http', 'ws')}/live`, 'ptl.v1', {
  headers: { cookie: lead },
})
await once(socket, 'open')
const live = new Map<string, z.infer<typeof suggestion>>()
const patch = z.object({
  type: z.enum(['reset', 'patch', 'welcome']),
  items: z.array(suggestion).optional(),
  upserts: z.array(suggestion).optional(),
})
let heard: (fresh: readonly z.infer<typeof suggestion>[]) => void = () => undefined
socket.on('message', (data: Buffer) => {
  const parsed = patch.safeParse(JSON.parse(data.toString()))
  if (!parsed.success) return
  const fresh = [...(parsed.data.items ?? []), ...(parsed.data.upserts ?? [])]
  for (const one of fresh) live.set(one.id, one)
  heard(fresh)
})
socket.send(JSON.stringify({ type: 'hello', topics: { suggestions: true } }))

/** Until the socket says something that fits; null when it does not within a while. */
function until(
  fits: (one: z.infer<typeof suggestion>) => boolean,
  startedAt: number,
): Promise<number | null> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(null), NOTHING_COMES_MS)
    heard = (fresh) => {
      if (!fresh.some(fits)) return
      clearTimeout(timer)
      heard = () => undefined
      resolve(performance.now() - startedAt)
    }
  })
}

async function quiet(ms: number): Promise<void> {
  for (let last = -1; last !== live.size;) {
    last = live.size
    await new Promise((resolve) => setTimeout(resolve, ms))
  }
}

const all = await buckets()
const groups = new Map<string, CapacityBucket[]>()
for (const bucket of all) {
  const key = `${bucket.site} ${bucket.step}`
  groups.set(key, [...(groups.get(key) ?? []), bucket])
}
for (const group of groups.values()) {
  const [first] = group
  const days = group.map(({ day, slots, noticeDays }) => ({
    day,
    slots,
    noticeDays,
    openToAlliance: false,
  }))
  if (first !== undefined) await put(first, days)
}
await quiet(2_000)

const random = seeded(5)
const places = [...groups.values()].flatMap(([first]) => (first === undefined ? [] : [first]))
const shownMs: number[] = []
const goneMs: number[] = []
const heldMs: number[] = []
let idle = 0
for (let round = 0; shownMs.length < ROUNDS && round < ROUNDS * 6; round++) {
  const place = places[Math.floor(random() * places.length)]
  if (place === undefined) break
  const day = addDays(londonDate(Date.now()), 1 + Math.floor(random() * 6))
  const isHere = (one: z.infer<typeof suggestion>): boolean =>
    one.toSite === place.site && one.step === place.step && one.day === day
  await heldUpMs()
  const offered = { day, noticeDays: 0, openToAlliance: true }
  const known = groups.get(`${place.site} ${place.step}`)?.find((one) => one.day === day)
  let startedAt = performance.now()
  const shown = until((one) => isHere(one) && one.state === 'suggested', startedAt)
  await put(place, [{ ...offered, slots: (known?.slots ?? 0) + 6 }])
  const ms = await shown
  if (ms === null) idle++
  else shownMs.push(ms)
  startedAt = performance.now()
  const gone = until((one) => isHere(one) && one.state === 'withdrawn', startedAt)
  await put(place, [{ ...offered, slots: known?.slots ?? 0, openToAlliance: false }])
  if (ms !== null) {
    const goneAfter = await gone
    if (goneAfter !== null) goneMs.push(goneAfter)
    heldMs.push(await heldUpMs())
  }
  await new Promise((resolve) => setTimeout(resolve, 60))
}

const print = printer('road')
const size = `${String(PATHWAYS)} pathways, ${String(shownMs.length)} rounds`
tell('capacity call to suggestion on a socket, median', median(shownMs), 150)
tell('capacity call to suggestion on a socket, p99', percentile(shownMs, 0.99), 150)
tell('slots gone to suggestion withdrawn on a socket, p99', percentile(goneMs, 0.99), 150)
tell('main thread held up at most in a round, median', median(heldMs), 20)
tell('main thread held up at most in a round, p99', percentile(heldMs, 0.99), 20)
console.error(`${String(idle)} rounds brought nothing: nobody would be helped there`)

socket.terminate()
service.removeAllListeners('exit')
service.kill('SIGTERM')
await once(service, 'exit')
rmSync(dataDir, { recursive: true, force: true })

function tell(metric: string, value: number, limit: number): void {
  print(`${metric}, ${size}, against the limit`, value, 'ms', limit, limit / value)
}
