import { monitorEventLoopDelay } from 'node:perf_hooks'
import { textFrame } from '../../server/live/frame.ts'
import { idleMemory } from './live-idle.part.ts'
import { listInMemory } from './live-memory.part.ts'
import { severalTopics } from './live-several.part.ts'
import { nowMs, openReaders } from './live-readers.part.ts'
import { toScreen } from './live-screen.part.ts'
import { median } from './figures.part.ts'
import { openBare, openOurs, pause, print, processorMs, turn } from './live-servers.part.ts'

/*
 * Telling many sockets: the routes behind `GET /live` against bare `ws` broadcasting as many bytes, in turns, in the
 * same process, to readers in another. `npm run bench live -- 1000` for one number of sockets.
 */
const WINDOWS = 20
const ROUNDS = 60
const BLOCKED_LIMIT_MS = 10

const asked = process.argv.slice(2).map(Number)
for (const sockets of asked.length === 0 ? [1_000, 5_000] : asked) {
  await telling(sockets)
  await severalTopics(sockets, WINDOWS)
  await toScreen(sockets, WINDOWS)
}
await idleMemory(5_000)

/** The telling itself, over a list of rows in memory: the list has a bench of its own. */
async function telling(sockets: number): Promise<void> {
  const memory = listInMemory()
  const ours = await openOurs(memory.list)
  const bare = await openBare()
  const readers = await openReaders(sockets, [ours.port, bare.port], WINDOWS)
  const patched = async (wanted: number) => {
    while (ours.stats().patches < wanted) await turn()
    // What either leaves for the loop to end is part of its work.
    await turn()
  }
  await readers.settled(0)
  const before = await readers.total(0)
  memory.change()
  await patched(sockets)
  const frameBytes = Math.floor(((await readers.settled(0)) - before) / sockets)
  const payload = Buffer.alloc(frameBytes - 4, 'x')

  const perSecond = { ours: [] as number[], bare: [] as number[], least: [] as number[] }
  const delivered = { ours: [] as number[], bare: [] as number[] }
  const blockedMs: number[] = []
  const delay = monitorEventLoopDelay({ resolution: 1 })
  const bytes = textFrame(payload.toString())
  for (let round = 0; round < ROUNDS + 10; round++) {
    await readers.expect(0, frameBytes - 10)
    await pause(20)
    const told = ours.stats().patches + sockets
    delay.enable()
    delay.reset()
    const took = processorMs()
    const from = nowMs()
    memory.change()
    await patched(told)
    const oursMs = took()
    delay.disable()
    const read = await readers.read(from)

    await readers.expect(1, frameBytes - 10)
    await pause(20)
    const bareTook = processorMs()
    const bareFrom = nowMs()
    bare.tell(payload)
    await turn()
    await turn()
    const bareMs = bareTook()
    const bareRead = await readers.read(bareFrom)

    await readers.expect(1, frameBytes - 10)
    await pause(20)
    const leastTook = processorMs()
    bare.write(bytes)
    await turn()
    await turn()
    const leastMs = leastTook()
    await readers.read(0)
    if (round < 10) continue
    perSecond.least.push(sockets / (leastMs / 1_000))
    perSecond.ours.push(sockets / (oursMs / 1_000))
    perSecond.bare.push(sockets / (bareMs / 1_000))
    delivered.ours.push(sockets / ((read.at(-1) ?? NaN) / 1_000))
    delivered.bare.push(sockets / ((bareRead.at(-1) ?? NaN) / 1_000))
    blockedMs.push(delay.max / 1e6)
  }
  const at = `${sockets.toLocaleString('en')} sockets, frames of ${frameBytes} bytes`
  const rate = median(perSecond.ours)
  const bareRate = median(perSecond.bare)
  print(`frames told per processor second, ${at}`, rate, 'frames/s', bareRate, rate / bareRate)
  // What no server on Node can beat says how much of it is the system's own write.
  const least = median(perSecond.least)
  print(
    `the same, peer: writing the bytes and nothing else, ${at}`,
    rate,
    'frames/s',
    least,
    rate / least,
  )
  print(`writing the bytes and nothing else, ${at}`, least, 'frames/s', bareRate, least / bareRate)
  const arrived = median(delivered.ours)
  const bareArrived = median(delivered.bare)
  print(
    `frames delivered per second, ${at}`,
    arrived,
    'frames/s',
    bareArrived,
    arrived / bareArrived,
  )
  // The peer is the limit: no broadcast may hold the loop longer than this.
  const longest = median(blockedMs)
  const limit = BLOCKED_LIMIT_MS
  print(
    `longest a broadcast blocks the loop, peer: limit, ${at}`,
    longest,
    'ms',
    limit,
    limit / longest,
  )

  // One change a frame: bare ws can tell as many changes as it can broadcast.
  const coalesced = await memory.flood(2_000)
  const single = bareRate / sockets
  print(`changes told coalesced, ${at}`, coalesced, 'changes/s', single, coalesced / single)
  readers.close()
  await ours.close()
  await bare.close()
}
