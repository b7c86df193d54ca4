import type { TransactionSql } from '../../db/client.ts'

/**
 * Progress of a delivery row, as a column. The start is when the first beat could have been; the rate is of all that
 * was read since.
 */
export function progressColumn(tx: TransactionSql) {
  return tx`(
    select case when delivery.state <> 'running' then null else jsonb_build_object('rowsRead', rows_read,
      'rowsPerSecond', round((rows_read / seconds)::numeric, 1),
      'secondsLeft', case when bytes_read > 0 and bytes_total is not null
        then ceil(greatest(bytes_total - bytes_read, 0) * seconds / bytes_read) end) end
    from delivery_work, greatest(extract(epoch from beat_at - started_at), 0.1) as seconds
    where delivery_id = delivery.id)`
}
