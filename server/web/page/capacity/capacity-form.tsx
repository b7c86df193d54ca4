import { useState } from 'preact/hooks'
import type { CapacityDay, SlotLimits } from '../../../../shared/capacity.ts'
import { addDays, isIsoDate, londonDate } from '../../../../shared/date.ts'
import { STEPS } from '../../../../shared/vocabulary.ts'
import type { Step } from '../../../../shared/vocabulary.ts'
import { api } from '../wire/api.ts'
import { Button, ChoiceField, TextField } from '../widgets/field.tsx'
import { Panel } from '../widgets/panel.tsx'
import { Outcome, useSending } from '../widgets/sending.tsx'
import { useSession } from '../session/session.ts'
import { SlotLimitsFields } from './slot-limits.tsx'

/** Slots of the reader's own trust, some days at once; what other days say stays as it is. */
export function CapacityForm(props: { readonly step: Step; readonly onSaved: () => void }) {
  const { person, alliance } = useSession()
  const sites = alliance.trusts.find((trust) => trust.code === person.organisation)?.sites ?? []
  const [site, setSite] = useState(sites[0]?.code ?? '')
  const [ownStep, setOwnStep] = useState<Step | null>(null)
  const [firstDay, setFirstDay] = useState(() => String(addDays(londonDate(Date.now()), 3)))
  const [dayCount, setDayCount] = useState(1)
  const [slots, setSlots] = useState(1)
  const [isOpen, setOpen] = useState(true)
  const [limits, setLimits] = useState<SlotLimits>({})
  const sending = useSending()
  const step = ownStep ?? props.step

  const save = (event: Event) => {
    event.preventDefault()
    void sending.send(async () => {
      const named = Object.keys(limits).length === 0 ? {} : { limits }
      const days = daysFrom(firstDay, dayCount, slots, isOpen)
      const body = { days: days.map((day) => ({ ...day, ...named })) }
      await api(`/api/capacity/${site}/${step}`, { method: 'PUT', body })
      props.onSaved()
      return `Saved: ${slots} ${slots === 1 ? 'slot' : 'slots'} a day on ${body.days.length} of the days.`
    })
  }

  if (sites.length === 0) return null
  return (
    <Panel title="Open slots" id="open-slots">
      <Outcome of={sending} />
      <form class="ptl-form" onSubmit={save}>
        <ChoiceField
          id="slot-site"
          label="Site"
          value={site}
          choices={sites.map(({ code, name }) => [code, name] as const)}
          onChange={setSite}
        />
        <ChoiceField
          id="slot-step"
          label="Step"
          value={step}
          choices={Object.entries(STEPS) as [Step, string][]}
          onChange={(chosen) => chosen !== '' && setOwnStep(chosen)}
        />
        <div class="ptl-form__pair">
          <TextField
            id="slot-day"
            label="First day"
            type="date"
            isRequired
            value={firstDay}
            onChange={setFirstDay}
          />
          <div>
            <label for="slot-days">Days</label>
            <input
              id="slot-days"
              class="nhsuk-input"
              type="number"
              min={1}
              max={28}
              value={dayCount}
              onInput={(event) => setDayCount(event.currentTarget.valueAsNumber)}
            />
          </div>
          <div>
            <label for="slot-slots">Slots a day</label>
            <input
              id="slot-slots"
              class="nhsuk-input"
              type="number"
              min={0}
              max={1000}
              value={slots}
              onInput={(event) => setSlots(event.currentTarget.valueAsNumber)}
            />
          </div>
        </div>
        <label class="ptl-check">
          <input
            type="checkbox"
            checked={isOpen}
            onChange={(event) => setOpen(event.currentTarget.checked)}
          />
          Open to the alliance
        </label>
        <SlotLimitsFields limits={limits} onChange={setLimits} />
        <Button isDisabled={sending.isBusy}>Save slots</Button>
      </form>
    </Panel>
  )
}

/** @throws Error in words when a field holds no number or date */
function daysFrom(
  firstDay: string,
  dayCount: number,
  slots: number,
  openToAlliance: boolean,
): CapacityDay[] {
  if (!isIsoDate(firstDay)) throw new Error('Give the first day as a date.')
  if (!Number.isInteger(dayCount) || dayCount < 1 || dayCount > 28) {
    throw new Error('Give a number of days from 1 to 28.')
  }
  if (!Number.isInteger(slots) || slots < 0) throw new Error('Give a number of slots, 0 or more.')
  return Array.from({ length: dayCount }, (_, offset) => ({
    day: addDays(firstDay, offset),
    slots,
    openToAlliance,
    noticeDays: 1,
  }))
}
