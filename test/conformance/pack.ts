import { randomUUID } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { z } from 'zod'
import { addDays, londonDate } from '../../shared/date.ts'
import { ownFeedKey } from '../../shared/feed-key.ts'

/*
 * The conformance pack: bodies in `cases/<format>/`, each beside an expectation. A case is added by dropping in two
 * files, `name.<anything>` and `name.expect.json`; nothing here knows a format.
 */

export const CASES = join(import.meta.dirname, 'cases')

const expectation = z.strictObject({
  title: z.string(),
  /** The address behind `/api/feeds/{trust}/`. */
  to: z.enum(['deliveries', 'capacity', '$process-message']).default('deliveries'),
  contentType: z.string(),
  query: z.string().default(''),
  headers: z.record(z.string(), z.string()).default({}),
  expect: z.strictObject({
    status: z.number().int(),
    /** Part of the JSON answer: members not named may be anything, an array must hold what is named. */
    body: z.unknown().optional(),
    /** Pieces that the answer's text holds. */
    text: z.array(z.string()).default([]),
  }),
})

export interface Case {
  readonly format: string
  readonly name: string
  readonly said: z.infer<typeof expectation>
  readonly body: Buffer
}

export interface Outcome {
  readonly format: string
  readonly title: string
  /** What differed; null when it passed. */
  readonly wrong: string | null
}

/** What stands in for the trust of the key, so that the same files do for any. */
export interface Place {
  readonly trust: string
  readonly site: string
  readonly nowMs: number
}

/** All cases, by format and name. @throws when an expectation has no body, or is no expectation */
export function readCases(folder = CASES): readonly Case[] {
  return readdirSync(folder)
    .sort()
    .flatMap((format) => {
      const files = readdirSync(join(folder, format)).sort()
      return files
        .filter((file) => file.endsWith('.expect.json'))
        .map((file) => {
          const name = basename(file, '.expect.json')
          const other = files.find((one) => one !== file && one.startsWith(`${name}.`))
          if (other === undefined)
            throw new Error(`${format}/${name} has an expectation and no body`)
          const said = expectation.parse(
            JSON.parse(readFileSync(join(folder, format, file), 'utf8')),
          )
          return { format, name, said, body: readFileSync(join(folder, format, other)) }
        })
    })
}

/**
 * The place of a sandbox key.
 * @throws one line when the key is not good, is live, or may not deliver: nothing has been sent then
 */
export async function placeOf(url: string, key: string): Promise<Place> {
  const response = await fetch(`${url}/api/feed-key`, { headers: bearer(key) }).catch(
    (cause: unknown) => {
      throw new Error(`${url} cannot be reached.`, { cause })
    },
  )
  if (response.status !== 200) {
    throw new Error(
      `The key is not accepted (${response.status}). Ask your administrator for a sandbox key.`,
    )
  }
  const own = ownFeedKey.parse(await response.json())
  if (!own.sandbox) {
    throw new Error(
      'This is a LIVE key. The pack holds made-up people: it is sent with a sandbox key only.',
    )
  }
  for (const scope of ['delivery:write', 'capacity:write'] as const) {
    if (!own.scopes.includes(scope)) {
      throw new Error(
        `This key wants the scope ${scope}. Ask your administrator for one that has it.`,
      )
    }
  }
  return { trust: own.trust, site: own.sites[0] ?? `${own.trust}01`, nowMs: Date.now() }
}

/** Sends one case and compares the answer. */
export async function runCase(url: string, key: string, place: Place, one: Case): Promise<Outcome> {
  const { title, to, contentType, query, headers, expect } = one.said
  const filled = (text: string): string => fill(text, place)
  const response = await fetch(`${url}/api/feeds/${place.trust}/${to}?${filled(query)}`, {
    method: 'POST',
    headers: {
      ...bearer(key),
      'content-type': contentType,
      ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, filled(value)])),
    },
    // Bytes that are no text must arrive as they are.
    body: Buffer.from(filled(one.body.toString('latin1')), 'latin1'),
  })
  const text = await response.text()
  return { format: one.format, title, wrong: difference(response.status, text, expect, filled) }
}

function difference(
  status: number,
  text: string,
  expect: Case['said']['expect'],
  filled: (text: string) => string,
): string | null {
  if (status !== expect.status)
    return `status ${status}, wanted ${expect.status}: ${text.slice(0, 200)}`
  const missing = expect.text.map(filled).find((piece) => !text.includes(piece))
  if (missing !== undefined) return `the answer does not hold "${missing}": ${text.slice(0, 200)}`
  if (expect.body === undefined) return null
  const wanted: unknown = JSON.parse(filled(JSON.stringify(expect.body)))
  return mismatch(JSON.parse(text), wanted, 'answer')
}

/** The first place where `found` is not what is wanted. */
function mismatch(found: unknown, wanted: unknown, at: string): string | null {
  if (Array.isArray(wanted)) {
    if (!Array.isArray(found)) return `${at} is no list`
    const lost = wanted.findIndex((one) =>
      found.every((other) => mismatch(other, one, at) !== null),
    )
    return lost === -1
      ? null
      : `${at} does not hold ${JSON.stringify(wanted[lost])}: ${JSON.stringify(found).slice(0, 300)}`
  }
  if (typeof wanted === 'object' && wanted !== null) {
    if (typeof found !== 'object' || found === null) return `${at} is ${JSON.stringify(found)}`
    for (const [name, value] of Object.entries(wanted)) {
      const part = (found as Readonly<Record<string, unknown>>)[name]
      const wrong = mismatch(part, value, `${at}.${name}`)
      if (wrong !== null) return wrong
    }
    return null
  }
  return found === wanted
    ? null
    : `${at} is ${JSON.stringify(found)}, wanted ${JSON.stringify(wanted)}`
}

/** `{{trust}}`, `{{site}}`, `{{uuid}}`, `{{now}}` as HL7 writes an instant, `{{today}}`, `{{today-30}}`, and `{{today-30:compact}}` without hyphens. */
function fill(text: string, { trust, site, nowMs }: Place): string {
  return text.replaceAll(
    /\{\{(trust|site|uuid|now|today(?:[+-]\d+)?)(:compact)?\}\}/g,
    (_whole, what: string, compact: string | undefined) => {
      if (what === 'trust') return trust
      if (what === 'site') return site
      if (what === 'uuid') return randomUUID()
      if (what === 'now')
        return `${new Date(nowMs).toISOString().replaceAll(/\D/g, '').slice(0, 14)}+0000`
      const day = addDays(londonDate(nowMs), Number(what.slice('today'.length)))
      return compact === undefined ? day : day.replaceAll('-', '')
    },
  )
}

function bearer(key: string): { authorization: string } {
  return { authorization: `Bearer ${key}` }
}
