import { londonDate } from '../../../../shared/date.ts'
import type { PlanEffectAnswer, PlanEffectLine } from '../../../../shared/plan-effect.ts'
import { useFetched } from '../wire/fetched.ts'
import { ChoiceField } from '../widgets/field.tsx'
import { InOut } from '../charts/in-out.tsx'
import { useLive, useWatch } from '../wire/live.ts'
import { Busy, Loading } from '../widgets/loading.tsx'
import { Panel } from '../widgets/panel.tsx'
import { address, go } from '../router.ts'
import { trustName, useSession } from '../session/session.ts'
import { useAtMostEvery } from '../hooks/settled.ts'
import { Table, numbers } from '../widgets/table.tsx'
import { TwoLines } from '../charts/two-lines.tsx'
import { instantWords, many, number, shortDate, timeWords } from '../words.ts'

const AGAIN_MS = 5_000
const BY = { day: 'The last plan of each day', plan: 'Each of the newest plans' } as const
type By = keyof typeof BY

/** Each figure of a plan: its column, and how it is read out of a line. */
const FIGURES = {
  'Weighted days late alone': ({ pointsAlone }: PlanEffectLine) => pointsAlone,
  Together: ({ pointsTogether }: PlanEffectLine) => pointsTogether,
  Saved: ({ pointsSaved }: PlanEffectLine) => pointsSaved,
  'Breaches avoided': ({ breachesAvoided }: PlanEffectLine) => breachesAvoided,
  'Days saved': ({ daysSaved }: PlanEffectLine) => daysSaved,
  'Seen later than alone': ({ displaced }: PlanEffectLine) => displaced,
  Moves: ({ moves }: PlanEffectLine) => moves,
  'Travel, hours one way': ({ travelMinutes }: PlanEffectLine) => travelMinutes / 60,
} as const

/** What the plan does against every trust alone: now, by trust, and over time. [MOV-22, MOV-64] */
export function EffectView(props: { readonly query: ReadonlyMap<string, string> }) {
  useWatch({ capacity: true }, 'effect')
  const seq = useLive((state) => state.capacity?.seq ?? 0)
  const by: By = props.query.get('by') === 'plan' ? 'plan' : 'day'
  const read = useFetched<PlanEffectAnswer>(
    address('/api/plan/effect', { by }),
    useAtMostEvery(seq, AGAIN_MS),
  )
  const { data } = read
  const plans = data?.plans ?? []
  const last = plans.at(-1)
  return (
    <>
      <div class="ptl-title">
        <h1 class="nhsuk-heading-l">Effect of the plan</h1>
        <p class="ptl-title__sum">
          What the best plan for everybody would do if everybody asked said yes, next to every trust
          alone on the same facts. Nobody is named here. What became of suggestions is on the page{' '}
          <a href="/lead">Performance</a>.
        </p>
      </div>
      <Loading of={[read]} />
      {data !== null && last === undefined && (
        <p class="nhsuk-inset-text">No plan has been made yet.</p>
      )}
      {last !== undefined && (
        <Busy of={[read]}>
          <Newest plan={last} />
          <OverTime plans={plans} by={by} />
        </Busy>
      )}
    </>
  )
}

function Newest(props: { readonly plan: PlanEffectLine }) {
  const { plan } = props
  const { alliance } = useSession()
  const share = Math.round((1000 * plan.pointsSaved) / Math.max(1, plan.pointsAlone)) / 10
  const trusts = plan.trusts.map((one) => ({ ...one, name: trustName(alliance, one.trust) }))
  return (
    <Panel title={`The newest plan, ${instantWords(plan.at)}`}>
      <p>
        {many(plan.patients, 'person waits', 'people wait')} for{' '}
        {many(plan.slots, 'free slot', 'free slots')}.{' '}
        {many(plan.moves, 'move makes', 'moves make')} them{' '}
        <strong>{number(plan.pointsSaved)} weighted days less late</strong> than the{' '}
        {number(plan.pointsAlone)} of every trust alone ({number(share)} %):{' '}
        {many(plan.breachesAvoided, 'breach', 'breaches')} avoided,{' '}
        {many(plan.daysSaved, 'day', 'days')} of waiting saved,{' '}
        {many(plan.displaced, 'person', 'people')} seen later than alone, and nobody past a deadline
        that their trust alone would meet, unless the plan settings allow it.
      </p>
      {trusts.length > 0 && (
        <div class="ptl-columns">
          <InOut trusts={trusts} />
          <Table
            caption="Moves out of and into each trust"
            columns={['Trust', numbers('Out'), numbers('In')]}
          >
            {trusts.map((one) => (
              <tr key={one.trust}>
                <th scope="row">{one.name}</th>
                <td class="ptl-number">{one.out}</td>
                <td class="ptl-number">{one.in}</td>
              </tr>
            ))}
          </Table>
        </div>
      )}
    </Panel>
  )
}

function OverTime(props: { readonly plans: readonly PlanEffectLine[]; readonly by: By }) {
  const { plans, by } = props
  const label = ({ at }: PlanEffectLine): string =>
    by === 'day' ? shortDate(londonDate(Date.parse(at))) : timeWords(at)
  const chart = (
    title: string,
    names: readonly [string, string],
    values: (plan: PlanEffectLine) => readonly [number, number],
  ) => (
    <div class="ptl-chart">
      <p class="ptl-hint">{title}</p>
      <TwoLines
        label={`${title}: ${names.join(' and ').toLowerCase()}. The figures are in the table.`}
        names={names}
        points={plans.map((plan) => ({ label: label(plan), values: values(plan) }))}
      />
    </div>
  )
  return (
    <Panel title="Over time">
      <div class="ptl-filters">
        <div class="ptl-filter ptl-filter--wide">
          <ChoiceField
            id="effect-by"
            label="Shown"
            value={by}
            choices={Object.entries(BY) as [By, string][]}
            onChange={(chosen) => go(address('/effect', { by: chosen }), { replace: true })}
          />
        </div>
        <div class="ptl-filter ptl-filter--links">
          <a href={address('/api/plan/effect.csv', { by })} download>
            Export CSV
          </a>
          <button type="button" class="ptl-link" onClick={() => window.print()}>
            Print
          </button>
        </div>
      </div>
      {plans.length < 2 ? (
        <p>One plan so far: a line wants two.</p>
      ) : (
        <div class="ptl-charts">
          {chart('Weighted days late', ['Alone', 'Together'], (plan) => [
            plan.pointsAlone,
            plan.pointsTogether,
          ])}
          {chart('Breaches avoided, and people seen later', ['Later', 'Avoided'], (plan) => [
            plan.displaced,
            // a plan may save days at the price of a breach: the table tells it
            Math.max(0, plan.breachesAvoided),
          ])}
        </div>
      )}
      <Table
        caption="Each plan against every trust alone, the newest first"
        columns={['Plan', ...Object.keys(FIGURES).map(numbers)]}
      >
        {[...plans].reverse().map((plan) => (
          <tr key={plan.at}>
            <th scope="row">{instantWords(plan.at)}</th>
            {Object.entries(FIGURES).map(([name, of]) => (
              <td key={name} class="ptl-number">
                {number(of(plan))}
              </td>
            ))}
          </tr>
        ))}
      </Table>
    </Panel>
  )
}
