import type { Database } from '../../../db/client.ts'
import { auditStatement } from './audit.ts'
import type { AuditEvent } from './audit.ts'

/** Events of requests that write nothing else: each is committed before it is answered, many in one transaction. */
export interface AuditQueue {
  /** Resolves when the events stand in the audit; rejects when they could not be written. */
  add(events: readonly AuditEvent[], at: string): Promise<void>
}

interface Waiting {
  readonly events: readonly AuditEvent[]
  readonly at: string
  readonly resolve: () => void
  readonly reject: (cause: unknown) => void
}

const SYSTEM = { kind: 'system', name: 'audit' } as const
/** A batch holds the lock of the chain until it is committed; more than this would keep writers waiting. */
const EVENTS_A_BATCH = 2_000

/**
 * Group commit: the first event is written at once, and what comes while it is being written goes together in the
 * next transaction. Nobody waits for a timer, and the chain's lock is taken once for all of them.
 */
export function openAuditQueue(db: Database): AuditQueue {
  let waiting: Waiting[] = []
  let writing = false

  async function work(): Promise<void> {
    writing = true
    while (waiting.length > 0) {
      const batch = take()
      try {
        await write(batch)
        for (const one of batch) one.resolve()
      } catch {
        // One that cannot be written must not keep the others from being answered.
        for (const one of batch) await write([one]).then(one.resolve, one.reject)
      }
    }
    writing = false
  }

  function take(): Waiting[] {
    let events = 0
    const upTo = waiting.findIndex((one) => (events += one.events.length) > EVENTS_A_BATCH)
    const count = upTo === -1 ? waiting.length : Math.max(upTo, 1)
    const batch = waiting.slice(0, count)
    waiting = waiting.slice(count)
    return batch
  }

  async function write(batch: readonly Waiting[]): Promise<void> {
    // The instant is one argument of the function, so those of one instant go together.
    const groups = [...byInstant(batch)]
    await db.write(SYSTEM, (tx) => groups.map(([at, events]) => auditStatement(tx, events, at)))
  }

  return {
    add(events, at) {
      if (events.length === 0) return Promise.resolve()
      return new Promise((resolve, reject) => {
        waiting.push({ events, at, resolve, reject })
        if (!writing) void work()
      })
    },
  }
}

function byInstant(batch: readonly Waiting[]): Map<string, AuditEvent[]> {
  const groups = new Map<string, AuditEvent[]>()
  for (const { at, events } of batch) {
    const group = groups.get(at)
    if (group === undefined) groups.set(at, [...events])
    else group.push(...events)
  }
  return groups
}
