import type { Role } from '../../shared/vocabulary.ts'
import type { Viewer } from './live-entry.ts'

const SEE_ALL: ReadonlySet<Role> = new Set<Role>(['lead', 'allianceAdmin', 'auditor'])

/** What part of the list exists for somebody: all of it, or the pathways one organisation is on, with free text or without. */
export type ListScope =
  | { readonly kind: 'all' }
  | { readonly kind: 'organisation'; readonly code: string; readonly readsText: boolean }

const ALL: ListScope = { kind: 'all' }

/**
 * Leads, alliance administrators and auditors see every row, pseudonymous; a read-only person does when their
 * organisation is no trust; everybody else sees the pathways their organisation is on. [domain.md section 7]
 */
export function scopeOf(viewer: Viewer, isTrust: (organisation: string) => boolean): ListScope {
  if (SEE_ALL.has(viewer.role)) return ALL
  if (viewer.role === 'readOnly' && !isTrust(viewer.organisation)) return ALL
  const readsText = viewer.role !== 'readOnly'
  return { kind: 'organisation', code: viewer.organisation, readsText }
}

/** Whether what people write may be read, and looked for, in this scope: it may name somebody. [RNK-16, IG-22] */
export function readsText(scope: ListScope): boolean {
  return scope.kind === 'organisation' && scope.readsText
}
