// One script: what is looked after, and seldom.
export { CapacityView } from './capacity/capacity-view.tsx'
export { FeedsView } from './feeds/feeds-view.tsx'
export { GovernanceView } from './governance/governance-view.tsx'
export { PlanView } from './plan/plan-view.tsx'
export { PolicyView } from './policy/policy-view.tsx'
