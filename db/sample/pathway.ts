import type { DayNumber } from '../../shared/date.ts'
import { toIso } from '../../shared/date.ts'
import type { EntryFacts, Identity } from '../../shared/entry.ts'
import { diagnosed, referred, told, transferred, treated } from './facts.ts'
import type { Draft, View } from './facts.ts'
import type { Life } from './life.ts'
import { personOf } from './person.ts'
import type { Population } from './population.ts'
import { isOpenOn } from './population.ts'
import { randomOf } from './random.ts'
import { tracking } from './tracking.ts'

/** What one trust says of one synthetic pathway on the day of the extract. */
export interface SampleEntry {
  /** Code of the reporting trust. */
  readonly trust: string
  readonly open: boolean
  readonly facts: EntryFacts
  readonly identity: Identity
}

const DETAIL_STREAM = 5

/**
 * The entries of a pathway as the trusts report it on `asOf`: one, or two where it was handed over and the
 * receiving trust has it. Both carry the same patient pathway identifier and issuer; what the other trust did
 * after the transfer is told by the other trust.
 */
export function entriesOf(population: Population, life: Life): readonly SampleEntry[] {
  const { alliance, asOfDay } = population
  const home = alliance.trusts[life.trust]
  if (home === undefined) return []
  const person = personOf(population, life)
  const open = isOpenOn(life, asOfDay)
  const away = life.transfer === null ? undefined : alliance.trusts[life.transfer.toTrust]
  const arrived = away !== undefined && (life.transfer?.receivedDay ?? Infinity) <= asOfDay
  const view: View = {
    population,
    life,
    home,
    away: away ?? null,
    arrived,
    open,
    day: open ? asOfDay : life.endedDay,
    random: randomOf(population.seed, life.id, DETAIL_STREAM),
  }
  const key = String(life.id).padStart(8, '0')
  const facts: Draft = {
    localId: `${home.code}-${key}`,
    nhsNumberStatus: '01',
    ppid: `SYN${home.code}${key}`,
    ppidIssuer: home.code,
  }
  referred(facts, view)
  diagnosed(facts, view)
  told(facts, view)
  if (away === undefined) {
    treated(facts, view)
    Object.assign(facts, person.about)
    if (open) tracking(facts, view, home)
    return [{ trust: home.code, open, facts, identity: person.identity }]
  }
  const sending: Draft = { ...facts, ...person.about }
  transferred(sending, view, 'sending')
  if (!arrived) {
    if (open) tracking(sending, view, home)
    else treated(sending, view)
    return [{ trust: home.code, open, facts: sending, identity: person.identity }]
  }
  const receiving: Draft = { ...facts, ...person.about, localId: `${away.code}-R${key}` }
  transferred(receiving, view, 'receiving')
  treated(receiving, view)
  if (open) {
    tracking(receiving, view, away)
    sending.trackingNote = 'Handed over; the receiving trust leads. (synthetic)'
    sending.trackingNoteOn = toIso((life.transfer?.receivedDay ?? asOfDay) as DayNumber)
  } else if (life.treatedDay !== null) {
    sending.closedOn = toIso(life.endedDay as DayNumber)
    sending.closedReason = 'treated at another trust'
  }
  return [
    { trust: home.code, open, facts: sending, identity: person.identity },
    { trust: away.code, open, facts: receiving, identity: person.identity },
  ]
}
