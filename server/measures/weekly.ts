import { addDays } from '../../shared/date.ts'
import type { IsoDate } from '../../shared/date.ts'
import type * as measures from '../../shared/measures.ts'
import { Refusal } from '../../shared/problem.ts'
import { tumourOf } from '../domain/clock/tumour.ts'
import { grouped } from '../domain/measure/groups.ts'
import { dueOn, lastSunday, sundayOf } from '../domain/measure/weekly-return.ts'
import { suppressedReturn, weeklyReturn } from '../domain/measure/weekly-return.ts'
import type { ReturnedPathway } from '../domain/measure/weekly-return.ts'
import type { MeasureSources } from './answers.ts'
import { trustNames } from './answers.ts'
import { readClosed, readLastExtracts } from './read.ts'

type TrustPathway = ReturnedPathway & { readonly trust: string }

/**
 * The weekly return of each trust for one Sunday. A trust whose feed does not reach that Sunday is missing and says
 * so; nothing is filled in. [MEA-4]
 * @throws Refusal `bad-request` for a Sunday that is not over
 */
export async function weeklyReturnOf(
  sources: MeasureSources,
  query: measures.WeeklyReturnQuery,
): Promise<measures.WeeklyReturnAnswer> {
  const { db, list } = sources
  const asOf = list.asOf()
  const sunday = query.week === undefined ? lastSunday(asOf) : sundayOf(query.week)
  if (sunday >= asOf) {
    throw new Refusal(
      'bad-request',
      `The week up to ${sunday} is not over. Ask for an earlier week.`,
    )
  }
  const seq = list.seq
  const names = await trustNames(sources)
  const extracts = await readLastExtracts(db)
  const pathways = await readPathways(sources, query, addDays(sunday, -7))
  const byTrust = new Map(grouped(pathways, ({ trust }) => trust))
  const trusts: measures.WeeklyReturnTrust[] = []
  for (const [trust, trustName] of names) {
    if (query.trust !== undefined && trust !== query.trust) continue
    const missing = whyMissing(extracts.get(trust), sunday)
    const lines = missing === null ? weeklyReturn(byTrust.get(trust) ?? [], sunday) : []
    trusts.push({
      trust,
      trustName,
      missing,
      lines: query.suppress ? lines.map(suppressedReturn) : lines,
    })
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { seq, asOf, snapshotOn: sunday, dueOn: dueOn(sunday), trusts }
}

function whyMissing(extractOn: IsoDate | undefined, sunday: IsoDate): string | null {
  if (extractOn === undefined) return 'No delivery was ever received.'
  // An extract made on the Sunday itself does not know how the day ended.
  if (extractOn > sunday) return null
  return `The last delivery was extracted on ${extractOn}, before the week was over.`
}

async function readPathways(
  { db, list }: MeasureSources,
  { trust, tumour }: measures.MeasureQuery,
  after: IsoDate,
): Promise<TrustPathway[]> {
  const open: TrustPathway[] = []
  for (const entry of list.entries()) {
    if (entry.state === 'open' && (trust === undefined || entry.trust === trust))
      open.push({ trust: entry.trust, facts: entry.facts, leftOn: null })
  }
  const every = [...open, ...(await readClosed(db, trust, after))]
  return tumour === undefined ? every : every.filter(({ facts }) => tumourOf(facts) === tumour)
}
