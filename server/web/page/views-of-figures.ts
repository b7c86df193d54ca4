// One script: who opens one of these opens the others.
export { EffectView } from './effect-view.tsx'
export { FlowView } from './flow-view.tsx'
export { LeadView } from './lead-view.tsx'
export { WeeklyView } from './weekly-view.tsx'
