import type { MeasureQuery } from '../../shared/measures.ts'
import type { OpenWait } from '../domain/measure/open-wait.ts'
import { openWait } from '../domain/measure/open-wait.ts'
import type { LiveList } from '../list/live-entry.ts'

const SLICE_MS = 5
const ENTRIES_A_LOOK = 64

/**
 * Every open entry of the live list, as the measures see it. Clocks are worked out here, a few microseconds each, so
 * the event loop is given back every few milliseconds.
 */
export async function readWaits(list: LiveList): Promise<OpenWait[]> {
  const asOf = list.asOf()
  const waits: OpenWait[] = []
  let sliceFromMs = performance.now()
  let seen = 0
  for (const entry of list.entries()) {
    if (entry.state === 'open') waits.push(openWait(entry, asOf))
    seen += 1
    if (seen % ENTRIES_A_LOOK !== 0 || performance.now() - sliceFromMs < SLICE_MS) continue
    await new Promise((resolve) => setImmediate(resolve))
    sliceFromMs = performance.now()
  }
  return waits
}

/** Those of one trust or tumour group, where the query names one. */
export function matching(
  waits: readonly OpenWait[],
  query: Pick<MeasureQuery, 'trust' | 'tumour'>,
): readonly OpenWait[] {
  const { trust, tumour } = query
  if (trust === undefined && tumour === undefined) return waits
  return waits.filter(
    (wait) =>
      (trust === undefined || wait.trust === trust) &&
      (tumour === undefined || wait.tumour === tumour),
  )
}
