import { useEffect } from 'preact/hooks'
import type { ListRow, Looked } from '../../../../shared/list.ts'
import { api } from '../wire/api.ts'
import { useFetched } from '../wire/fetched.ts'

export interface Looking {
  /** When the whole list was last seen; null while that is not known. */
  readonly listAt: string | null
  readonly isNew: (row: ListRow) => boolean
  /** Everything up to this number of the list has been seen. */
  readonly seen: (seq: number) => void
  /** Moves when somebody has looked. */
  readonly version: string
}

/**
 * What this person has seen of the list. Who comes for the first time has, from then on, seen what there is: a list in
 * which everything is marked marks nothing.
 * @param seq number of the list shown; 0 while there is none
 */
export function useLooking(seq: number): Looking {
  const { data, reload } = useFetched<Looked>('/api/list/look')
  const listAt = data?.listAt ?? null
  const listSeq = data?.listSeq ?? null
  const isFirst = data !== null && data.listSeq === null && seq > 0

  function seen(upTo: number): void {
    void api('/api/list/look', { method: 'POST', body: { seq: upTo } }).then(
      reload,
      () => undefined,
    )
  }
  useEffect(() => {
    if (isFirst) seen(seq)
  }, [isFirst])

  const opened = new Map(data?.entries.map((entry) => [entry.id, entry.seq]))
  return {
    listAt,
    isNew: (row) => listSeq !== null && row.seq > listSeq && row.seq > (opened.get(row.id) ?? 0),
    seen,
    version: `${listSeq ?? ''} ${[...opened].join(' ')}`,
  }
}

/**
 * An entry that is open on the page has been seen, each time it changes there.
 * @param seq of its row; null while that is not known
 */
export function useSeenEntry(id: number, seq: number | null): void {
  useEffect(() => {
    if (seq === null) return
    void api(`/api/entries/${id}/look`, { method: 'POST', body: { seq } }).catch(() => undefined)
  }, [id, seq])
}
