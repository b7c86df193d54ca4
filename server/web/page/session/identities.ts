import { useEffect, useRef, useState } from 'preact/hooks'
import type { Identity } from '../../../../shared/entry.ts'
import { api, isPassing, problemWords } from '../wire/api.ts'
import { useTroubleBook } from '../wire/troubles.ts'

/** Most the server gives at once. */
const AT_ONCE = 100
const AGAIN_MS = 5_000

/**
 * Names asked for so far, in the memory of this page only. Every read is in the audit, so each is asked for once,
 * and only for rows on the screen.
 */
export interface IdentityBook {
  /** Undefined: not asked yet. Null: not given. */
  get(entryId: number): Identity | null | undefined
  /** Resolves when all of these have been asked for. */
  ask(entryIds: readonly number[]): Promise<void>
  /** To be asked for anew: somebody may know it now who might not before. */
  forget(entryId: number): void
}

/** @param entitled false: never asks, gives nobody's name */
export function openIdentityBook(entitled: boolean): IdentityBook {
  const known = new Map<number, Identity | null>()
  return {
    get: (entryId) => (entitled ? known.get(entryId) : null),
    async ask(entryIds) {
      const missing = entryIds.filter((id) => !known.has(id))
      if (!entitled || missing.length === 0) return
      for (let start = 0; start < missing.length; start += AT_ONCE) {
        const ids = missing.slice(start, start + AT_ONCE)
        const answer = await api<{ identities: { id: number; identity: Identity }[] }>(
          '/api/identities',
          { method: 'POST', body: { ids }, isRead: true },
        )
        for (const id of ids) known.set(id, null)
        for (const found of answer.identities) known.set(found.id, found.identity)
      }
    },
    forget: (entryId) => void known.delete(entryId),
  }
}

/**
 * Draws again once the names of these entries are there. A refusal leaves the pseudonyms standing; what may pass is said
 * and asked for again.
 */
export function useIdentities(book: IdentityBook, entryIds: readonly number[]): IdentityBook {
  const [, setAsked] = useState(0)
  const [failedTimes, setFailedTimes] = useState(0)
  const troubles = useTroubleBook()
  const reader = useRef({}).current
  const key = entryIds.join()
  useEffect(() => {
    let gone = false
    let timer: ReturnType<typeof setTimeout> | undefined
    const again = (): void => setFailedTimes((before) => before + 1)
    book
      .ask(entryIds)
      .then(() => {
        if (gone) return
        troubles.tell(reader, null)
        setAsked((before) => before + 1)
      })
      .catch((error: unknown) => {
        if (gone || !isPassing(error)) return
        troubles.tell(reader, {
          words: `Names are missing. ${problemWords(error)}`,
          isPassing: true,
          again,
        })
        timer = setTimeout(again, AGAIN_MS)
      })
    return () => {
      gone = true
      clearTimeout(timer)
    }
  }, [book, key, failedTimes])
  useEffect(() => () => troubles.tell(reader, null), [troubles])
  return book
}
