import t from 'tap'
import type { LinkRecord } from '../../server/domain/transfer/linking.ts'
import { decisionKey, linkOf, pathwaysOf } from '../../server/domain/transfer/linking.ts'
import type { IsoDate } from '../../shared/date.ts'
import { addDays } from '../../shared/date.ts'
import type { EntryFacts } from '../../shared/entry.ts'

const START = '2025-03-10' as IsoDate
const day = (days: number) => addDays(START, days)
const ONE = 'hash-of-one'
const OTHER = 'hash-of-other'

const record = (
  id: number,
  nhsHash: string | null,
  facts: Partial<EntryFacts>,
  trust = `T${String(id)}`,
): LinkRecord => ({
  id,
  trust,
  nhsHash,
  facts: { localId: `X:${String(id)}`, ...facts },
})
const lung = { referralType: '03', priorityType: '3', receivedOn: START }
const link = (a: [string | null, Partial<EntryFacts>], b: [string | null, Partial<EntryFacts>]) => {
  const [first, second] = [record(1, ...a), record(2, ...b)]
  const forwards = linkOf(first, second)
  t.strictSame(linkOf(second, first), forwards, 'the same from either side')
  return `${forwards.answer} ${forwards.rule}`
}

t.test('IPT-10 the pathway identifier with its issuer decides', (t) => {
  const key = { ppid: 'P1', ppidIssuer: 'AAA' }
  t.equal(link([ONE, key], [ONE, key]), 'certain IPT-10')
  t.equal(link([null, key], [ONE, key]), 'certain IPT-10', 'one NHS number missing')
  t.equal(link([null, key], [null, key]), 'certain IPT-10')
  t.equal(link([ONE, key], [OTHER, key]), 'needsHuman IPT-10', 'two NHS numbers')
  t.equal(
    link([ONE, { ...key, ...lung }], [ONE, { ...key, ...lung, ppid: 'P2' }]),
    'different IPT-10',
    'two identifiers of one issuer',
  )
  t.equal(
    link([null, key], [null, { ...key, ppidIssuer: 'BBB' }]),
    'different IPT-11',
    'issuers cannot be compared',
  )
  t.equal(
    link([ONE, { ...key, ...lung }], [ONE, { ...key, ...lung, ppidIssuer: 'BBB' }]),
    'certain IPT-11',
  )
  t.equal(
    link([null, { ppid: 'P1' }], [null, { ppid: 'P1' }]),
    'different IPT-11',
    'an identifier without issuer is none',
  )
  t.equal(link([OTHER, key], [ONE, { ...key, ppid: 'P2' }]), 'different IPT-11')

  t.equal(
    link([ONE, { ...lung, ppidIssuer: 'AAA' }], [ONE, { tumour: 'skin', ppidIssuer: 'AAA' }]),
    'different IPT-12',
    'an issuer alone is no identifier',
  )
  t.equal(link([null, { ppidIssuer: 'AAA' }], [null, key]), 'different IPT-11')
  t.equal(link([ONE, { ...lung, ppidIssuer: 'AAA' }], [ONE, { ...lung, ...key }]), 'certain IPT-11')
  t.end()
})

t.test('IPT-11 combinations that are certain', (t) => {
  t.equal(link([ONE, lung], [ONE, lung]), 'certain IPT-11')
  t.equal(link([ONE, lung], [OTHER, lung]), 'different IPT-11', 'two people')
  t.equal(link([ONE, lung], [null, lung]), 'different IPT-11', 'nothing says that they are one')
  t.equal(
    link([ONE, { ...lung, diagnosis: 'C341' }], [ONE, { ...lung, tumour: 'lung' }]),
    'certain IPT-11',
  )
  t.equal(
    link([ONE, lung], [ONE, { ...lung, priorityType: '2' }]),
    'needsHuman IPT-12',
    'another priority',
  )
  const upgrade = { referralType: '03', upgradedOn: day(5) }
  t.equal(link([ONE, { ...upgrade, receivedOn: day(-90) }], [ONE, upgrade]), 'certain IPT-11')
  t.equal(link([ONE, upgrade], [ONE, { ...upgrade, referralType: '07' }]), 'different IPT-12')
  const decided = { diagnosis: 'C341', dttOn: day(30) }
  t.equal(
    link([ONE, decided], [ONE, { ...decided, diagnosis: 'C349' }]),
    'certain IPT-11',
    'one category',
  )
  t.equal(link([ONE, decided], [ONE, { ...decided, diagnosis: 'C509' }]), 'different IPT-12')
  t.equal(
    link([ONE, { dttOn: day(30), tumour: 'lung' }], [ONE, { dttOn: day(30), tumour: 'lung' }]),
    'needsHuman IPT-12',
    'no diagnosis',
  )
  t.end()
})

t.test('IPT-12 never on the NHS number alone; what is near goes to a person', (t) => {
  t.equal(link([ONE, {}], [ONE, { tumour: 'skin' }]), 'different IPT-12')
  t.equal(link([ONE, lung], [ONE, { referralType: '07' }]), 'different IPT-12', 'two tumour groups')
  t.equal(
    link([ONE, lung], [ONE, { ...lung, referralType: '07' }]),
    'needsHuman IPT-12',
    'received on one day',
  )
  t.equal(
    link([ONE, lung], [ONE, { ...lung, receivedOn: day(14) }]),
    'needsHuman IPT-12',
    '14 days apart',
  )
  t.equal(
    link([ONE, lung], [ONE, { ...lung, receivedOn: day(15) }]),
    'different IPT-12',
    '15 days apart',
  )
  t.equal(link([ONE, lung], [ONE, { ...lung, receivedOn: day(-14) }]), 'needsHuman IPT-12')
  t.equal(link([ONE, { tumour: 'lung' }], [ONE, lung]), 'needsHuman IPT-12', 'a start is missing')
  const treated = { treatedOn: day(60), receivedOn: day(0), tumour: 'lung' } as const
  t.equal(
    link([ONE, treated], [ONE, { ...treated, receivedOn: day(40) }]),
    'needsHuman IPT-12',
    'treated on one day',
  )
  t.equal(
    link([ONE, treated], [ONE, { ...treated, receivedOn: day(40), treatedOn: day(61) }]),
    'different IPT-12',
  )
  t.equal(
    link([ONE, treated], [ONE, { ...treated, receivedOn: day(40), tumour: 'skin' }]),
    'different IPT-12',
  )
  t.equal(
    link(
      [ONE, { ...treated, diagnosis: 'C341' }],
      [ONE, { ...treated, receivedOn: day(40), tumour: 'other', diagnosis: 'C349' }],
    ),
    'needsHuman IPT-12',
  )
  t.end()
})

t.test('IPT-13 what a person decided stands, and survives the next feed', (t) => {
  const [a, b] = [record(7, ONE, lung), record(3, ONE, lung)]
  t.equal(decisionKey(7, 3), decisionKey(3, 7))
  t.equal(decisionKey(3, 7), '3:7')
  const separate = new Map([[decisionKey(7, 3), 'different' as const]])
  t.match(linkOf(a, b, separate), { answer: 'different', rule: 'IPT-13' })
  t.match(
    linkOf({ ...a, facts: { ...a.facts, dttOn: day(9) } }, b, separate),
    { answer: 'different' },
    'the next feed',
  )
  const same = new Map([[decisionKey(3, 7), 'same' as const]])
  t.match(linkOf(a, record(3, OTHER, {}), same), { answer: 'certain', rule: 'IPT-13' })
  t.match(
    linkOf(a, record(4, OTHER, {}), same),
    { answer: 'different', rule: 'IPT-11' },
    'about two entries only',
  )
  t.end()
})

t.test('IPT-13 pathways put together by certain links only', (t) => {
  const key = { ppid: 'P1', ppidIssuer: 'AAA' }
  const records = [
    record(1, ONE, lung),
    record(2, ONE, { ...lung, ...key }),
    record(3, null, key),
    record(4, ONE, { ...lung, receivedOn: day(10) }),
    record(5, ONE, { referralType: '07', priorityType: '3', receivedOn: day(3) }),
    record(6, OTHER, lung),
  ]
  const wanted = [[1, 2, 3], [4], [5], [6]]
  t.strictSame(pathwaysOf(records), wanted)
  t.strictSame(pathwaysOf([...records].reverse()), wanted, 'in any order')
  t.strictSame(pathwaysOf(records, new Map([['1:2', 'different' as const]])), [
    [1],
    [2, 3],
    [4],
    [5],
    [6],
  ])
  t.strictSame(pathwaysOf(records, new Map([['1:3', 'different' as const]])), [
    [1, 2],
    [3],
    [4],
    [5],
    [6],
  ])
  t.strictSame(pathwaysOf(records, new Map([['4:5', 'same' as const]])), [[1, 2, 3], [4, 5], [6]])
  t.strictSame(
    pathwaysOf([record(1, null, key), record(2, ONE, lung), record(3, ONE, { ...lung, ...key })]),
    [[1, 2, 3]],
    'a third joins two',
  )
  t.strictSame(pathwaysOf([]), [])

  const apart = new Map([['1:2', 'different' as const]])
  t.strictSame(
    pathwaysOf([...records].reverse(), apart),
    [[1], [2, 3], [4], [5], [6]],
    'kept apart, in any order',
  )
  const many = [10, 9, 2, 11].map((id) => record(id, ONE, lung))
  t.strictSame(
    pathwaysOf([...many, record(3, OTHER, lung)]),
    [[2, 9, 10, 11], [3]],
    'in order of number',
  )
  const between = [
    record(1, ONE, lung),
    record(2, OTHER, lung),
    record(3, ONE, lung),
    record(4, OTHER, lung),
  ]
  t.strictSame(pathwaysOf(between), [
    [1, 3],
    [2, 4],
  ])

  const three = [1, 2, 3].map((id) => record(id, ONE, lung))
  t.strictSame(pathwaysOf(three, apart), [[1], [2], [3]], 'a third never joins what is kept apart')
  t.strictSame(pathwaysOf([...three].reverse(), apart), [[1], [2], [3]])
  const late = [
    record(1, null, key),
    record(2, ONE, lung),
    record(3, null, key),
    record(4, ONE, { ...lung, ...key }),
  ]
  t.strictSame(pathwaysOf(late), [[1, 2, 3, 4]])
  t.end()
})

t.test('IPT-10 IPT-11 IPT-12 IPT-13 every answer says why', (t) => {
  const key = { ppid: 'P1', ppidIssuer: 'AAA' }
  const why = (a: [string | null, Partial<EntryFacts>], b: [string | null, Partial<EntryFacts>]) =>
    linkOf(record(1, ...a), record(2, ...b)).because
  const treated = { treatedOn: day(60), tumour: 'lung' } as const
  const decided = { diagnosis: 'C341', dttOn: day(30) }
  t.equal(why([ONE, key], [ONE, key]), 'one pathway identifier of one issuer')
  t.equal(why([ONE, key], [OTHER, key]), 'one pathway identifier and two NHS numbers')
  t.equal(why([ONE, key], [ONE, { ...key, ppid: 'P2' }]), 'two identifiers of one issuer')
  t.equal(why([ONE, lung], [OTHER, lung]), 'two NHS numbers')
  t.equal(why([ONE, lung], [null, lung]), 'nothing that both carry')
  t.equal(why([ONE, lung], [ONE, lung]), 'one person, tumour group, priority and day received')
  t.equal(
    why([ONE, { upgradedOn: day(1) }], [ONE, { upgradedOn: day(1) }]),
    'one person, tumour group and day of upgrade',
  )
  t.equal(why([ONE, decided], [ONE, decided]), 'one person, diagnosis and decision to treat')
  t.equal(
    why([ONE, lung], [ONE, { ...lung, referralType: '07' }]),
    'one person and one day received',
  )
  t.equal(why([ONE, treated], [ONE, treated]), 'one person treated on one day')
  t.equal(why([ONE, lung], [ONE, { tumour: 'skin' }]), 'one person, two tumour groups')
  t.equal(
    why([ONE, lung], [ONE, { tumour: 'lung' }]),
    'one person and tumour group, a start is missing',
  )
  t.equal(
    why([ONE, lung], [ONE, { ...lung, receivedOn: day(3) }]),
    'one person and tumour group, 3 days apart',
  )
  t.equal(
    why([ONE, lung], [ONE, { ...lung, receivedOn: day(90) }]),
    'one person and tumour group, two referrals',
  )
  const decision = (answer: 'same' | 'different') =>
    linkOf(record(1, ONE, lung), record(2, ONE, lung), new Map([['1:2', answer]])).because
  t.equal(decision('same'), 'a person confirmed that they are one')
  t.equal(decision('different'), 'a person kept them apart')
  t.end()
})
