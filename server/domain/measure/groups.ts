import type { Grouping } from '../../../shared/measures.ts'
import { ROUTES, TUMOURS } from '../../../shared/vocabulary.ts'
import type { Route, Tumour } from '../../../shared/vocabulary.ts'

export interface Group {
  readonly code: string
  readonly name: string
}
/** Names of trusts by code. */
export type TrustNames = ReadonlyMap<string, string>

/** The code a record is grouped under; '' when nothing is grouped. */
export function groupCode(
  by: Grouping,
  of: { readonly trust: string; readonly tumour: Tumour; readonly route: Route },
): string {
  return by === 'none' ? '' : of[by]
}

/** A code with the name people know it by; null for ''. A code without a name stands for itself. */
export function groupOf(by: Grouping, code: string, trusts: TrustNames): Group | null {
  if (by === 'none') return null
  const names: Readonly<Record<string, string>> = by === 'tumour' ? TUMOURS : ROUTES
  const name = by === 'trust' ? trusts.get(code) : names[code]
  return { code, name: name ?? code }
}

/** Items by key, keys in order of their letters. */
export function grouped<T>(items: Iterable<T>, keyOf: (item: T) => string): [string, T[]][] {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const key = keyOf(item)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [item])
    else group.push(item)
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1))
}
