import type { Socket } from 'node:net'
import type { WebSocket } from '@fastify/websocket'
import type { RawData } from 'ws'
import type { Asking, Session } from '../access/access.ts'
import type { Attendance, Attendant } from './attendance.ts'
import type { Member, Members, Wire } from './peer.ts'

/** What of a request is needed to read its session again; the request itself is heavy and is let go. */
export function askingOf({ method, headers, ip }: Asking): Asking {
  const { cookie, origin, host, 'sec-fetch-site': site } = headers
  return {
    method,
    headers: {
      ...(cookie === undefined ? {} : { cookie }),
      ...(origin === undefined ? {} : { origin }),
      ...(host === undefined ? {} : { host }),
      ...(site === undefined ? {} : { 'sec-fetch-site': site }),
    },
    ...(ip === undefined ? {} : { ip }),
  }
}

/** What is written to under a websocket, and which websocket it is. */
export interface LineWire extends Wire<Socket> {
  tie(connection: Socket, socket: WebSocket): void
}

/**
 * Writes whole frames straight to the connection under the websocket: nothing is compressed and `ws` itself writes
 * whole frames only, so the two never mix. It is one write a socket where `send` makes two.
 * @param closeGraceMs a socket that does not answer its close is cut after this
 */
export function lineWire(closeGraceMs: number): LineWire {
  // A broadcast writes to connections alone and need not touch a thing that holds both.
  const sockets = new WeakMap<Socket, WebSocket>()
  return {
    tie: (connection, socket) => void sockets.set(connection, socket),
    write(connection, frame) {
      // once a close has gone out the connection is ended, and no longer writable
      if (connection.writable) connection.write(frame)
    },
    backlogBytes: (connection) => connection.writableLength,
    close(connection, code, words) {
      const socket = sockets.get(connection)
      if (socket === undefined) return
      socket.close(code, words)
      // Unsent data stands before the close of a stalled reader: it has this long to take both.
      const cut = setTimeout(() => socket.terminate(), closeGraceMs)
      socket.once('close', () => clearTimeout(cut))
    },
  }
}

/** Ties the events of sockets to the hub; one set of listeners serves all of them. */
export function openLines(given: {
  readonly members: Members<Socket>
  readonly attendance: Attendance<Member<Socket>>
}): {
  add(connection: Socket, socket: WebSocket, session: Session, asking: Asking): void
} {
  const { members, attendance } = given
  const bySocket = new WeakMap<WebSocket, Attendant<Member<Socket>>>()
  const byConnection = new WeakMap<Socket, Member<Socket>>()

  function onMessage(this: WebSocket, data: RawData, isBinary: boolean): void {
    const kept = bySocket.get(this)
    // A binary frame is no message of this protocol; an empty text is not one either.
    if (kept !== undefined) members.onText(kept.member, isBinary ? '' : textOf(data))
  }
  function onPong(this: WebSocket): void {
    const kept = bySocket.get(this)
    if (kept !== undefined) members.onPong(kept.member)
  }
  function onClose(this: WebSocket): void {
    const kept = bySocket.get(this)
    if (kept === undefined) return
    attendance.leave(kept)
    members.onClosed(kept.member)
  }
  function onDrain(this: Socket): void {
    const member = byConnection.get(this)
    if (member !== undefined) members.onDrain(member)
  }

  return {
    add(connection, socket, session, asking) {
      const { id: personId, role, organisation } = session.person
      const member = members.join(connection, { personId, role, organisation })
      bySocket.set(socket, attendance.attend(session, asking, member))
      byConnection.set(connection, member)
      socket.on('message', onMessage)
      socket.on('pong', onPong)
      socket.on('close', onClose)
      connection.on('drain', onDrain)
    },
  }
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString()
  return (data instanceof ArrayBuffer ? Buffer.from(data) : data).toString()
}
