// One script: what is looked after, and seldom.
export { CapacityView } from './capacity-view.tsx'
export { FeedsView } from './feeds-view.tsx'
export { GovernanceView } from './governance-view.tsx'
export { PlanView } from './plan-view.tsx'
export { PolicyView } from './policy-view.tsx'
