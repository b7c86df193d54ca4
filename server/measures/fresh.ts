/** Answers kept while nothing changed. */
export interface Fresh {
  /**
   * The answer of `make` for this key at change-log number `seq`: the kept one while the number is the same, or
   * while it is younger than `restMs` (a delivery changes the number many times a second). Asked twice at once, made
   * once. A failure is not kept.
   */
  get<T>(key: string, seq: number, restMs: number, make: () => Promise<T>): Promise<T>
}

interface Kept {
  readonly seq: number
  readonly atMs: number
  readonly answer: Promise<unknown>
}

const KEPT_ANSWERS = 500

/** @param nowMs a clock that only goes forward */
export function openFresh(nowMs: () => number): Fresh {
  const kept = new Map<string, Kept>()
  return {
    get<T>(key: string, seq: number, restMs: number, make: () => Promise<T>): Promise<T> {
      const known = kept.get(key)
      if (known !== undefined && (known.seq === seq || nowMs() - known.atMs < restMs)) {
        return known.answer as Promise<T>
      }
      const answer = make()
      kept.delete(key)
      if (kept.size >= KEPT_ANSWERS) {
        const [oldest] = kept.keys()
        if (oldest !== undefined) kept.delete(oldest)
      }
      const made: Kept = { seq, atMs: nowMs(), answer }
      kept.set(key, made)
      answer.catch(() => {
        if (kept.get(key) === made) kept.delete(key)
      })
      return answer
    },
  }
}
