import { ANAESTHETICS, PATIENT_NEEDS, type SlotLimits } from '../../../../shared/capacity.ts'

const NUMBERS = {
  minAge: 'Lowest age',
  maxAge: 'Highest age',
  maxBmi: 'Highest BMI',
  maxAsa: 'Highest ASA grade',
  maxPerformanceStatus: 'Highest performance status',
} as const
const SIDES = { L: 'Left', R: 'Right', B: 'Both', M: 'Midline' } as const

/** Whom the site can take for these slots. What is left empty is no limit. */
export function SlotLimitsFields(props: {
  readonly limits: SlotLimits
  readonly onChange: (limits: SlotLimits) => void
}) {
  const { limits, onChange } = props
  return (
    <details class="nhsuk-details">
      <summary class="nhsuk-details__summary">
        <span class="nhsuk-details__summary-text">Whom the site can take</span>
      </summary>
      <div class="nhsuk-details__text">
        {(Object.keys(NUMBERS) as (keyof typeof NUMBERS)[]).map((name) => (
          <div key={name}>
            <label for={`limit-${name}`}>{NUMBERS[name]}</label>
            <input
              id={`limit-${name}`}
              class="nhsuk-input"
              type="number"
              min={0}
              max={125}
              value={limits[name] ?? ''}
              onInput={(event) => {
                const value = event.currentTarget.valueAsNumber
                const rest = without(limits, name)
                onChange(Number.isNaN(value) ? rest : { ...rest, [name]: value })
              }}
            />
          </div>
        ))}
        <Choices
          name="anaesthetics"
          legend="Anaesthetics given, all if none is ticked"
          of={ANAESTHETICS}
          {...props}
        />
        <Choices
          name="lateralities"
          legend="Sides the kit can do, all if none is ticked"
          of={SIDES}
          {...props}
        />
        <Choices
          name="needs"
          legend="Needs that can be met, all if none is ticked"
          of={PATIENT_NEEDS}
          {...props}
        />
      </div>
    </details>
  )
}

function Choices(props: {
  readonly name: 'anaesthetics' | 'lateralities' | 'needs'
  readonly legend: string
  readonly of: Readonly<Record<string, string>>
  readonly limits: SlotLimits
  readonly onChange: (limits: SlotLimits) => void
}) {
  const { name, limits, onChange } = props
  const ticked: readonly string[] = limits[name] ?? []
  function tick(code: string, isTicked: boolean): void {
    const rest = without(limits, name)
    const now = isTicked ? [...ticked, code] : ticked.filter((one) => one !== code)
    onChange(now.length === 0 ? rest : { ...rest, [name]: now })
  }
  return (
    <fieldset class="nhsuk-fieldset">
      <legend>{props.legend}</legend>
      {Object.entries(props.of).map(([code, label]) => (
        <label key={code} class="ptl-check">
          <input
            type="checkbox"
            checked={ticked.includes(code)}
            onChange={(event) => tick(code, event.currentTarget.checked)}
          />
          {label}
        </label>
      ))}
    </fieldset>
  )
}

function without(limits: SlotLimits, name: keyof SlotLimits): SlotLimits {
  return Object.fromEntries(Object.entries(limits).filter(([one]) => one !== name))
}
