import type { PlanInput, PlanOutput } from './model.ts'

/**
 * The best plan for everybody: who is seen where and when, at the least total of weighted days late. Pure.
 * [MOV-1..MOV-39, CAP-n]
 */
export function plan(input: PlanInput): PlanOutput {
  throw new Error(`not yet: ${String(input.patients.length)} patients`)
}
