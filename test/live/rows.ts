import type { IsoDate } from '../../shared/date.ts'
import type { ListRow } from '../../shared/list.ts'
import type { DeliveryNotice } from '../../shared/protocol.ts'

/** A row of the list that nobody is, with what a test wants of it. */
export function madeUpRow(id: number, seq: number, wanted: Partial<ListRow> = {}): ListRow {
  return {
    id,
    seq,
    pseudonym: `P-${String(id).padStart(8, '0')}`,
    trust: 'XAA',
    alsoAt: [],
    tumour: 'lung',
    route: 'usc',
    step: 'ct',
    stepInferred: false,
    stepBookedOn: null,
    receivedOn: '2026-10-21' as IsoDate,
    waitDays: 30,
    band: 'd29to62',
    clocks: { fds28: null, dtt31: null, rtt62: null },
    nextBreach: null,
    priority: null,
    nextAction: null,
    escalation: 'none',
    changedAt: '2026-11-22T09:00:00.000Z',
    suggestion: null,
    rank: id,
    tier: 1,
    points: 0,
    because: '',
    ...wanted,
  }
}

/** One accepted row, as the change log tells of a delivery that is done. */
export function madeUpReceipt(trust: string): DeliveryNotice {
  const nothing = { unchanged: 0, changed: 0, removed: 0, refused: 0 }
  return {
    id: '7b0e9a52-34a5-4f5e-9d4c-2f5c3f6f8a01',
    trust,
    state: 'done',
    mode: 'snapshot',
    format: 'json',
    dryRun: false,
    sandbox: false,
    feed: 'main',
    progress: null,
    receivedAt: '2026-11-22T10:00:00.000Z',
    finishedAt: '2026-11-22T10:00:01.000Z',
    counts: { read: 1, accepted: 1, added: 1, ...nothing },
    issueCount: 0,
    reason: null,
    approvedUntil: null,
  }
}
