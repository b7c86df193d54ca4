import type { IncomingMessage } from 'node:http'

const LONGEST_MS = 30_000

/**
 * Lets the rest of a body that was refused early run out unread: many clients listen only when all of theirs is sent,
 * and would wait for ever, or see a broken connection instead of the answer. One that sends longer is cut off.
 * @param limitBytes most that is let by
 */
export function discardRest(request: IncomingMessage, limitBytes: number): void {
  if (request.readableEnded || request.destroyed) return
  let bytes = 0
  const cut = setTimeout(() => request.destroy(), LONGEST_MS)
  cut.unref()
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > limitBytes) request.destroy()
  })
  request.once('close', () => clearTimeout(cut))
  request.once('end', () => clearTimeout(cut))
  request.resume()
}
