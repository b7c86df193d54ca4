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

/**
 * @param bytesTotal how long the sender says it is: one too large is told so before any of it is read
 * @throws from `pieces`, Refusal `too-large` past the limit [FEED-21] and `bad-request` when nothing comes for 30 s
 */
export function measureBody(
  chunks: AsyncIterable<Buffer>,
  limitBytes = LIMIT_BYTES,
  bytesTotal = 0,
): MeasuredBody {
  const digest = createHash('sha256')
  async function* pieces(): AsyncGenerator<Buffer> {
    let total = 0
    if (bytesTotal > limitBytes) throw tooLarge(limitBytes)
    let turnBegan = performance.now()
    for await (const chunk of unstalled(chunks)) {
      total += chunk.length
      if (total > limitBytes) throw tooLarge(limitBytes)
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
        source.next().then(resolve, (cause: unknown) => reject(hungUp(cause)))
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

function tooLarge(limitBytes: number): Refusal {
  return new Refusal(
    'too-large',
    `The body is larger than ${limitBytes} bytes. Send the extract in parts, as deltas.`,
  )
}

/** A sender that goes away is no fault of ours, and is told of as what it is. */
function hungUp(cause: unknown): Error {
  const code = cause instanceof Error && 'code' in cause ? cause.code : ''
  if (code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE') {
    return new Refusal(
      'bad-request',
      'The sender hung up before the body was whole. Send it again.',
    )
  }
  return cause instanceof Error ? cause : new Error('the body could not be read', { cause })
}
