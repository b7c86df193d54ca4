import { CLOSE_CODES } from './protocol.ts'
import type { CloseName, ServerMessage } from './protocol.ts'
import { TOPICS } from './vocabulary.ts'
import type { Topic } from './vocabulary.ts'

/** The name of a close code, null for one the protocol does not name. */
export function closeNameOf(code: number): CloseName | null {
  for (const [name, close] of Object.entries(CLOSE_CODES)) {
    if (close.code === code) return name as CloseName
  }
  return null
}

/**
 * A frame as a message, or null. Checks the envelope and trusts the inside, which the server made from the same
 * schemas: a page must keep up with the list on an old machine.
 */
export function parseServerMessage(data: unknown): ServerMessage | null {
  if (typeof data !== 'string') return null
  let message: unknown
  try {
    message = JSON.parse(data)
  } catch {
    return null
  }
  return isServerMessage(message) ? message : null
}

function isServerMessage(value: unknown): value is ServerMessage {
  if (typeof value !== 'object' || value === null) return false
  if (!('type' in value) || !('seq' in value) || !Number.isInteger(value.seq)) return false
  if (value.type === 'heartbeat') return true
  if (value.type === 'welcome') {
    return 'stream' in value && 'heartbeatMs' in value && Number.isInteger(value.heartbeatMs)
  }
  if (!('topic' in value) || !TOPICS.includes(value.topic as Topic)) return false
  if (value.type === 'patch') return 'baseSeq' in value && Number.isInteger(value.baseSeq)
  if (value.type !== 'reset') return false
  if (value.topic === 'list') return 'rows' in value && Array.isArray(value.rows)
  return value.topic !== 'suggestions' || ('items' in value && Array.isArray(value.items))
}
