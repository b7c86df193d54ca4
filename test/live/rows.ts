import type { IsoDate } from '../../shared/date.ts'
import type { ListRow } from '../../shared/list.ts'

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
