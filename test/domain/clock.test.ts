import t from 'tap'
import type { IsoDate } from '../../shared/date.ts'
import type { EntryFacts } from '../../shared/entry.ts'
import { clocks } from '../../server/domain/clock/clock.ts'

const d = (text: string) => text as IsoDate
const usc = (more: Partial<EntryFacts> = {}): EntryFacts => ({
  localId: 'X:1',
  priorityType: '3',
  referralSource: '03',
  referralType: '03',
  receivedOn: d('2025-05-01'),
  ...more,
})

t.test('CLK-11 the worked example: raw 35, adjustment 9, wait 26, met', (t) => {
  const { fds28 } = clocks(
    usc({
      firstSeenOn: d('2025-05-20'),
      missedFirstAppointments: [d('2025-05-10')],
      toldOn: d('2025-06-05'),
      fdsEndReason: '02',
    }),
    d('2025-07-01'),
  )
  t.match(fds28, {
    rawDays: 35,
    adjustmentDays: 9,
    waitDays: 26,
    breached: false,
    inStandard: true,
    targetOn: '2025-06-07',
  })
  t.end()
})
