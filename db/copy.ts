import { once } from 'node:events'
import { Writable } from 'node:stream'
import type postgres from 'postgres'
import type { TransactionSql } from './connection.ts'

export type CopyFormat = 'text' | 'csv' | 'binary'
export type CopyChunks = AsyncIterable<Buffer | string> | Iterable<Buffer | string>

/** Smaller chunks are gathered up to this; a larger one goes as it is, uncopied. */
const CHUNK_BYTES = 131_072
const STALL_LIMIT_MS = 30_000
const DEADLINE_MS = 900_000
const CHECKS_PER_STALL = 4

/**
 * `COPY target FROM STDIN` on one connection: a transaction's or a reserved one, never the pool.
 *
 * The driver forgets a COPY that the server refuses at its end: the query's promise was kept when the stream
 * opened, so nobody hears the error, and the connection is lost. Here the query's own hooks are heard and
 * every wait has a limit, so this settles whatever happens.
 * @param target such as `staging (trust, local_id)`; a table without row-level security
 * @param chunks rows encoded for `format`, cut anywhere
 * @returns rows copied
 * @throws the server's error, the error of `chunks`, or one saying that rows or an answer stopped coming
 */
export async function copyRows(
  connection: TransactionSql | postgres.ReservedSql,
  target: string,
  chunks: CopyChunks,
  options: {
    readonly format?: CopyFormat
    /** Longest wait for the next rows, for the server to take some, and for its answer. */
    readonly stallLimitMs?: number
    /**
     * Longest time for the whole copy, which a slow sender may stretch; stands in for the statement deadline. Null
     * leaves that as it is: for rows that are all there, and spares two questions to the server.
     */
    readonly deadlineMs?: number | null
  } = {},
): Promise<number> {
  const stallLimitMs = options.stallLimitMs ?? STALL_LIMIT_MS
  const { deadlineMs = DEADLINE_MS } = options
  const usualDeadline =
    deadlineMs === null ? null : await setDeadline(connection, `${String(deadlineMs)}ms`)
  const query = connection.unsafe(
    `copy ${target} from stdin (format ${options.format ?? 'text'})`,
  ) as unknown as CopyQuery
  const watch = watchOver(answerTo(query), stallLimitMs)
  let stream: Writable | undefined
  let rows: number
  try {
    stream = await watch.wait(query.writable())
    // Its error is told by the watch; without a listener it would end the process.
    stream.on('error', () => undefined)
    await pump(chunks, stream, watch)
    stream.end()
    rows = await watch.wait(watch.answer)
  } catch (cause) {
    stream?.destroy(new Error('called off'))
    // The connection may be used again, to roll back, once the server has answered. Within a transaction that has
    // failed the deadline cannot be set, and the rollback puts it back.
    const answered = await watch.settled(stallLimitMs)
    if (answered && usualDeadline !== null) {
      await setDeadline(connection, usualDeadline).catch(() => undefined)
    }
    throw cause
  } finally {
    watch.end()
  }
  if (usualDeadline !== null) await setDeadline(connection, usualDeadline)
  return rows
}

/** What the driver's query object has beyond its types: the hooks it calls when the server answers. */
interface CopyQuery {
  resolve(value: unknown): void
  reject(cause: Error): void
  writable(): Promise<Writable>
}

/** Rows copied, when the server says it is done; its error otherwise. */
function answerTo(query: CopyQuery): Promise<number> {
  return new Promise((resolve, reject) => {
    const open = query.resolve.bind(query)
    const fail = query.reject.bind(query)
    query.resolve = (value) => {
      if (value instanceof Writable) open(value)
      else resolve(Number((value as { count?: number }).count))
    }
    query.reject = (cause) => {
      reject(cause)
      fail(cause)
    }
  })
}

interface Watch {
  readonly answer: Promise<number>
  /** `work`, or the server's refusal or a stall if that comes first. */
  wait<T>(work: Promise<T>): Promise<T>
  /** Waits for the server's answer, whatever it is. @returns false when none came within the limit */
  settled(limitMs: number): Promise<boolean>
  end(): void
}

function watchOver(answer: Promise<number>, stallLimitMs: number): Watch {
  let failure: Error | undefined
  let interrupt: ((cause: Error) => void) | undefined
  let movedAt = performance.now()
  const fail = (cause: Error): void => {
    failure ??= cause
    interrupt?.(failure)
  }
  answer.catch(fail)
  const timer = setInterval(() => {
    if (performance.now() - movedAt < stallLimitMs) return
    fail(new Error(`A COPY stood still for ${String(stallLimitMs)} ms and was called off`))
  }, stallLimitMs / CHECKS_PER_STALL)

  return {
    answer,
    // One pending wait at a time, and no race against a long-lived promise, which would keep every chunk.
    wait(work) {
      return new Promise((resolve, reject) => {
        interrupt = reject
        if (failure !== undefined) reject(failure)
        work.then((value) => {
          movedAt = performance.now()
          resolve(value)
        }, reject)
      })
    },
    async settled(limitMs) {
      let limit: NodeJS.Timeout | undefined
      const patience = new Promise<false>((resolve) => {
        limit = setTimeout(() => resolve(false), limitMs)
      })
      const answered = answer.then(
        () => true,
        () => true,
      )
      return Promise.race([answered, patience]).finally(() => clearTimeout(limit))
    },
    end: () => clearInterval(timer),
  }
}

/** Small chunks are gathered: each write is a message to the server. */
async function pump(chunks: CopyChunks, stream: Writable, watch: Watch): Promise<void> {
  const iterator =
    Symbol.asyncIterator in chunks ? chunks[Symbol.asyncIterator]() : chunks[Symbol.iterator]()
  let gathered: Buffer[] = []
  let bytes = 0
  const flush = async (): Promise<void> => {
    if (bytes === 0) return
    const ready = stream.write(gathered.length === 1 ? gathered[0] : Buffer.concat(gathered))
    gathered = []
    bytes = 0
    if (!ready) await watch.wait(once(stream, 'drain'))
  }
  try {
    for (;;) {
      const given = iterator.next()
      const step = given instanceof Promise ? await watch.wait(given) : given
      if (step.done === true) break
      const chunk = typeof step.value === 'string' ? Buffer.from(step.value) : step.value
      gathered.push(chunk)
      bytes += chunk.length
      if (bytes >= CHUNK_BYTES) await flush()
    }
    await flush()
  } catch (cause) {
    // Not awaited: a source that stands still would keep us.
    void Promise.resolve(iterator.return?.()).catch(() => undefined)
    throw cause
  }
}

/** Sets the statement deadline of this connection. @returns what it was */
async function setDeadline(
  connection: TransactionSql | postgres.ReservedSql,
  deadline: string,
): Promise<string> {
  const [row] = await connection<{ before: string }[]>`
    with usual as materialized (select current_setting('statement_timeout') as before)
    select before, set_config('statement_timeout', ${deadline}, false) from usual
  `
  return row?.before ?? '0'
}
