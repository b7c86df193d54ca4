import { startEmbedded } from '../../db/embedded.ts'

/*
 * A process that owns an embedded server, for tests that kill it or run it as somebody else. Says in one line of JSON
 * what came of it, then waits for its end of input.
 */
const dataDir = process.argv[2]
if (dataDir === undefined) throw new Error('usage: embedded-child.ts <data directory>')
try {
  const server = await startEmbedded({ dataDir, testing: true })
  process.stdout.write(`${JSON.stringify({ url: server.url })}\n`)
  process.stdin.resume().once('end', () => void server.stop())
} catch (cause) {
  process.stdout.write(`${JSON.stringify({ error: (cause as Error).message })}\n`)
}
