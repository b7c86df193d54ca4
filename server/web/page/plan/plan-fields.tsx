import type { PlanSettingsVersion } from '../../../../shared/plan-settings.ts'
import { ImportCaps, BarredPairs } from './plan-trusts.tsx'
import { NumberField } from '../policy/policy-inputs.tsx'
import { Table, numbers } from '../widgets/table.tsx'

export type PlanSettings = PlanSettingsVersion['settings']
/** How settings are changed; null where they are only read. */
export type PlanChange = ((settings: PlanSettings) => void) | null
type NumberName = {
  [Name in keyof PlanSettings]: PlanSettings[Name] extends number ? Name : never
}[keyof PlanSettings]

/** Every number of the settings: what it is, in what, and why there is one. */
export const PLAN_NUMBERS: Readonly<
  Record<NumberName, { readonly label: string; readonly unit: string; readonly why: string }>
> = {
  minimumPointsSaved: {
    label: 'A move must save at least',
    unit: 'points',
    why: 'Below this a move is not worth asking three people for',
  },
  minimumDaysSooner: {
    label: 'A move must be sooner by at least',
    unit: 'days',
    why: 'A day or two is soon lost in arranging it',
  },
  defaultTravelLimitMinutes: {
    label: 'Furthest anybody is sent who was not asked',
    unit: 'minutes',
    why: 'Somebody who was asked has their own limit',
  },
  travelPointsPerMinute: {
    label: 'Set against each minute of travel',
    unit: 'points',
    why: 'Time on the road is taken from the patient',
  },
  transferPoints: {
    label: 'Set against every move',
    unit: 'points',
    why: 'Two teams have work with it, and continuity is lost',
  },
  changePoints: {
    label: 'Set against changing what somebody has been shown',
    unit: 'points',
    why: 'A plan that changes under people is not believed',
  },
  horizonDays: {
    label: 'Slots are planned up to',
    unit: 'days from today',
    why: 'Later ones will have changed by then',
  },
}

export const PLAN_NUMBER_NAMES = Object.keys(PLAN_NUMBERS) as NumberName[]

/** Everything an alliance sets for its planning, to be read, or with `onChange` to be changed. */
export function PlanFields(props: {
  readonly settings: PlanSettings
  readonly onChange: PlanChange
}) {
  const { settings, onChange } = props
  return (
    <>
      <Table
        caption="What a move costs and what it must save. Points are weighted days late, as in the ranking policy."
        isCaptionShown
        columns={['Setting', numbers('Value'), 'In', 'Why there is one']}
      >
        {PLAN_NUMBER_NAMES.map((name) => {
          const { label, unit, why } = PLAN_NUMBERS[name]
          return (
            <tr key={name}>
              <th scope="row">{label}</th>
              <td class="ptl-number">
                <NumberField
                  label={label}
                  value={settings[name]}
                  step={unit === 'points' ? 0.01 : 1}
                  onChange={onChange && ((value) => onChange({ ...settings, [name]: value }))}
                />
              </td>
              <td>{unit}</td>
              <td>{why}</td>
            </tr>
          )
        })}
      </Table>
      {onChange === null ? (
        <p>{protectWords(settings.protectOwnPatients)}</p>
      ) : (
        <label class="ptl-check">
          <input
            type="checkbox"
            checked={settings.protectOwnPatients}
            onChange={(event) =>
              onChange({ ...settings, protectOwnPatients: event.currentTarget.checked })
            }
          />
          Nobody is pushed past a deadline which their own trust alone would have met
        </label>
      )}
      <ImportCaps settings={settings} onChange={onChange} />
      <BarredPairs settings={settings} onChange={onChange} />
    </>
  )
}

export function protectWords(isProtected: boolean): string {
  return isProtected
    ? 'Nobody is pushed past a deadline which their own trust alone would have met.'
    : 'Somebody may be pushed past a deadline which their own trust alone would have met, where others gain more.'
}
