import t from 'tap'
import type { Test } from 'tap'
import type { Viewer } from '../../server/list/live-entry.ts'
import { openLiveHub } from '../../server/live/hub.ts'
import type { Member } from '../../server/live/peer.ts'
import { openScope } from '../../server/live/scope.ts'
import type { ScopeKind } from '../../server/live/scope.ts'
import { LIVE_LIMITS } from '../../server/live/session.ts'
import type { Topic } from '../../shared/vocabulary.ts'
import { seeded } from '../list/made-up-entries.ts'

/** A peer that only remembers the last number it was told of each topic, and how often it was written to. */
interface Peer {
  readonly told: { capacity: number; feeds: number }
  writes: number
}
const LEAD: Viewer = { personId: '', organisation: 'XAL', role: 'lead' }
const HELLO = JSON.stringify({ type: 'hello', topics: { capacity: true, feeds: true } })
const SAID = /"(?:patch|reset)","topic":"(\w+)","seq":(\d+)/g
const WRITE_MS = 0.4
/** Far longer than a round takes: who is not told by then is never told. */
const PATIENCE_MS = 5_000

/** A state that is a number and nothing else. */
function numbered(topic: Topic, load: () => number): ScopeKind<number> {
  return { topic, load, reset: () => ({}), patch: (was, is) => (was === is ? 'same' : {}) }
}

t.test(
  'LIVE-7 who comes or goes while a round walks hides nobody from it, and all that one watches comes in one write',
  async (t) => {
    const random = seeded(4)
    let seq = 1
    let writes = 0
    const waiting: { readonly writes: number; readonly go: () => void }[] = []
    const hub = openLiveHub<Peer>({
      wire: {
        write(peer, frame) {
          // Slow enough that a round gives the loop back many times.
          const until = performance.now() + WRITE_MS
          while (performance.now() < until);
          for (const [, topic, said] of frame.toString('latin1').matchAll(SAID))
            peer.told[topic === 'feeds' ? 'feeds' : 'capacity'] = Number(said)
          peer.writes += 1
          writes += 1
          while ((waiting[0]?.writes ?? Infinity) <= writes) waiting.shift()?.go()
        },
        backlogBytes: () => 0,
        close: () => undefined,
      },
      source: {
        seq: () => seq,
        scope: (topic) => ({
          key: topic,
          open: () =>
            openScope(
              numbered(topic, () => seq),
              64,
            ),
        }),
      },
      stream: 'one',
      limits: LIVE_LIMITS,
      lingerMs: 1_000,
      restMs: 1,
      nowMs: () => 0,
      onError: (error) => t.fail(String(error)),
    })
    t.teardown(() => hub.close())
    const members: Member<Peer>[] = []
    const come = () => {
      const member = hub.join({ told: { capacity: 0, feeds: 0 }, writes: 0 }, LEAD)
      hub.onText(member, HELLO)
      members.push(member)
    }
    const go = (member: Member<Peer> | undefined) => {
      if (member === undefined) return
      members.splice(members.indexOf(member), 1)
      hub.onClosed(member)
    }
    const after = (more: number) =>
      new Promise<void>((resolve) => waiting.push({ writes: writes + more, go: resolve }))

    for (let round = 0; round < 12; round++) {
      while (members.length < 60) come()
      const all = () =>
        members.every(({ peer: { told } }) => told.capacity >= seq && told.feeds >= seq)
      const since = performance.now()
      while (!all() && performance.now() - since < PATIENCE_MS) await new Promise(setImmediate)
      seq += 1
      for (const { peer } of members) peer.writes = 0
      hub.changed(['capacity', 'feeds'])
      await after(20 + Math.floor(random() * 30))
      // Somewhere in the middle of the walk some leave, of those told and of those not. Nobody else stirs the hub.
      for (const member of members.filter(() => random() < 0.2)) go(member)
      const from = performance.now()
      while (!all() && performance.now() - from < PATIENCE_MS) await new Promise(setImmediate)
      t.ok(all(), `round ${round}`)
      t.ok(
        members.every(({ peer }) => peer.writes === 1),
        'one write for both topics',
      )
    }
  },
)

/** A hub of one scope whose state is a number, to peers whose unread bytes the test sets. */
function quietHub(t: Test) {
  const given = { state: 1, nowMs: 0, loads: 0 }
  const backlog = new Map<string, number>()
  const told = new Map<string, string[]>()
  const closed = new Map<string, number>()
  const of = (peer: string) => told.get(peer) ?? []
  const kind: ScopeKind<number> = {
    topic: 'capacity',
    load() {
      given.loads += 1
      return given.state
    },
    reset: (state) => ({ state }),
    patch: (was, is) => (was === is ? 'same' : { state: is }),
  }
  const hub = openLiveHub<string>({
    wire: {
      write: (peer, frame) => void told.set(peer, [...of(peer), frame.toString('latin1')]),
      backlogBytes: (peer) => backlog.get(peer) ?? 0,
      close: (peer, code) => void closed.set(peer, code),
    },
    source: {
      seq: () => given.state,
      scope: (topic) => ({ key: topic, open: () => openScope(kind, 64) }),
    },
    stream: 'one',
    limits: { ...LIVE_LIMITS, slowBytes: 100, stallMs: 1_000, heartbeatMs: 500 },
    lingerMs: 1_000,
    restMs: 0,
    nowMs: () => given.nowMs,
    onError: (error) => t.fail(String(error)),
  })
  // What the hub ticks by holds nothing open.
  const open = setInterval(() => undefined, 1_000)
  t.teardown(() => {
    clearInterval(open)
    hub.close()
  })
  const turns = async (holds: () => boolean) => {
    const from = performance.now()
    while (!holds() && performance.now() - from < PATIENCE_MS) await new Promise(setImmediate)
    return holds()
  }
  return {
    ...{ hub, given, backlog, closed, turns },
    said: (peer: string, what: string) => of(peer).filter((frame) => frame.includes(what)).length,
    last: (peer: string) => of(peer).at(-1) ?? '',
    come: async (peer: string) => {
      const member = hub.join(peer, LEAD)
      hub.onText(member, JSON.stringify({ type: 'hello', topics: { capacity: true } }))
      await turns(() => of(peer).length === 2)
      return member
    },
    /** Another state, told to who can take it. */
    change: async () => {
      const { loads } = given
      given.state += 1
      hub.changed(['capacity'])
      await turns(() => given.loads > loads)
      await new Promise(setImmediate)
    },
  }
}

t.test('LIVE-3 LIVE-7 what a slow reader missed is read afresh when it has read', async (t) => {
  const { hub, given, backlog, said, last, come, change, turns } = quietHub(t)
  const slow = await come('slow')
  backlog.set('slow', 101)
  await change()
  await change()
  t.equal(hub.stats().held, 2)
  t.equal(said('slow', '"patch"'), 0)
  // Nobody has said that anything changed: only reading again finds it.
  given.state = 9
  backlog.set('slow', 0)
  hub.onDrain(slow)
  t.ok(await turns(() => said('slow', '"patch"') === 1))
  t.match(last('slow'), '"baseSeq":1,"state":9')
})

t.test('LIVE-7 who reads slowly is kept, who reads nothing is let go', async (t) => {
  const { hub, given, backlog, closed, said, come, change, turns } = quietHub(t)
  await come('slow')
  await come('stalled')
  for (let second = 0; second < 5; second++) {
    // Never all of it: there is always something unread, and now and then too much.
    backlog.set('slow', 101).set('stalled', 101)
    await change()
    backlog.set('slow', 60)
    await change()
    t.equal(said('slow', '"patch"'), second + 1, 'one patch for both')
    given.nowMs += 400
    hub.onPong(await come(`nobody ${String(second)}`))
  }
  t.ok(await turns(() => closed.has('stalled')))
  t.equal(closed.get('stalled'), 4429)
  t.notOk(closed.has('slow'))
  t.equal(said('stalled', '"patch"'), 0)
})

t.test('LIVE-10 who was not sent a ping owes no answer', async (t) => {
  const { given, backlog, closed, said, come, turns } = quietHub(t)
  await come('busy')
  await come('well')
  const beats = async (many: number) => {
    given.nowMs += 500
    t.ok(await turns(() => said('well', '"heartbeat"') === many))
  }
  backlog.set('busy', 101)
  await beats(1)
  await beats(2)
  t.equal(said('busy', '"heartbeat"'), 0)
  given.nowMs += 500
  backlog.set('busy', 0)
  t.ok(await turns(() => closed.has('well')), 'answered none of two')
  t.equal(closed.get('well'), 4429)
  t.notOk(closed.has('busy'))
})

t.test('LIVE-6 a window that nobody watches is kept a while for who comes back', async (t) => {
  const { hub, given, come, turns } = quietHub(t)
  hub.onClosed(await come('one'))
  given.nowMs += 999
  const other = await come('two')
  t.equal(hub.stats().scopes, 1, 'the same for who comes back')
  hub.onClosed(other)
  given.nowMs += 1_000
  t.ok(await turns(() => hub.stats().scopes === 0), 'then it is let go')
  t.equal(hub.stats().sockets, 0)
})
