import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { Refusal } from '../../../shared/problem.ts'

export const LIMIT_BYTES = 256 * 1024 * 1024
/** So much is worked through before the page, the sockets and the database may have their turn. */
const PIECE_BYTES = 16_384
/** The longest they wait where pieces are quickly done: a turn for each cost as much as reading lines seen before. */
const TURN_MS = 5
const STALL_LIMIT_MS = 30_000

/** A body on its way in: passed on in small pieces, counted, hashed, and given up when it stops coming. */
export interface MeasuredBody {
  readonly pieces: AsyncIterable<Buffer>
  /** SHA-256 of what has passed. Call once, at the end. */
  hash(): Buffer
}

/** @throws from `pieces`, Refusal `too-large` past the limit [FEED-21] and `bad-request` when nothing comes for 30 s */
export function measureBody(
  chunks: AsyncIterable<Buffer>,
  limitBytes = LIMIT_BYTES,
  stallLimitMs = STALL_LIMIT_MS,
): MeasuredBody {
  const digest = createHash('sha256')
  async function* pieces(): AsyncGenerator<Buffer> {
    let total = 0
    let turnBegan = performance.now()
    for await (const chunk of unstalled(chunks, stallLimitMs)) {
      total += chunk.length
      if (total > limitBytes) {
        throw new Refusal(
          'too-large',
          `The body is larger than ${limitBytes} bytes. Send the extract in parts, as deltas.`,
        )
      }
      digest.update(chunk)
      for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
        yield chunk.subarray(at, at + PIECE_BYTES)
        if (performance.now() - turnBegan < TURN_MS) continue
        await setImmediate()
        turnBegan = performance.now()
      }
    }
  }
  return { pieces: pieces(), hash: () => digest.digest() }
}

/** The same pieces; given up when nothing comes for so long. @throws Refusal `bad-request` */
export async function* unstalled(
  chunks: AsyncIterable<Buffer>,
  stallLimitMs = STALL_LIMIT_MS,
): AsyncGenerator<Buffer> {
  const source = chunks[Symbol.asyncIterator]()
  let stall: (cause: Error) => void = () => undefined
  const timer = setTimeout(() => {
    stall(new Refusal('bad-request', 'The body stopped coming. Send it again.'))
  }, stallLimitMs)
  try {
    for (;;) {
      const step = await new Promise<IteratorResult<Buffer>>((resolve, reject) => {
        stall = reject
        timer.refresh()
        source.next().then(resolve, reject)
      })
      if (step.done === true) return
      yield step.value
    }
  } finally {
    clearTimeout(timer)
    // Not awaited: a source that stands still would keep us.
    void Promise.resolve(source.return?.()).catch(() => undefined)
  }
}
