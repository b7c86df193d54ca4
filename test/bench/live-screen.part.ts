import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { appendChanges } from '../../db/changes.ts'
import { openDatabase } from '../../db/client.ts'
import type { Database } from '../../db/client.ts'
import { startEmbedded } from '../../db/embedded.ts'
import { migrate } from '../../db/migrate.ts'
import { openLiveList } from '../../server/list/live-list.ts'
import type { LiveList } from '../../server/list/live-list.ts'
import { londonDate } from '../../shared/date.ts'
import { madeUpFacts, seeded } from '../list/made-up-entries.ts'
import { nowMs, openReaders } from './live-readers.part.ts'
import { percentile } from './figures.part.ts'
import { openBare, openOurs, pause, print, turn } from './live-servers.part.ts'

const SYSTEM = { kind: 'system', name: 'bench' } as const
const LEAD = { personId: '', organisation: 'XAL', role: 'lead' } as const
const ENTRIES = 35_000
const ROUNDS = 100
const LIMIT_MS = 60
/** A place that every window holds. */
const CHANGED_PLACE = 30

/**
 * From the commit of one changed row to the patch at every socket, over a real list on a real database; beside it
 * bare `ws` broadcasting as many bytes from memory, in the same turns. Both as the slowest socket in a hundred has it.
 */
export async function toScreen(sockets: number, windows: number): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'ptl-bench-'))
  const server = await startEmbedded({ dataDir, testing: true })
  try {
    await migrate(server.url)
    const db = await openDatabase({ url: server.url })
    await fill(db)
    const list = await openLiveList({ db, now: Date.now, log: console, pseudonymKey: 'bench' })
    await measure(db, list, sockets, windows)
    await list.close()
    await db.close()
  } finally {
    await server.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
}

async function measure(
  db: Database,
  list: LiveList,
  sockets: number,
  windows: number,
): Promise<void> {
  const ours = await openOurs(list)
  const bare = await openBare()
  const readers = await openReaders(sockets, [ours.port, bare.port], windows)
  const id = list.page({}, CHANGED_PLACE, 1, LEAD).rows[0]?.id ?? 0
  await readers.settled(0)
  const before = await readers.total(0)
  await change(db, id)
  const frameBytes = Math.floor(((await readers.settled(0)) - before) / sockets)
  const payload = Buffer.alloc(frameBytes - 4, 'x')
  const took = { ours: [] as number[], bare: [] as number[] }
  for (let round = 0; round < ROUNDS + 10; round++) {
    await readers.expect(0, frameBytes - 10)
    await pause(25)
    const from = await change(db, id)
    const read = await readers.read(from)
    await readers.expect(1, frameBytes - 10)
    await pause(25)
    const bareFrom = nowMs()
    bare.tell(payload)
    await turn()
    const bareRead = await readers.read(bareFrom)
    if (round < 10) continue
    took.ours.push(...read)
    took.bare.push(...bareRead)
  }
  const at = `${sockets.toLocaleString('en')} sockets, ${windows} windows, frames of ${frameBytes} bytes`
  const ms = percentile(took.ours, 0.99)
  const bareMs = percentile(took.bare, 0.99)
  print(`change to screen from the commit, p99, ${at}`, ms, 'ms', bareMs, bareMs / ms)
  print(`the same, peer: its limit, ${at}`, ms, 'ms', LIMIT_MS, LIMIT_MS / ms)
  readers.close()
  await ours.close()
  await bare.close()
}

/** One row as a delivery of one row changes it. @returns when its commit was sent, on the shared clock */
async function change(db: Database, id: number): Promise<number> {
  let from = 0
  await db.scoped(SYSTEM, async (tx) => {
    const at = new Date().toISOString()
    // As long each time, so that all frames have one size.
    const text = `Chase the report ${at}`
    await tx`
      update entry set facts = facts || jsonb_build_object('nextAction', ${text}::text), updated_at = ${at}
      where id = ${id}`
    await appendChanges(tx, [{ topic: 'list', kind: 'entries', entryIds: [id] }], at)
    from = nowMs()
  })
  return from
}

async function fill(db: Database): Promise<void> {
  const random = seeded(6)
  const today = londonDate(Date.now())
  const rows = Array.from({ length: ENTRIES }, (_, at) => ({
    facts: madeUpFacts(`L${String(at)}`, today, random),
  }))
  await db.scoped(SYSTEM, async (tx) => {
    await tx`insert into organisation (code, name, kind, synthetic) values ('X00', 'X00', 'trust', true)`
    await tx`insert into organisation (code, name, kind) values ('XAL', 'Alliance', 'alliance')`
    await tx`
      insert into entry (trust, local_id, state, tumour, facts, hash, organisations, delivery_id,
        row_number, extract_at)
      select 'X00', facts->>'localId', 'open', 'other', facts, '', '{X00}', gen_random_uuid(), 1, now()
      from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as given (facts jsonb)`
  })
}
