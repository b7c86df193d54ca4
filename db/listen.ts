import { connect } from './connection.ts'
import type { Sql } from './connection.ts'

const HEARTBEAT_MS = 15_000
const HEARTBEAT_DEADLINE_MS = 5_000
const FIRST_RETRY_MS = 50
const LONGEST_RETRY_MS = 5_000

export interface Listening {
  unlisten(): Promise<void>
}

/**
 * Listens on one channel over a connection of its own until `unlisten`, through any number of lost connections.
 *
 * The driver's own `listen` goes deaf for good when its first attempt to reconnect fails, so this one tries
 * again with a growing pause, and asks for a sign of life now and then in case the line died in silence.
 * `onListen` is called at every (re)connection: what was missed meanwhile must be read from the change log.
 * @throws when the first connection cannot be made
 */
export async function listenOn(
  options: { readonly url: string; readonly role: string; readonly channel: string },
  onNotify: (payload: string) => void,
  onListen: () => void,
): Promise<Listening> {
  let stopped = false
  let retryMs = FIRST_RETRY_MS
  let timer: NodeJS.Timeout | undefined
  let current: Sql | undefined

  async function open(): Promise<void> {
    const sql: Sql = connect(options.url, {
      max: 1,
      role: options.role,
      applicationName: 'ptl-listen',
      onNotify: (channel, payload) => {
        if (channel === options.channel && sql === current) onNotify(payload)
      },
      onClose: () => lost(sql),
    })
    current = sql
    try {
      await sql`listen ${sql(options.channel)}`
    } catch (cause) {
      if (current === sql) current = undefined
      void sql.end({ timeout: 0 })
      throw cause
    }
    // The line may have been lost, or listening ended, while the answer was on its way.
    if (current !== sql) return
    retryMs = FIRST_RETRY_MS
    onListen()
    timer = setTimeout(() => void beat(sql), HEARTBEAT_MS).unref()
  }

  async function beat(sql: Sql): Promise<void> {
    const deadline = setTimeout(() => lost(sql), HEARTBEAT_DEADLINE_MS).unref()
    try {
      await sql`select 1`
      if (current === sql) timer = setTimeout(() => void beat(sql), HEARTBEAT_MS).unref()
    } catch {
      lost(sql)
    } finally {
      clearTimeout(deadline)
    }
  }

  function lost(sql: Sql): void {
    if (stopped || current !== sql) return
    current = undefined
    clearTimeout(timer)
    void sql.end({ timeout: 0 })
    retry()
  }

  function retry(): void {
    if (stopped) return
    timer = setTimeout(() => void open().catch(retry), retryMs)
    retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS)
  }

  await open()
  return {
    async unlisten() {
      stopped = true
      clearTimeout(timer)
      const sql = current
      current = undefined
      await sql?.end({ timeout: 1 })
    },
  }
}
