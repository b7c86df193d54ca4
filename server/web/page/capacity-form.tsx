import { useState } from 'preact/hooks'
import type { CapacityDay, SlotLimits } from '../../../shared/capacity.ts'
import { addDays, isIsoDate, londonDate } from '../../../shared/date.ts'
import { STEPS } from '../../../shared/vocabulary.ts'
import type { Step } from '../../../shared/vocabulary.ts'
import { api, problemWords } from './api.ts'
import { DoneNote, ProblemNote } from './note.tsx'
import { Panel } from './panel.tsx'
import { useSession } from './session.ts'
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
  const [problem, setProblem] = useState<string | null>(null)
  const [done, setDone] = useState<string | null>(null)
  const step = ownStep ?? props.step

  async function save(event: Event): Promise<void> {
    event.preventDefault()
    setDone(null)
    try {
      const named = Object.keys(limits).length === 0 ? {} : { limits }
      const days = daysFrom(firstDay, dayCount, slots, isOpen)
      const body = { days: days.map((day) => ({ ...day, ...named })) }
      await api(`/api/capacity/${site}/${step}`, { method: 'PUT', body })
      setProblem(null)
      setDone(
        `Saved: ${slots} ${slots === 1 ? 'slot' : 'slots'} a day on ${body.days.length} of the days.`,
      )
      props.onSaved()
    } catch (error) {
      setProblem(problemWords(error))
    }
  }

  if (sites.length === 0) return null
  return (
    <Panel title="Open slots">
      <ProblemNote problem={problem} />
      <DoneNote words={done} />
      <form class="ptl-form" onSubmit={(event) => void save(event)}>
        <div>
          <label for="slot-site">Site</label>
          <select
            id="slot-site"
            class="nhsuk-select"
            value={site}
            onChange={(event) => setSite(event.currentTarget.value)}
          >
            {sites.map((one) => (
              <option key={one.code} value={one.code}>
                {one.name}
              </option>
            ))}
          </select>
        </div>
        <div>
          <label for="slot-step">Step</label>
          <select
            id="slot-step"
            class="nhsuk-select"
            value={step}
            onChange={(event) => setOwnStep(event.currentTarget.value as Step)}
          >
            {Object.entries(STEPS).map(([code, label]) => (
              <option key={code} value={code}>
                {label}
              </option>
            ))}
          </select>
        </div>
        <div class="ptl-form__pair">
          <div>
            <label for="slot-day">First day</label>
            <input
              id="slot-day"
              class="nhsuk-input"
              type="date"
              required
              value={firstDay}
              onInput={(event) => setFirstDay(event.currentTarget.value)}
            />
          </div>
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
        <button type="submit" class="nhsuk-button nhsuk-button--small ptl-button">
          Save slots
        </button>
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
