import type { Step } from '../../shared/vocabulary.ts'

/*
 * The fictional alliance. Codes begin with ZT: no organisation in the national list does, and no site code
 * issued today can look like them. The map has the extent of the north of England and no place of it.
 */

export const ALLIANCE_CODE = 'ZAL'
export const MOST_TRUSTS = 24

export interface SampleSite {
  readonly code: string
  readonly name: string
  readonly trust: string
  readonly latitude: number
  readonly longitude: number
  readonly steps: readonly Step[]
}

export interface SampleTrust {
  readonly code: string
  readonly name: string
  /** Share of the alliance's referrals; all together 1. */
  readonly share: number
  /** How slow the trust is, in standard deviations of the alliance: waits of a tight trust are longer. */
  readonly strain: number
  /** The first is the main hospital. */
  readonly sites: readonly [SampleSite, ...SampleSite[]]
}

export interface Alliance {
  readonly code: string
  readonly name: string
  readonly trusts: readonly [SampleTrust, ...SampleTrust[]]
  readonly sites: readonly SampleSite[]
  /** Trusts that others send people to for treatment: indexes into `trusts`. */
  readonly centres: readonly [number, ...number[]]
}

const NAMES = [
  'Northmoor',
  'Eskerdale',
  'Larkhaven',
  'Stonebeck Vale',
  'Thornmere',
  'Ravensholt',
  'Aldermoss',
  'Whinfell Bay',
  'Coldwater',
  'Harrowdene',
  'Millersgate',
  'Oxleymere',
  'Pendlecross',
  'Quarrybank',
  'Rushwater',
  'Saltmarsh',
  'Tarnhead',
  'Ullsdale',
  'Vicarsmoor',
  'Wolfscar',
  'Yewbarrow Dale',
  'Fellbridge',
  'Greywater',
  'Hawksmoor Dale',
] as const

const MAIN_STEPS: readonly Step[] = [
  'clinic',
  'ct',
  'mri',
  'ultrasound',
  'mammogram',
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
  'mdt',
  'surgery',
  'sact',
]
const COMMUNITY_STEPS: readonly Step[] = [
  'clinic',
  'ct',
  'ultrasound',
  'colonoscopy',
  'ogd',
  'hysteroscopy',
  'cystoscopy',
  'nasendoscopy',
  'skinExcision',
]
const DIAGNOSTIC_CENTRE_STEPS: readonly Step[] = ['ct', 'mri', 'ultrasound', 'mammogram']

/**
 * The alliance of `trusts` fictional trusts: the same for everybody, whatever the seed, so that pictures and
 * documents agree.
 * @param trusts 1 to 24
 */
export function allianceOf(trusts: number): Alliance {
  if (!Number.isInteger(trusts) || trusts < 1 || trusts > MOST_TRUSTS) {
    throw new RangeError(`wants 1 to ${String(MOST_TRUSTS)} trusts, was given ${String(trusts)}`)
  }
  const weights = Array.from({ length: trusts }, (_, index) => 1 + ((index * 5) % 8) / 8)
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const strains = spreadStrains(trusts)
  const [first, ...rest] = weights.map((weight, index) =>
    trustOf(index, trusts, weight / total, strains[index] ?? 0),
  )
  if (first === undefined) throw new RangeError('an alliance wants a trust')
  const all: Alliance['trusts'] = [first, ...rest]
  return {
    code: ALLIANCE_CODE,
    name: 'Northern Fells Cancer Alliance (synthetic)',
    trusts: all,
    sites: all.flatMap((trust) => trust.sites),
    centres: trusts > 4 ? [0, Math.floor(trusts / 2)] : [0],
  }
}

/** `ZT1` to `ZT9`, then `ZTA` on. */
export function trustCode(index: number): string {
  return `ZT${index < 9 ? String(index + 1) : String.fromCharCode(65 + index - 9)}`
}

/** Tight and loose trusts by turns, mean 0 and standard deviation 1, so that the alliance as a whole stays as published. */
function spreadStrains(trusts: number): readonly number[] {
  if (trusts === 1) return [0]
  const raw = Array.from({ length: trusts }, (_, index) => {
    const place = (index * 3 + 1) % trusts
    return place - (trusts - 1) / 2 + (trusts % 3 === 0 ? index / trusts : 0)
  })
  const mean = raw.reduce((sum, value) => sum + value, 0) / trusts
  const spread = Math.sqrt(raw.reduce((sum, value) => sum + (value - mean) ** 2, 0) / trusts)
  return raw.map((value) => (value - mean) / spread)
}

function trustOf(index: number, trusts: number, share: number, strain: number): SampleTrust {
  const code = trustCode(index)
  const place = NAMES[index] ?? `Trust ${String(index + 1)}`
  // A sunflower's spiral fills the map evenly for any number of trusts.
  const angle = index * 2.399963
  const radius = Math.sqrt((index + 0.5) / trusts)
  const latitude = 54.72 + radius * 0.42 * Math.sin(angle)
  const longitude = -2.05 + radius * 0.72 * Math.cos(angle)
  const site = (
    number: number,
    kind: string,
    steps: readonly Step[],
    north: number,
    east: number,
  ) => ({
    code: `${code}0${String(number)}`,
    name: `${place} ${kind} (synthetic)`,
    trust: code,
    latitude: round(latitude + north),
    longitude: round(longitude + east),
    steps,
  })
  const sites: [SampleSite, ...SampleSite[]] = [
    site(1, 'General Hospital', [...MAIN_STEPS, ...specialistSteps(index, trusts)], 0, 0),
    site(2, 'Community Hospital', COMMUNITY_STEPS, 0.11, -0.13),
  ]
  if (index % 2 === 0) {
    sites.push(site(3, 'Diagnostic Centre', DIAGNOSTIC_CENTRE_STEPS, -0.08, 0.12))
  }
  return { code, name: `${place} NHS Trust (synthetic)`, share, strain, sites }
}

/** PET-CT, EBUS, EUS and radiotherapy are to be had at few places, as in life. */
function specialistSteps(index: number, trusts: number): readonly Step[] {
  const half = Math.floor(trusts / 2)
  const steps: Step[] = []
  if (index === 0 || (trusts > 4 && index === half)) steps.push('petCt', 'eus', 'radiotherapy')
  if (index % 3 === 0) steps.push('ebus')
  return steps
}

function round(degrees: number): number {
  return Math.round(degrees * 10_000) / 10_000
}
