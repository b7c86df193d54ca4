import type { EntryFacts } from '../../../shared/entry.ts'
import { dayOf } from '../clock/day.ts'
import { tumourOf } from '../clock/tumour.ts'

/** What linking looks at: one entry, and a keyed hash of the NHS number, never the number. */
export interface LinkRecord {
  readonly id: number
  readonly trust: string
  /** Null where the trust sent no NHS number. */
  readonly nhsHash: string | null
  readonly facts: EntryFacts
}

export type LinkAnswer = 'certain' | 'needsHuman' | 'different'

export interface Link {
  readonly answer: LinkAnswer
  readonly because: string
  readonly rule: 'IPT-10' | 'IPT-11' | 'IPT-12' | 'IPT-13'
}

/** What a person decided of two entries. Kept by their ids, so it survives every later feed. [IPT-13] */
export type Decisions = ReadonlyMap<string, 'same' | 'different'>

/** More entries than this under one NHS number, or one pathway identifier, are nobody's: it is a stand-in. [IPT-14] */
export const LINK_LIMIT = 50

/** Referrals of one tumour group this near in time may be one referral keyed twice. */
const NEAR_DAYS = 14

/** Key of a decision about two entries, whichever is named first. [IPT-13] */
export function decisionKey(a: number, b: number): string {
  return a < b ? `${String(a)}:${String(b)}` : `${String(b)}:${String(a)}`
}

/**
 * Whether two entries are one pathway. [IPT-10 to IPT-13]
 *
 * A person's decision first; then the pathway identifier with its issuer; then combinations with the NHS
 * number. The NHS number alone never makes two entries one: a person can have two cancers.
 */
export function linkOf(a: LinkRecord, b: LinkRecord, decisions: Decisions = new Map()): Link {
  const decided = decisions.get(decisionKey(a.id, b.id))
  if (decided === 'same') return link('certain', 'a person confirmed that they are one', 'IPT-13')
  if (decided === 'different') return link('different', 'a person kept them apart', 'IPT-13')
  const samePerson = agree(a.nhsHash, b.nhsHash)
  const samePathway = sameKey(a.facts, b.facts)
  if (samePathway === true) {
    return samePerson === false
      ? link('needsHuman', 'one pathway identifier and two NHS numbers', 'IPT-10')
      : link('certain', 'one pathway identifier of one issuer', 'IPT-10')
  }
  if (samePerson === false) return link('different', 'two NHS numbers', 'IPT-11')
  if (samePathway === false) return link('different', 'two identifiers of one issuer', 'IPT-10')
  if (samePerson === null) return link('different', 'nothing that both carry', 'IPT-11')
  return byCombination(a.facts, b.facts)
}

/** One person, no pathway identifier in common: what else agrees. [IPT-11, IPT-12] */
function byCombination(a: EntryFacts, b: EntryFacts): Link {
  const sameTumour = tumourOf(a) === tumourOf(b)
  const sameReceipt = equal(a.receivedOn, b.receivedOn)
  if (sameTumour && sameReceipt && equal(a.priorityType, b.priorityType)) {
    return link('certain', 'one person, tumour group, priority and day received', 'IPT-11')
  }
  if (sameTumour && equal(a.upgradedOn, b.upgradedOn)) {
    return link('certain', 'one person, tumour group and day of upgrade', 'IPT-11')
  }
  if (sameDiagnosis(a, b) && equal(a.dttOn, b.dttOn)) {
    return link('certain', 'one person, diagnosis and decision to treat', 'IPT-11')
  }
  if (sameReceipt) return link('needsHuman', 'one person and one day received', 'IPT-12')
  if (equal(a.treatedOn, b.treatedOn) && (sameTumour || sameDiagnosis(a, b))) {
    return link('needsHuman', 'one person treated on one day', 'IPT-12')
  }
  if (!sameTumour) return link('different', 'one person, two tumour groups', 'IPT-12')
  const apart = Math.abs(startOf(a) - startOf(b))
  if (Number.isNaN(apart)) {
    return link('needsHuman', 'one person and tumour group, a start is missing', 'IPT-12')
  }
  return apart <= NEAR_DAYS
    ? link('needsHuman', `one person and tumour group, ${String(apart)} days apart`, 'IPT-12')
    : link('different', 'one person and tumour group, two referrals', 'IPT-12')
}

/**
 * Entries put together by pathway, in the order of their ids. [IPT-10 to IPT-13]
 *
 * Only certain links join. What a person kept apart stays apart, even where a third entry would join both:
 * then the group is not made, and its doubtful pairs go to a person.
 */
export function pathwaysOf(
  records: readonly LinkRecord[],
  decisions: Decisions = new Map(),
): readonly (readonly number[])[] {
  const ordered = [...records].sort((a, b) => a.id - b.id)
  const groups: LinkRecord[][] = []
  for (const record of ordered) {
    const joinable = groups.filter((group) =>
      group.some((member) => linkOf(member, record, decisions).answer === 'certain'),
    )
    const merged = [...joinable.flat(), record]
    if (keptApart(merged, decisions)) groups.push([record])
    else {
      for (const group of joinable) groups.splice(groups.indexOf(group), 1)
      groups.push(merged)
    }
  }
  return groups
    .map((group) => group.map(({ id }) => id).sort((a, b) => a - b))
    .sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0))
}

function keptApart(group: readonly LinkRecord[], decisions: Decisions): boolean {
  return group.some((a) =>
    group.some((b) => decisions.get(decisionKey(a.id, b.id)) === 'different'),
  )
}

/** True or false where both carry an identifier of one issuer; null where that cannot be compared. */
function sameKey(a: EntryFacts, b: EntryFacts): boolean | null {
  if (a.ppid === undefined || b.ppid === undefined) return null
  if (a.ppidIssuer === undefined || a.ppidIssuer !== b.ppidIssuer) return null
  return a.ppid === b.ppid
}

function agree(a: string | null, b: string | null): boolean | null {
  return a === null || b === null ? null : a === b
}

function equal(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && a === b
}

/** ICD-10 category: C341 and C349 are one lung cancer coded twice. */
function sameDiagnosis(a: EntryFacts, b: EntryFacts): boolean {
  return equal(a.diagnosis?.slice(0, 3), b.diagnosis?.slice(0, 3))
}

function startOf(facts: EntryFacts): number {
  return dayOf(facts.receivedOn ?? facts.upgradedOn ?? facts.dttOn)
}

function link(answer: LinkAnswer, because: string, rule: Link['rule']): Link {
  return { answer, because, rule }
}
