import type { DayNumber } from '../../shared/date.ts'
import { toIso } from '../../shared/date.ts'
import type { EntryFacts, Identity } from '../../shared/entry.ts'
import type { Tumour } from '../../shared/vocabulary.ts'
import type { Life } from './life.ts'
import { nhsNumberAt } from './nhs-number.ts'
import type { Population } from './population.ts'
import { normal, pick, randomOf, weighted, whole } from './random.ts'
import type { Random, Weighted } from './random.ts'

/** Somebody who does not exist. Surnames begin with Zz and postcodes with ZZ99, so that nobody is taken in. */
export interface Person {
  readonly identity: Required<Identity>
  readonly about: Pick<
    EntryFacts,
    | 'ageYears'
    | 'sex'
    | 'deprivationDecile'
    | 'ethnicity'
    | 'travelLimitMinutes'
    | 'needs'
    | 'homeSite'
  >
}

const PERSON_STREAM = 2
const DAYS_PER_YEAR = 365.25
/** One in so many pathways is a further pathway of somebody already there. */
const SHARED_EVERY = 61
const SHARED_AT = 7
const SHARED_REACH = 80
/** Groups that either sex and most ages can have, so that one person can plausibly have two. */
const SHAREABLE: ReadonlySet<Tumour> = new Set(['skin', 'lowerGi', 'lung', 'upperGi', 'headNeck'])

const GIVEN = [
  'Ada',
  'Bryn',
  'Cory',
  'Devi',
  'Ellis',
  'Farah',
  'Glenn',
  'Hana',
  'Idris',
  'Jude',
  'Kit',
  'Lior',
  'Mina',
  'Noor',
  'Ola',
  'Piotr',
  'Quinn',
  'Robin',
  'Sasha',
  'Tariq',
  'Uma',
  'Val',
  'Wyn',
  'Yusra',
] as const
const FAMILY = [
  'ashlock',
  'bramwick',
  'cattermoor',
  'dunfell',
  'elderby',
  'farrowmere',
  'gillbeck',
  'hazelrigg',
  'ingmire',
  'jarrowby',
  'kelderholm',
  'linfoot',
  'marrick',
  'netherby',
  'oxenfell',
  'pikelaw',
  'quillon',
  'rowanthwaite',
  'skelder',
  'thrapwick',
  'underbeck',
  'varlow',
  'wathfield',
  'yarrowby',
] as const
const LETTERS = 'ABDEFGHJLNPQRSTUWXYZ'
const TRAVEL: Weighted<{ readonly minutes: number }> = [
  // 95 % would travel somewhat and 77 % would rather be seen earlier than nearer: the EBUS single queue's survey.
  { weight: 5, minutes: 0 },
  { weight: 18, minutes: 45 },
  { weight: 30, minutes: 75 },
  { weight: 30, minutes: 120 },
  { weight: 17, minutes: 180 },
]
/** People not asked yet how far they would travel. */
const NOT_ASKED_SHARE = 0.3
const NEEDS = [
  { need: 'transport', share: 0.08 },
  { need: 'carer', share: 0.05 },
  { need: 'interpreter', share: 0.04 },
] as const
const ETHNICITIES: Weighted<{ readonly code: string }> = [
  { weight: 86, code: 'A' },
  { weight: 3, code: 'C' },
  { weight: 3, code: 'H' },
  { weight: 3, code: 'J' },
  { weight: 2, code: 'N' },
  { weight: 3, code: 'Z' },
]

/** The person of a pathway. The same person on two pathways is the same in everything. */
export function personOf(population: Population, life: Life): Person {
  const id = personIdOf(population, life)
  const random = randomOf(population.seed, id, PERSON_STREAM)
  const index = population.personIndex(id)
  const trust = population.alliance.trusts[life.trust]
  const birthDay = birthDayOf(random, life, population.asOfDay)
  const sex = sexOf(random(), life)
  const given = pick(random, GIVEN)
  const family = pick(random, FAMILY)
  const site = trust?.sites[random() < 0.55 ? 0 : Math.floor(random() * trust.sites.length)]
  const minutes = weighted(random, TRAVEL).minutes
  const asked = random() >= NOT_ASKED_SHARE
  const needs = NEEDS.filter(({ share }) => random() < share).map(({ need }) => need)
  return {
    identity: {
      nhsNumber: nhsNumberAt(index),
      name: `Zz${family}, ${given}`,
      dateOfBirth: toIso(birthDay),
      hospitalNumber: `${trust?.code ?? ''}H${String(index).padStart(7, '0')}`,
      postcode: `ZZ99 ${String(whole(random, 0, 9))}${letter(random)}${letter(random)}`,
    },
    about: {
      ageYears: Math.floor((population.asOfDay - birthDay) / DAYS_PER_YEAR),
      sex,
      deprivationDecile: whole(random, 1, 10),
      ethnicity: weighted(random, ETHNICITIES).code,
      ...(asked ? { travelLimitMinutes: minutes } : {}),
      ...(needs.length > 0 ? { needs } : {}),
      ...(site === undefined ? {} : { homeSite: site.code }),
    },
  }
}

/** Now and then a pathway belongs to the person of one that came a little earlier to the same trust. */
function personIdOf(population: Population, life: Life): number {
  const { id, trust } = life
  if (id % SHARED_EVERY !== SHARED_AT || !isShareable(life)) return id
  for (let other = id + 1; other <= id + SHARED_REACH; other++) {
    if (other >= population.historyEnd) return id
    if (other % SHARED_EVERY === SHARED_AT) continue
    const earlier = population.life(other)
    if (earlier.trust === trust && isShareable(earlier)) return other
  }
  return id
}

function isShareable(life: Life): boolean {
  return SHAREABLE.has(life.tumour) && life.route === 'usc'
}

function birthDayOf(random: Random, life: Life, asOfDay: number): DayNumber {
  const spread = normal(random)
  const days = whole(random, 0, 364)
  let years = Math.min(96, Math.max(21, Math.round(65 + 14 * spread)))
  if (life.tumour === 'children') years = Math.min(14, Math.max(1, Math.round(8 + 4 * spread)))
  else if (life.referralType === '12')
    years = Math.min(55, Math.max(18, Math.round(33 + 8 * spread)))
  return (asOfDay - Math.round(years * DAYS_PER_YEAR) - days) as DayNumber
}

function sexOf(u: number, life: Life): 'female' | 'male' {
  switch (life.tumour) {
    case 'gynaecological':
      return 'female'
    case 'breast':
      return u < 0.99 ? 'female' : 'male'
    case 'prostate':
      return 'male'
    case 'urological':
      return life.referralType === '12' || u < 0.65 ? 'male' : 'female'
    default:
      return u < 0.5 ? 'female' : 'male'
  }
}

function letter(random: Random): string {
  return LETTERS.charAt(Math.floor(random() * LETTERS.length))
}
