import type { LiveClient } from '../../shared/live-client.ts'
import type { LiveState } from '../../shared/live-state.ts'

const WAIT_MS = 30_000

/** The first state for which `holds`, the present one included; or a failure that says what was awaited. */
export function until(
  client: LiveClient,
  holds: (state: LiveState) => boolean,
): Promise<LiveState> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(
      () => reject(new Error(`not within ${WAIT_MS} ms: ${String(holds)}`)),
      WAIT_MS,
    )
    const done = (state: LiveState): boolean => {
      if (!holds(state)) return false
      clearTimeout(late)
      resolve(state)
      return true
    }
    if (done(client.state())) return
    const stop = client.subscribe((state) => {
      if (done(state)) stop()
    })
  })
}
