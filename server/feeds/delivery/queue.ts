/** Deliveries in hand at once: each holds a connection of the pool that the page reads through. */
const AT_ONCE = 4

/** Lets one delivery a trust in at a time, and few in all; the others wait in the order in which they came. [FEED-17] */
export interface DeliveryQueue {
  /** Waits for a turn and runs `work` in it. */
  run<T>(trust: string, work: () => Promise<T>): Promise<T>
}

/**
 * The queue of one process. Between processes an advisory lock of the database does the same; this one is in front
 * so that those who wait hold no connection.
 */
export function openQueue(atOnce = AT_ONCE): DeliveryQueue {
  const lastOfTrust = new Map<string, Promise<void>>()
  const waiting: (() => void)[] = []
  let running = 0

  async function enter(): Promise<void> {
    if (running < atOnce) running += 1
    else await new Promise<void>((resolve) => waiting.push(resolve))
  }
  function leave(): void {
    const next = waiting.shift()
    if (next === undefined) running -= 1
    else next()
  }

  return {
    async run(trust, work) {
      const before = lastOfTrust.get(trust)
      let done = (): void => undefined
      const mine = new Promise<void>((resolve) => (done = resolve))
      lastOfTrust.set(trust, mine)
      try {
        await before
        await enter()
        try {
          return await work()
        } finally {
          leave()
        }
      } finally {
        done()
        if (lastOfTrust.get(trust) === mine) lastOfTrust.delete(trust)
      }
    },
  }
}
