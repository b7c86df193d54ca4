import { useState } from 'preact/hooks'
import { useSession } from './session.ts'

/** What somebody typed and has not sent, by what it is for. */
export type Drafts = Map<string, unknown>

/**
 * Something that is being written. It is kept in the memory of this page, and nowhere else, until it is sent, so that
 * it is still there when a session that ended under it begins again, or when its writer has looked elsewhere.
 * @param key what it is for, such as `note 17`
 * @param empty what it is before and after; handed back, it is no draft any more
 */
export function useDraft<T>(key: string, empty: T): readonly [T, (next: T) => void] {
  const { drafts } = useSession()
  const [draft, setDraft] = useState<T>(() => (drafts.has(key) ? (drafts.get(key) as T) : empty))
  function write(next: T): void {
    if (next === empty) drafts.delete(key)
    else drafts.set(key, next)
    setDraft(next)
  }
  return [draft, write]
}
