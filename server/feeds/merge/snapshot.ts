import type { TransactionSql } from '../../../db/client.ts'
import type { DeliveryMode, Issue } from '../../../shared/delivery.ts'
import { Refusal } from '../../../shared/problem.ts'
import type { Intake } from './tally.ts'
import { findDelivery } from '../delivery/ledger.ts'
import type { KnownLines } from './lines.ts'
import { createIdSet } from './id-set.ts'
import { HOLD_SHARE, entryIdsNamed, openAmong } from './removal.ts'

/** What a snapshot left unsaid. */
export interface Unsaid {
  /** Open entries of which it said nothing. */
  readonly missing: readonly number[]
  /** Entries that are there by the name of a record that was refused, or is a removal. */
  readonly named: readonly number[]
}

export const NOTHING_UNSAID: Unsaid = { missing: [], named: [] }

/**
 * Finds what a snapshot said nothing of. A refused record still says that its pathway is there. [FEED-10]
 * @param openBefore ids of the entries that were open before; null: by the lines known, which spares looking at all
 */
export async function unsaid(
  tx: TransactionSql,
  trust: string,
  intake: Intake,
  known: KnownLines,
  openBefore: Float64Array | null,
): Promise<Unsaid> {
  const told = createIdSet()
  for (const id of intake.told) told.add(id)
  known.eachSeen((id) => told.add(id))
  const keys = [...intake.refusedKeys, ...intake.removals.map(({ localId }) => localId)]
  const named = await entryIdsNamed(tx, trust, keys)
  for (const id of named) told.add(id)
  if (openBefore !== null) return { missing: [...openBefore.filter((id) => !told.has(id))], named }
  const maybe = (known.notShown() ?? []).filter((id) => !told.has(id))
  return { missing: await openAmong(tx, trust, maybe), named }
}

/** Takes a held delivery as settled by this one. @throws Refusal when the delivery to be confirmed is not held, or was another body. [FEED-11] */
export async function settleHeld(
  tx: TransactionSql,
  trust: string,
  heldId: string,
  by: {
    readonly id: string
    readonly mode: DeliveryMode
    readonly format: string
    readonly bodyHash: Buffer
    readonly sandbox: boolean
  },
): Promise<void> {
  const held = await findDelivery(tx, trust, heldId)
  if (held === undefined)
    throw new Refusal('not-found', 'There is no delivery of this id to confirm.')
  if (held.dryRun && !(held.sandbox && by.sandbox))
    throw new Refusal('conflict', 'That was a dry run; there is nothing to confirm. Send it live.')
  if (held.state !== 'held') throw new Refusal('conflict', 'That delivery is not held.')
  if (held.mode !== by.mode || held.format !== by.format) {
    throw new Refusal(
      'conflict',
      `What is held is a ${held.mode} as ${held.format}. Confirm it in the same mode and format: mode=${held.mode}&confirm=${heldId}.`,
    )
  }
  if (held.bodyHash?.equals(by.bodyHash) !== true) {
    throw new Refusal(
      'conflict',
      'This is not the body that is held. Send that one, or a new snapshot without confirm.',
    )
  }
  await tx`
    update delivery set state = 'refused', reason = ${`Confirmed: it went in as delivery ${by.id}.`} where id = ${heldId}`
}

/** @param confirmable id by which the body can be let in; null for a dry run, which was only asked what would be */
export function heldReason(
  missing: number,
  openBefore: number,
  confirmable: string | null,
): string {
  const share = Math.round((missing / openBefore) * 100)
  const found = `${missing} of ${openBefore} open pathways (${share} %) are not in this snapshot; more than ${HOLD_SHARE * 100} %`
  return confirmable === null
    ? `${found} would be held for a person to look at. Nothing was changed: this was a dry run.`
    : `${found} are held for a person to look at. Nothing was changed. If they are right to go, somebody of the trust ` +
        `approves it on the page Feeds, or send the same body again with mode=snapshot&confirm=${confirmable}; if not, ` +
        'send a whole extract.'
}

export function lateIssue(late: number): Issue {
  return fileIssue(
    'FEED-13',
    `${late} records were older than what is known of their pathways; the newer facts were kept.`,
    'Nothing, if an older extract was sent again; else check the extract time.',
  )
}

export function unsureIssue(keyless: number, missing: number): Issue {
  return fileIssue(
    'FEED-12',
    `${missing} open pathways are not in this snapshot; none was closed, since ${keyless} refused records have no ` +
      'key and may be among them.',
    'Give each record its key and send the snapshot again.',
  )
}

function fileIssue(code: string, message: string, fix: string): Issue {
  return { rowNumber: 0, recordKey: '', field: '', code, severity: 'warns', message, fix }
}
