import { applyPatch, applyReset, emptyLiveState } from './live-state.ts'
import type { LiveConnection, LiveState } from './live-state.ts'
import { closeNameOf, parseServerMessage } from './live-message.ts'
import { CLOSE_CODES, SUBPROTOCOL } from './protocol.ts'
import type { ListWindow, LiveTopicsInput } from './protocol.ts'
import type { ResumePoint, ServerMessage } from './protocol.ts'
import { TOPICS } from './vocabulary.ts'
import type { Topic } from './vocabulary.ts'

/** The part of a WebSocket that is used: a browser's and `ws`'s both fit. */
export interface LiveSocket {
  send(text: string): void
  close(code?: number, reason?: string): void
  addEventListener(type: string, listener: (event: LiveSocketEvent) => void): void
}
export interface LiveSocketEvent {
  readonly type: string
  readonly data?: unknown
  readonly code?: number
}

export interface LiveClientOptions {
  /** Opens a socket, such as `() => new WebSocket(url, SUBPROTOCOL)`; `liveSocket` does it for a constructor. */
  readonly open: () => LiveSocket
  readonly topics: LiveTopicsInput
  /** First wait before coming back; doubles, with jitter, up to `maxRetryMs`. */
  readonly minRetryMs?: number
  readonly maxRetryMs?: number
}

export interface LiveClient {
  state(): LiveState
  /** Calls `onState` after every message applied; returns the end of it. */
  subscribe(onState: (state: LiveState) => void): () => void
  /** Replaces the topics named, leaves the others: a new list window while scrolling, for one. */
  watch(topics: LiveTopicsInput): void
  /** Ends for good. */
  close(): void
}

/** Opener for a WebSocket constructor, the browser's or that of `ws` (with headers by its third argument). */
export function liveSocket<A extends unknown[]>(
  WebSocketClass: new (url: string, protocols: string, ...rest: A) => LiveSocket,
  url: string,
  ...rest: A
): () => LiveSocket {
  return () => new WebSocketClass(url, SUBPROTOCOL, ...rest)
}

/**
 * Keeps a copy of what the server shows, by resets and patches; comes back by itself after a loss and resumes
 * from what it holds. A patch that does not fit drops the topic's place and asks again. [LIVE-4, LIVE-6, LIVE-13]
 */
export function openLiveClient(options: LiveClientOptions): LiveClient {
  const minRetryMs = options.minRetryMs ?? 500
  const maxRetryMs = options.maxRetryMs ?? 20_000
  const listeners = new Set<(state: LiveState) => void>()
  let state: LiveState = emptyLiveState
  let topics: LiveTopicsInput = options.topics
  let stream: string | null = null
  let attempts = 0
  let retry: ReturnType<typeof setTimeout> | undefined
  let silence: ReturnType<typeof setTimeout> | undefined
  let silenceMs = 60_000
  let socket: LiveSocket | null = null
  /** Hello went out on this socket: from then on a change of topics must be told, welcome or not. */
  let hasGreeted = false
  connect()

  return {
    state: () => state,
    subscribe(onState) {
      listeners.add(onState)
      return () => listeners.delete(onState)
    },
    watch(changed) {
      topics = { ...topics, ...changed }
      for (const topic of TOPICS) {
        if (changed[topic] === false) setState({ ...state, [topic]: null })
      }
      if (hasGreeted) sendText({ type: 'subscribe', topics: changed })
    },
    close() {
      clearTimeout(retry)
      clearTimeout(silence)
      const open = socket
      socket = null
      open?.close(1000)
      setConnection({ kind: 'ended', because: null })
      listeners.clear()
    },
  }

  function connect(): void {
    const opened = options.open()
    socket = opened
    hasGreeted = false
    setConnection({ kind: 'connecting' })
    opened.addEventListener('open', () => {
      if (socket !== opened) return
      const resumeFrom = stream === null ? null : resumePointOf(state, stream, topics)
      sendText({ type: 'hello', topics, ...(resumeFrom === null ? {} : { resumeFrom }) })
      hasGreeted = true
    })
    opened.addEventListener('message', (event) => {
      if (socket !== opened) return
      const message = parseServerMessage(event.data)
      if (message === null) resync(opened)
      else take(message, opened)
    })
    opened.addEventListener('close', (event) => {
      if (socket === opened) lost(event.code ?? 1006)
    })
    // An error is always followed by a close; without a listener `ws` would throw it.
    opened.addEventListener('error', () => undefined)
  }

  function take(message: ServerMessage, from: LiveSocket): void {
    listenForSilence(from)
    switch (message.type) {
      case 'welcome':
        attempts = 0
        stream = message.stream
        silenceMs = message.heartbeatMs * 2.5
        setConnection({ kind: 'live', stream: message.stream })
        return
      case 'heartbeat':
        return
      case 'reset':
        if (!isWanted(topics, message.topic)) return
        setState(applyReset(state, message))
        return
      case 'patch': {
        const next = applyPatch(state, message)
        if (next === null) resync(from)
        else setState(next)
      }
    }
  }

  /** What came does not fit what is held: forget the place, so that the next hello is answered by resets. */
  function resync(from: LiveSocket): void {
    stream = null
    socket = null
    from.close(1000)
    lost(1006)
  }

  function lost(code: number): void {
    socket = null
    hasGreeted = false
    clearTimeout(silence)
    const because = closeNameOf(code)
    if (because !== null && !CLOSE_CODES[because].retry) {
      setConnection({ kind: 'ended', because })
      return
    }
    attempts += 1
    const ceilingMs = Math.min(maxRetryMs, minRetryMs * 2 ** Math.min(attempts - 1, 16))
    // Half fixed, half random: a thousand clients of a server that went do not come back as one.
    const retryInMs = Math.round(ceilingMs / 2 + (Math.random() * ceilingMs) / 2)
    setConnection({ kind: 'waiting', retryInMs })
    retry = setTimeout(connect, retryInMs)
  }

  function listenForSilence(from: LiveSocket): void {
    clearTimeout(silence)
    silence = setTimeout(() => {
      if (socket !== from) return
      socket = null
      from.close(1000)
      lost(1006)
    }, silenceMs)
  }

  function sendText(message: object): void {
    socket?.send(JSON.stringify(message))
  }

  function setConnection(connection: LiveConnection): void {
    setState({ ...state, connection })
  }

  function setState(next: LiveState): void {
    state = next
    for (const listener of listeners) listener(state)
  }
}

function isWanted(topics: LiveTopicsInput, topic: Topic): boolean {
  return topics[topic] !== undefined && topics[topic] !== false
}

function resumePointOf(state: LiveState, stream: string, topics: LiveTopicsInput): ResumePoint {
  const places: ResumePoint['topics'] = {}
  for (const topic of TOPICS) {
    const held = state[topic]
    if (held !== null && isWanted(topics, topic)) places[topic] = held.seq
  }
  // Rows of another window are no place to go on from.
  if (state.list !== null && !isSameWindow(state.list.window, topics.list)) delete places.list
  return { stream, topics: places }
}

function isSameWindow(held: ListWindow, wanted: LiveTopicsInput['list']): boolean {
  if (wanted === undefined || wanted === false) return false
  const filter = wanted.filter ?? {}
  const names = new Set([...Object.keys(held.filter), ...Object.keys(filter)])
  return (
    held.from === (wanted.from ?? 0) &&
    held.count === (wanted.count ?? 50) &&
    [...names].every((name) => fieldOf(held.filter, name) === fieldOf(filter, name))
  )
}

function fieldOf(filter: object, name: string): unknown {
  return Object.entries(filter).find(([key]) => key === name)?.[1]
}
