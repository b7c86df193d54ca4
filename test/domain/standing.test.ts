import t from 'tap'
import type { Report } from '../../server/domain/transfer/chain.ts'
import { transferStanding } from '../../server/domain/transfer/standing.ts'
import type { IsoDate } from '../../shared/date.ts'
import { addDays } from '../../shared/date.ts'

const START = '2025-03-10' as IsoDate
const day = (days: number) => addDays(START, days)
const siteTrust = (site: string) => (/^(AAA|BBB)01$/.test(site) ? site.slice(0, 3) : undefined)
const urgent = {
  localId: 'X:1',
  referralSource: '03',
  priorityType: '3',
  referralType: '03',
  receivedOn: START,
  firstSeenSite: 'AAA01',
} as const
const sent = { ...urgent, iptReferrer: 'AAA', iptReceiver: 'BBB', iptRequestedOn: day(30) }

t.test('IPT-3 IPT-4 the patient moves with the receipt, and day 38 is in time', (t) => {
  const received = (on: number, asOf: number) =>
    transferStanding({ ...sent, iptReceivedOn: day(on) }, 'AAA', siteTrust, day(asOf))
  t.match(received(38, 38), { holder: 'BBB', handOver: { state: 'inTime', clean: true, day: 38 } })
  t.match(received(39, 39), { holder: 'BBB', handOver: { state: 'late', clean: true, day: 39 } })
  t.match(received(38, 37), { holder: 'AAA', handOver: { state: 'sent', day: 37 } })
  t.match(received(20, 40), { problem: 'received before it was requested', holder: 'AAA' })
  t.match(received(20, 40), { chain: [], handOver: null })
  t.match(transferStanding(sent, 'AAA', siteTrust, day(39)), { handOver: { state: 'overdue' } })
  const missed = { ...sent, missedFirstAppointments: [day(5)], firstSeenOn: day(9) }
  const due = transferStanding(missed, 'AAA', siteTrust, day(40)).handOver?.dueOn
  t.equal(due, day(43), 'five days to the missed appointment move day 38 on')
  const pausedFacts = {
    ...sent,
    dttOn: day(10),
    pauses: [{ from: day(12), to: day(20), reason: '8' }],
  }
  const paused = transferStanding(pausedFacts, 'AAA', siteTrust, day(40)).handOver?.dueOn
  t.equal(paused, day(38), 'a pause before treatment does not')
  const unknown = transferStanding({ ...sent, priorityType: '1' }, 'AAA', siteTrust, day(40))
  t.match(unknown, { handOver: null, ownership: null, chain: [{ from: 'AAA', to: 'BBB' }] })
  t.match(transferStanding(urgent, 'AAA', siteTrust, day(39)), {
    ...{ chain: [], holder: 'AAA', problem: null, handOver: null, ownership: null },
  })
  t.end()
})

t.test('IPT-5 IPT-7 a stopped clock says whose it is', (t) => {
  const treated = { ...sent, dttOn: day(50), treatedOn: day(62), treatmentSite: 'BBB01' }
  const owned = { ...treated, treatmentEvent: '01', modality: '01', diagnosis: 'C341' }
  const late = { ...owned, iptReceivedOn: day(39) }
  t.match(transferStanding(late, 'BBB', siteTrust, day(70)).ownership, {
    rule: 'IPT-5',
    shares: [
      { trust: 'AAA', share: 0 },
      { trust: 'BBB', share: 1 },
    ],
  })
  t.match(transferStanding(owned, 'BBB', siteTrust, day(70)).ownership, { rule: 'IPT-7' })
  t.equal(transferStanding(late, 'BBB', siteTrust, day(61)).ownership, null, 'it still runs')
  t.equal(
    transferStanding({ ...late, modality: '98' }, 'BBB', siteTrust, day(70)).ownership,
    null,
    'nobody’s where the standard does not count it',
  )
  t.end()
})

t.test(
  'IPT-3 IPT-4 IPT-5 the other trust’s record, and a move made here, complete the chain',
  (t) => {
    const facts = { ...urgent, dttOn: day(50), treatedOn: day(62), treatmentSite: 'BBB01' }
    const owned = { ...facts, treatmentEvent: '01', modality: '01', diagnosis: 'C341' }
    const ends = { from: 'AAA', to: 'BBB' }
    const other: Report = {
      transfer: { ...ends, requestedOn: day(30), receivedOn: null },
      source: { kind: 'record', trust: 'AAA' },
    }
    const here: Report = {
      transfer: { ...ends, requestedOn: null, receivedOn: day(39) },
      source: { kind: 'service' },
    }
    const alone = transferStanding(owned, 'BBB', siteTrust, day(70))
    t.match(alone, { chain: [], holder: 'BBB', problem: null, ownership: { rule: 'IPT-7' } })
    const whole = transferStanding(owned, 'BBB', siteTrust, day(70), [other, here])
    t.match(whole, {
      holder: 'BBB',
      problem: null,
      handOver: { state: 'late', day: 39, clean: true },
    })
    t.match(whole.chain, [{ ...ends, requestedOn: day(30), receivedOn: day(39), disputed: false }])
    t.strictSame(whole.chain[0]?.sources, [here.source, other.source])
    t.match(whole.ownership, { rule: 'IPT-5', shares: [{ share: 0 }, { share: 1 }] })
    t.end()
  },
)
