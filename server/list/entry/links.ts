import type { Database, TransactionSql } from '../../../db/client.ts'
import type { EntryDetail } from '../../../shared/entry-detail.ts'
import type { EntryFacts } from '../../../shared/entry.ts'
import type { Tumour } from '../../../shared/vocabulary.ts'
import type { Report } from '../../domain/transfer/chain.ts'
import { reportOf } from '../../domain/transfer/chain.ts'
import type { Link, LinkRecord } from '../../domain/transfer/linking.ts'
import { LINK_LIMIT, decisionKey, linkOf, pathwaysOf } from '../../domain/transfer/linking.ts'
import { FOLLOWER, readDecisions } from '../read-entries.ts'

/** Another entry that may be the same pathway, and what the rules make of the two. */
export interface Candidate extends LinkRecord {
  readonly state: 'open' | 'closed'
  readonly tumour: Tumour
  readonly organisations: readonly string[]
  readonly link: Link
  /** In one pathway now, be it through a third entry. */
  readonly joined: boolean
}

/** What somebody decided of an entry and another, with their reason. */
export type LinkWord = NonNullable<EntryDetail['links'][number]['decision']> & {
  readonly otherId: number
}

/** Who asks: what they may see of an entry hangs on the organisations of its pathway. */
export interface Asker {
  readonly organisation: string
  readonly seesAll: boolean
}

/**
 * Every entry that an entry could be one pathway with: of the same NHS number or pathway identifier, or already
 * decided on. Read in the service's own name, for the other may be another trust's. [IPT-10 to IPT-14]
 *
 * What the asker may not see, and the rules tell apart, is left out: that a person has another cancer elsewhere is
 * not theirs to know.
 */
export async function readCandidates(
  db: Database,
  id: number,
  asker: Asker,
): Promise<readonly Candidate[]> {
  const { records, decisions } = await db.scoped(FOLLOWER, async (tx) => {
    const rows = await readAround(tx, id)
    const made = await readDecisions(
      tx,
      rows.map((row) => row.id),
    )
    return { records: rows, decisions: made }
  })
  const self = records.find((record) => record.id === id)
  if (self === undefined) return []
  const decided = new Map(
    [...decisions].flatMap(([from, made]) =>
      made.map(({ otherId, decision }) => [decisionKey(from, otherId), decision] as const),
    ),
  )
  const pathway = pathwaysOf(records, decided).find((group) => group.includes(id)) ?? [id]
  return records.flatMap((record) => {
    const link = linkOf(self, record, decided)
    const told = link.answer !== 'different' || link.rule === 'IPT-13' || maySee(record, asker)
    return record.id === id || !told ? [] : { ...record, link, joined: pathway.includes(record.id) }
  })
}

/** Whether they may look into an entry themselves. */
export function maySee(of: Pick<Candidate, 'organisations'>, asker: Asker): boolean {
  return asker.seesAll || of.organisations.includes(asker.organisation)
}

/** What an entry's page says of the candidates: of those not theirs, that there is one at that trust, and why. [IPT-14] */
export function linksOf(
  candidates: readonly Candidate[],
  words: readonly LinkWord[],
  asker: Asker,
  pseudonym: (id: number) => string,
): EntryDetail['links'] {
  return candidates.map((candidate) => {
    const { id, trust, state, tumour, facts, link, joined } = candidate
    const seen = { pseudonym: pseudonym(id), state, tumour, receivedOn: facts.receivedOn ?? null }
    const word = words.find(({ otherId }) => otherId === id)
    return {
      ...{ id, trust, joined, ...link },
      seen: maySee(candidate, asker) ? seen : null,
      decision: word ?? null,
    }
  })
}

/** Words of people on an entry and others, newest first, for whoever the transaction's scope is. */
export function readLinkWords(tx: TransactionSql, id: number): Promise<LinkWord[]> {
  return tx<LinkWord[]>`
    select case when d.entry_id = ${id} then d.other_id else d.entry_id end as "otherId",
      d.decision, d.reason, coalesce(p.name, '') as by, d.organisation, d.at
    from link_decision d left join person p on p.id = d.person_id
    where d.entry_id = ${id} or d.other_id = ${id}
    order by d.id desc limit 200
  `
}

/**
 * What else tells of an entry's transfers, as far as the asker may see it: the records of the same pathway at other
 * trusts, and the moves that were carried through here. [IPT-3]
 */
export async function readReports(
  tx: TransactionSql,
  id: number,
  candidates: readonly Candidate[],
  asker: Asker,
): Promise<readonly Report[]> {
  const others = candidates.filter(({ joined }) => joined)
  const ids = [id, ...others.map((other) => other.id)]
  const moves = await tx<Report['transfer'][]>`
    select from_trust as "from", to_trust as "to", sent_on as "requestedOn", received_on as "receivedOn"
    from transfer where entry_id = any(${ids}::bigint[])
  `
  return [
    ...others.flatMap((other) => (maySee(other, asker) ? reportOf(other.facts, other.trust) : [])),
    ...moves.map((transfer): Report => ({ transfer, source: { kind: 'service' } })),
  ]
}

interface Around extends LinkRecord {
  readonly state: 'open' | 'closed'
  readonly tumour: Tumour
  readonly facts: EntryFacts
  readonly organisations: readonly string[]
}

/** The entry and all it shares an identifier or a decision with; a number that very many share is a stand-in. */
function readAround(tx: TransactionSql, id: number): Promise<Around[]> {
  return tx<Around[]>`
    with self as (
      select e.pathway_key, i.nhs_hash from entry e left join identity i on i.entry_id = e.id
      where e.id = ${id}
    ), sharing as (
      select i.entry_id as id, 'person' as why from identity i join self on i.nhs_hash = self.nhs_hash
      union all
      select e.id, 'key' from entry e join self on e.pathway_key = self.pathway_key
    ), around as (
      select id from (select id, count(*) over (partition by why) as many from sharing) counted
      where many <= ${LINK_LIMIT}
      union select other_id from link_decision where entry_id = ${id}
      union select entry_id from link_decision where other_id = ${id}
      union select ${id}::bigint
    )
    select e.id, e.trust, e.state, e.tumour, e.facts, e.organisations,
      encode(substring(i.nhs_hash for 16), 'base64') as "nhsHash"
    from around join entry e on e.id = around.id left join identity i on i.entry_id = e.id
    order by e.id
  `
}
