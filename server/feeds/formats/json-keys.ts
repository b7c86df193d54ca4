/*
 * JSON.parse keeps the last of two values under one key, and nobody hears of the first. A record that says a key twice
 * is refused instead: which of the two is meant only its sender knows. [FEED-6]
 */

const QUOTE = '"'
const BACKSLASH = 92
const COLON = 58

/**
 * The first key that stands twice in one object of this JSON; null where each stands once.
 * @param text JSON that parses
 * @param value what it parses to: counting keys is ten times cheaper than finding out which comes twice
 */
export function repeatedKey(text: string, value: object): string | null {
  return keysAtMost(text) === keysKept(value) ? null : firstRepeated(text)
}

/** A quote before a colon: the end of each key, and now and then a piece of a string. */
const KEY_END = /"\s*:/g

/** At least as many as the text has keys. */
function keysAtMost(text: string): number {
  let count = 0
  KEY_END.lastIndex = 0
  while (KEY_END.test(text)) count += 1
  return count
}

/** Deeper than any record of ours; what is as deep is walked through instead. */
const DEEPEST = 100

/** Members of all objects in a value; NaN for one that is too deep to say. */
function keysKept(value: object, depth = 0): number {
  if (depth > DEEPEST) return Number.NaN
  let count = 0
  if (Array.isArray(value)) {
    for (const part of value as readonly unknown[]) {
      if (typeof part === 'object' && part !== null) count += keysKept(part, depth + 1)
    }
    return count
  }
  for (const key in value) {
    count += 1
    const part: unknown = value[key as never]
    if (typeof part === 'object' && part !== null) count += keysKept(part, depth + 1)
  }
  return count
}

/** A walk from string to string, with what each open object has said. */
function firstRepeated(text: string): string | null {
  const open: Set<string>[] = []
  for (let at = 0; at < text.length; at += 1) {
    const mark = text[at]
    if (mark === '{') open.push(new Set())
    else if (mark === '}') open.pop()
    if (mark !== QUOTE) continue
    const end = stringEnd(text, at)
    if (text.charCodeAt(skipBlank(text, end)) === COLON) {
      const key = String(JSON.parse(text.slice(at, end)))
      const said = open.at(-1)
      if (said?.has(key) === true) return key
      said?.add(key)
    }
    at = end - 1
  }
  return null
}

/** Position behind the string whose opening quote is at `quote`. */
function stringEnd(text: string, quote: number): number {
  let end = text.indexOf(QUOTE, quote + 1)
  while (text.charCodeAt(end - 1) === BACKSLASH && isEscaped(text, end)) {
    end = text.indexOf(QUOTE, end + 1)
  }
  return end + 1
}

/** Whether an odd number of backslashes stands before a position. */
function isEscaped(text: string, at: number): boolean {
  let before = at - 1
  while (text.charCodeAt(before) === BACKSLASH) before -= 1
  return (at - before) % 2 === 0
}

function skipBlank(text: string, from: number): number {
  let at = from
  while (text.charCodeAt(at) <= 32) at += 1
  return at
}
