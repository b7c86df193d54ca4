import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { LiveList } from '../../server/list/live-entry.ts'
import type { IsoDate } from '../../shared/date.ts'
import { openReaders } from './live-readers.part.ts'
import { openBare, openOurs, pause, print } from './live-servers.part.ts'

interface Memory {
  /** Bytes of heap and buffers. */
  readonly held: number
  readonly resident: number
}

/** Memory of sockets that only wait, each kind of server in a process of its own, after a collection. */
export async function idleMemory(sockets: number): Promise<void> {
  const ours = await measured('ours', sockets)
  const bare = await measured('bare', sockets)
  const at = `${sockets.toLocaleString('en')} sockets`
  const kb = (of: number) => of / sockets / 1024
  print(
    `memory of an idle socket, ${at}`,
    kb(ours.held),
    'KB',
    kb(bare.held),
    bare.held / ours.held,
  )
  const { resident } = ours
  print(
    `resident memory of one, ${at}`,
    kb(resident),
    'KB',
    kb(bare.resident),
    bare.resident / resident,
  )
}

async function measured(kind: 'ours' | 'bare', sockets: number): Promise<Memory> {
  const self = new URL(import.meta.url).pathname
  const server = fork(self, ['idle', kind], { execArgv: process.execArgv })
  const [port] = (await once(server, 'message')) as [number]
  const memory = async (): Promise<Memory> => {
    server.send('memory')
    return ((await once(server, 'message')) as [Memory])[0]
  }
  // The first of them bring the code in.
  const first = await openReaders(100, [port], 1)
  await first.settled(0)
  const before = await memory()
  const readers = await openReaders(sockets, [port], 1)
  await readers.settled(0)
  const after = await memory()
  first.close()
  readers.close()
  server.kill()
  return { held: after.held - before.held, resident: after.resident - before.resident }
}

if (process.argv[2] === 'idle') {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const empty: Pick<LiveList, 'seq' | 'asOf' | 'page' | 'onChange'> = {
    seq: 1,
    asOf: () => '2026-11-22' as IsoDate,
    page: () => ({ total: 0, rows: [] }),
    onChange: () => () => undefined,
  }
  const { port } = process.argv[3] === 'ours' ? await openOurs(empty as LiveList) : await openBare()
  process.on('message', () => {
    void (async () => {
      // What a handshake leaves behind ends by timers too.
      for (let round = 0; round < 5; round++) {
        collect()
        await pause(200)
      }
      const { heapUsed, external, rss } = process.memoryUsage()
      process.send?.({ held: heapUsed + external, resident: rss })
    })()
  })
  process.send?.(port)
}
