import { readFile } from 'node:fs/promises'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, TLSSocket } from 'node:tls'
import type { FastifyBaseLogger } from 'fastify'
import type { AnswerOptions } from './mllp-answer.ts'
import { answerFrame } from './mllp-answer.ts'
import { framed, openFrames } from './mllp-frames.ts'
import type { FrameReader } from './mllp-frames.ts'
import type { Peer } from './mllp-senders.ts'
import { plainAddress } from './mllp-senders.ts'

export interface MllpTls {
  /** PEM. */
  readonly key: string
  readonly cert: string
  /** PEM of who signs the senders' certificates; null: none is asked for. */
  readonly ca: string | null
}

export interface MllpLimits {
  readonly connections: number
  /** Between messages. */
  readonly idleMs: number
  /** In the middle of one. */
  readonly stallMs: number
  /** From the first byte of a frame to its last. */
  readonly frameMs: number
}

export interface MllpOptions extends Omit<AnswerOptions, 'signal' | 'onBug'> {
  /** 0: any that is free. */
  readonly port: number
  readonly host: string
  /** null: plain TCP, for a network that is trusted or a tunnel. */
  readonly tls: MllpTls | null
  readonly log: Pick<FastifyBaseLogger, 'info' | 'warn' | 'error'>
  readonly limits?: Partial<MllpLimits>
}

export interface Mllp {
  readonly port: number
  /** Takes no more, lets messages under way finish and be acknowledged, and hangs up. */
  close(): Promise<void>
}

const LIMITS: MllpLimits = {
  connections: 200,
  idleMs: 600_000,
  stallMs: 30_000,
  frameMs: 120_000,
}
const HANDSHAKE_MS = 10_000
const CLOSE_WITHIN_MS = 10_000

/**
 * Listens for HL7 v2 over MLLP: one message at a time a connection, in order, many connections. Nothing more is read
 * from a connection while its message is worked in, so that a sender too fast is held back by TCP. [FEED-58 to FEED-60]
 * @throws one line when the port cannot be opened
 */
export async function openMllp(options: MllpOptions): Promise<Mllp> {
  const { log } = options
  const limits = { ...LIMITS, ...options.limits }
  const stopping = new AbortController()
  const served = new Map<Socket, { busy: boolean; done: Promise<void> }>()
  const answering: AnswerOptions = {
    ...options,
    signal: stopping.signal,
    onBug: (error) => {
      const kind = error instanceof Error ? error.name : typeof error
      if (!stopping.signal.aborted) log.error({ kind }, 'a message could not be worked in')
    },
  }

  function take(socket: Socket): void {
    const state = { busy: false, done: Promise.resolve() }
    state.done = serve(socket, state).finally(() => {
      // After what is written has gone: an acknowledgement may be among it.
      socket.end()
      socket.destroySoon()
      served.delete(socket)
    })
    served.set(socket, state)
  }

  async function serve(socket: Socket, state: { busy: boolean }): Promise<void> {
    const peer = peerOf(socket)
    // Without a listener an error of the connection would end the process; the loop below ends by itself.
    socket.on('error', () => undefined)
    if (!options.senders.admits(peer)) {
      log.warn({ peer: peer.address }, 'MLLP connection from nobody on the list')
      return
    }
    socket.setKeepAlive(true)
    socket.on('timeout', () => socket.destroy())
    const reader = openFrames()
    let frameBegan = 0
    try {
      waitFor(socket, reader, limits)
      for await (const chunk of socket.iterator({
        destroyOnReturn: false,
      }) as AsyncIterable<Buffer>) {
        socket.setTimeout(0)
        state.busy = true
        if (!(await answerAll(socket, peer, reader, chunk))) return
        state.busy = false
        if (stopping.signal.aborted) return
        const now = performance.now()
        if (!reader.midFrame()) frameBegan = 0
        else if (frameBegan === 0) frameBegan = now
        else if (now - frameBegan > limits.frameMs) return
        waitFor(socket, reader, limits)
      }
    } catch {
      // The connection broke. What was not acknowledged the sender sends again.
    }
  }

  /** @returns false when it is time to hang up */
  async function answerAll(
    socket: Socket,
    peer: Peer,
    reader: FrameReader,
    chunk: Buffer,
  ): Promise<boolean> {
    for (const event of reader.push(chunk)) {
      if (event.kind === 'flood') {
        log.warn({ peer: peer.address }, 'MLLP bytes without a frame')
        return false
      }
      if (event.kind === 'broken') {
        log.warn({ peer: peer.address }, 'MLLP frame begun again before its end')
        continue
      }
      const ack = await answerFrame(answering, peer, event)
      if (!(await send(socket, ack))) return false
      if (stopping.signal.aborted) return false
    }
    return true
  }

  const server: Server =
    options.tls === null
      ? createServer({ allowHalfOpen: true }, take)
      : createTlsServer(
          {
            allowHalfOpen: true,
            key: options.tls.key,
            cert: options.tls.cert,
            minVersion: 'TLSv1.2',
            handshakeTimeout: HANDSHAKE_MS,
            ...(options.tls.ca === null
              ? {}
              : { ca: options.tls.ca, requestCert: true, rejectUnauthorized: true }),
          },
          take,
        ).on('tlsClientError', () => undefined)
  server.maxConnections = limits.connections
  await listen(server, options.port, options.host)

  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      stopping.abort()
      const closed = new Promise((resolve) => server.close(resolve))
      for (const [socket, { busy }] of served) if (!busy) socket.destroy()
      const late = setTimeout(() => {
        for (const socket of served.keys()) socket.destroy()
      }, CLOSE_WITHIN_MS)
      await Promise.all([...served.values()].map(({ done }) => done))
      clearTimeout(late)
      await closed
    },
  }
}

function waitFor(socket: Socket, reader: FrameReader, limits: MllpLimits): void {
  socket.setTimeout(reader.midFrame() ? limits.stallMs : limits.idleMs)
}

function peerOf(socket: Socket): Peer {
  const address = plainAddress(socket.remoteAddress)
  if (!(socket instanceof TLSSocket) || !socket.authorized) return { address, certificate: null }
  return { address, certificate: socket.getPeerCertificate().fingerprint256 }
}

/** Waits until the answer is on its way: a sender that does not read is not read from. */
function send(socket: Socket, ack: string): Promise<boolean> {
  return new Promise((resolve) => {
    if (!socket.writable) {
      resolve(false)
      return
    }
    const onClose = (): void => resolve(false)
    socket.once('close', onClose)
    socket.write(framed(ack), (error) => {
      socket.off('close', onClose)
      resolve(error === null || error === undefined)
    })
  })
}

/** @throws one line for a file that cannot be read */
export async function readTls(files: {
  readonly keyFile: string
  readonly certFile: string
  readonly caFile: string | null
}): Promise<MllpTls> {
  const read = (path: string): Promise<string> =>
    readFile(path, 'utf8').catch(() => {
      throw new Error(`MLLP_TLS: ${path} cannot be read.`)
    })
  const { keyFile, certFile, caFile } = files
  const [key, cert] = await Promise.all([read(keyFile), read(certFile)])
  return { key, cert, ca: caFile === null ? null : await read(caFile) }
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const why =
        cause.code === 'EADDRINUSE' ? 'is in use' : `cannot be opened (${cause.code ?? ''})`
      reject(new Error(`MLLP port ${port} on ${host} ${why}. Set MLLP_PORT to another.`))
    })
    server.listen(port, host, resolve)
  })
}
