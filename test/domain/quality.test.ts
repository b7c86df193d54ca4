import t from 'tap'
import { CODED_FIELDS } from '../../server/domain/codes/codes.ts'
import { checkEntry, refusedFields } from '../../server/domain/quality/check.ts'
import type { CheckContext } from '../../server/domain/quality/check.ts'
import type { Item, Mandation, Scenario } from '../../server/domain/quality/mandation.ts'
import { ITEMS, SCENARIOS, askedOf, mandationOf } from '../../server/domain/quality/mandation.ts'
import { nhsNumberProblem } from '../../server/domain/quality/nhs-number.ts'
import { findingsIn, missingItems, recordQuality } from '../../server/domain/quality/record.ts'
import { scenarioOf } from '../../server/domain/quality/scenario.ts'
import type { IsoDate } from '../../shared/date.ts'
import { addDays } from '../../shared/date.ts'
import type { EntryFacts, Identity } from '../../shared/entry.ts'
import { entryFacts } from '../../shared/entry.ts'

/** The official matrix as the dictionary prints it: scenarios 1a-1g 2a 2b 3 4 5 6 7. [DD; OGL v3] */
const MATRIX = `
nhsNumber                     M  M  M  M  M  M  M  M  M  M  M  M  M  M
nhsNumberStatus               M  M  M  M  M  M  M  M  M  M  M  M  M  M
ppid                          M  M  M  M  M  M  M  M* M* M* M* M* M* M*
ppidIssuer                    M  M  M  M  M  M  M  M* M* M* M* M* M* M*
referralSource                M  M  M  M  M  -  M  -  -  -  M  -  O  -
priorityType                  M  M  M  M  M  -  M  -  -  -  M  -  O  -
decisionToReferOn             M* M* M* M* M* -  M* -  -  -  -  -  O  -
receivedOn                    M  M  M  M  M  -  M  M  -  -  O  -  O  -
referralType                  M  M  M  M  M  -  M  -  -  -  -  -  O  -
upgradedOn                    -  -  -  -  -  -  -  -  -  -  M  -  O  -
upgradeSite                   -  -  -  -  -  -  -  -  -  -  M  -  O  -
firstSeenOn                   M  M  M  M  M  -  M  -  -  -  M  -  O  -
firstSeenSite                 M  M  M  M  M  -  M  -  -  -  M  -  -  -
firstSeenAdjustmentDays       M* M* M* M* M* -  M* -  -  -  O* -  -  -
firstSeenAdjustmentReason     M* M* M* M* M* -  M* -  -  -  O* -  -  -
firstSeenDelayReason          M* M* M* M* M* -  M* -  -  -  -  -  -  -
firstSeenDelayComment         O* O* O* O* O* -  O* -  -  -  -  -  -  -
diagnosticRoute               O* O* M* O* O* -  O* O* -  -  -  -  O* -
rdcCompliance                 O* O* O* O* O* -  O* O* -  -  -  -  O* -
patientStatus                 M  M  M  M  M  M  M  M  M  M  M  M  M  M
diagnosis                     -  M* -  M* -  -  -  M  M  M  M  M  M  M
laterality                    -  M* -  M* -  -  -  M  M  M  M  M  M  M
dttOn                         -  -  -  M  -  -  -  M  M  M  M  M  M  M
dttSite                       -  -  -  M  -  -  -  M  M  M  M  M  M  M
iptReceivedOn                 -  -  -  -  -  M  -  -  M  -  -  -  -  -
prostateRisk                  M* M* M* M* M* -  M* M* M* M* M* M* M* M*
fdsEndReason                  -  M  -  M  -  -  M  M  M  M* -  -  -  -
fdsPrimarySite                -  M  -  M  -  -  -  M  M  -  -  -  -  -
toldOn                        -  M  -  M  -  -  M  M  M  M* -  -  -  -
fdsDelayReason                -  M* -  M* -  -  -  M* M* -  -  -  -  -
fdsDelayComment               -  O* -  O* -  -  -  O* O* -  -  -  -  -
fdsExclusion                  -  -  -  -  -  -  M  -  -  M* -  -  -  -
fdsProfessional               -  O* -  O* -  -  -  O* O* -  -  -  -  -
fdsMethod                     -  O* -  O* -  -  -  O* O* -  -  -  -  -
toldSite                      -  M  -  M  -  -  M  M  M  M* -  -  -  -
iptRequestedOn                -  -  -  -  M  -  -  -  -  -  -  -  -  -
iptReferrer                   -  -  -  -  M  M  -  -  M  -  -  -  -  -
iptReceiver                   -  -  -  -  M  M  -  -  M  -  -  -  -  -
iptReferringReason            -  -  -  -  O  -  -  -  -  -  -  -  -  -
iptReceivingReason            -  -  -  -  -  O  -  -  O  -  -  -  -  -
iptReceivedOn onward          -  -  -  -  -  -  -  -  -  -  -  -  -  -
iptRequestedOn onward         -  -  -  -  -  M  -  -  -  -  -  -  -  -
iptReferrer onward            -  -  -  -  -  M  -  -  -  -  -  -  -  -
iptReceiver onward            -  -  -  -  -  M  -  -  -  -  -  -  -  -
iptReferringReason onward     -  -  -  -  -  O  -  -  -  -  -  -  -  -
iptReceivingReason onward     -  -  -  -  -  O  -  -  -  -  -  -  -  -
treatedOn                     -  -  -  -  -  -  -  M  M  M  M  M  M  M
treatmentSite                 -  -  -  -  -  -  -  M  M  M  M  M  M  M
treatmentEvent                -  -  -  -  -  -  -  M  M  M  M  M  M  M
modality                      -  -  -  -  -  -  -  M  M  M  M  M  M  M
clinicalTrial                 -  -  -  -  -  -  -  M  M  M  M  M  M  M
careSetting                   -  -  -  -  -  -  -  M  M  M  M  M  M  M
dttDelayReason                -  -  -  -  -  -  -  M* M* M* M* M* M* M*
dttDelayComment               -  -  -  -  -  -  -  O* O* O* O* O* O* O*
treatmentAdjustmentDays       -  -  -  -  -  -  -  M* M* M* M* M* M* M*
treatmentAdjustmentReason     -  -  -  -  -  -  -  M* M* M* M* M* M* M*
rttDelayReason                -  -  -  -  -  -  -  M* M* -  M* -  O* -
rttDelayComment               -  -  -  -  -  -  -  O* O* -  O* O* O* -
upgradeDelayReason            -  -  -  -  -  -  -  -  -  -  M* -  O* -
upgradeDelayComment           -  -  -  -  -  -  -  -  -  -  O* -  O* -
`
const MARKS: Readonly<Record<string, Mandation>> = {
  M: 'mandatory',
  'M*': 'mandatoryWhereApplies',
  O: 'optional',
  'O*': 'optionalWhereApplies',
  '-': 'notApplicable',
}
const scenarios = Object.keys(SCENARIOS).sort() as Scenario[]
const cells = MATRIX.trim()
  .split('\n')
  .flatMap((line) => {
    const [item = '', ...rest] = line.split(/\s+/)
    const onward = rest[0] === 'onward'
    const marks = onward ? rest.slice(1) : rest
    return scenarios.map((scenario, at) => ({
      item: item as Item,
      transfer: onward ? ('onward' as const) : ('first' as const),
      scenario,
      asked: MARKS[marks[at] ?? ''],
    }))
  })

const START = '2025-03-10' as IsoDate
const day = (days: number) => addDays(START, days)
const TODAY = day(400)
const NHS = '9990000018'

/** A value for every national item; together they make no pathway, each alone is well formed. */
const whole: EntryFacts = {
  localId: 'AAA:1',
  nhsNumberStatus: '01',
  ppid: 'P1',
  ppidIssuer: 'AAA',
  referralSource: '03',
  priorityType: '3',
  decisionToReferOn: START,
  receivedOn: START,
  referralType: '03',
  upgradedOn: day(1),
  upgradeSite: 'AAA01',
  firstSeenOn: day(10),
  firstSeenSite: 'AAA01',
  firstSeenAdjustmentDays: 4,
  firstSeenAdjustmentReason: '3',
  firstSeenDelayReason: '97',
  firstSeenDelayComment: 'x',
  diagnosticRoute: '01',
  rdcCompliance: 'Y',
  patientStatus: '14',
  diagnosis: 'C341',
  laterality: 'L',
  dttOn: day(30),
  dttSite: 'AAA01',
  iptReceivedOn: day(22),
  prostateRisk: '1',
  fdsEndReason: '01',
  fdsPrimarySite: '03',
  toldOn: day(20),
  fdsDelayReason: '97',
  fdsDelayComment: 'x',
  fdsExclusion: '01',
  fdsProfessional: '01',
  fdsMethod: '01',
  toldSite: 'AAA01',
  iptRequestedOn: day(21),
  iptReferrer: 'AAA',
  iptReceiver: 'BBB',
  iptReferringReason: '01',
  iptReceivingReason: '01',
  treatedOn: day(50),
  treatmentSite: 'AAA01',
  treatmentEvent: '01',
  modality: '23',
  clinicalTrial: '02',
  careSetting: '01',
  dttDelayReason: '97',
  dttDelayComment: 'x',
  treatmentAdjustmentDays: 2,
  treatmentAdjustmentReason: '8',
  rttDelayReason: '97',
  rttDelayComment: 'x',
  upgradeDelayReason: '97',
  upgradeDelayComment: 'x',
}
const identity: Identity = { nhsNumber: NHS }

/** A record with exactly the items given. */
const only = (items: ReadonlySet<Item>): [EntryFacts, Identity] => {
  const kept = Object.entries(whole).filter(
    ([name]) => name === 'localId' || items.has(name as Item),
  )
  return [Object.fromEntries(kept) as EntryFacts, items.has('nhsNumber') ? identity : {}]
}
const found = (scenario: Scenario, items: ReadonlySet<Item>) => {
  const [facts, who] = only(items)
  return findingsIn(scenario, facts, who, TODAY).map(({ code, field }) => `${code} ${field}`)
}

t.test('DQ-13 the matrix: 60 rows, 14 scenarios, every cell as the dictionary has it', (t) => {
  t.equal(cells.length, 60 * 14)
  t.equal(new Set(cells.map(({ item }) => item)).size, 54, 'the 54 national items')
  t.strictSame([...ITEMS].sort(), [...new Set(cells.map(({ item }) => item))].sort())
  for (const { item, transfer, scenario, asked } of cells) {
    t.equal(mandationOf(item, scenario, transfer), asked, `${item} ${transfer} in ${scenario}`)
  }
  t.end()
})

t.test('DQ-13 DQ-14 every cell in action: an absent item is missed, a foreign one noticed', (t) => {
  for (const scenario of scenarios) {
    const asked = (item: Item) => askedOf(item, scenario) ?? 'notApplicable'
    const full = new Set(ITEMS.filter((item) => asked(item) !== 'notApplicable'))
    t.strictSame(found(scenario, full), [], `${scenario}: whole, nothing to say`)
    const bare = new Set(ITEMS.filter((item) => asked(item) === 'mandatory'))
    for (const item of ITEMS) {
      const title = `${scenario} ${item}: ${asked(item)}`
      const without = new Set(bare)
      without.delete(item)
      if (asked(item) === 'mandatory') {
        t.ok(found(scenario, without).includes(`DQ-13 ${item}`), title)
        const [facts, who] = only(without)
        t.strictSame(missingItems(scenario, facts, who), [item], title)
      } else if (asked(item) === 'notApplicable') {
        t.ok(found(scenario, new Set([...bare, item])).includes(`DQ-14 ${item}`), title)
        t.notOk(
          found(scenario, bare).some((one) => one.endsWith(` ${item}`)),
          title,
        )
      } else if (asked(item) !== 'mandatoryWhereApplies') {
        t.notOk(found(scenario, bare).includes(`DQ-13 ${item}`), title)
        t.notOk(found(scenario, new Set([...bare, item])).includes(`DQ-14 ${item}`), title)
      }
    }
  }
  t.end()
})

t.test('DQ-13 where M* applies, as far as the record can tell', (t) => {
  const wants = (
    item: Item,
    scenario: Scenario,
    more: Partial<EntryFacts>,
    yes: boolean,
    without: Item[] = [],
  ) => {
    const gone = new Set<string>([item, ...without])
    const kept = Object.fromEntries(
      Object.entries({ ...whole, ...more }).filter(([name]) => !gone.has(name)),
    )
    const codes = findingsIn(scenario, kept as EntryFacts, identity, TODAY).map(
      ({ code, field }) => `${code} ${field}`,
    )
    t.equal(codes.includes(`DQ-13 ${item}`), yes, `${item} in ${scenario} ${JSON.stringify(more)}`)
  }
  wants('ppid', '2a', {}, true)
  wants('ppid', '2a', {}, false, ['ppidIssuer'])
  wants('ppidIssuer', '2a', {}, true)
  wants('ppidIssuer', '2a', {}, false, ['ppid'])
  wants('prostateRisk', '2a', { diagnosis: 'C61' }, true)
  wants('prostateRisk', '2a', { diagnosis: 'C62' }, false)
  wants('diagnosis', '1b', { fdsEndReason: '01' }, true)
  wants('diagnosis', '1b', { fdsEndReason: '02' }, false)
  wants('laterality', '1d', { fdsEndReason: '01' }, true)
  wants('laterality', '1d', { fdsEndReason: '02' }, false)
  wants('diagnosticRoute', '1c', {}, true)
  wants('firstSeenAdjustmentReason', '1a', { firstSeenAdjustmentDays: 1 }, true)
  wants('firstSeenAdjustmentReason', '1a', { firstSeenAdjustmentDays: 0 }, false)
  wants('firstSeenAdjustmentReason', '1a', {}, false, ['firstSeenAdjustmentDays'])
  wants('firstSeenAdjustmentDays', '1a', { firstSeenAdjustmentReason: '3' }, true)
  wants('firstSeenAdjustmentDays', '1a', { firstSeenAdjustmentReason: '9' }, false)
  wants('firstSeenAdjustmentDays', '1a', {}, false, ['firstSeenAdjustmentReason'])
  wants('treatmentAdjustmentReason', '2a', { treatmentAdjustmentDays: 1 }, true)
  wants('treatmentAdjustmentReason', '2a', { treatmentAdjustmentDays: 0 }, false)
  wants('treatmentAdjustmentReason', '2a', {}, false, ['treatmentAdjustmentDays'])
  wants('treatmentAdjustmentDays', '2a', {}, true)
  wants('treatmentAdjustmentDays', '2a', { treatmentAdjustmentReason: '9' }, false)
  const noUpgrade: Item[] = ['upgradedOn', 'firstSeenAdjustmentDays', 'treatmentAdjustmentDays']
  wants('fdsDelayReason', '1b', { toldOn: day(28), dttOn: day(29) }, false, noUpgrade)
  wants('fdsDelayReason', '1b', { toldOn: day(29), dttOn: day(29) }, true, noUpgrade)
  wants('dttDelayReason', '2a', { treatedOn: day(61) }, false, noUpgrade)
  wants('dttDelayReason', '2a', { treatedOn: day(62) }, true, noUpgrade)
  wants('rttDelayReason', '2a', { treatedOn: day(62) }, false, noUpgrade)
  wants('rttDelayReason', '2a', { treatedOn: day(63) }, true, noUpgrade)
  wants('rttDelayReason', '4', { treatedOn: day(90) }, false)
  wants('upgradeDelayReason', '4', { treatedOn: day(63) }, false, [
    'firstSeenAdjustmentDays',
    'treatmentAdjustmentDays',
  ])
  wants('upgradeDelayReason', '4', { treatedOn: day(64) }, true, [
    'firstSeenAdjustmentDays',
    'treatmentAdjustmentDays',
  ])
  for (const item of ['decisionToReferOn', 'firstSeenDelayReason'] as const)
    wants(item, '1a', {}, false)
  for (const item of ['fdsEndReason', 'toldOn', 'fdsExclusion'] as const)
    wants(item, '3', {}, false)
  t.end()
})

t.test('DQ-13 which scenario a record is in', (t) => {
  const at = (more: Partial<EntryFacts>) => scenarioOf({ localId: 'X', ...more })
  const usc = { priorityType: '3', referralType: '03', receivedOn: START, firstSeenOn: day(9) }
  const told = { toldOn: day(20), fdsEndReason: '01' }
  const first = { treatedOn: day(50), treatmentEvent: '01', dttOn: day(30) }
  const cases: [Partial<EntryFacts>, Scenario | null][] = [
    [{ priorityType: '3', receivedOn: START }, null],
    [usc, '1a'],
    [{ ...usc, priorityType: '2', referralSource: '17' }, '1a'],
    [{ ...usc, referralType: '16' }, '1a'],
    [{ ...usc, priorityType: '1' }, null],
    [{ ...usc, upgradedOn: day(3) }, null],
    [{ ...usc, ...told }, '1b'],
    [{ ...usc, diagnosticRoute: '01' }, '1c'],
    [{ ...usc, diagnosticRoute: '02' }, '1a'],
    [{ ...usc, diagnosticRoute: '01', ...told }, '1b'],
    [{ ...usc, ...told, dttOn: day(30) }, '1d'],
    [{ ...usc, dttOn: day(30) }, '1d'],
    [{ ...usc, iptRequestedOn: day(12) }, '1e'],
    [{ ...usc, iptRequestedOn: day(12), diagnosticRoute: '01' }, '1e'],
    [{ iptReceivedOn: day(12), iptRequestedOn: day(14) }, '1f'],
    [{ iptReceivedOn: day(12) }, null],
    [{ iptRequestedOn: day(14) }, null],
    [{ ...usc, fdsEndReason: '03', toldOn: day(9), fdsExclusion: '01' }, '1g'],
    [{ ...usc, ...told, ...first }, '2a'],
    [{ receivedOn: START, ...told, ...first }, '2a'],
    [{ ...usc, ...told, ...first, iptReceivedOn: day(22) }, '2b'],
    [{ ...told, ...first, iptReceivedOn: day(22) }, '2b'],
    [{ ...usc, ...first, treatmentEvent: '02' }, '3'],
    [{ ...first, ...told, treatmentEvent: '02' }, '3'],
    [{ ...first, upgradedOn: day(3), priorityType: '1' }, '4'],
    [{ ...first, upgradedOn: day(3), treatmentEvent: '03' }, '5'],
    [{ ...first, priorityType: '1' }, '6'],
    [{ ...first, priorityType: '1', ...told }, '6'],
    [first, '6'],
    [{ ...first, treatmentEvent: '05' }, '7'],
    [{ ...first, treatmentEvent: '05', priorityType: '2', ...told }, '7'],
  ]
  for (const [facts, scenario] of cases) t.equal(at(facts), scenario, JSON.stringify(facts))
  t.strictSame(recordQuality({ localId: 'X', receivedOn: START }, {}, TODAY), {
    scenario: null,
    findings: [],
  })
  t.match(recordQuality({ localId: 'X', ...usc }, {}, TODAY), {
    scenario: '1a',
    findings: [{ field: 'nhsNumber', code: 'DQ-13', severity: 'warns' }],
  })
  t.end()
})

const openAll: CheckContext = {
  asOf: TODAY,
  trust: 'AAA',
  organisationOfSite: (site) => (/^(AAA|R0A)0[12]$/.test(site) ? site.slice(0, 3) : undefined),
  siteOpenOn: (site, on) => site !== 'AAA02' || (on >= day(5) && on <= day(40)),
  knownOrganisation: (code) => ['AAA', 'BBB', 'R0A'].includes(code),
}
/** Open, first seen, nothing amiss. */
const clean: EntryFacts = {
  localId: 'AAA:1',
  nhsNumberStatus: '01',
  ppid: 'P1',
  ppidIssuer: 'AAA',
  priorityType: '3',
  referralSource: '03',
  referralType: '03',
  receivedOn: START,
  firstSeenOn: day(9),
  firstSeenSite: 'AAA01',
  patientStatus: '14',
}
const check = (more: Partial<EntryFacts>, who: Identity = identity, context = openAll) =>
  checkEntry({ ...clean, ...more }, who, context)
const codesOf = (...args: Parameters<typeof check>) =>
  check(...args)
    .filter(({ code }) => code !== 'DQ-13')
    .map(({ code, field, severity }) => `${code} ${field} ${severity}`)
const without = (...names: (keyof EntryFacts)[]) => {
  const gone = new Set<string>(names)
  return Object.fromEntries(Object.entries(clean).filter(([name]) => !gone.has(name))) as EntryFacts
}

t.test(
  'DQ-1 a finding says what, where, how to mend it and how much it matters, and no identifier',
  (t) => {
    t.strictSame(check({}), [], 'a clean record has none')
    const wrong: Partial<EntryFacts> = {
      localId: 'SECRET-KEY',
      firstSeenSite: 'ZZZ99',
      toldOn: day(-1),
      modality: 'QQ',
      dttOn: day(999),
      ppid: 'SECRET-PPID',
      firstSeenAdjustmentDays: 5,
      iptReferrer: 'AAA',
      iptReceiver: 'AAA',
    }
    const who: Identity = {
      nhsNumber: '9990000019',
      name: 'SECRET NAME',
      dateOfBirth: day(3),
      hospitalNumber: 'SECRET-9',
      postcode: 'ZZ1 1ZZ',
    }
    const findings = check(wrong, who)
    t.ok(findings.length > 6)
    for (const { code, message, fix, severity } of findings) {
      t.match(code, /^DQ-\d+$/)
      t.ok(message.length > 5 && fix.length > 5)
      t.match(severity, /^(refuses-row|refuses-field|warns)$/)
      t.notMatch(message + fix, /SECRET|999000|ZZ1/)
    }
    t.end()
  },
)

t.test('DQ-2 the NHS number', (t) => {
  for (const good of ['9990000018', '9990000026', '9990000034', '999 000 0018'])
    t.equal(nhsNumberProblem(good), null, 'a good one')
  const bad: [string, string][] = [
    ['9990000019', 'check digit'],
    ['9990000017', 'check digit'],
    ['9990000108', 'check digit'],
    ['999000001', 'ten digits'],
    ['99900000188', 'ten digits'],
    ['', 'ten digits'],
    ['999000001X', 'not a digit'],
    ['99900O0018', 'not a digit'],
    ['999-00-018', 'not a digit'],
    ['0000000000', 'never issued'],
    ['1111111111', 'never issued'],
    ['9999999999', 'never issued'],
  ]
  for (const [text, why] of bad) {
    t.match(
      nhsNumberProblem(text),
      { code: 'DQ-2', severity: 'refuses-row', field: 'nhsNumber', message: new RegExp(why) },
      why,
    )
  }
  let passing = 0
  for (let last = 0; last < 10; last++)
    if (nhsNumberProblem(`999000002${String(last)}`) === null) passing++
  t.equal(passing, 1, 'one check digit a number')
  let unissuable = 0
  for (let stem = 999000000; stem < 999000011; stem++) {
    const valid = [...Array(10).keys()].filter(
      (n) => nhsNumberProblem(String(stem) + String(n)) === null,
    )
    if (valid.length === 0) unissuable++
  }
  t.equal(unissuable, 1, 'one stem in eleven has no check digit')
  t.strictSame(codesOf({}, { nhsNumber: '9990000019' }), ['DQ-2 nhsNumber refuses-row'])
  t.end()
})

t.test('DQ-3 DQ-4 keys: none at all refuses the row, no identifier of the person warns', (t) => {
  t.strictSame(codesOf({ localId: ' ' }), ['DQ-3 localId refuses-row'])
  t.strictSame(codesOf({}, identity, { ...openAll, trust: '' }), ['DQ-3  refuses-row'])
  t.strictSame(codesOf({}, {}), [], 'the pathway identifier is enough')
  t.match(checkEntry(without('ppid', 'ppidIssuer'), {}, openAll), [
    { code: 'DQ-4', severity: 'warns' },
  ])
  t.strictSame(
    checkEntry(without('ppid', 'ppidIssuer'), identity, openAll).map(({ code }) => code),
    ['DQ-13'],
  )
  t.end()
})

t.test('DQ-5 nothing that happened lies ahead of today', (t) => {
  const at = (field: keyof EntryFacts, on: IsoDate) =>
    codesOf({ [field]: on }, identity, { ...openAll, asOf: day(60) }).filter((one) =>
      one.startsWith(`DQ-5 ${field} `),
    )
  const refused = [
    'receivedOn',
    'upgradedOn',
    'firstSeenOn',
    'toldOn',
    'dttOn',
    'treatedOn',
    'closedOn',
    'iptRequestedOn',
    'iptReceivedOn',
    'decisionToReferOn',
  ] as const
  for (const field of refused) {
    t.strictSame(at(field, day(60)), [], `${field} today`)
    t.strictSame(at(field, day(61)), [`DQ-5 ${field} refuses-field`], `${field} tomorrow`)
  }
  for (const field of ['stepRequestedOn', 'trackingNoteOn'] as const) {
    t.strictSame(at(field, day(60)), [])
    t.strictSame(at(field, day(61)), [`DQ-5 ${field} warns`])
  }
  for (const field of ['stepBookedOn', 'ecadOn', 'nextActionDueOn'] as const)
    t.strictSame(at(field, day(61)), [], `${field} may lie ahead`)
  t.end()
})

t.test('DQ-6 dates in order, on the same day at the earliest', (t) => {
  type Pair = [
    earlier: keyof EntryFacts,
    later: keyof EntryFacts,
    severity: string,
    field?: keyof EntryFacts,
  ]
  const pairs: Pair[] = [
    ['decisionToReferOn', 'receivedOn', 'warns', 'decisionToReferOn'],
    ['receivedOn', 'firstSeenOn', 'refuses-field'],
    ['receivedOn', 'toldOn', 'refuses-field'],
    ['receivedOn', 'dttOn', 'refuses-field'],
    ['receivedOn', 'treatedOn', 'refuses-field'],
    ['receivedOn', 'upgradedOn', 'warns'],
    ['receivedOn', 'closedOn', 'refuses-field'],
    ['receivedOn', 'iptReceivedOn', 'warns'],
    ['firstSeenOn', 'toldOn', 'warns'],
    ['upgradedOn', 'treatedOn', 'warns'],
    ['dttOn', 'treatedOn', 'warns'],
    ['iptRequestedOn', 'iptReceivedOn', 'warns'],
  ]
  for (const [earlier, later, severity, field = later] of pairs) {
    const at = (first: number, second: number) =>
      checkEntry({ localId: 'X', [earlier]: day(first), [later]: day(second) }, identity, openAll)
        .filter(({ code }) => code === 'DQ-6')
        .map((one) => `${one.field} ${one.severity}`)
    t.strictSame(at(20, 20), [], `${earlier} and ${later} on one day`)
    t.strictSame(at(20, 21), [])
    t.strictSame(at(20, 19), [`${field} ${severity}`], `${later} the day before ${earlier}`)
  }
  t.strictSame(codesOf({}, { ...identity, dateOfBirth: START }), [])
  t.strictSame(codesOf({}, { ...identity, dateOfBirth: day(1) }), [
    'DQ-6 dateOfBirth refuses-field',
  ])
  t.strictSame(
    checkEntry({ localId: 'X' }, { ...identity, dateOfBirth: day(401) }, openAll).map(
      ({ code }) => code,
    ),
    ['DQ-6', 'DQ-17'],
  )
  t.strictSame([...refusedFields(check({ toldOn: day(-1), fdsEndReason: '01' }))], ['toldOn'])
  t.end()
})

t.test(
  'DQ-7 DQ-8 every code of every list, the day before it was withdrawn, that day, and none',
  (t) => {
    for (const { field, list, datedBy } of CODED_FIELDS) {
      const found = (code: string, on?: IsoDate) =>
        checkEntry(
          { localId: 'X', [field]: code, ...(datedBy === undefined ? {} : { [datedBy]: on }) },
          identity,
          openAll,
        )
          .filter((finding) => finding.field === field && /^DQ-[78]$/.test(finding.code))
          .map((finding) => `${finding.code} ${finding.severity}`)
      for (const [code, { retiredOn }] of list.codes) {
        const title = `${field} ${code}`
        if (retiredOn === undefined) t.strictSame(found(code, '2026-01-05' as IsoDate), [], title)
        else {
          t.strictSame(found(code, retiredOn), ['DQ-8 warns'], title)
          const before = found(code, addDays(retiredOn, -1))
          t.strictSame(
            before,
            datedBy === undefined ? ['DQ-8 warns'] : [],
            `${title}, the day before`,
          )
        }
      }
      for (const code of ['!', `${[...list.codes.keys()][0] ?? ''}?`, 'ZZZ', '000'])
        t.strictSame(found(code), ['DQ-7 refuses-field'], `${field} ${code}`)
    }
    t.strictSame(codesOf({ ethnicity: 'A1' }), [], 'the second character is a trust’s own')
    t.strictSame(codesOf({ ethnicity: 'I1' }), ['DQ-7 ethnicity refuses-field'])
    t.end()
  },
)

t.test('DQ-7 DQ-8 codes in their lists and in date', (t) => {
  t.strictSame(codesOf({ patientStatus: '99' }), ['DQ-7 patientStatus refuses-field'])
  t.strictSame(codesOf({ priorityType: '4' }).slice(0, 1), ['DQ-7 priorityType refuses-field'])
  t.strictSame(
    codesOf({ referralSource: '3' }),
    ['DQ-7 referralSource refuses-field'],
    'as written: 3 is not 03',
  )
  t.strictSame(codesOf({ laterality: '8' }), [])
  t.strictSame(codesOf({ laterality: 'X' }), ['DQ-7 laterality refuses-field'])
  t.match(check({ laterality: 'X' })[0], { fix: 'send one of 6 codes, from L, R, M on' })
  const received = (on: string) => codesOf({ referralType: '15', receivedOn: on as IsoDate })
  t.strictSame(received('2020-09-30'), [], 'the day before it was withdrawn')
  t.strictSame(received('2020-10-01'), ['DQ-8 referralType warns'])
  const treated = (on: string) =>
    checkEntry(
      {
        localId: 'X',
        modality: '01',
        treatedOn: on as IsoDate,
        treatmentEvent: '01',
        dttOn: on as IsoDate,
      },
      identity,
      openAll,
    ).filter(({ code }) => code === 'DQ-8')
  t.equal(treated('2020-09-30').length, 0)
  t.equal(treated('2020-10-01').length, 1)
  t.strictSame(codesOf({ modality: '01' }), ['DQ-8 modality warns'], 'no date of the event')
  t.strictSame(codesOf({ firstSeenDelayReason: '98' }), ['DQ-8 firstSeenDelayReason warns'])
  t.end()
})

t.test('DQ-9 DQ-10 DQ-12 sites that exist on the day, and slips of O for 0', (t) => {
  t.strictSame(codesOf({ firstSeenSite: 'ZZZ01' }), ['DQ-9 firstSeenSite warns'])
  t.strictSame(codesOf({ firstSeenSite: 'ROA01' }), ['DQ-12 firstSeenSite warns'])
  t.match(check({ firstSeenSite: 'ROA01' })[0], {
    message: 'an unknown code one mistyped character from R0A01',
  })
  t.strictSame(codesOf({ firstSeenSite: 'ROAO1' }), ['DQ-12 firstSeenSite warns'], 'twice')
  const open = (at: number) => codesOf({ firstSeenSite: 'AAA02', firstSeenOn: day(at) })
  t.strictSame(open(4), ['DQ-10 firstSeenSite warns'])
  t.strictSame(open(5), [])
  t.strictSame(open(40), [])
  t.strictSame(open(41), ['DQ-10 firstSeenSite warns'])
  t.strictSame(codesOf({ stepBookedSite: 'AAA02', stepBookedOn: day(41) }), [
    'DQ-10 stepBookedSite warns',
  ])
  t.strictSame(codesOf({ treatmentSite: 'AAA02' }), [], 'no date, nothing to judge by')
  t.strictSame(codesOf({ ppidIssuer: 'ROA' }), ['DQ-12 ppidIssuer warns'])
  t.strictSame(codesOf({ ppidIssuer: 'X09' }), [], 'an organisation outside the table is no fault')
  const { asOf, trust, organisationOfSite, siteOpenOn } = openAll
  const noTable = { asOf, trust, organisationOfSite, siteOpenOn }
  t.strictSame(codesOf({ ppidIssuer: 'ROA' }, identity, noTable), [])
  t.end()
})

t.test('DQ-11 adjustments', (t) => {
  const first = (days: number, reason?: string) =>
    codesOf({
      firstSeenAdjustmentDays: days,
      ...(reason === undefined ? {} : { firstSeenAdjustmentReason: reason }),
    })
  t.strictSame(first(5, '3'), [])
  t.strictSame(first(9, '3'), [], 'up to first seen')
  t.strictSame(first(10, '3'), ['DQ-11 firstSeenAdjustmentDays warns'])
  t.strictSame(first(5, '8'), ['DQ-11 firstSeenAdjustmentReason warns'])
  t.strictSame(first(5), ['DQ-11 firstSeenAdjustmentReason warns'])
  t.strictSame(first(0, '9'), [])
  t.strictSame(
    codesOf({
      priorityType: '1',
      upgradedOn: day(5),
      firstSeenAdjustmentDays: 5,
      firstSeenAdjustmentReason: '3',
    }),
    ['DQ-11 firstSeenAdjustmentDays warns'],
    'from the upgrade',
  )
  const treated = { dttOn: day(20), treatedOn: day(30), treatmentEvent: '01' }
  const treatment = (days: number, reason?: string) =>
    codesOf({
      ...treated,
      treatmentAdjustmentDays: days,
      ...(reason === undefined ? {} : { treatmentAdjustmentReason: reason }),
    })
  for (const reason of ['6', '7', '8']) t.strictSame(treatment(10, reason), [])
  t.strictSame(treatment(11, '8'), ['DQ-11 treatmentAdjustmentDays warns'])
  t.strictSame(treatment(5, '3'), ['DQ-11 treatmentAdjustmentReason warns'])
  t.strictSame(treatment(5), ['DQ-11 treatmentAdjustmentReason warns'])
  t.strictSame(treatment(0), [])
  t.strictSame(codesOf({ pauses: [{ from: day(3), to: day(4), reason: '8' }] }), [])
  t.strictSame(codesOf({ pauses: [{ from: day(3), to: day(3), reason: '8' }] }), [
    'DQ-11 pauses warns',
  ])
  t.strictSame(codesOf({ missedFirstAppointments: [day(9)] }), [])
  t.strictSame(codesOf({ missedFirstAppointments: [day(2), day(10)] }), [
    'DQ-11 missedFirstAppointments warns',
  ])
  t.end()
})

t.test('DQ-15 facts that contradict one another', (t) => {
  t.strictSame(codesOf({ upgradedOn: day(3) }), ['DQ-15 upgradedOn warns'])
  t.strictSame(codesOf({ upgradedOn: day(3), priorityType: '2', referralSource: '17' }), [
    'DQ-15 upgradedOn warns',
  ])
  t.strictSame(codesOf({ upgradedOn: day(3), priorityType: '1' }), [])
  const told = { toldOn: day(20), fdsEndReason: '01' }
  t.strictSame(codesOf(told), [])
  t.strictSame(codesOf({ toldOn: day(20) }), ['DQ-15 fdsEndReason warns'])
  t.strictSame(codesOf({ fdsEndReason: '01' }), ['DQ-15 fdsEndReason warns'])
  t.strictSame(codesOf({ ...told, fdsEndReason: '03' }), ['DQ-15 fdsExclusion warns'])
  t.strictSame(codesOf({ ...told, fdsExclusion: '01' }), ['DQ-15 fdsExclusion warns'])
  t.strictSame(codesOf({ ...told, fdsEndReason: '03', fdsExclusion: '01' }), [])
  t.strictSame(codesOf({ ...told, fdsEndReason: '02' }), [])
  t.strictSame(codesOf({ ...told, fdsEndReason: '02', dttOn: day(30) }), ['DQ-15 dttOn warns'])
  t.strictSame(codesOf({ patientStatus: '03', dttOn: day(30) }), ['DQ-15 patientStatus warns'])
  t.strictSame(codesOf({ patientStatus: '03' }), [])
  t.strictSame(codesOf({ treatedOn: day(30), dttOn: day(20) }), ['DQ-15 treatmentEvent warns'])
  t.strictSame(codesOf({ treatmentEvent: '01' }), ['DQ-15 treatmentEvent warns'])
  t.strictSame(codesOf({ treatedOn: day(30), treatmentEvent: '01' }), ['DQ-15 dttOn warns'])
  t.strictSame(codesOf({ treatedOn: day(30), treatmentEvent: '02' }), [])
  t.strictSame(codesOf({ referralType: '02', ageYears: 15 }), [])
  t.strictSame(codesOf({ referralType: '02', ageYears: 16 }), ['DQ-15 referralType warns'])
  t.strictSame(codesOf({ referralType: '02' }), [])
  t.end()
})

t.test('DQ-16 transfers', (t) => {
  const ends = { iptReferrer: 'AAA', iptReceiver: 'BBB' }
  t.strictSame(codesOf({ ...ends, iptRequestedOn: day(20) }), [])
  t.strictSame(codesOf({ ...ends, iptReceiver: 'AAA', iptRequestedOn: day(20) }), [
    'DQ-16 iptReceiver warns',
  ])
  t.strictSame(codesOf({ iptRequestedOn: day(20) }), ['DQ-16 iptReferrer warns'])
  t.strictSame(codesOf({ iptReceivedOn: day(20) }), ['DQ-16 iptReferrer warns'])
  t.strictSame(codesOf({ iptReceivedOn: day(20), iptReferrer: 'BBB' }), [])
  t.end()
})

t.test('DQ-17 no start and no route are said', (t) => {
  const at = (more: Partial<EntryFacts>) =>
    checkEntry({ localId: 'X', ...more }, identity, openAll).map(
      ({ code, field }) => `${code} ${field}`,
    )
  t.strictSame(at({}), ['DQ-17 receivedOn'])
  for (const field of ['upgradedOn', 'dttOn', 'ecadOn'] as const)
    t.strictSame(at({ [field]: START }), [], field)
  t.strictSame(at({ receivedOn: START }), ['DQ-17 priorityType'])
  t.strictSame(
    at({ receivedOn: START, priorityType: '1' }),
    [],
    'a routine referral has no route, rightly',
  )
  t.strictSame(at({ receivedOn: START, priorityType: '3', referralSource: '17' }), [
    'DQ-17 priorityType',
  ])
  t.strictSame(at({ receivedOn: START, priorityType: '3' }), [])
  t.end()
})

t.test('DQ-13 an open record is never refused for being incomplete', (t) => {
  const [missing, ...rest] = checkEntry(
    { localId: 'X', priorityType: '3', receivedOn: START, firstSeenOn: day(9) },
    identity,
    openAll,
  )
  t.strictSame(rest, [])
  t.match(missing, {
    code: 'DQ-13',
    severity: 'warns',
    field: 'nhsNumberStatus',
    message: /^scenario 1a .* lacks: nhsNumberStatus, patientStatus, ppid, ppidIssuer, /,
  })
  t.strictSame(
    checkEntry({ localId: 'X', priorityType: '3', receivedOn: START }, identity, openAll),
    [],
  )
  t.strictSame(
    check(whole).filter(({ severity }) => severity !== 'warns'),
    [],
  )
  t.ok(entryFacts.safeParse(whole).success, 'the whole record is one the wire accepts')
  t.end()
})
