import { useState } from 'preact/hooks'
import { Button, ChoiceField } from '../widgets/field.tsx'
import type { PlanChange, PlanSettings } from './plan-fields.tsx'
import { trustName, useSession } from '../session/session.ts'
import { Table, numbers } from '../widgets/table.tsx'

interface Props {
  readonly settings: PlanSettings
  readonly onChange: PlanChange
}

/** Most patients of other trusts that each trust takes at one time. */
export function ImportCaps({ settings, onChange }: Props) {
  const { alliance } = useSession()
  const caps = new Map(settings.importCaps.map(({ trust, imports }) => [trust, imports]))
  const trusts = alliance.trusts.filter(({ code }) => onChange !== null || caps.has(code))
  function cap(trust: string, typed: string): void {
    const others = settings.importCaps.filter((one) => one.trust !== trust)
    const imports = Number(typed)
    const isCap = typed !== '' && Number.isInteger(imports) && imports >= 0
    onChange?.({ ...settings, importCaps: isCap ? [...others, { trust, imports }] : others })
  }
  if (trusts.length === 0) return <p>No trust has a cap on the patients it takes from others.</p>
  return (
    <Table
      caption="Most patients of other trusts that a trust takes at one time; none written: as many as help"
      isCaptionShown
      kind="ptl-sum"
      columns={['Trust', numbers('At most')]}
    >
      {trusts.map(({ code, name }) => (
        <tr key={code}>
          <th scope="row">{name}</th>
          <td class="ptl-number">
            {onChange === null ? (
              caps.get(code)
            ) : (
              <input
                class="nhsuk-input ptl-small-number"
                type="number"
                min={0}
                step={1}
                aria-label={`Most that ${name} takes`}
                value={caps.get(code) ?? ''}
                onInput={(event) => cap(code, event.currentTarget.value)}
              />
            )}
          </td>
        </tr>
      ))}
    </Table>
  )
}

/** Pairs of trusts between which nothing is proposed. */
export function BarredPairs({ settings, onChange }: Props) {
  const { alliance } = useSession()
  const [from, setFrom] = useState('')
  const [to, setTo] = useState('')
  const { barredPairs } = settings
  const trusts = alliance.trusts.map(({ code, name }) => [code, name] as const)
  const isKnown = barredPairs.some((pair) => pair.from === from && pair.to === to)
  return (
    <>
      <h3 class="nhsuk-heading-s">Between whom nothing is proposed</h3>
      {barredPairs.length === 0 && <p>Between all trusts something may be proposed.</p>}
      <ul class="ptl-why">
        {barredPairs.map((pair) => {
          const words = `${trustName(alliance, pair.from)} to ${trustName(alliance, pair.to)}`
          return (
            <li key={`${pair.from} ${pair.to}`}>
              {words}{' '}
              {onChange !== null && (
                <button
                  type="button"
                  class="ptl-link"
                  onClick={() =>
                    onChange({
                      ...settings,
                      barredPairs: barredPairs.filter((other) => other !== pair),
                    })
                  }
                >
                  Take out<span class="nhsuk-u-visually-hidden"> {words}</span>
                </button>
              )}
            </li>
          )
        })}
      </ul>
      {onChange !== null && (
        <div class="ptl-form">
          <div class="ptl-form__pair">
            <ChoiceField
              id="barred-from"
              label="From"
              value={from}
              none="Choose"
              choices={trusts}
              onChange={setFrom}
            />
            <ChoiceField
              id="barred-to"
              label="To"
              value={to}
              none="Choose"
              choices={trusts}
              onChange={setTo}
            />
          </div>
          <Button
            isSecondary
            isDisabled={from === '' || to === '' || from === to || isKnown}
            onClick={() => {
              onChange({ ...settings, barredPairs: [...barredPairs, { from, to }] })
              setTo('')
            }}
          >
            Propose nothing this way
          </Button>
        </div>
      )}
    </>
  )
}
