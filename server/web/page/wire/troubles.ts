import { createContext } from 'preact'
import { useContext, useEffect, useState } from 'preact/hooks'

/** Something that could not be read: why, in words, and how to ask for it again. */
export interface Trouble {
  readonly words: string
  /** It may be better in a moment: it is asked for again by itself. */
  readonly isPassing: boolean
  readonly again: () => void
}

/** What of the page could not be read at the moment, whichever part of it wanted it. */
export interface TroubleBook {
  all(): readonly Trouble[]
  /** @param trouble null once it is there, or nobody wants it any more */
  tell(reader: object, trouble: Trouble | null): void
  subscribe(onChange: () => void): () => void
}

export function openTroubleBook(): TroubleBook {
  const standing = new Map<object, Trouble>()
  const listeners = new Set<() => void>()
  return {
    all: () => [...standing.values()],
    tell(reader, trouble) {
      if (trouble === null && !standing.has(reader)) return
      if (trouble === null) standing.delete(reader)
      else standing.set(reader, trouble)
      for (const listener of listeners) listener()
    },
    subscribe(onChange) {
      listeners.add(onChange)
      return () => listeners.delete(onChange)
    },
  }
}

const TroubleContext = createContext<TroubleBook>(openTroubleBook())
export const TroubleProvider = TroubleContext.Provider

export function useTroubleBook(): TroubleBook {
  return useContext(TroubleContext)
}

/** Draws again when there is another trouble, or one less. */
export function useTroubles(): readonly Trouble[] {
  const book = useTroubleBook()
  const [troubles, setTroubles] = useState(() => book.all())
  useEffect(() => {
    const look = (): void => setTroubles(book.all())
    look()
    return book.subscribe(look)
  }, [book])
  return troubles
}
