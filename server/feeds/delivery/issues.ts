import type { Issue } from '../../../shared/delivery.ts'

/** Warnings kept of one code; a file of 300,000 records can warn 300,000 times of the same. [FEED-3] */
const WARNINGS_KEPT = 500
const REFUSALS_KEPT = 20_000

const ORDER = { 'refuses-row': 0, 'refuses-field': 1, warns: 2 } as const

/** The issues of a delivery: all are counted, every refusal up to a bound is kept, warnings by code up to one. */
export interface IssueBook {
  add(issue: Issue): void
  count(): number
  /** Refusals first, then by record; a last one for each code of which not all are listed. */
  list(): readonly Issue[]
}

export function openIssueBook(): IssueBook {
  const kept: Issue[] = []
  const countByKind = new Map<string, number>()
  let total = 0
  return {
    add(issue) {
      total += 1
      const kind = issue.severity === 'warns' ? issue.code : issue.severity
      const before = countByKind.get(kind) ?? 0
      countByKind.set(kind, before + 1)
      if (before < keptOf(kind)) kept.push(issue)
    },
    count: () => total,
    list() {
      const sorted = kept.toSorted(
        (a, b) => ORDER[a.severity] - ORDER[b.severity] || a.rowNumber - b.rowNumber,
      )
      const unlisted = [...countByKind].filter(([kind, count]) => count > keptOf(kind))
      return sorted.concat(
        unlisted.map(([kind, count]) => ({
          rowNumber: 0,
          recordKey: '',
          field: '',
          code: 'FEED-3',
          severity: 'warns' as const,
          message: `${count - keptOf(kind)} further issues of ${kind} are counted and not listed.`,
          fix: 'Mend those listed and send the file again to see the rest.',
        })),
      )
    },
  }
}

function keptOf(kind: string): number {
  return kind in ORDER ? REFUSALS_KEPT : WARNINGS_KEPT
}
