/** How long an answer is waited for when the sender would rather have one soon than a final one. */
const USUAL_WAIT_MS = 2_000
const LONGEST_WAIT_SECONDS = 60

/**
 * What `Prefer: respond-async, wait=5` asks for [RFC 7240]. [FEED-40]
 * @returns how long to wait for the final answer, milliseconds; null when the sender waits however long it takes
 */
export function asyncPatienceMs(prefer: string | undefined): number | null {
  const wishes = (prefer ?? '')
    .split(',')
    .map((wish) => wish.split(';', 1)[0]?.trim().toLowerCase())
  if (!wishes.includes('respond-async')) return null
  const wait = wishes.find((wish) => wish?.startsWith('wait'))
  const seconds = /^wait *= *"?(\d{1,6})"?$/.exec(wait ?? '')?.[1]
  return seconds === undefined
    ? USUAL_WAIT_MS
    : Math.min(Number(seconds), LONGEST_WAIT_SECONDS) * 1_000
}
