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
 * @param value what it parses to: counting its keys is ten times cheaper than finding out which comes twice
 */
export function repeatedKey(text: string, value: unknown): string | null {
  return keysSaid(text) === keysKept(value) ? null : firstRepeated(text)
}

/** Strings of the text that a colon follows. */
function keysSaid(text: string): number {
  let count = 0
  for (let quote = text.indexOf(QUOTE); quote !== -1;) {
    const end = stringEnd(text, quote)
    const next = skipBlank(text, end)
    if (text.charCodeAt(next) === COLON) count += 1
    quote = text.indexOf(QUOTE, next)
  }
  return count
}

/** Members of all objects in a value. */
function keysKept(value: unknown): number {
  let count = 0
  // No recursion: a record may be as deep as it is long.
  const waiting = [value]
  for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
    if (typeof one !== 'object' || one === null) continue
    const parts: unknown[] = Object.values(one)
    if (!Array.isArray(one)) count += parts.length
    for (const part of parts) if (typeof part === 'object' && part !== null) waiting.push(part)
  }
  return count
}

/** The same walk, with what each open object has said. */
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
