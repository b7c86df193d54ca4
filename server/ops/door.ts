import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What the start is doing, and how far it is; `total` 0 while that is not known. */
export interface Starting {
  readonly doing: string
  readonly loaded: number
  readonly total: number
}

/** Stands at the port while the service starts, so that whoever asks is told how far it is and not sent away. */
export interface Door {
  /** The port it stands at, also where any was asked for. */
  readonly port: number
  say(starting: Starting): void
  /** Leaves the port to the service, at once; may be called twice. */
  close(): Promise<void>
}

const RETRY_AFTER_S = 2

/**
 * Answers `/healthz` with 200, `/readyz` with 503 and the progress, a browser with a page that asks again, and
 * everything else with 503 as problem+json.
 * @throws one clear line when the port cannot be opened
 */
export async function openDoor(at: {
  readonly port: number
  readonly host: string
}): Promise<Door> {
  let starting: Starting = { doing: 'opening the database', loaded: 0, total: 0 }
  const server = createServer((request, response) => {
    const path = request.url?.split('?', 1)[0]
    if (path === '/healthz') return answer(response, 200, 'application/json', { status: 'ok' })
    const { loaded, total, doing } = starting
    if (path === '/readyz') {
      const list = { loaded, total, done: false, seq: 0 }
      return answer(response, 503, 'application/json', { database: false, starting: doing, list })
    }
    if (request.method === 'GET' && request.headers.accept?.includes('text/html') === true) {
      return answer(response, 503, 'text/html; charset=utf-8', pageOf(starting))
    }
    return answer(response, 503, 'application/problem+json', {
      type: 'urn:ptl:problem:not-ready',
      title: 'Starting',
      status: 503,
      code: 'not-ready',
      detail: `The service is starting: ${wordsOf(starting)}. Try again in ${RETRY_AFTER_S} seconds.`,
    })
  })
  server.listen(at)
  await once(server, 'listening').catch((cause: unknown) => {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason'
    const why = code === 'EADDRINUSE' ? 'is in use' : `cannot be opened (${code})`
    throw new Error(
      `Port ${at.port} on ${at.host} ${why}. Set PORT to another, or stop what holds it.`,
      { cause },
    )
  })
  return {
    port: (server.address() as AddressInfo).port,
    say: (now) => void (starting = now),
    async close() {
      if (!server.listening) return
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

function answer(
  response: ServerResponse,
  status: number,
  type: string,
  body: string | object,
): void {
  response.writeHead(status, {
    'content-type': type,
    'cache-control': 'no-store',
    connection: 'close',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
    ...(status === 200 ? {} : { 'retry-after': String(RETRY_AFTER_S) }),
  })
  response.end(typeof body === 'string' ? body : JSON.stringify(body))
}

function wordsOf({ doing, loaded, total }: Starting): string {
  const number = (count: number): string => count.toLocaleString('en-GB')
  return total === 0 ? doing : `${doing}, ${number(loaded)} of ${number(total)}`
}

/** It brings its own few words of style: nothing else is served yet. */
function pageOf(starting: Starting): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta http-equiv="refresh" content="${RETRY_AFTER_S}"><title>Starting: shared patient tracking list</title>
<style>body{font:1.2rem/1.5 Arial,sans-serif;margin:4rem auto;max-width:36rem;color:#212b32}</style></head>
<body><h1>The shared patient tracking list is starting</h1>
<p role="status">Now ${wordsOf(starting)}.</p><p>This page asks again by itself.</p></body></html>`
}
