import type { TransactionSql } from '../../../db/client.ts'
import { copyRows } from '../../../db/copy.ts'
import type { StagedRows } from './stage.ts'
import { STAGED_COLUMNS, STAGED_STOP_COLUMNS } from './stage.ts'

/** For what delivery rows are merged. */
export interface MergeContext {
  readonly trust: string
  readonly deliveryId: string
  /** Instant of the merge. */
  readonly at: string
  readonly extractAt: string
  /** The extract time of the last snapshot, which spoke of every entry; null before the first. [FEED-13] */
  readonly snapshotAt: string | null
  /** The trust has no entry and no snapshot yet: nothing needs to be looked up, nothing is late. */
  readonly empty: boolean
  /** A delta tells of each entry for itself, so an unchanged one was confirmed at this extract's time. [FEED-13] */
  readonly confirmsUnchanged: boolean
  readonly staging: Staging
}

/** The staging tables of a transaction. */
export interface Staging {
  /** Empties them for a further part, of so many rows; the first finds them empty. */
  readyForPart(rows: number): Promise<unknown> | null
}

/** Staged rows up to which deleting them is cheaper than new files for three tables. */
const FEW_ROWS = 2_000

/** What became of the staged rows, side by side. A late row of no entry has id 0. */
export interface MergedRows {
  readonly rowNumbers: readonly number[]
  readonly entryIds: readonly number[]
  /** One letter a row: `a`dded, `c`hanged, `s`ame, `l`ate. */
  readonly verdicts: string
}

/**
 * The staging tables, empty at the begin of each transaction. They stay with the connection, so that what the server
 * plans over them stays too: made anew for each delivery they cost more than a hundred changed rows. [FEED-16]
 */
export async function createStaging(tx: TransactionSql): Promise<Staging> {
  // Sent together. That a table is there already is no news to the log.
  await Promise.all([
    tx`set local client_min_messages = warning`,
    tx`
      create temp table if not exists incoming (
        entry_id bigint default nextval('entry_id_seq'::regclass), row_number int, local_id text, hash bytea,
        state text, closed_reason text, tumour text, received_on date, facts jsonb, pathway_key text,
        organisations text[], key_id text, sealed bytea, nhs_hash bytea, said_at text
      ) on commit delete rows`,
    tx`
      create temp table if not exists incoming_stop (
        row_number int, standard text, trust text, stopped_on date, wait_days int, in_time boolean, tumour text,
        route text, share numeric(2, 1), breach_share numeric(2, 1)
      ) on commit delete rows`,
    tx`
      create temp table if not exists judged (
        row_number int, entry_id bigint, verdict "char"
      ) on commit delete rows`,
  ])
  let used = 0
  return {
    readyForPart(rows) {
      const before = used
      used += rows
      if (before === 0) return null
      if (before <= FEW_ROWS) {
        const emptied = [
          tx`delete from incoming`,
          tx`delete from incoming_stop`,
          tx`delete from judged`,
        ]
        return Promise.all(emptied.map((one) => one.execute()))
      }
      used = rows
      return tx`truncate incoming, incoming_stop, judged`.execute()
    },
  }
}

/**
 * Brings staged rows into the entries, in the caller's transaction: only what changed is written, and the database
 * keeps the version before. Rows must be of different record keys.
 */
export async function mergeRows(
  tx: TransactionSql,
  staged: StagedRows,
  context: MergeContext,
): Promise<MergedRows> {
  if (staged.count === 0) return { rowNumbers: [], entryIds: [], verdicts: '' }
  const ready = context.staging.readyForPart(staged.count)
  // Heard at the end; should the rows fail first, that is what is told.
  ready?.catch(() => undefined)
  await copyRows(tx, `incoming (${STAGED_COLUMNS})`, staged.rows, {
    format: 'binary',
    deadlineMs: null,
  })
  if (staged.stops.length > 0) {
    await copyRows(tx, `incoming_stop (${STAGED_STOP_COLUMNS})`, staged.stops, {
      deadlineMs: null,
    })
  }
  const rows = writtenRows(tx, context)
  const [merged] = await Promise.all([
    judgeRows(tx, context),
    insertAdded(tx, context, rows),
    ...(context.empty ? [] : updateChanged(tx, context)),
    context.empty ? insertIdentity(tx, rows) : upsertIdentity(tx, rows),
    insertStops(tx, rows),
    ready,
  ])
  return merged
}

/** The staged rows `s` with the entry and the verdict `j` of each. The first rows of a trust need no judging: all are new. */
function writtenRows(tx: TransactionSql, context: MergeContext) {
  return context.empty
    ? tx`incoming s cross join lateral (select s.entry_id, 'a'::"char" as verdict) j`
    : tx`judged j join incoming s using (row_number)`
}

async function judgeRows(tx: TransactionSql, context: MergeContext): Promise<MergedRows> {
  const [, [row]] = await Promise.all([
    context.empty ? null : insertJudged(tx, context),
    tx<{ rowNumbers: number[]; entryIds: number[]; verdicts: string }[]>`
      select array_agg(row_number) as "rowNumbers", array_agg(coalesce(entry_id, 0)) as "entryIds",
        ${context.empty ? tx`repeat('a', count(*)::int)` : tx`string_agg(verdict::text, '')`} as "verdicts"
      from ${context.empty ? tx`incoming` : tx`judged`}`,
  ])
  if (row === undefined) throw new Error('the judged rows did not come back')
  return row
}

function insertJudged(tx: TransactionSql, context: MergeContext): Promise<unknown> {
  const { trust, extractAt, snapshotAt } = context
  const late = snapshotAt !== null && snapshotAt > extractAt
  return tx`
    insert into judged
    select s.row_number, case when e.id is null and not ${late} then s.entry_id else e.id end,
      case when ${late} or e.extract_at > ${extractAt} then 'l'
        when e.id is null then 'a' when e.hash = s.hash then 's' else 'c' end::"char"
    from incoming s
    left join lateral (
      select id, hash, extract_at from entry where trust = ${trust} and local_id = s.local_id limit 1
    ) e on true`
}

type Fragment = ReturnType<typeof writtenRows>

/** A message speaks at a time of its own, a record with its extract. */
function saidAt(tx: TransactionSql, { extractAt }: MergeContext): Fragment {
  return tx`coalesce(s.said_at::timestamptz, ${extractAt})`
}

function insertAdded(tx: TransactionSql, context: MergeContext, rows: Fragment): Promise<unknown> {
  return tx`
    insert into entry (id, trust, local_id, state, closed_reason, tumour, received_on, facts, hash, pathway_key,
      organisations, delivery_id, row_number, extract_at, created_at, updated_at)
    overriding system value
    select j.entry_id, ${context.trust}, s.local_id, s.state, s.closed_reason, s.tumour, s.received_on, s.facts, s.hash,
      s.pathway_key, s.organisations, ${context.deliveryId}, s.row_number, ${saidAt(tx, context)}, ${context.at},
      ${context.at}
    from ${rows} where j.verdict = 'a'`
}

function updateChanged(tx: TransactionSql, context: MergeContext): Promise<unknown>[] {
  const confirmed = context.confirmsUnchanged
    ? [
        tx`
          update entry e set extract_at = ${context.extractAt} from judged j
          where e.id = j.entry_id and j.verdict = 's' and e.extract_at < ${context.extractAt}`,
      ]
    : []
  return [
    tx`
      update entry e set state = s.state, closed_reason = s.closed_reason, tumour = s.tumour,
        received_on = s.received_on, facts = s.facts, hash = s.hash, pathway_key = s.pathway_key,
        organisations = s.organisations, delivery_id = ${context.deliveryId}, row_number = s.row_number,
        extract_at = ${saidAt(tx, context)}, updated_at = ${context.at}
      from judged j join incoming s using (row_number) where e.id = j.entry_id and j.verdict = 'c'`,
    tx`
      delete from clock_stop c using judged j where c.entry_id = j.entry_id and j.verdict = 'c'`,
    ...confirmed,
  ]
}

function insertIdentity(tx: TransactionSql, rows: Fragment): Promise<unknown> {
  return tx`
    insert into identity (entry_id, key_id, sealed, nhs_hash)
    select j.entry_id, s.key_id, s.sealed, s.nhs_hash from ${rows} where s.key_id is not null`
}

/** A changed record that names nobody leaves the known identity: who it is does not lapse by being left out. */
function upsertIdentity(tx: TransactionSql, rows: Fragment): Promise<unknown> {
  return tx`
    insert into identity (entry_id, key_id, sealed, nhs_hash)
    select j.entry_id, s.key_id, s.sealed, s.nhs_hash from ${rows}
    where j.verdict in ('a', 'c') and s.key_id is not null
    on conflict (entry_id) do update set key_id = excluded.key_id, sealed = excluded.sealed,
      nhs_hash = excluded.nhs_hash`
}

function insertStops(tx: TransactionSql, rows: Fragment): Promise<unknown> {
  return tx`
    insert into clock_stop (entry_id, standard, trust, stopped_on, wait_days, in_time, tumour, route, share,
      breach_share)
    select j.entry_id, p.standard, p.trust, p.stopped_on, p.wait_days, p.in_time, p.tumour, p.route, p.share,
      p.breach_share
    from ${rows} join incoming_stop p on p.row_number = s.row_number where j.verdict in ('a', 'c')`
}
