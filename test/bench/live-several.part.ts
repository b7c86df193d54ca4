import type { ChangeRow } from '../../server/list/live-entry.ts'
import { madeUpReceipt } from '../live/rows.ts'
import { listInMemory } from './live-memory.part.ts'
import { openReaders } from './live-readers.part.ts'
import { median } from './figures.part.ts'
import { openBare, openOurs, pause, print, processorMs, turn } from './live-servers.part.ts'

const ROUNDS = 40
const DELIVERED: ChangeRow = {
  seq: 0,
  at: '2026-11-22T09:00:00.000Z',
  topic: 'feeds',
  kind: 'delivery',
  entryIds: [],
  payload: madeUpReceipt('X00'),
}

/**
 * A delivery as sockets hear of it that watch the list and the feeds: two frames. Ours go out in one write, bare `ws`
 * sends one after another, as many bytes. A view of the page watches the one or the other: this is not its figure.
 */
export async function severalTopics(sockets: number, windows: number): Promise<void> {
  const memory = listInMemory()
  const ours = await openOurs(memory.list)
  const bare = await openBare()
  const readers = await openReaders(sockets, [ours.port, bare.port], windows, { feeds: true })
  const deliver = async () => {
    const wanted = ours.stats().patches + 2 * sockets
    memory.change([DELIVERED])
    while (ours.stats().patches < wanted) await turn()
    await turn()
  }
  await readers.settled(0)
  const before = await readers.total(0)
  await deliver()
  const bytesEach = Math.floor(((await readers.settled(0)) - before) / sockets)
  const payload = Buffer.alloc(Math.floor(bytesEach / 2) - 4, 'x')
  const perSecond = { ours: [] as number[], bare: [] as number[] }
  const measure = async (server: number, into: number[], tell: () => Promise<void>) => {
    await readers.expect(server, bytesEach - 20)
    await pause(20)
    const took = processorMs()
    await tell()
    into.push((2 * sockets) / (took() / 1_000))
    await readers.read(0)
  }
  for (let round = 0; round < ROUNDS; round++) {
    await measure(0, perSecond.ours, deliver)
    await measure(1, perSecond.bare, async () => {
      bare.tell(payload)
      bare.tell(payload)
      await turn()
      await turn()
    })
  }
  const rate = median(perSecond.ours)
  const bareRate = median(perSecond.bare)
  const at = `${sockets.toLocaleString('en')} sockets, ${bytesEach} bytes in all`
  const metric = `frames told per processor second to who watches list and feeds, both changed, ${at}`
  print(metric, rate, 'frames/s', bareRate, rate / bareRate)
  readers.close()
  await ours.close()
  await bare.close()
}
