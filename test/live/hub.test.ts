import t from 'tap'
import type { Viewer } from '../../server/list/live-entry.ts'
import { openLiveHub } from '../../server/live/hub.ts'
import type { Member } from '../../server/live/peer.ts'
import { openScope } from '../../server/live/scope.ts'
import { LIVE_LIMITS } from '../../server/live/session.ts'
import { seeded } from '../list/made-up-entries.ts'

/** A peer that only remembers the last number it was told. */
interface Peer {
  told: number
  left: boolean
}
const LEAD: Viewer = { personId: '', organisation: 'XAL', role: 'lead' }
const HELLO = JSON.stringify({ type: 'hello', topics: { capacity: true, feeds: true } })
const WRITE_MS = 0.4
/** Far longer than a round takes: who is not told by then is never told. */
const PATIENCE_MS = 5_000

t.test('LIVE-7 who comes or goes while a round walks hides nobody from it', async (t) => {
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
        const said = /"(?:patch|reset)".*"seq":(\d+)/.exec(frame.toString('latin1'))
        if (said === null) return
        peer.told = Math.max(peer.told, Number(said[1]))
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
        open: () => openScope({ topic, load: () => seq, reset: () => ({}), patch: () => ({}) }, 64),
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
    const member = hub.join({ told: 0, left: false }, LEAD)
    hub.onText(member, HELLO)
    members.push(member)
  }
  const go = (member: Member<Peer> | undefined) => {
    if (member === undefined) return
    member.peer.left = true
    members.splice(members.indexOf(member), 1)
    hub.onClosed(member)
  }
  const after = (more: number) =>
    new Promise<void>((resolve) => waiting.push({ writes: writes + more, go: resolve }))

  for (let round = 0; round < 12; round++) {
    while (members.length < 40) come()
    const all = () => members.every(({ peer }) => peer.told >= seq)
    const since = performance.now()
    while (!all() && performance.now() - since < PATIENCE_MS) await new Promise(setImmediate)
    seq += 1
    hub.changed(['capacity', 'feeds'])
    await after(20 + Math.floor(random() * 30))
    // Somewhere in the middle of the walk some leave, of those told and of those not. Nobody else stirs the hub.
    for (const member of members.filter(() => random() < 0.2)) go(member)
    const from = performance.now()
    while (!all() && performance.now() - from < PATIENCE_MS) await new Promise(setImmediate)
    t.ok(all(), `round ${round}`)
  }
})
