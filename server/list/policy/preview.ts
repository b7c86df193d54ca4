import { createHash } from 'node:crypto'
import type { PolicyPreview } from '../../../shared/policy.ts'
import { clocks as clocksOn } from '../../domain/clock/clock.ts'
import { compactPlaces } from '../../domain/rank/compact.ts'
import { because } from '../../domain/rank/explain.ts'
import { unpackKey } from '../../domain/rank/order.ts'
import { dayOf } from '../../domain/clock/day.ts'
import { place } from '../../domain/rank/place.ts'
import type { Policy, PolicyBody } from '../../domain/rank/policy.ts'
import type { LiveEntry, LiveList } from '../live-entry.ts'
import { sortSlots } from '../order/radix.ts'
import { nextBreach } from '../row.ts'

const ENTRIES_A_SLICE = 2_000
const MOVERS_SHOWN = 20
const FIRSTS = [50, 200, 1000] as const

const DUE_SOON_DAYS = 7

/** The same for the same policy over the same version in force: a preview of another draft does not count. */
export function previewFingerprint(body: PolicyBody, inForce: number): string {
  return createHash('sha256')
    .update(`${String(inForce)} ${JSON.stringify(body)}`)
    .digest('base64url')
}

/**
 * Ranks everybody under a draft and compares, a slice at a time so that the service goes on answering. [RNK-15]
 * Which clocks breach does not depend on a policy; who is seen to first does.
 */
export async function previewPolicy(list: LiveList, body: PolicyBody): Promise<PolicyPreview> {
  const inForce = list.policy()
  const draft: Policy = { ...body, version: inForce.version + 1 }
  const asOf = list.asOf()
  const before: LiveEntry[] = []
  for (const entry of list.entries()) before.push(entry)
  const count = before.length
  const places = compactPlaces(Math.max(1, count))
  const keys = new Float64Array(Math.max(1, count))
  const ids = new Float64Array(Math.max(1, count))
  const pastTarget = new Uint8Array(count)
  const dueSoon = new Uint8Array(count)
  for (const [at, entry] of before.entries()) {
    const { facts, override } = entry
    const clocks = clocksOn(facts, asOf)
    places.write(at, { facts, clocks, policy: draft, asOf, override })
    keys[at] = places.keyOn(at, dayOf(asOf))
    ids[at] = entry.id
    pastTarget[at] = clocks.rtt62?.state === 'running' && clocks.rtt62.breached ? 1 : 0
    const next = nextBreach(clocks)
    dueSoon[at] = next !== null && next.daysLeft >= 0 && next.daysLeft <= DUE_SOON_DAYS ? 1 : 0
    if (at % ENTRIES_A_SLICE === 0) await new Promise(setImmediate)
  }
  const after = Int32Array.from({ length: count }, (_, at) => at)
  sortSlots(after, keys, ids)
  /** By place before: how many places further up. */
  const rise = new Int32Array(count)
  after.forEach((at, placeAfter) => {
    rise[at] = at - placeAfter
  })
  const moved = [...rise.keys()].sort((a, b) => (rise[b] ?? 0) - (rise[a] ?? 0))
  const shown = (at: number) => {
    const entry = before[at]
    if (entry === undefined) return []
    const clocks = clocksOn(entry.facts, asOf)
    const there = place(entry.facts, clocks, draft, asOf, entry.override)
    return {
      id: entry.id,
      pseudonym: entry.pseudonym,
      trust: entry.trust,
      tumour: entry.tumour,
      from: at + 1,
      to: at + 1 - (rise[at] ?? 0),
      because: because(there, draft),
      breachOn: nextBreach(clocks)?.on ?? null,
    }
  }
  return {
    asOf,
    fingerprint: previewFingerprint(body, inForce.version),
    people: count,
    up: rise.filter((by) => by > 0).length,
    down: rise.filter((by) => by < 0).length,
    largestUp: moved
      .slice(0, MOVERS_SHOWN)
      .filter((at) => (rise[at] ?? 0) > 0)
      .flatMap(shown),
    largestDown: moved
      .slice(-MOVERS_SHOWN)
      .reverse()
      .filter((at) => (rise[at] ?? 0) < 0)
      .flatMap(shown),
    tiers: tiersOf(before, keys, draft, inForce),
    firsts: FIRSTS.filter((first) => first < count).map((first) => {
      const now = after.subarray(0, first)
      return {
        first,
        entering: now.filter((at) => at >= first).length,
        pastTargetBefore: sum(pastTarget.subarray(0, first)),
        pastTargetAfter: now.reduce((total, at) => total + (pastTarget[at] ?? 0), 0),
        dueSoonBefore: sum(dueSoon.subarray(0, first)),
        dueSoonAfter: now.reduce((total, at) => total + (dueSoon[at] ?? 0), 0),
      }
    }),
  }
}

function tiersOf(
  before: readonly LiveEntry[],
  keys: Float64Array,
  draft: Policy,
  inForce: Policy,
): PolicyPreview['tiers'] {
  const tiers = [...new Set([...draft.tiers, ...inForce.tiers].map((item) => item.tier))].sort(
    (a, b) => a - b,
  )
  const counts = new Map(tiers.map((tier) => [tier, { tier, before: 0, after: 0 }]))
  for (const [at, entry] of before.entries()) {
    const was = counts.get(entry.place.tier)
    const is = counts.get(unpackKey(keys[at] ?? 0).tier)
    if (was !== undefined) was.before += 1
    if (is !== undefined) is.after += 1
  }
  return [...counts.values()]
}

function sum(of: Uint8Array): number {
  return of.reduce((total, value) => total + value, 0)
}
