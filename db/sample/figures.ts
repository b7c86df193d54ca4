import type { Tumour } from '../../shared/vocabulary.ts'

/*
 * What the sample is held to. Source: NHS England, Cancer Waiting Times official statistics, provider
 * workbooks; Open Government Licence v3.0. Typed in from
 *  - 62-day standard, all English providers, September 2025, by route and cancer type, eight wait bands;
 *  - 28-day standard by route and suspected cancer, and urgent suspected cancer first seen, eight
 *    providers of one northern alliance, October 2024 to September 2025, summed.
 * Sizes of the cohorts treated after each kind of referral come from that alliance's 62-day figures.
 * No row describes a person.
 */

/** Upper ends of the bands of the 62-day tables; the last band is open. */
export const RTT_BAND_ENDS = [31, 38, 48, 62, 76, 90, 104] as const
/** Upper ends of the bands of the 28-day tables. */
export const FDS_BAND_ENDS = [14, 28, 42, 62] as const
/** Upper ends of the bands of the first-seen tables. */
export const SEEN_BAND_ENDS = [14, 16, 21, 28] as const

/** The cancer types of the 62-day publication. */
export type PublishedCancer =
  | 'breast'
  | 'gynaecological'
  | 'lymphoma'
  | 'haematological'
  | 'headNeck'
  | 'lowerGi'
  | 'lung'
  | 'other'
  | 'skin'
  | 'hpb'
  | 'upperGi'
  | 'urological'
  | 'prostate'

/** Groups of a PTL that the publication counts under another name. */
export function publishedCancer(tumour: Tumour): PublishedCancer {
  switch (tumour) {
    case 'brain':
    case 'children':
    case 'sarcoma':
    case 'nonSpecific':
      return 'other'
    default:
      return tumour
  }
}

type RttBands = readonly [number, number, number, number, number, number, number, number]
export type RttRoute = 'usc' | 'breastSymptomatic' | 'screening' | 'upgrade'

/** People treated in September 2025 by days waited: 0-31, 32-38, 39-48, 49-62, 63-76, 77-90, 91-104, 105 on. */
export const TREATED_BY_WAIT: Readonly<
  Record<RttRoute, Partial<Readonly<Record<PublishedCancer, RttBands>>>>
> = {
  usc: {
    breast: [214, 186, 358, 804, 361, 262, 136, 127],
    gynaecological: [51, 32, 75, 227, 153, 120, 90, 115],
    lymphoma: [41, 27, 52, 96, 66, 60, 45, 67],
    haematological: [94, 43, 35, 69, 30, 14, 6, 14],
    headNeck: [36, 36, 90, 190, 133, 125, 65, 130],
    lowerGi: [111, 79, 170, 423, 235, 191, 131, 230],
    lung: [139, 54, 85, 182, 91, 95, 60, 110],
    other: [32, 19, 31, 54, 31, 36, 27, 37],
    skin: [1234, 599, 827, 902, 374, 234, 94, 171],
    hpb: [118, 24, 41, 70, 33, 26, 11, 53],
    upperGi: [57, 26, 59, 114, 60, 70, 31, 50],
    urological: [184, 66, 103, 144, 94, 75, 60, 161],
    prostate: [566, 306, 499, 707, 466, 365, 254, 536],
  },
  breastSymptomatic: { breast: [11, 11, 13, 37, 20, 8, 5, 0] },
  screening: {
    breast: [95, 138, 324, 592, 222, 136, 64, 67],
    gynaecological: [19, 5, 5, 10, 2, 3, 0, 1],
    lowerGi: [33, 7, 34, 108, 53, 64, 35, 38],
    lung: [7, 7, 20, 96, 68, 60, 43, 44],
  },
  upgrade: {
    breast: [149, 49, 63, 85, 23, 17, 8, 17],
    gynaecological: [157, 57, 65, 120, 47, 32, 9, 24],
    lymphoma: [275, 44, 58, 72, 46, 24, 12, 32],
    haematological: [379, 42, 45, 44, 9, 3, 3, 4],
    headNeck: [137, 45, 58, 84, 39, 21, 15, 21],
    lowerGi: [434, 60, 104, 170, 67, 40, 35, 46],
    lung: [751, 124, 188, 339, 191, 137, 112, 223],
    other: [379, 77, 62, 81, 24, 20, 22, 22],
    skin: [724, 94, 123, 136, 39, 31, 15, 26],
    hpb: [500, 50, 64, 119, 43, 25, 31, 63],
    upperGi: [183, 29, 67, 73, 27, 27, 12, 22],
    urological: [259, 61, 96, 124, 58, 63, 64, 140],
    prostate: [558, 90, 104, 117, 42, 36, 21, 62],
  },
}

/** One way in: who was told in a year, how fast, and how many of which cancers were treated after it. */
export interface ReferralFigures {
  readonly route: 'usc' | 'breastSymptomatic' | 'screening'
  /** National two week wait referral type. */
  readonly referralType: string
  /** People told by days waited: 0-14, 15-28, 29-42, 43-62, 63 on. */
  readonly told: Bands
  /** People first seen by days waited: 0-14, 15-16, 17-21, 22-28, 29 on. */
  readonly seen: Bands
  /** Treated for cancer in the same year after this kind of referral. */
  readonly treated: Weights
  /** Group suspected of those without cancer. Where there are two the weights are an assumption. */
  readonly suspected: Weights
}
type Bands = readonly [number, number, number, number, number]
interface Weight {
  readonly tumour: Tumour
  readonly weight: number
}
export type Weights = readonly [Weight, ...Weight[]]

/** Screening and breast symptoms are not in the first-seen publication: taken as the same organ's USC. */
const BREAST_SEEN: Bands = [22741, 1251, 2222, 2430, 1277]
const LUNG_SEEN: Bands = [4168, 115, 133, 56, 48]
const GYNAE_SEEN: Bands = [14929, 853, 1430, 465, 191]
const LOWER_GI_SEEN: Bands = [21986, 1509, 2220, 1290, 1037]

export const REFERRALS: readonly [ReferralFigures, ...ReferralFigures[]] = [
  referred('usc', '01', [19023, 7550, 1918, 553, 267], BREAST_SEEN, { breast: 1692.5 }),
  referred('usc', '02', [163, 70, 37, 8, 2], [204, 5, 33, 35, 31], { children: 18 }),
  referred('usc', '03', [2179, 1344, 427, 239, 161], LUNG_SEEN, { lung: 897 }),
  referred(
    'usc',
    '04',
    [393, 412, 242, 182, 149],
    [1061, 72, 169, 114, 123],
    { haematological: 252, lymphoma: 140 },
    { haematological: 3, lymphoma: 2 },
  ),
  referred(
    'usc',
    '06',
    [6703, 2921, 1139, 737, 432],
    [10595, 558, 754, 452, 339],
    { upperGi: 447, hpb: 269 },
    { upperGi: 3, hpb: 1 },
  ),
  referred('usc', '07', [9147, 9732, 3789, 2097, 1276], LOWER_GI_SEEN, { lowerGi: 1202 }),
  referred('usc', '08', [15973, 8770, 4305, 2656, 1479], [24395, 1500, 3199, 3505, 3350], {
    skin: 2753,
  }),
  referred('usc', '09', [7932, 5099, 1914, 1163, 684], GYNAE_SEEN, { gynaecological: 620.5 }),
  referred('usc', '10', [9, 11, 1, 0, 1], [15, 0, 4, 1, 0], { brain: 12 }),
  referred(
    'usc',
    '11',
    [3648, 4653, 2266, 2201, 1655],
    [13776, 479, 592, 380, 262],
    { prostate: 2796.5, urological: 740 },
    { prostate: 1, urological: 1 },
  ),
  referred('usc', '12', [435, 69, 19, 6, 8], [543, 6, 7, 1, 2], { urological: 52 }),
  referred('usc', '13', [6888, 3470, 1321, 887, 552], [10179, 1059, 1364, 650, 240], {
    headNeck: 548,
    lymphoma: 140,
  }),
  referred('usc', '14', [36, 86, 10, 5, 3], [139, 5, 1, 1, 1], { sarcoma: 30 }),
  referred('usc', '17', [593, 1292, 201, 102, 64], [2148, 64, 91, 29, 9], {
    nonSpecific: 70,
    lymphoma: 60,
    hpb: 20,
  }),
  referred('usc', '18', [18, 3, 6, 3, 5], [56, 1, 3, 0, 1], { other: 25 }),
  referred('breastSymptomatic', '16', [4315, 1563, 711, 336, 199], BREAST_SEEN, { breast: 80 }),
  referred('screening', '01', [780, 1028, 283, 125, 126], BREAST_SEEN, { breast: 1236.5 }),
  referred('screening', '03', [688, 270, 163, 101, 80], LUNG_SEEN, { lung: 340 }),
  referred('screening', '07', [689, 2817, 1323, 518, 247], LOWER_GI_SEEN, { lowerGi: 360.5 }),
  referred('screening', '09', [181, 170, 109, 60, 49], GYNAE_SEEN, { gynaecological: 20 }),
]

function referred(
  route: ReferralFigures['route'],
  referralType: string,
  told: Bands,
  seen: Bands,
  treated: Partial<Record<Tumour, number>>,
  suspected: Partial<Record<Tumour, number>> = treated,
): ReferralFigures {
  return {
    route,
    referralType,
    told,
    seen,
    treated: weights(treated),
    suspected: weights(suspected),
  }
}

function weights(byTumour: Partial<Record<Tumour, number>>): Weights {
  const list = Object.entries(byTumour).map(([tumour, weight]) => ({
    tumour: tumour as Tumour,
    weight,
  }))
  const [first, ...rest] = list
  if (first === undefined) throw new Error('a referral type needs at least one tumour group')
  return [first, ...rest]
}

/** People treated in a year after a consultant upgrade. */
export const UPGRADES = weights({
  breast: 316,
  gynaecological: 314,
  lymphoma: 334,
  haematological: 338,
  headNeck: 320.5,
  lowerGi: 858.5,
  lung: 1955.5,
  other: 449.5,
  skin: 537.5,
  hpb: 673,
  upperGi: 359,
  urological: 613.5,
  prostate: 629,
})

/**
 * 31-day standard, England, September 2025: 91.2 % in time, 61,001 treatments against 30,483 of the 62-day
 * standard, so about as many subsequent treatments as first ones.
 */
export const DTT_IN_TIME = 0.912
export const SUBSEQUENT_PER_FIRST = 1

/** Assumption: of the people upgraded, this share turns out to have cancer. Not published. */
export const UPGRADE_CONVERSION = 0.8
