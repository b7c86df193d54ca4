import type { FieldResult } from './facts.ts'

/**
 * What the short values of one field became, found by walking their characters: a code or a date is then known without
 * a string being made of it or hashed, which for 54 cells a line is most of the work of reading it.
 */
export interface Remembered {
  readonly first: Step
  /** Steps there are; there will be no more than STEPS_KEPT. */
  steps: number
}

/** Where the values stand that begin with the characters walked. */
export interface Step {
  /** By the slot of the next character. */
  readonly next: (Step | undefined)[]
  /** Of the value that ends here. */
  result: FieldResult | null
}

/** Some years of dates; a value beyond is read as if it came for the first time. */
const STEPS_KEPT = 4_000
const LONGEST = 10
const WALKED = '0123456789-ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const CODES = 128
/** Slot 0 is no character's: nothing is ever found there. */
const SLOTS = Uint8Array.from(
  { length: CODES },
  (_, code) => 1 + WALKED.indexOf(String.fromCharCode(code)),
)

export function openRemembered(): Remembered {
  return { first: step(), steps: 1 }
}

/** One character further. @param code UTF-16 */
export function walk(from: Step, code: number): Step | undefined {
  return from.next[code < CODES ? (SLOTS[code] ?? 0) : 0]
}

/** Remembers a value, unless it is long, has other characters than letters, digits and hyphens, or there is no room. */
export function remember(memory: Remembered, value: string, result: FieldResult): void {
  if (value.length > LONGEST || memory.steps + value.length > STEPS_KEPT) return
  let at = memory.first
  for (let place = 0; place < value.length; place += 1) {
    const code = value.charCodeAt(place)
    const slot = code < CODES ? (SLOTS[code] ?? 0) : 0
    if (slot === 0) return
    let next = at.next[slot]
    if (next === undefined) {
      next = step()
      at.next[slot] = next
      memory.steps += 1
    }
    at = next
  }
  at.result = result
}

function step(): Step {
  return { next: [], result: null }
}
