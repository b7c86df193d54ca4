import type { Asking, Session } from '../access/access.ts'
import { Refusal } from '../../shared/problem.ts'
import type { CloseName } from '../../shared/protocol.ts'

/** @template M what the one who ends sockets knows them by */
export interface Attendance<M> {
  /** Watches the session of a socket until it ends. */
  attend(session: Session, request: Asking, member: M): Attendant<M>
  /** The socket is gone. */
  leave(attendant: Attendant<M>): void
  close(): void
}

export interface Attendant<M> {
  session: Session
  readonly request: Asking
  readonly member: M
  checkedAtMs: number
}

const SWEEP_MS = 500

/**
 * Cuts sockets whose session has ended: told by sign-out in any process, seen by its expiry or idle limit within half
 * a second, and, for people who left or changed role, found when the session is read again every `recheckMs`; all are
 * read again at once where an end may have gone unheard. One that ended while its socket was still being opened is
 * remembered until that socket comes. [LIVE-11]
 * @param options.now milliseconds since 1970, the clock of `expiresAt`
 */
export function openAttendance<M>(options: {
  readonly access: {
    personForSocket(request: Asking): Promise<Session>
    onSessionEnd(fn: (sessionId: string) => void, onUnheard: () => void): () => void
  }
  readonly now: () => number
  readonly recheckMs: number
  readonly end: (member: M, because: CloseName) => void
  readonly onError: (error: unknown) => void
}): Attendance<M> {
  const { access, now, recheckMs, end } = options
  const bySession = new Map<string, Set<Attendant<M>>>()
  const endedAtMs = new Map<string, number>()
  const stopListening = access.onSessionEnd(onEnd, recheckAll)
  const sweeping = setInterval(sweep, SWEEP_MS)
  sweeping.unref()

  return {
    attend(session, request, member) {
      const attendants = bySession.get(session.id) ?? new Set()
      bySession.set(session.id, attendants)
      const attendant = { session, request, member, checkedAtMs: now() }
      attendants.add(attendant)
      if (endedAtMs.has(session.id)) end(member, 'sessionEnded')
      return attendant
    },
    leave(attendant) {
      const attendants = bySession.get(attendant.session.id)
      attendants?.delete(attendant)
      if (attendants?.size === 0) bySession.delete(attendant.session.id)
    },
    close() {
      stopListening()
      clearInterval(sweeping)
    },
  }

  function onEnd(id: string): void {
    endedAtMs.set(id, now())
    for (const { member } of bySession.get(id) ?? []) end(member, 'sessionEnded')
  }

  function recheckAll(): void {
    for (const attendants of bySession.values())
      for (const attendant of attendants) attendant.checkedAtMs = -Infinity
    sweep()
  }

  function sweep(): void {
    const nowMs = now()
    for (const [id, atMs] of endedAtMs) if (nowMs - atMs >= recheckMs) endedAtMs.delete(id)
    for (const attendants of bySession.values()) {
      for (const attendant of [...attendants]) {
        const { expiresAt, idleEndsAt } = attendant.session
        // The person may have asked for something since: at the idle limit the session is read again, and ends or goes on.
        const isIdle = idleEndsAt <= nowMs
        if (expiresAt <= nowMs) end(attendant.member, 'sessionEnded')
        else if (isIdle || nowMs - attendant.checkedAtMs >= recheckMs) {
          attendant.checkedAtMs = nowMs
          recheck(attendant).catch(options.onError)
        }
      }
    }
  }

  /** A database that does not answer ends nobody's session: only a plain refusal does. */
  async function recheck(attendant: Attendant<M>): Promise<void> {
    const { request, member } = attendant
    const { role, organisation } = attendant.session.person
    try {
      const found = await access.personForSocket(request)
      const { person } = found
      attendant.session = found
      const isSame = person.role === role && person.organisation === organisation
      if (!isSame) end(member, 'sessionEnded')
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      end(member, error.code === 'not-signed-in' ? 'sessionEnded' : 'notAllowed')
    }
  }
}
