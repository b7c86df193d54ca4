import type { IsoDate } from '../../../shared/date.ts'
import type { Step } from '../../../shared/vocabulary.ts'
import type { Policy, PolicyBody, PriorityCode, Weighting } from './policy.ts'

const DAY_LATE: Weighting = { late: 0.5, closer: 0, closerWithinDays: 0 }
const TESTS: Step[] = [
  'ct',
  'mri',
  'petCt',
  'ultrasound',
  'mammogram',
  'ebus',
  'eus',
  'bronchoscopy',
  'ctBiopsy',
  'usBiopsy',
  'prostateBiopsy',
  'colonoscopy',
  'ogd',
  'hysteroscopy',
  'cystoscopy',
  'nasendoscopy',
  'skinExcision',
]
const TREATMENTS: Step[] = ['surgery', 'sact', 'radiotherapy']

/**
 * The policy the service ships with: version 1, in force until a lead writes another. [RNK-10]
 *
 * The dates are national where a confidence of H stands beside them; every weight is a local choice, stated here so
 * that it can be argued with. No national formula joins wait and clinical priority.
 */
export const shippedPolicy: PolicyBody = {
  title: 'Shipped default',
  statedOn: '2026-11-01' as IsoDate,
  tiers: [
    {
      tier: 0,
      name: 'Clinical emergency',
      why: 'Surgery within 24 or 72 hours (P1a, P1b) is never weighed against waiting',
    },
    {
      tier: 1,
      name: 'Clinician’s override',
      why: 'A clinician who knows the person stands above the arithmetic, with a reason and an end date',
    },
    {
      tier: 2,
      name: 'By deadlines',
      why: 'Everybody else, by the days they are late or close to what is owed to them',
    },
  ],
  ordinaryTier: 2,
  standards: {
    fds28: { late: 1, closer: 0.5, closerWithinDays: 14, why: 'Told cancer yes or no by day 28' },
    dtt31: {
      late: 2,
      closer: 0.5,
      closerWithinDays: 14,
      why: 'Treated within 31 days of agreeing',
    },
    rtt62: { late: 2, closer: 1, closerWithinDays: 21, why: 'Treated by day 62' },
  },
  day104: {
    late: 2,
    closer: 1,
    closerWithinDays: 21,
    why: 'Past day 104 a harm review is owed: such waits weigh double',
  },
  handover: {
    days: 38,
    appliesTo: 'transferring',
    late: 1,
    closer: 0.5,
    closerWithinDays: 7,
    why: 'The treating trust needs its 24 days of the 62',
  },
  priority: {
    surgery: {
      weighting: { late: 3, closer: 1, closerWithinDays: 7 },
      codes: [
        code('P1a', 1, 'H', 0),
        code('P1b', 3, 'H', 0),
        code('P2', 28, 'H'),
        code('P3', 84, 'H'),
        code('P4', 365, 'H'),
        code('P5', null, 'H'),
        code('P6', null, 'H'),
      ],
      why: 'FSSA surgical prioritisation guide; P5 and P6 chose to wait',
    },
    diagnostics: {
      weighting: { late: 1, closer: 0.5, closerWithinDays: 7 },
      codes: [code('D1', 3, 'L'), code('D2', 14, 'L'), code('D3', 28, 'L'), code('D4', 42, 'L')],
      why: 'Definitions vary: the alliance supplies the days',
    },
    sact: {
      weighting: { late: 2, closer: 0.5, closerWithinDays: 7 },
      codes: [
        code('1', 14, 'L'),
        code('2', 21, 'L'),
        code('3', 28, 'L'),
        code('4', 31, 'L'),
        code('5', 31, 'L'),
        code('6', null, 'L'),
      ],
      why: 'The 2020 scale ranks curative intent and benefit and names no days: these are local',
    },
    radiotherapy: {
      weighting: { late: 2, closer: 0.5, closerWithinDays: 7 },
      codes: [
        code('1', 3, 'L'),
        code('2', 3, 'L'),
        code('3', 14, 'L'),
        code('4', 28, 'L'),
        code('5', 31, 'L'),
      ],
      why: 'The 2020 scale; 2 includes spinal cord compression. Days are local',
    },
    colonoscopy: {
      weighting: { late: 1.5, closer: 0.5, closerWithinDays: 7 },
      codes: [
        code('EP1', 14, 'M'),
        code('EP2', 28, 'M'),
        code('EP3', 42, 'L'),
        code('EP4', 84, 'L'),
      ],
      why: 'A published local scheme in which waiting lifts the class',
    },
  },
  promotions: [
    {
      scale: 'colonoscopy',
      toCode: 'EP1',
      whenWaitOverDays: 70,
      whenFitOver: 60,
      why: 'FIT over 60 ug/g or more than 10 weeks lifts to EP1',
    },
    {
      scale: 'colonoscopy',
      toCode: 'EP2',
      whenWaitOverDays: 56,
      why: 'More than 8 weeks lifts to EP2',
    },
  ],
  milestones: [
    {
      label: 'Triaged and booked',
      steps: ['clinic'],
      from: 'receipt',
      days: 3,
      whileUnbooked: true,
      weighting: DAY_LATE,
      confidence: 'L',
    },
    {
      label: 'Key test',
      steps: TESTS,
      from: 'receipt',
      days: 14,
      whileUnbooked: false,
      weighting: DAY_LATE,
      confidence: 'L',
    },
    {
      label: 'MDT',
      steps: ['mdt'],
      from: 'receipt',
      days: 21,
      whileUnbooked: false,
      weighting: DAY_LATE,
      confidence: 'L',
    },
    {
      label: 'Lung: CT',
      tumours: ['lung'],
      steps: ['ct'],
      from: 'receipt',
      days: 3,
      whileUnbooked: false,
      weighting: DAY_LATE,
      confidence: 'M',
    },
    {
      label: 'Lung: EBUS within 5 days of request',
      tumours: ['lung'],
      steps: ['ebus'],
      from: 'stepRequest',
      days: 5,
      whileUnbooked: false,
      weighting: { late: 1, closer: 0, closerWithinDays: 0 },
      confidence: 'M',
    },
    {
      label: 'Lung: treated',
      tumours: ['lung'],
      steps: TREATMENTS,
      from: 'receipt',
      days: 49,
      whileUnbooked: false,
      weighting: DAY_LATE,
      confidence: 'M',
    },
    {
      label: 'HPB: told',
      tumours: ['hpb'],
      steps: ['clinic', 'mdt', ...TESTS],
      from: 'receipt',
      days: 21,
      whileUnbooked: false,
      weighting: DAY_LATE,
      confidence: 'H',
    },
  ],
  credits: {
    risk: {
      daysAtCertainty: 20,
      weightPerDay: 1,
      why: 'A higher calibrated chance of cancer counts as days already waited. Advisory',
    },
    vulnerability: null,
  },
}

/** The shipped policy as version 1. */
export const defaultPolicy: Policy = { ...shippedPolicy, version: 1 }

function code(
  name: string,
  days: number | null,
  confidence: PriorityCode['confidence'],
  tier: number | null = null,
): PriorityCode {
  return { code: name, days, tier, confidence }
}
