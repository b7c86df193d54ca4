import type { PolicyBody, Weighting } from '../../../../shared/policy.ts'
import { PRIORITY_SCALES, STANDARDS, TUMOURS } from '../../../../shared/vocabulary.ts'
import type { PriorityScale, Standard } from '../../../../shared/vocabulary.ts'
import { TextField } from '../widgets/field.tsx'
import { NumberField, Weights } from './policy-inputs.tsx'
import type { Change } from './policy-inputs.tsx'
import { Table, numbers } from '../widgets/table.tsx'
import { dateWords } from '../words.ts'

const WEIGHTS = [numbers('A day late'), numbers('A day closer'), numbers('Within days')]

/** Everything of a policy, to be read; with `onChange` its title, days, weights and credits to be changed as well. */
export function PolicyFields(props: { readonly policy: PolicyBody; readonly onChange: Change }) {
  const { policy, onChange } = props
  return (
    <>
      {onChange === null ? (
        <p class="ptl-hint">Agreed {dateWords(policy.statedOn)}.</p>
      ) : (
        <div class="ptl-form">
          <TextField
            id="policy-title"
            label="Title"
            maxLength={100}
            value={policy.title}
            onChange={(title) => onChange({ ...policy, title })}
          />
        </div>
      )}
      <ul class="ptl-why">
        {policy.tiers.map((tier) => (
          <li key={tier.tier}>
            <strong>
              Tier {tier.tier}, {tier.name}:
            </strong>{' '}
            {tier.why}
          </li>
        ))}
      </ul>
      <Deadlines policy={policy} onChange={onChange} />
      <Priorities policy={policy} onChange={onChange} />
      <Milestones policy={policy} onChange={onChange} />
      <Credits policy={policy} onChange={onChange} />
    </>
  )
}

interface DeadlineRow {
  readonly label: string
  readonly weighting: Weighting & { readonly why: string }
  readonly set: (weighting: Weighting & { why: string }) => PolicyBody
}

function Deadlines(props: { readonly policy: PolicyBody; readonly onChange: Change }) {
  const { policy, onChange } = props
  const { standards, day104, handover } = policy
  const rows: DeadlineRow[] = (Object.keys(STANDARDS) as Standard[]).map((name) => ({
    label: STANDARDS[name],
    weighting: standards[name],
    set: (weighting) => ({ ...policy, standards: { ...standards, [name]: weighting } }),
  }))
  if (day104 !== null)
    rows.push({
      label: 'Day 104',
      weighting: day104,
      set: (weighting) => ({ ...policy, day104: weighting }),
    })
  if (handover !== null)
    rows.push({
      label: `Hand-over by day ${handover.days}`,
      weighting: handover,
      set: (weighting) => ({ ...policy, handover: { ...handover, ...weighting } }),
    })
  return (
    <Table caption="Points by deadline" isCaptionShown columns={['Deadline', ...WEIGHTS, 'Why']}>
      {rows.map(({ label, weighting, set }) => (
        <tr key={label}>
          <th scope="row">{label}</th>
          <Weights
            of={label}
            weighting={weighting}
            onChange={onChange}
            set={(changed) => set({ ...weighting, ...changed })}
          />
          <td>{weighting.why}</td>
        </tr>
      ))}
    </Table>
  )
}

function Priorities(props: { readonly policy: PolicyBody; readonly onChange: Change }) {
  const { policy, onChange } = props
  return (
    <Table
      caption="Clinical priority: days from the date a code was set"
      isCaptionShown
      columns={['Scale', 'Codes', ...WEIGHTS, 'Why']}
    >
      {(Object.entries(policy.priority) as [PriorityScale, Rule][]).map(([scale, rule]) => {
        const changed = (part: Partial<Rule>): PolicyBody => ({
          ...policy,
          priority: { ...policy.priority, [scale]: { ...rule, ...part } },
        })
        return (
          <tr key={scale}>
            <th scope="row">{PRIORITY_SCALES[scale]}</th>
            <td>
              {rule.codes.map((code, at) => (
                <span class="ptl-code" key={code.code}>
                  {code.code}{' '}
                  {code.days === null ? (
                    'none'
                  ) : (
                    <NumberField
                      label={`${PRIORITY_SCALES[scale]} ${code.code} days`}
                      value={code.days}
                      step={1}
                      onChange={
                        onChange &&
                        ((days) =>
                          onChange(
                            changed({
                              codes: rule.codes.map((one, position) =>
                                position === at ? { ...one, days } : one,
                              ),
                            }),
                          ))
                      }
                    />
                  )}
                </span>
              ))}
            </td>
            <Weights
              of={PRIORITY_SCALES[scale]}
              weighting={rule.weighting}
              onChange={onChange}
              set={(weighting) => changed({ weighting })}
            />
            <td>{rule.why}</td>
          </tr>
        )
      })}
    </Table>
  )
}
type Rule = NonNullable<PolicyBody['priority'][PriorityScale]>

function Milestones(props: { readonly policy: PolicyBody; readonly onChange: Change }) {
  const { policy, onChange } = props
  return (
    <Table
      caption="Milestones of timed pathways"
      isCaptionShown
      columns={['Milestone', numbers('Days'), ...WEIGHTS, 'Counted']}
    >
      {policy.milestones.map((one, at) => {
        const changed = (part: Partial<typeof one>): PolicyBody => ({
          ...policy,
          milestones: policy.milestones.map((item, position) =>
            position === at ? { ...item, ...part } : item,
          ),
        })
        const name = milestoneWords(one)
        return (
          <tr key={`${name} ${at}`}>
            <th scope="row">{name}</th>
            <td class="ptl-number">
              <NumberField
                label={`${name} days`}
                value={one.days}
                step={1}
                onChange={onChange && ((days) => onChange(changed({ days })))}
              />
            </td>
            <Weights
              of={name}
              weighting={one.weighting}
              onChange={onChange}
              set={(weighting) => changed({ weighting })}
            />
            <td>from {one.from === 'receipt' ? 'receipt' : 'the request of the step'}</td>
          </tr>
        )
      })}
    </Table>
  )
}

/** Its label, and the tumour groups it is for where the label does not begin with one. */
function milestoneWords(of: PolicyBody['milestones'][number]): string {
  if (of.tumours === undefined || of.label.includes(':')) return of.label
  return `${of.label}, ${of.tumours.map((tumour) => TUMOURS[tumour]).join(', ')}`
}

function Credits(props: { readonly policy: PolicyBody; readonly onChange: Change }) {
  const { policy, onChange } = props
  const { risk } = policy.credits
  const setRisk = (part: Partial<typeof risk>): PolicyBody => ({
    ...policy,
    credits: { ...policy.credits, risk: { ...risk, ...part } },
  })
  return (
    <p>
      Risk score: up to{' '}
      <NumberField
        label="Days credited at certainty"
        value={risk.daysAtCertainty}
        step={1}
        onChange={onChange && ((daysAtCertainty) => onChange(setRisk({ daysAtCertainty })))}
      />{' '}
      days, a day at{' '}
      <NumberField
        label="Points for a day credited"
        value={risk.weightPerDay}
        step={0.01}
        onChange={onChange && ((weightPerDay) => onChange(setRisk({ weightPerDay })))}
      />{' '}
      {risk.weightPerDay === 1 ? 'point' : 'points'}. {risk.why}.
    </p>
  )
}
