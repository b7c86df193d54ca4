import { parentPort } from 'node:worker_threads'
import { openKeptPlan, type KeptPlan } from '../../domain/plan/kept.ts'
import { openPriceText, shortlist, together } from '../../domain/plan/whole.ts'
import type { PlanAnswer, PlanOpening, PlanOrder, PlanResult } from './messages.ts'
import { SHOWN_A_TRUST } from '../suggestions/shown-limit.ts'
import { travelMinutes } from '../travel.ts'

/*
 * The planning thread: holds the plan solved and brings it up to date when asked, so that the thread that answers
 * people is never held up by a solve. It knows no database and no clock but the one that says how long it took.
 */

if (parentPort === null) throw new Error('this file is a thread, not a program')
const port = parentPort
let kept: KeptPlan | null = null
let priceText = openPriceText()

port.on('message', (order: PlanOrder) => {
  switch (order.kind) {
    case 'open':
      kept = opened(order)
      priceText = openPriceText()
      return
    case 'change':
      theirs().change(order.changes)
      return
    case 'plan':
      tell({ kind: 'plan', ask: order.ask, result: planned() })
      return
    case 'whyNot': {
      const result = theirs().whyNot(order.patientId, order.capacityId)
      tell({ kind: 'whyNot', ask: order.ask, result })
    }
  }
})

function tell(answer: PlanAnswer): void {
  port.postMessage(answer)
}

function theirs(): KeptPlan {
  if (kept === null) throw new Error('a change came before the plan was opened')
  return kept
}

function opened({ today, settings, travel, siteNames }: PlanOpening): KeptPlan {
  const names = new Map(siteNames)
  return openKeptPlan({
    today,
    settings,
    travelMinutes: travelMinutes(travel),
    siteName: (site) => names.get(site) ?? site,
  })
}

function planned(): PlanResult {
  const startedAt = performance.now()
  const { steps, orphans } = theirs().plan()
  const outputs = [...steps.values()]
  return {
    withdraw: [...orphans, ...outputs.flatMap(({ diff }) => diff.withdraw)],
    create: shortlist(outputs, SHOWN_A_TRUST),
    ...together(outputs),
    prices: priceText(steps),
    tookMs: performance.now() - startedAt,
  }
}
