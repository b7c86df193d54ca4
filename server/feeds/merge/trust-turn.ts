import type { TransactionSql } from '../../../db/client.ts'

/** Longest a delivery may work in one statement, and wait for another of the same trust. */
const STATEMENT_LIMIT = '10min'
const LOCK_LIMIT = '10min'

/**
 * Waits until no other delivery of the trust is under way; the turn ends with the transaction. [FEED-17]
 *
 * In it rows are looked up by their keys: a plan made while there were few, and a walk through all of them was cheap,
 * would stay in use until the server next counts them, however long the list has become. And such plans are as good for
 * any values: made anew for each message they cost as much as all else that the server does for it. [FEED-62]
 * @param hold takes hold of the delivery itself, first
 */
export function takeTurn(
  tx: TransactionSql,
  { trust, hold }: { readonly trust: string; readonly hold: () => Promise<void> },
): Promise<unknown> {
  // Each is sent at once and not when it is first waited for: down the same pipe in this order.
  const limited = tx`
    select set_config('statement_timeout', ${STATEMENT_LIMIT}, true), set_config('lock_timeout', ${LOCK_LIMIT}, true),
      set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true),
      set_config('plan_cache_mode', 'force_generic_plan', true)`.execute()
  const held = hold()
  const turn =
    tx`select pg_advisory_xact_lock(hashtextextended(${`ptl feed ${trust}`}, 0))`.execute()
  return Promise.all([limited, held, turn])
}
