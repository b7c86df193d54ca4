// One script: who opens one of these opens the others.
export { EffectView } from './performance/effect-view.tsx'
export { FlowView } from './performance/flow-view.tsx'
export { LeadView } from './performance/lead-view.tsx'
export { WeeklyView } from './performance/weekly-view.tsx'
