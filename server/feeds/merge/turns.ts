import { setImmediate } from 'node:timers/promises'

/**
 * The longest stretch of reading before sockets, pages and the COPY of the part before get their turn. A socket takes
 * some 200 KB at a time, so a longer one lets the server wait for rows that are here.
 */
const TURN_MS = 2
const ROWS_A_LOOK = 32

/** Gives way now and then to whoever else waits for this thread. Once a row: `if (turns.over()) await turns.pass()`. */
export interface Turns {
  /** Whether this stretch of rows has lasted long enough. */
  over(): boolean
  pass(): Promise<void>
}

export function openTurns(): Turns {
  let began = performance.now()
  let rows = 0
  return {
    over() {
      rows += 1
      return rows % ROWS_A_LOOK === 0 && performance.now() - began > TURN_MS
    },
    async pass() {
      await setImmediate()
      began = performance.now()
    },
  }
}
