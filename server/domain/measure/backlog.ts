import type { BacklogLine, Grouping } from '../../../shared/measures.ts'
import { bandOf } from '../clock/band.ts'
import { groupCode, grouped, groupOf } from './groups.ts'
import type { Group, TrustNames } from './groups.ts'
import type { OpenWait } from './open-wait.ts'
import { suppressTable } from './suppress.ts'

const BAND_NAMES = ['d0to28', 'd29to62', 'd63to104', 'over104'] as const

/**
 * Open entries by days waited, a line a group and one for all. A pathway reported by two trusts is in the line of
 * each, and once in the line of all; grouped by anything but trust it is once everywhere. [MEA-2]
 */
export function backlog(
  waits: readonly OpenWait[],
  by: Grouping,
  trusts: TrustNames,
): { readonly lines: BacklogLine[]; readonly all: BacklogLine } {
  const once = waits.filter((wait) => wait.isFirstReport)
  const lines = grouped(by === 'trust' ? waits : once, (wait) => groupCode(by, wait)).map(
    ([code, members]) => backlogLine(members, groupOf(by, code, trusts)),
  )
  return { lines: by === 'none' ? [] : lines, all: backlogLine(once, null) }
}

function backlogLine(waits: readonly OpenWait[], group: Group | null): BacklogLine {
  const counts = { d0to28: 0, d29to62: 0, d63to104: 0, over104: 0, undated: 0 }
  for (const { waitDays } of waits) {
    counts[waitDays === null ? 'undated' : bandOf(waitDays)] += 1
  }
  return { group, total: waits.length, ...counts, over62: counts.d63to104 + counts.over104 }
}

/** The same with small numbers hidden, so that none can be had back by taking others from a total. [MEA-8] */
export function suppressedBacklog(answer: {
  readonly lines: readonly BacklogLine[]
  readonly all: BacklogLine
}): { lines: BacklogLine[]; all: BacklogLine } {
  const names = [...BAND_NAMES, 'undated'] as const
  const every = [...answer.lines, answer.all]
  const table = suppressTable(every.map((line) => names.map((name) => line[name] ?? 0)))
  const hidden = every.map((line, at): BacklogLine => {
    const [d0to28 = null, d29to62 = null, d63to104 = null, over104 = null, undated = null] =
      table[at] ?? []
    const over62 = d63to104 === null || over104 === null ? null : line.over62
    const isSmall = line.total !== null && line.total > 0 && line.total < 5
    return {
      ...line,
      total: isSmall ? null : line.total,
      d0to28,
      d29to62,
      d63to104,
      over104,
      undated,
      over62,
    }
  })
  return { lines: hidden.slice(0, -1), all: hidden.at(-1) ?? answer.all }
}
