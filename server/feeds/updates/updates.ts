import { CLOCK_AHEAD_MS } from '../merge/extract-time.ts'
import type { EntryUpdate } from '../formats/update.ts'
import { judge } from '../merge/judge.ts'
import { openTurns } from '../merge/turns.ts'
import { beyondNational, coveredAt } from './behind.ts'
import type { WorkingEntry } from './held-entries.ts'
import { readHeld } from './held-entries.ts'
import { nobodyFound, staysClosed } from './update-issues.ts'
import { make } from './update-make.ts'
import { keysOf, openIndex, soughtNumber } from './update-targets.ts'
import type { BrokenUpdate, Outcome, UpdateOptions, Work } from './update-work.ts'
import { broken, parsed, refuse, translated } from './update-work.ts'
import { writeUpdated } from './update-write.ts'

/** What became of messages, counted by message, and the entries that were written. */
export interface UpdateCounts {
  readonly added: number
  readonly changed: number
  readonly unchanged: number
  readonly late: number
  readonly refused: number
  /** Messages that the rules refused, to be laid aside: what hangs on what is known here is sent again instead. */
  readonly broken: readonly BrokenUpdate[]
  readonly written: readonly number[]
}

/**
 * Works messages into the entries they are of: reads those entries, applies the messages in the order of their own
 * times, holds each result against the same rules as a whole record, and merges what changed by the same road, in the
 * same transaction. All deliveries of a trust go one after another, so nothing is written between. [FEED-52 to FEED-55]
 */
export async function applyUpdates(
  options: UpdateOptions,
  updates: readonly EntryUpdate[],
): Promise<UpdateCounts> {
  const { tx, merge, seal } = options
  const keys = updates.flatMap(({ pathway }) => pathway.flatMap((id) => keysOf(id, merge.trust)))
  const numbers = new Set(updates.map(soughtNumber).filter((number) => number !== undefined))
  const nhsHashes = [...numbers].flatMap((nhsNumber) => seal({ nhsNumber }).nhsHash ?? [])
  const { trust, snapshotAt } = merge
  const { unseal } = options
  const known = await readHeld(tx, { trust, keys, nhsHashes, snapshotAt, unseal })
  const work: Work = {
    options,
    index: openIndex(trust),
    pending: new Map(),
    touched: new Set(),
    broken: [],
    coveredAt: await coveredAt(tx, trust, updates, known),
  }
  for (const entry of known) work.index.add(entry)
  const counts = { added: 0, changed: 0, unchanged: 0, late: 0, refused: 0 }
  const turns = openTurns()
  for (const update of inTimeOrder(updates)) {
    if (turns.over()) await turns.pass()
    counts[take(work, update)] += 1
  }
  return {
    ...counts,
    broken: work.broken,
    written: await writeUpdated(options, work.pending, work.touched),
  }
}

/** By the sender's time; what has the same time, in the order it came. */
function inTimeOrder(updates: readonly EntryUpdate[]): readonly EntryUpdate[] {
  return updates.toSorted((a, b) =>
    a.saidAt === b.saidAt ? a.rowNumber - b.rowNumber : a.saidAt < b.saidAt ? -1 : 1,
  )
}

function take(work: Work, update: EntryUpdate): Outcome {
  const { merge } = work.options
  if (Date.parse(update.saidAt) > Date.parse(merge.at) + CLOCK_AHEAD_MS) {
    return refuse(work, update, 'FEED-13', {
      field: 'MSH-7',
      message: 'The message was made in the future.',
      fix: 'Check the clock and the time zone of the sender, and send it again.',
    })
  }
  const pathway = work.index.pathway(update)
  if (pathway === 'many') {
    return refuse(work, update, 'FEED-53', {
      field: 'PV1-50',
      message: 'Several pathways of the trust have this identifier.',
      fix: 'Send the trust’s own record key of the pathway instead.',
    })
  }
  if (pathway === null && update.makesPathway) return make(work, update)
  const others = work.index.people(update).filter((entry) => entry !== pathway)
  if (pathway === null && update.needsPathway) {
    return refuse(work, update, 'FEED-53', {
      field: 'PV1-50',
      message: 'The trust has no pathway of this identifier.',
      fix: 'Send the pathway first, as a referral (REF^I12) or in an extract, then this message again.',
    })
  }
  if (pathway === null && others.length === 0) {
    work.options.issues.add(nobodyFound(update))
    return 'unchanged'
  }
  const outcomes = others.map((entry) => apply(work, update, entry, false))
  if (pathway !== null) outcomes.push(apply(work, update, pathway, true))
  const order: readonly Outcome[] = ['refused', 'added', 'changed', 'unchanged', 'late']
  return order.find((one) => outcomes.includes(one)) ?? 'unchanged'
}

/** Works one message into one entry. */
function apply(
  work: Work,
  update: EntryUpdate,
  entry: WorkingEntry,
  isThePathway: boolean,
): Outcome {
  const { saidAt, part } = update
  if (saidAt < (entry.saidAt.get(part) ?? '')) return 'late'
  const isBehind = saidAt < entry.wholeAt
  if (isBehind && (saidAt < work.coveredAt || entry.dropped)) return 'late'
  if (isThePathway && isOfAnother(update, entry)) {
    return refuse(work, update, 'FEED-53', {
      field: 'PID-3',
      message: 'The pathway is of a person with another NHS number; nothing was changed.',
      fix: 'Check the pathway identifier and the NHS number. To change the number, send ADT^A40.',
    })
  }
  if (entry.dropped && !update.makesPathway) {
    work.options.issues.add(staysClosed(update))
    return 'unchanged'
  }
  const before = judge(parsed(update, entry.held), work.options.check)
  const said = update.change(entry.held, isThePathway)
  const change = isBehind ? { ...said, ...beyondNational(entry.held, said) } : said
  const after = judge(parsed(update, translated(work, change)), work.options.check)
  const told = new Set(before.issues.map(({ code, field }) => `${code} ${field}`))
  for (const issue of [
    ...change.issues,
    ...after.issues.filter(({ code, field }) => !told.has(`${code} ${field}`)),
  ]) {
    work.options.issues.add(issue)
  }
  if (!after.taken) return broken(work, update, after.issues)
  const { facts, identity } = after.entry
  const isChanged = entry.dropped || JSON.stringify([facts, identity]) !== textOf(entry)
  if (isBehind && !isChanged) return 'late'
  entry.held = { facts, identity }
  entry.dropped = false
  entry.saidAt.set(part, saidAt)
  entry.spoken.add(part)
  if (saidAt > entry.extractAt) entry.extractAt = saidAt
  work.touched.add(entry)
  work.index.refresh(entry)
  if (!isChanged) return 'unchanged'
  work.pending.set(entry, after.entry)
  return 'changed'
}

function isOfAnother(update: EntryUpdate, { held }: WorkingEntry): boolean {
  const { nhsNumber } = update.person
  const known = held.identity.nhsNumber
  return nhsNumber !== undefined && known !== undefined && nhsNumber !== known
}

function textOf({ held }: WorkingEntry): string {
  return JSON.stringify([held.facts, held.identity])
}
