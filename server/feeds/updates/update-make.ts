import { checkField } from '../formats/facts.ts'
import { inOrder } from '../formats/found-facts.ts'
import type { EntryUpdate } from '../formats/update.ts'
import { judge } from '../merge/judge.ts'
import type { WorkingEntry } from './held-entries.ts'
import type { Outcome, Work } from './update-work.ts'
import { broken, parsed, refuse, translated } from './update-work.ts'

/** Makes the pathway that a referral speaks of. A snapshot made since that does not have it knows better. */
export function make(work: Work, update: EntryUpdate): Outcome {
  const { merge, issues } = work.options
  const [id] = update.pathway
  if (merge.snapshotAt !== null && update.saidAt < merge.snapshotAt) return 'late'
  const issuer = id?.issuer ?? merge.trust
  const ppid = checkField('ppid', id?.id)
  const ppidIssuer = checkField('ppidIssuer', issuer)
  if (id === undefined || !ppid.ok || !ppidIssuer.ok) {
    return refuse(work, update, 'FEED-53', {
      field: 'PV1-50',
      message: 'The pathway identifier has over 20 characters, or its issuer is no ODS code.',
      fix: 'Send the patient pathway identifier, and the ODS code of the organisation that gave it.',
    })
  }
  const said = new Map<string, unknown>([
    ['localId', `${issuer}:${id.id}`],
    ['ppid', ppid.value],
    ['ppidIssuer', ppidIssuer.value],
  ])
  const facts = inOrder(said)
  if (facts === null) throw new Error('a pathway without a key')
  const change = update.change({ facts, identity: {} }, true)
  const judged = judge(parsed(update, translated(work, change)), work.options.check)
  for (const issue of [...change.issues, ...judged.issues]) issues.add(issue)
  if (!judged.taken) return broken(work, update, judged.issues)
  const entry: WorkingEntry = {
    id: 0,
    held: judged.entry,
    knownIdentity: null,
    pathwayKey: judged.entry.pathwayKey,
    dropped: false,
    extractAt: update.saidAt,
    wholeAt: update.saidAt,
    saidAt: new Map([[update.part, update.saidAt]]),
    spoken: new Set([update.part]),
  }
  work.index.add(entry)
  work.touched.add(entry)
  work.pending.set(entry, judged.entry)
  return 'added'
}
