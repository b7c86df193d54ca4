import { dictionary } from '../held/dictionary.ts'
import { eachPlace } from './each-place.ts'
import { recordKeys } from '../held/record-keys.ts'

const TRUSTS_LIMIT = 65_535
const PSEUDONYM_LENGTH = 10
/** `p-`, then eight symbols: what else is typed is in no pseudonym. [server/list/held/pseudonym.ts] */
const IN_PSEUDONYM = /^(?:p?-)?[0-9a-hjkmnp-tv-z]*$/
const END = 0x0a
const FIRST_TEXT_BYTES = 1 << 16

/**
 * Where a text is looked for: pseudonyms one after another in one buffer, and each different next action once in
 * another. A search runs over bytes, not over objects, so that 300,000 entries take milliseconds.
 */
export interface TextSearch {
  set(slot: number, of: SearchedEntry): void
  /**
   * Whether one slot holds a text, given in lower case.
   * @param ownTrust whose people look: they find next actions and their own record keys too; null: pseudonyms only
   */
  readonly holds: (slot: number, text: string, ownTrust: string | null) => boolean
  /** Marks every slot that holds the text; valid until asked again. */
  readonly find: (text: string, ownTrust: string | null) => Uint8Array
  grow(capacity: number): void
}

export interface SearchedEntry {
  /** Ten characters of ASCII. */
  readonly pseudonym: string
  readonly nextAction: string | null
  readonly trust: string
  readonly localId: string
}

/** Begins empty. @param capacity slots there is room for */
export function textSearch(firstCapacity: number): TextSearch {
  let pseudonyms = Buffer.alloc(firstCapacity * PSEUDONYM_LENGTH)
  let actionOf = new Uint32Array(firstCapacity)
  /** Code 0 is no next action. */
  let actions: string[] = ['']
  let codes = new Map<string, number>()
  let texts = Buffer.alloc(FIRST_TEXT_BYTES)
  let starts: number[] = [0]
  let used = 0
  let found = new Uint8Array(0)
  let matching = new Uint8Array(0)
  let foundFor = ''
  /** Of the slot looked at last: a change is held against every filter in use. */
  let lookedAt = { slot: -1, pseudonym: '' }
  const trusts = dictionary(TRUSTS_LIMIT)
  const keys = recordKeys(firstCapacity)
  let slots = 0

  /** What begins with the mark of all pseudonyms can stand at one place only. */
  function findFrom(place: number, needle: Buffer): void {
    const { length } = needle
    for (let slot = 0; slot < slots; slot++) {
      const from = slot * PSEUDONYM_LENGTH + place
      let at = 0
      while (at < length && pseudonyms[from + at] === needle[at]) at += 1
      if (at === length) found[slot] = 1
    }
  }

  function findPseudonyms(text: string): void {
    const needle = Buffer.from(text)
    const dash = text.indexOf('-')
    if (needle.length > PSEUDONYM_LENGTH || !IN_PSEUDONYM.test(text)) return
    if (dash >= 0) {
      findFrom(1 - dash, needle)
      return
    }
    const latest = PSEUDONYM_LENGTH - needle.length
    eachPlace(pseudonyms, slots * PSEUDONYM_LENGTH, needle, (at) => {
      const slot = Math.floor(at / PSEUDONYM_LENGTH)
      // A hit that runs over into the next pseudonym is none.
      if (at - slot * PSEUDONYM_LENGTH > latest) return at + 1
      found[slot] = 1
      return (slot + 1) * PSEUDONYM_LENGTH
    })
  }

  function codeOf(nextAction: string): number {
    const text = nextAction.toLowerCase().replaceAll('\n', ' ')
    const known = codes.get(text)
    if (known !== undefined) return known
    if (actions.length > 2 * actionOf.length) forgetUnused()
    const bytes = Buffer.byteLength(text)
    while (used + bytes + 1 > texts.length) texts = Buffer.concat([texts], texts.length * 2)
    starts.push(used)
    used += texts.write(text, used)
    texts[used] = END
    used += 1
    actions.push(text)
    codes.set(text, actions.length - 1)
    return actions.length - 1
  }

  /** Texts of actions long done are dropped once they outnumber what is held. */
  function forgetUnused(): void {
    const before = actions
    actions = ['']
    codes = new Map()
    starts = [0]
    used = 0
    actionOf = actionOf.map((code) => (code === 0 ? 0 : codeOf(before[code] ?? '')))
  }

  function findActions(text: string): void {
    if (matching.length < actions.length) matching = new Uint8Array(2 * actions.length)
    let code = 1
    let matched = 0
    eachPlace(texts, used, Buffer.from(text), (at) => {
      while ((starts[code + 1] ?? Infinity) <= at) code += 1
      if (matched === 0) matching.fill(0)
      matching[code] = 1
      matched += 1
      return starts[code + 1] ?? used
    })
    if (matched === 0) return
    for (let slot = 0; slot < slots; slot++)
      if (matching[actionOf[slot] ?? 0] === 1) found[slot] = 1
  }

  return {
    set(slot, of) {
      foundFor = ''
      lookedAt = { slot: -1, pseudonym: '' }
      pseudonyms.write(of.pseudonym.toLowerCase(), slot * PSEUDONYM_LENGTH, 'latin1')
      actionOf[slot] = of.nextAction === null ? 0 : codeOf(of.nextAction)
      keys.set(slot, trusts.codeOf(of.trust), of.localId)
      slots = Math.max(slots, slot + 1)
    },
    holds(slot, text, ownTrust) {
      if (lookedAt.slot !== slot) {
        const from = slot * PSEUDONYM_LENGTH
        const pseudonym = pseudonyms.toString('latin1', from, from + PSEUDONYM_LENGTH)
        lookedAt = { slot, pseudonym }
      }
      if (lookedAt.pseudonym.includes(text)) return true
      if (ownTrust === null) return false
      return (
        (actions[actionOf[slot] ?? 0] ?? '').includes(text) ||
        keys.holds(slot, text, trusts.find(ownTrust) ?? -1)
      )
    },
    find(text, ownTrust) {
      const asked = JSON.stringify([text, ownTrust])
      // A page and its counts ask for the same one after the other.
      if (asked === foundFor) return found
      foundFor = asked
      if (found.length < slots) found = new Uint8Array(actionOf.length)
      found.fill(0)
      findPseudonyms(text)
      if (ownTrust === null) return found
      findActions(text)
      keys.mark(text, trusts.find(ownTrust) ?? -1, found)
      return found
    },
    grow(capacity) {
      pseudonyms = Buffer.concat([pseudonyms], capacity * PSEUDONYM_LENGTH)
      const wider = new Uint32Array(capacity)
      wider.set(actionOf)
      actionOf = wider
      keys.grow(capacity)
    },
  }
}
