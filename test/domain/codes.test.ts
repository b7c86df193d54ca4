import t from 'tap'
import { codeList, codeStateOn } from '../../server/domain/codes/code-list.ts'
import { CODED_FIELDS, labelOf } from '../../server/domain/codes/codes.ts'
import type { DatedOrganisation } from '../../server/domain/codes/ods.ts'
import { answersFor, confusedWith, openOn } from '../../server/domain/codes/ods.ts'
import type { IsoDate } from '../../shared/date.ts'
import { isIsoDate } from '../../shared/date.ts'

const d = (text: string) => text as IsoDate

t.test('DQ-7 every coded field has its list, of the size the dictionary gives', (t) => {
  const sizes: Record<string, number> = {
    nhsNumberStatus: 8,
    referralSource: 18,
    priorityType: 3,
    referralType: 18,
    diagnosticRoute: 2,
    firstSeenAdjustmentReason: 5,
    firstSeenDelayReason: 26,
    patientStatus: 31,
    laterality: 6,
    fdsEndReason: 4,
    fdsExclusion: 7,
    fdsDelayReason: 26,
    iptReferringReason: 5,
    iptReceivingReason: 5,
    treatmentEvent: 12,
    modality: 26,
    clinicalTrial: 2,
    careSetting: 4,
    treatmentAdjustmentReason: 5,
    dttDelayReason: 26,
    rttDelayReason: 26,
    upgradeDelayReason: 26,
    ethnicity: 19,
  }
  t.strictSame(
    Object.fromEntries(CODED_FIELDS.map(({ field, list }) => [field, list.codes.size])),
    sizes,
  )
  for (const { list } of CODED_FIELDS) {
    for (const [code, { label, retiredOn }] of list.codes) {
      t.match(code, /^[A-Z0-9]{1,2}$/)
      t.ok(label.length > 2, `${list.name} ${code}`)
      t.ok(retiredOn === undefined || isIsoDate(retiredOn), `${list.name} ${code}`)
    }
  }
  t.end()
})

t.test('DQ-8 exactly the retired codes of the dictionary are retired', (t) => {
  const retired = new Set(
    CODED_FIELDS.flatMap(({ list }) =>
      [...list.codes].flatMap(([code, { retiredOn }]) =>
        retiredOn === undefined ? [] : [`${list.name} ${code} ${retiredOn}`],
      ),
    ),
  )
  t.strictSame([...retired].sort(), [
    'Cancer care spell delay reason 06 2012-07-01',
    'Cancer care spell delay reason 08 2012-07-01',
    'Cancer care spell delay reason 98 2018-04-01',
    'Cancer care spell delay reason 99 2012-07-01',
    'Cancer or symptomatic breast referral type 15 2020-10-01',
    'Cancer treatment modality 01 2020-10-01',
    'Cancer treatment modality 18 2012-07-01',
    'Ethnic category 9 2004-07-22',
    'Faster diagnosis pathway exclusion reason 07 2020-10-01',
  ])
  const list = codeList(
    'A list',
    [
      ['1', 'One'],
      ['2', 'Two'],
    ],
    { '2': '2020-10-01' },
  )
  t.equal(codeStateOn(list, '1', d('2030-01-01')), 'current')
  t.equal(codeStateOn(list, '2', d('2020-09-30')), 'current')
  t.equal(codeStateOn(list, '2', d('2020-10-01')), 'retired')
  t.equal(codeStateOn(list, '2'), 'retired')
  t.equal(codeStateOn(list, '3'), 'unknown')
  t.equal(labelOf('modality', '98'), 'All treatment declined')
  t.equal(labelOf('modality', '00'), undefined)
  t.equal(labelOf('ethnicity', 'H'), 'Asian or Asian British: Indian')
  t.equal(labelOf('ethnicity', 'H2'), 'Asian or Asian British: Indian', 'a local second character')
  t.equal(labelOf('ethnicity', '99'), 'Not known')
  for (const sent of ['I', 'O1', 'a', 'H22', 'H-', '', '1', '90', '99X'])
    t.equal(labelOf('ethnicity', sent), undefined, sent)
  t.equal(labelOf('receivedOn', '98'), undefined)
  t.end()
})

const organisation = (
  code: string,
  openedOn: string | null,
  closedOn: string | null,
  successor: string | null = null,
): DatedOrganisation => ({
  code,
  openedOn: openedOn === null ? null : d(openedOn),
  closedOn: closedOn === null ? null : d(closedOn),
  successor,
})

t.test('DQ-10 an organisation is open on its first and its last day', (t) => {
  const one = organisation('RXA', '2017-10-01', '2024-12-31')
  const days = {
    '2017-09-30': 'notYet',
    '2017-10-01': 'open',
    '2024-12-31': 'open',
    '2025-01-01': 'closed',
  }
  for (const [on, state] of Object.entries(days)) t.equal(openOn(one, d(on)), state, on)
  t.equal(openOn(organisation('RXB', null, null), d('1900-01-01')), 'open')
  t.end()
})

t.test('DQ-10 successors answer for what has closed, through a chain, never for ever', (t) => {
  const table = new Map(
    [
      organisation('RXA', null, '2024-12-31', 'RXB'),
      organisation('RXB', null, '2025-06-30', 'RXC'),
      organisation('RXC', '2025-07-01', null),
      organisation('RXD', null, '2024-12-31'),
      organisation('RXE', null, '2024-12-31', 'RXF'),
      organisation('RXF', null, '2024-12-31', 'RXE'),
      organisation('RXG', null, '2024-12-31', 'RXZ'),
    ].map((one) => [one.code, one]),
  )
  t.equal(answersFor(table, 'RXA', d('2024-12-31')), 'RXA')
  t.equal(answersFor(table, 'RXA', d('2025-01-01')), 'RXB')
  t.equal(answersFor(table, 'RXA', d('2025-07-01')), 'RXC')
  t.equal(answersFor(table, 'RXD', d('2025-01-01')), null, 'no successor')
  t.equal(answersFor(table, 'RXE', d('2025-01-01')), null, 'a circle')
  t.equal(answersFor(table, 'RXG', d('2025-01-01')), null, 'a successor that is not in the table')
  t.equal(answersFor(table, 'RXZ', d('2025-01-01')), null)
  t.end()
})

t.test('DQ-12 codes easily taken for one another', (t) => {
  const known = (code: string) => ['R0A', 'RO0B', 'R1K', 'RBS5', 'R2Z', 'R8B'].includes(code)
  t.equal(confusedWith('ROA', known), 'R0A')
  t.equal(confusedWith('RIK', known), 'R1K')
  t.equal(confusedWith('R00B', known), 'RO0B', 'a digit for a letter')
  t.equal(confusedWith('RB55', known), 'RBS5')
  t.equal(confusedWith('RZZ', known), 'R2Z')
  t.equal(confusedWith('RBB', known), 'R8B')
  t.equal(confusedWith('RXX', known), null)
  t.equal(confusedWith('', known), null)
  const twice = (code: string) => code === 'R00A'
  t.equal(confusedWith('ROOA', twice), 'R00A', 'both at once')
  t.equal(
    confusedWith('R00A', (code) => code === 'ROOA'),
    'ROOA',
  )
  t.end()
})
