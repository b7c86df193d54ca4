import { addDays } from '../../../../shared/date.ts'
import type { IsoDate } from '../../../../shared/date.ts'
import type { CapacityBucket } from '../../../../shared/capacity.ts'
import { STEPS } from '../../../../shared/vocabulary.ts'
import type { Step } from '../../../../shared/vocabulary.ts'
import { BestPlaces } from './best-places.tsx'
import { CapacityForm } from './capacity-form.tsx'
import { useFetched } from '../wire/fetched.ts'
import { useLive, useWatch } from '../wire/live.ts'
import { Loading } from '../widgets/loading.tsx'
import { address, go } from '../router.ts'
import { mayOpenSlots } from '../session/may.ts'
import { trustName, useSession } from '../session/session.ts'
import { useAtMostEvery } from '../hooks/settled.ts'
import { number, plainName, plainSaving, shortDate } from '../words.ts'
import { Scroll } from '../widgets/scroll.tsx'

/** Days to a table. */
const DAYS_SHOWN = 14
const AGAIN_MS = 2_000

export interface CapacityAnswer {
  readonly buckets: readonly CapacityBucket[]
  readonly best: readonly CapacityBucket[]
}

/** Slots of one step by site and day: how many, how many promised, open to the alliance or not, worth of one more. */
export function CapacityView(props: { readonly query: ReadonlyMap<string, string> }) {
  const { person } = useSession()
  useWatch({ capacity: true }, 'capacity')
  const seq = useLive((state) => state.capacity?.seq ?? 0)
  const suggestionsSeq = useLive((state) => state.suggestions?.seq ?? 0)
  const version = useAtMostEvery(`${seq} ${suggestionsSeq}`, AGAIN_MS)
  const read = useFetched<CapacityAnswer>('/api/capacity', version)
  const { data, reload } = read
  const steps = stepsOf(data?.buckets ?? [])
  const asked = props.query.get('step') ?? ''
  const step = steps.find((one) => one === asked) ?? data?.best[0]?.step ?? steps[0]

  return (
    <>
      <div class="ptl-title">
        <h1 class="nhsuk-heading-l">Capacity</h1>
        <p class="ptl-title__sum">
          Slots that each trust has, and which of them it has opened to the alliance. The price is
          what one more slot there would save, in weighted days late.
        </p>
      </div>
      <Loading of={[read]} />
      {data !== null && (
        <div class="ptl-columns ptl-columns--wide-left">
          <div>
            <div class="ptl-filter">
              <label for="capacity-step">Step</label>
              <select
                id="capacity-step"
                class="nhsuk-select"
                value={step ?? ''}
                onChange={(event) =>
                  go(address('/capacity', { step: event.currentTarget.value }), { replace: true })
                }
              >
                {steps.map((one) => (
                  <option key={one} value={one}>
                    {STEPS[one]}
                  </option>
                ))}
              </select>
            </div>
            {step === undefined ? (
              <p class="nhsuk-inset-text">No trust has told of any slot yet.</p>
            ) : (
              <SlotTable step={step} buckets={data.buckets.filter((one) => one.step === step)} />
            )}
          </div>
          <div>
            {mayOpenSlots(person) && <CapacityForm step={step ?? 'ct'} onSaved={reload} />}
            <BestPlaces best={data.best} />
          </div>
        </div>
      )}
    </>
  )
}

function SlotTable(props: { readonly step: Step; readonly buckets: readonly CapacityBucket[] }) {
  const { step, buckets } = props
  const { alliance } = useSession()
  const days = daysOf(buckets)
  const sites = [...new Map(buckets.map((one) => [one.site, one])).values()].sort((a, b) =>
    a.siteName.localeCompare(b.siteName),
  )
  return (
    <>
      <p>
        <strong>{STEPS[step]}: free of all slots.</strong>{' '}
        <span class="ptl-slot ptl-slot--open">Open</span> to the alliance,{' '}
        <span class="ptl-slot ptl-slot--own">own</span> patients only. In bold what one more slot
        would save, in weighted days late; beneath it the plain days, and the breaches avoided.
      </p>
      <Scroll label="Slots by site and day">
        <table class="nhsuk-table ptl-table ptl-slots">
          <caption class="nhsuk-u-visually-hidden">
            {STEPS[step]}: free slots of all slots by site and day
          </caption>
          <thead>
            <tr>
              <th scope="col">Site</th>
              {days.map((day) => (
                <th key={day} scope="col">
                  {shortDate(day)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {sites.map((site) => (
              <tr key={site.site}>
                <th scope="row">
                  {plainName(site.siteName)}
                  <small>{trustName(alliance, site.trust)}</small>
                </th>
                {days.map((day) => (
                  <td key={day}>
                    <Slot
                      bucket={buckets.find((one) => one.site === site.site && one.day === day)}
                    />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </>
  )
}

function Slot(props: { readonly bucket: CapacityBucket | undefined }) {
  const { bucket } = props
  if (bucket === undefined)
    return (
      <span class="ptl-slot ptl-slot--none">
        <span aria-hidden="true">-</span>
        <span class="nhsuk-u-visually-hidden">none</span>
      </span>
    )
  const free = bucket.slots - bucket.promised
  const kind = bucket.openToAlliance ? 'open' : 'own'
  return (
    <span class={`ptl-slot ptl-slot--${kind}`}>
      {free} of {bucket.slots}
      <small>{bucket.openToAlliance ? 'open' : 'own'}</small>
      {bucket.price !== null && bucket.price > 0 && (
        <small class="ptl-price">
          +1: {number(bucket.price)}
          <span class="ptl-price__plain">{plainSaving(bucket)}</span>
        </small>
      )}
    </span>
  )
}

function stepsOf(buckets: readonly CapacityBucket[]): Step[] {
  const present = new Set(buckets.map((one) => one.step))
  return (Object.keys(STEPS) as Step[]).filter((step) => present.has(step))
}

/** The first days that have a slot anywhere, without gaps between trusts that work on different days. */
function daysOf(buckets: readonly CapacityBucket[]): IsoDate[] {
  const first = buckets.reduce<IsoDate | null>(
    (soonest, one) => (soonest === null || one.day < soonest ? one.day : soonest),
    null,
  )
  if (first === null) return []
  const until = addDays(first, 27)
  const present = new Set(buckets.map((one) => one.day).filter((day) => day <= until))
  return [...present].sort().slice(0, DAYS_SHOWN)
}
