import type { Database, Scope } from '../../../db/client.ts'
import type { EntryDetail } from '../../../shared/entry-detail.ts'
import type { EntryFacts, FactName } from '../../../shared/entry.ts'
import { STANDARDS } from '../../../shared/vocabulary.ts'
import { Refusal } from '../../../shared/problem.ts'
import type { Access, Person } from '../../access/access.ts'
import type { Clock, Clocks } from '../../domain/clock/clock.ts'
import { clocks as clocksOn } from '../../domain/clock/clock.ts'
import { dayOf } from '../../domain/clock/day.ts'
import { explainClock } from '../../domain/clock/explain.ts'
import type { Contender } from '../../domain/rank/explain.ts'
import { explainPlace, whyAbove } from '../../domain/rank/explain.ts'
import { waitFromDay } from '../../domain/rank/place.ts'
import type { LiveEntry, LiveList, Viewer } from '../live-entry.ts'
import { entryRecord } from './record.ts'
import { linksOf, readCandidates, readLinkWords, readReports } from './links.ts'
import { readAcknowledgements, readActions, readDetail } from './read-detail.ts'
import { readNotes, readOverrides, readTag } from './read-detail.ts'

const OVERSEER: Viewer = { personId: '', organisation: '', role: 'lead' }

/** The scope in which row-level security sees this person. */
export function personScope(person: Person): Scope & { readonly kind: 'person' } {
  const { id: personId, organisation, role } = person
  return { kind: 'person', personId, organisation, role }
}

/**
 * One entry with its clocks as sums, its place in words, and what people wrote on it.
 * @throws Refusal `not-found` for an entry that does not exist and for one that is not theirs, alike
 */
export async function entryDetail(
  given: { readonly db: Database; readonly list: LiveList; readonly access: Access },
  person: Person,
  id: number,
): Promise<EntryDetail> {
  const { db, list, access } = given
  const asker = { organisation: person.organisation, seesAll: access.seesAll(person) }
  const candidates = await readCandidates(db, id, asker)
  const read = await db.scoped(personScope(person), async (tx) => {
    const stored = await readDetail(tx, id)
    if (stored === undefined) return undefined
    return {
      stored,
      notes: await readNotes(tx, id),
      actions: await readActions(tx, id),
      overrides: await readOverrides(tx, id, list.asOf()),
      linkWords: await readLinkWords(tx, id),
      acknowledgements: await readAcknowledgements(tx, id),
      reports: await readReports(tx, id, candidates, asker),
      etag: await readTag(tx, id),
    }
  })
  if (read === undefined) throw new Refusal('not-found', 'No such entry, or not one of yours.')
  const { stored, notes, actions, overrides, acknowledgements, linkWords, reports, etag } = read
  const record = await entryRecord(db, stored, list.asOf(), reports)
  const readsText = access.may(person, 'note:read', stored.organisations)
  const viewer = { personId: person.id, organisation: person.organisation, role: person.role }
  const live = list.entry(id)
  const clocks = clocksOn(stored.facts, list.asOf())
  const { above, below } = live === undefined ? NO_NEIGHBOURS : neighbours(list, live)
  const open = stored.state === 'open'
  return {
    id,
    pseudonym: list.pseudonym(id),
    trust: stored.trust,
    state: stored.state,
    closedReason: shownReason(stored, readsText),
    row: list.row(id, viewer) ?? null,
    facts: shownFacts(stored.facts, readsText),
    clocks: explained(clocks),
    place: live?.place ?? null,
    why: live === undefined ? [] : explainPlace(live.place, list.policy()),
    above,
    below,
    policyVersion: list.policy().version,
    ...record,
    notes,
    actions,
    overrides,
    links: linksOf(candidates, linkWords, asker, (other) => list.pseudonym(other)),
    acknowledgements,
    provenance: {
      deliveryId: stored.deliveryId,
      rowNumber: stored.rowNumber,
      extractAt: stored.extractAt,
      format: stored.format,
      receivedAt: stored.receivedAt,
    },
    may: {
      note: access.may(person, 'note:write', stored.organisations),
      action: open && access.may(person, 'action:write', stored.organisations),
      acknowledge: open && access.may(person, 'escalation:acknowledge', stored.organisations),
      override: open && access.may(person, 'priority:override', stored.organisations),
      link: access.may(person, 'link:write', stored.organisations),
    },
    etag,
  }
}

const NO_NEIGHBOURS = { above: null, below: null }
/** Keys that name a record, and free text, which may name somebody. */
const KEPT_BACK: ReadonlySet<string> = new Set<FactName>([
  'localId',
  'ppid',
  'ppidIssuer',
  'trackingNote',
  'nextAction',
  'nextActionOwner',
  'firstSeenDelayComment',
  'fdsDelayComment',
  'dttDelayComment',
  'rttDelayComment',
  'upgradeDelayComment',
  'closedReason',
])

/** Facts for whoever looks: keys that name a record, and free text, stay with those who care for the person. [RNK-16] */
export function shownFacts(facts: EntryFacts, readsText: boolean): Partial<EntryFacts> {
  if (readsText) return facts
  return Object.fromEntries(Object.entries(facts).filter(([name]) => !KEPT_BACK.has(name)))
}

/** Why it is closed: in the words of the rules for everybody, in those of a feed where free text is read. [RNK-16] */
export function shownReason(
  of: { readonly closedReason: string | null; readonly facts: EntryFacts },
  readsText: boolean,
): string | null {
  return readsText || of.facts.closedReason === undefined ? of.closedReason : null
}

/** The entries just above and below in the whole list, and what decided. [RNK-11] */
function neighbours(list: LiveList, live: LiveEntry): Pick<EntryDetail, 'above' | 'below'> {
  const at = list.position(live.id, {}, OVERSEER)
  const from = Math.max(0, at - 1)
  const near = list.page({}, from, 3, OVERSEER).rows
  const here = contender(list, live)
  const before = at === 0 ? undefined : entryOf(list, near[0]?.id)
  const after = entryOf(list, near[at - from + 1]?.id)
  return {
    above: before === undefined ? null : { rank: at, why: whyAbove(contender(list, before), here) },
    below:
      after === undefined ? null : { rank: at + 2, why: whyAbove(here, contender(list, after)) },
  }
}

function entryOf(list: LiveList, id: number | undefined): LiveEntry | undefined {
  return id === undefined ? undefined : list.entry(id)
}

function contender(list: LiveList, entry: LiveEntry): Contender {
  const today = dayOf(list.asOf())
  const from = waitFromDay(entry.facts, entry.clocks, today)
  const waitDays = Number.isNaN(from) ? 0 : Math.max(0, today - from)
  return { place: entry.place, waitDays, id: entry.id }
}

function explained(clocks: Clocks): EntryDetail['clocks'] {
  return [clocks.fds28, clocks.dtt31, clocks.rtt62].flatMap((clock) =>
    clock === null
      ? []
      : {
          standard: clock.standard,
          label: STANDARDS[clock.standard],
          summary: summaryOf(clock),
          lines: explainClock(clock),
        },
  )
}

function summaryOf(clock: Clock): EntryDetail['clocks'][number]['summary'] {
  const { waitDays, targetOn, daysToTarget, state, breached } = clock
  return { waitDays, targetOn, daysToTarget, state, breached }
}
