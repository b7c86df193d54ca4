import type { Database } from '../../../db/client.ts'
import { LIVE_STATES, type Suggestion, type SuggestionAnswer } from '../../../shared/suggestion.ts'
import type { LiveList, Viewer } from '../../list/live-list.ts'

/** How long an ended suggestion stays on the page, so that people see how it ended. */
const ENDED_SHOWN_DAYS = 14
const MS_PER_DAY = 86_400_000

/**
 * Every suggestion people may look at, in memory, kept right by the change log like the list itself: the live ones
 * and those that ended in the last fortnight.
 */
export interface SuggestionBook {
  /** Those this viewer may see, newest first. */
  visibleTo(viewer: Viewer): readonly Suggestion[]
  get(id: string): Suggestion | undefined
  /** True for a party to the move, and for those who see the whole alliance, pseudonymised. */
  maySee(suggestion: Suggestion, viewer: Viewer): boolean
  live(): readonly Suggestion[]
  /** Called with the ids read again, after each change. @returns stop listening */
  onChange(listener: (ids: readonly string[], seq: number) => void): () => void
  close(): void
}

export async function openSuggestionBook(options: {
  readonly db: Database
  readonly list: LiveList
  readonly now: () => number
  readonly onError: (error: unknown) => void
}): Promise<SuggestionBook> {
  const { db, list, now } = options
  const book = new Map<string, Suggestion>()
  const listeners = new Set<(ids: readonly string[], seq: number) => void>()
  let reading = Promise.resolve()

  // listen before the first read: what changes meanwhile is read again, never missed
  const stop = list.onChange((change) => {
    const ids = change.rows
      .filter((row) => row.kind === 'suggestions')
      .flatMap((row) => idsOf(row.payload))
    if (ids.length === 0) return
    reading = reading
      .then(async () => {
        await readInto(ids)
        for (const listener of listeners) listener(ids, change.seq)
      })
      .catch(options.onError)
  })
  await readInto(null)

  async function readInto(ids: readonly string[] | null): Promise<void> {
    const since = new Date(now() - ENDED_SHOWN_DAYS * MS_PER_DAY).toISOString()
    for (const suggestion of await readSuggestions(db, list, ids, since))
      book.set(suggestion.id, suggestion)
  }

  function maySee(suggestion: Suggestion, viewer: Viewer): boolean {
    return (
      SEES_ALL.has(viewer.role) ||
      suggestion.fromTrust === viewer.organisation ||
      suggestion.toTrust === viewer.organisation
    )
  }

  return {
    visibleTo: (viewer) =>
      [...book.values()]
        .filter((suggestion) => maySee(suggestion, viewer))
        .sort((a, b) =>
          a.createdAt < b.createdAt ? 1 : a.createdAt > b.createdAt ? -1 : a.id < b.id ? -1 : 1,
        ),
    get: (id) => book.get(id),
    maySee,
    live: () => [...book.values()].filter((suggestion) => LIVE.has(suggestion.state)),
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close: stop,
  }
}

const SEES_ALL = new Set(['lead', 'allianceAdmin', 'auditor'])
const LIVE = new Set<string>(LIVE_STATES)

function idsOf(payload: unknown): string[] {
  if (typeof payload !== 'object' || payload === null || !('ids' in payload)) return []
  const ids: unknown = payload.ids
  return Array.isArray(ids) ? ids.filter((id): id is string => typeof id === 'string') : []
}

type Stored = Omit<Suggestion, 'pseudonym' | 'answers'> & {
  readonly answers: SuggestionAnswer[] | null
}

/** Reads by id, or the live and lately ended ones when `ids` is null. */
async function readSuggestions(
  db: Database,
  list: LiveList,
  ids: readonly string[] | null,
  since: string,
): Promise<Suggestion[]> {
  const rows = await db.scoped(
    { kind: 'system', name: 'suggestions' },
    (tx) => tx<Stored[]>`
    select s.id, s.entry_id as "entryId", s.tumour, s.step, s.from_trust as "fromTrust", s.to_trust as "toTrust",
      s.to_site as "toSite", site.name as "toSiteName", s.day, s.state, s.version, s.reason,
      s.closed_reason as "closedReason", s.message_no_at as "messageNoAt", s.created_at as "createdAt", s.updated_at as "updatedAt",
      s.expires_at as "expiresAt",
      (select jsonb_agg(jsonb_build_object('side', a.side, 'answer', a.answer, 'reasonCode', a.reason_code,
         'note', a.note, 'by', a.person_name, 'organisation', a.organisation,
         'at', to_char(a.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) order by a.at)
       from suggestion_answer a where a.suggestion_id = s.id) as answers
    from suggestion s join site on site.code = s.to_site
    where ${ids === null ? tx`s.state = any(${[...LIVE_STATES]}) or s.updated_at > ${since}` : tx`s.id = any(${[...ids]})`}`,
  )
  return rows.map((row) => ({
    ...row,
    pseudonym: list.pseudonym(row.entryId),
    answers: row.answers ?? [],
  }))
}
