import { EventEmitter } from 'node:events'
import { Socket } from 'node:net'
import type { WebSocket } from '@fastify/websocket'
import t from 'tap'
import type { Test } from 'tap'
import type { Asking, Session } from '../../server/access/access.ts'
import { openAttendance } from '../../server/live/attendance.ts'
import { lineWire } from '../../server/live/lines.ts'
import { Refusal } from '../../shared/problem.ts'

const NOON = Date.parse('2026-11-22T12:00:00Z')
const HOUR = 3_600_000
const ASKING: Asking = { method: 'GET', headers: {} }
const PERSON = { id: 'p', name: '', role: 'coordinator', organisation: 'XAA' } as const

function session(id: string, more: Partial<Session> = {}): Session {
  return {
    ...{ id, person: PERSON, atProvider: false },
    ...{ expiresAt: NOON + 12 * HOUR, idleEndsAt: NOON + 8 * HOUR },
    ...more,
  }
}

/** An attendance over a clock and sessions that the test sets. */
function attended(t: Test, recheckMs: number) {
  let nowMs = NOON
  let read: () => Promise<Session> = () => Promise.reject(new Error('not read'))
  let tell: (id: string) => void = () => undefined
  let miss: () => void = () => undefined
  const ended = new Map<string, string>()
  const errors: unknown[] = []
  let heard: () => void = () => undefined
  const attendance = openAttendance<string>({
    access: {
      personForSocket: () => read(),
      onSessionEnd(fn, onUnheard) {
        tell = fn
        miss = onUnheard
        return () => undefined
      },
    },
    now: () => nowMs,
    recheckMs,
    end(member, because) {
      ended.set(member, because)
      heard()
    },
    onError(error) {
      errors.push(error)
      heard()
    },
  })
  // What it sweeps by holds nothing open, and here there is nothing else.
  const open = setInterval(() => undefined, 1_000)
  t.teardown(() => {
    clearInterval(open)
    attendance.close()
  })
  return {
    attendance,
    ended,
    errors,
    come: (member: string, of: Session) => attendance.attend(of, ASKING, member),
    setNow(ms: number) {
      nowMs = ms
    },
    setRead(fn: () => Promise<Session>) {
      read = fn
    },
    tell: (id: string) => tell(id),
    miss: () => miss(),
    async until(holds: () => boolean) {
      while (!holds()) await new Promise<void>((resolve) => (heard = resolve))
    },
  }
}

t.test('LIVE-11 every socket of a session is cut with it, and no other', async (t) => {
  const given = attended(t, 60_000)
  given.come('one', session('a'))
  given.come('two', session('a'))
  given.come('other', session('b'))
  given.tell('a')
  t.same(
    [...given.ended],
    [
      ['one', 'sessionEnded'],
      ['two', 'sessionEnded'],
    ],
  )
  given.come('late', session('a'))
  t.equal(given.ended.get('late'), 'sessionEnded', 'it ended while this one was being opened')
  const gone = given.come('gone', session('b'))
  given.attendance.leave(gone)
  given.tell('b')
  t.notOk(given.ended.has('gone'), 'who left is not ended again')
})

t.test('LIVE-11 its time ends it without a look at the database', async (t) => {
  const given = attended(t, 60_000)
  given.come('one', session('a', { expiresAt: NOON + 1_000 }))
  given.come('other', session('b'))
  given.setNow(NOON + 1_000)
  const from = performance.now()
  await given.until(() => given.ended.has('one'))
  t.equal(given.ended.get('one'), 'sessionEnded')
  t.ok(performance.now() - from < 5_000)
  t.notOk(given.ended.has('other'))
})

t.test('LIVE-11 at the idle limit it is read again: it ends, or goes on', async (t) => {
  const given = attended(t, 24 * HOUR)
  given.setRead(() => Promise.resolve(session('a', { idleEndsAt: NOON + 9 * HOUR })))
  const kept = given.come('one', session('a'))
  given.setNow(NOON + 8 * HOUR)
  while (kept.session.idleEndsAt === NOON + 8 * HOUR) await new Promise(setImmediate)
  t.equal(given.ended.size, 0, 'they asked for something meanwhile')
  given.setRead(() => Promise.reject(new Refusal('not-signed-in', '')))
  given.setNow(NOON + 9 * HOUR)
  await given.until(() => given.ended.size > 0)
  t.equal(given.ended.get('one'), 'sessionEnded')
})

t.test(
  'LIVE-11 another role or organisation ends it, a database that is away does not',
  async (t) => {
    for (const person of [
      { ...PERSON, role: 'readOnly' as const },
      { ...PERSON, organisation: 'XBB' },
    ]) {
      const given = attended(t, 1)
      given.setRead(() => Promise.resolve(session('a', { person })))
      given.come('one', session('a'))
      given.setNow(NOON + 1)
      await given.until(() => given.ended.size > 0)
      t.equal(given.ended.get('one'), 'sessionEnded')
    }
    const given = attended(t, 1)
    given.setRead(() => Promise.reject(new Error('no connection')))
    given.come('one', session('a'))
    given.setNow(NOON + 1)
    await given.until(() => given.errors.length > 0)
    t.equal(given.ended.size, 0)
    given.setRead(() => Promise.reject(new Refusal('not-yours', '')))
    given.setNow(NOON + 2)
    await given.until(() => given.ended.size > 0)
    t.equal(given.ended.get('one'), 'notAllowed')
  },
)

t.test('LIVE-11 what may have ended unheard is read again at once', async (t) => {
  const given = attended(t, 24 * HOUR)
  given.come('one', session('a'))
  given.setRead(() => Promise.reject(new Refusal('not-signed-in', '')))
  given.miss()
  await given.until(() => given.ended.size > 0)
  t.equal(given.ended.get('one'), 'sessionEnded')
})

t.test('LIVE-7 who does not answer its close is cut, who does is not', async (t) => {
  const wire = lineWire(5)
  const opened = () => {
    const told: string[] = []
    const socket = Object.assign(new EventEmitter(), {
      close: (code: number) => told.push(`close ${String(code)}`),
      terminate: () => {
        told.push('cut')
        socket.emit('cut')
      },
    })
    const connection = new Socket()
    wire.tie(connection, socket as unknown as WebSocket)
    return { told, socket, connection }
  }
  const polite = opened()
  const stalled = opened()
  wire.close(polite.connection, 4429, '')
  polite.socket.emit('close')
  const cut = new Promise((resolve) => stalled.socket.once('cut', resolve))
  wire.close(stalled.connection, 4429, '')
  await cut
  t.same(stalled.told, ['close 4429', 'cut'])
  t.same(polite.told, ['close 4429'])
})
