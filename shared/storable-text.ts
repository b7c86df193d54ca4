/*
 * What no PostgreSQL text and no jsonb document holds: the character U+0000, and half of a surrogate pair. Both are
 * legal in a JavaScript string, and one of them fails the whole statement it is part of.
 */

const UNSTORABLE = /[\0\p{Surrogate}]/u
const ALL_UNSTORABLE = /[\0\p{Surrogate}]/gu

/** Whether a value can be stored, the keys and values within it too. Nests deeper than calls may: worked off a list. */
export function isStorable(root: unknown): boolean {
  if (typeof root === 'string') return !UNSTORABLE.test(root)
  const left: unknown[] = [root]
  while (left.length > 0) {
    const value = left.pop()
    if (typeof value === 'string') {
      if (UNSTORABLE.test(value)) return false
    } else if (typeof value === 'object' && value !== null) {
      if (!Array.isArray(value)) left.push(...Object.keys(value))
      for (const part of Object.values(value)) left.push(part)
    }
  }
  return true
}

/** The text with U+FFFD for each character that cannot be stored: what a report says of a key that no entry can have. */
export function storableText(text: string): string {
  return UNSTORABLE.test(text) ? text.replaceAll(ALL_UNSTORABLE, '\uFFFD') : text
}
