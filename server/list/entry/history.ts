import type { Database } from '../../../db/client.ts'
import type { EntryFacts } from '../../../shared/entry.ts'
import type { EntryHistory } from '../../../shared/entry-detail.ts'
import { Refusal } from '../../../shared/problem.ts'
import type { Person } from '../../access/access.ts'
import { personScope, shownFacts, shownReason } from './detail.ts'
import { readLinkWords } from './links.ts'
import { readAcknowledgements, readActions, readDetail } from './read-detail.ts'
import { readNotes, readOverrides } from './read-detail.ts'
import type { IsoDate } from '../../../shared/date.ts'

type HistoryEvent = EntryHistory['events'][number]

const LINK_WORDS = {
  same: 'Confirmed as one pathway with another entry',
  different: 'Kept apart from another entry',
}

interface StoredVersion {
  readonly version: number
  readonly at: string
  readonly rowNumber: number | null
  readonly state: string
  readonly closedReason: string | null
  readonly facts: EntryFacts
}

/**
 * Everything that happened to an entry, newest first: each version of its facts as what changed, and what people did.
 * @throws Refusal `not-found`
 */
export async function entryHistory(
  db: Database,
  person: Person,
  id: number,
  today: IsoDate,
): Promise<EntryHistory> {
  const events = await db.scoped(personScope(person), async (tx) => {
    const stored = await readDetail(tx, id)
    if (stored === undefined) throw new Refusal('not-found', 'No such entry, or not one of yours.')
    const versions = await tx<StoredVersion[]>`
      select version, at, row_number as "rowNumber", state, closed_reason as "closedReason", facts
      from entry_version where entry_id = ${id} order by version
    `
    // whoever reads the history and is on the pathway cares for the person
    const readsText = stored.organisations.includes(person.organisation)
    const notes = await readNotes(tx, id)
    const actions = await readActions(tx, id)
    const overrides = await readOverrides(tx, id, today)
    const links = await readLinkWords(tx, id)
    return [
      ...versions.map((version, index) => versionEvent(version, versions[index - 1], readsText)),
      ...notes.map((note) => done(note, 'note', note.body)),
      ...actions.map((action) => done(action, 'action', action.body)),
      ...actions.flatMap((action) =>
        action.doneAt === null
          ? []
          : { ...done(action, 'action done', action.body), at: action.doneAt, by: action.doneBy },
      ),
      ...(await readAcknowledgements(tx, id)).map((item) =>
        done(item, 'acknowledgement', 'Acknowledged the escalation'),
      ),
      ...overrides.map((item) =>
        done(item, 'override', `Tier ${String(item.tier)} until ${item.endsOn}: ${item.reason}`),
      ),
      ...links.map((word) => done(word, 'link', `${LINK_WORDS[word.decision]}: ${word.reason}`)),
    ]
  })
  return { events: events.sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0)) }
}

function versionEvent(
  version: StoredVersion,
  before: StoredVersion | undefined,
  readsText: boolean,
): HistoryEvent {
  const to = new Map<string, unknown>(Object.entries(shownFacts(version.facts, readsText)))
  const from = new Map<string, unknown>(
    Object.entries(before === undefined ? {} : shownFacts(before.facts, readsText)),
  )
  const fields = [...new Set([...from.keys(), ...to.keys()])]
  const changes = fields
    .map((field) => ({ field, from: from.get(field) ?? null, to: to.get(field) ?? null }))
    .filter((change) => JSON.stringify(change.from) !== JSON.stringify(change.to))
  const closed = version.state === 'closed' && before?.state !== 'closed'
  const reopened = version.state === 'open' && before?.state === 'closed'
  const words =
    before === undefined
      ? 'First reported'
      : closed
        ? `Closed: ${shownReason(version, readsText) ?? 'reason not told here'}`
        : reopened
          ? 'Open again'
          : 'Facts changed'
  return {
    at: version.at,
    kind: 'version',
    version: version.version,
    by: null,
    words,
    changes: before === undefined ? [] : changes,
  }
}

function done(
  item: { readonly at: string; readonly by: string; readonly organisation: string },
  kind: HistoryEvent['kind'],
  words: string,
): HistoryEvent {
  const by = `${item.by} (${item.organisation})`
  return { at: item.at, kind, version: null, by, words, changes: [] }
}
