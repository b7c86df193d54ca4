import fc from 'fast-check'
import t from 'tap'
import {
  actingTrusts,
  awaitedSide,
  transition,
  type MoveEvent,
} from '../../server/reassignment/suggestions/lifecycle.ts'
import { LIVE_STATES, SUGGESTION_STATES, type SuggestionState } from '../../shared/suggestion.ts'

const STATES = Object.keys(SUGGESTION_STATES) as SuggestionState[]
const EVENTS: MoveEvent[] = [
  'referrer:open',
  'referrer:yes',
  'referrer:no',
  'patient:yes',
  'patient:no',
  'receiver:open',
  'receiver:yes',
  'receiver:no',
  'sendMds',
  'receive',
  'complete',
  'veto',
  'withdraw',
  'expire',
]

/** The whole road by hand: `state event -> next state [slot]`. What is not here is refused. */
const ROAD = `
suggested       referrer:open referrerReview  none
suggested       referrer:yes  patientOffered  hold
suggested       referrer:no   declined        none
suggested       veto          declined        none
suggested       withdraw      withdrawn       none
suggested       expire        expired         none
referrerReview  referrer:yes  patientOffered  hold
referrerReview  referrer:no   declined        none
referrerReview  veto          declined        none
referrerReview  withdraw      withdrawn       none
referrerReview  expire        expired         none
patientOffered  patient:yes   patientAccepted none
patientOffered  patient:no    declined        release
patientOffered  veto          declined        release
patientOffered  withdraw      withdrawn       release
patientOffered  expire        expired         release
patientAccepted receiver:open receiverReview  none
patientAccepted receiver:yes  accepted        none
patientAccepted receiver:no   declined        release
patientAccepted veto          declined        release
patientAccepted withdraw      withdrawn       release
patientAccepted expire        expired         release
receiverReview  receiver:yes  accepted        none
receiverReview  receiver:no   declined        release
receiverReview  veto          declined        release
receiverReview  withdraw      withdrawn       release
receiverReview  expire        expired         release
accepted        sendMds       mdsSent         none
accepted        veto          declined        release
accepted        withdraw      withdrawn       release
accepted        expire        expired         release
mdsSent         receive       received        none
mdsSent         veto          declined        release
mdsSent         withdraw      withdrawn       release
mdsSent         expire        expired         release
received        complete      transferred     none
received        veto          declined        release
received        withdraw      withdrawn       release
`

const BY_HAND = new Map(
  ROAD.trim()
    .split('\n')
    .map((line) => {
      const [state, event, to, slot] = line.trim().split(/\s+/)
      return [`${state ?? ''} ${event ?? ''}`, { to, slot }]
    }),
)

t.test(
  'MOV-40 every state meets every event as the road by hand says, refusals included',
  async (t) => {
    for (const state of STATES) {
      for (const event of EVENTS) {
        t.same(
          transition(state, event),
          BY_HAND.get(`${state} ${event}`) ?? null,
          `${state} ${event}`,
        )
      }
    }
  },
)

t.test('MOV-41 no walk reaches a transfer without three yeses in order', async (t) => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...EVENTS), { maxLength: 40 }), (events) => {
      let state: SuggestionState = 'suggested'
      const yeses: MoveEvent[] = []
      for (const event of events) {
        const next = transition(state, event)
        if (next === null) continue
        if (event.endsWith(':yes')) yeses.push(event)
        state = next.to
      }
      if (['accepted', 'mdsSent', 'received', 'transferred'].includes(state)) {
        return yeses.join() === 'referrer:yes,patient:yes,receiver:yes'
      }
      return true
    }),
    { numRuns: 2000 },
  )
  t.pass('2,000 random walks')
})

t.test(
  'MOV-43 along any walk a slot is held once and freed at most once, and an ended move holds none',
  async (t) => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...EVENTS), { maxLength: 40 }), (events) => {
        let state: SuggestionState = 'suggested'
        let held = 0
        for (const event of events) {
          const next = transition(state, event)
          if (next === null) continue
          if (next.slot === 'hold') held += 1
          if (next.slot === 'release') held -= 1
          state = next.to
          if (held < 0 || held > 1) return false
          if (['declined', 'withdrawn', 'expired'].includes(state) && held !== 0) return false
        }
        return true
      }),
      { numRuns: 2000 },
    )
    t.pass('2,000 random walks')
  },
)

t.test(
  'MOV-42 the side that is awaited is the one whose answer the road takes, spoken by its own trust',
  async (t) => {
    const move = { fromTrust: 'ZT1', toTrust: 'ZT2' }
    const trusts = { referrer: 'ZT1', patient: 'ZT1', receiver: 'ZT2' }
    for (const state of STATES) {
      const awaited = awaitedSide(state)
      for (const side of ['referrer', 'patient', 'receiver'] as const) {
        t.equal(transition(state, `${side}:yes`) !== null, awaited === side, `${state} ${side}`)
        t.same(actingTrusts(`${side}:no`, move), [trusts[side]])
      }
    }
    t.same(actingTrusts('receive', move), ['ZT2'])
    t.same(actingTrusts('veto', move), ['ZT1', 'ZT2'], 'MOV-53 a clinician of either')
    t.same(actingTrusts('withdraw', move), [], 'no person withdraws: facts do')
  },
)

t.test('MOV-53 a veto ends a move in every state in which it lives, and in no other', async (t) => {
  for (const state of STATES) {
    const isLive = (LIVE_STATES as readonly string[]).includes(state)
    t.equal(transition(state, 'veto')?.to, isLive ? 'declined' : undefined, state)
  }
})

t.test('MOV-45 a state is live exactly while something can still happen', async (t) => {
  for (const state of STATES) {
    const open = EVENTS.some((event) => transition(state, event) !== null)
    t.equal((LIVE_STATES as readonly string[]).includes(state), open, state)
  }
})
