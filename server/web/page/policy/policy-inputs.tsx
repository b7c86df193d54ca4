import type { PolicyBody, Weighting } from '../../../../shared/policy.ts'
import { exact } from '../words.ts'

/** How a policy is changed; null where it is only read. */
export type Change = ((policy: PolicyBody) => void) | null

/** The three weights of a deadline, a cell each. */
export function Weights(props: {
  readonly of: string
  readonly weighting: Weighting
  readonly onChange: Change
  readonly set: (weighting: Weighting) => PolicyBody
}) {
  const { of, weighting, onChange, set } = props
  const { late, closer, closerWithinDays } = weighting
  const field = (name: keyof Weighting, label: string, value: number, step: number) => (
    <td class="ptl-number">
      <NumberField
        label={`${of}, ${label}`}
        value={value}
        step={step}
        onChange={
          onChange &&
          ((changed) => onChange(set({ late, closer, closerWithinDays, [name]: changed })))
        }
      />
    </td>
  )
  return (
    <>
      {field('late', 'points a day late', late, 0.01)}
      {field('closer', 'points a day closer', closer, 0.01)}
      {field('closerWithinDays', 'within days', closerWithinDays, 1)}
    </>
  )
}

/** A number to be read, or with `onChange` to be written. */
export function NumberField(props: {
  readonly label: string
  readonly value: number
  readonly step: number
  readonly onChange: ((value: number) => void) | null
}) {
  const { label, value, step, onChange } = props
  if (onChange === null) return <>{exact(value)}</>
  return (
    <input
      class="nhsuk-input ptl-small-number"
      type="number"
      min={0}
      step={step}
      aria-label={label}
      value={value}
      onInput={(event) => {
        const typed = event.currentTarget.valueAsNumber
        if (!Number.isNaN(typed)) onChange(typed)
      }}
    />
  )
}
