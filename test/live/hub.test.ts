import t from 'tap'
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
