import type { TransactionSql } from '../../../db/client.ts'

/** Longest a delivery may work in one statement, and wait for another of the same trust. */
const STATEMENT_LIMIT = '10min'
const LOCK_LIMIT = '10min'

/**
 * Waits until no other delivery of the trust is under way; the turn ends with the transaction. [FEED-17]
 *
 * In it rows are looked up by their keys: a plan made while there were few, and a walk through all of them was cheap,
 * would stay in use until the server next counts them, however long the list has become. [FEED-62]
 */
export function takeTurn(tx: TransactionSql, trust: string): Promise<unknown> {
  const limits = tx`
    select set_config('statement_timeout', ${STATEMENT_LIMIT}, true), set_config('lock_timeout', ${LOCK_LIMIT}, true),
      set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true)`
  const turn = tx`select pg_advisory_xact_lock(hashtextextended(${`ptl feed ${trust}`}, 0))`
  return Promise.all([limits.execute(), turn.execute()])
}
