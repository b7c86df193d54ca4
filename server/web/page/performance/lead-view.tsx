import type { BacklogAnswer, StagesAnswer, StandardsAnswer } from '../../../../shared/measures.ts'
import type { RoadAnswer } from '../../../../shared/road.ts'
import { BacklogPanel } from './backlog-panel.tsx'
import { BestPlaces } from '../capacity/best-places.tsx'
import type { CapacityAnswer } from '../capacity/capacity-view.tsx'
import { useFetched } from '../wire/fetched.ts'
import { useLive, useWatch } from '../wire/live.ts'
import { MissingFeeds } from '../feeds/missing-feeds.tsx'
import { Narrowing, TakeAway, tumourIn } from './narrowing.tsx'
import { Busy, Loading, awaitedWords } from '../widgets/loading.tsx'
import { Part, PartsNav } from './parts.tsx'
import { ReplayPanel } from './replay-panel.tsx'
import { address } from '../router.ts'
import { useAtMostEvery } from '../hooks/settled.ts'
import { RoadPanel } from './road-panel.tsx'
import { StagesPanel } from './stages-panel.tsx'
import { StandardsPanel } from './standards-panel.tsx'
import { dateWords } from '../words.ts'

/** Figures of the whole alliance follow a busy list; nobody reads them faster than this. */
const AGAIN_MS = 10_000

const PARTS = {
  standards: 'Standards',
  waits: 'Days waited, best slots',
  steps: 'Waits by step',
  suggestions: 'Suggestions',
  year: 'A year played twice',
} as const
type PartName = keyof typeof PARTS

/** The leads' view: how long people wait and where, the three standards, and where capacity would help most. */
export function LeadView(props: { readonly query: ReadonlyMap<string, string> }) {
  useWatch({ measures: true, capacity: true }, 'lead')
  const measuresSeq = useLive((state) => state.measures?.seq ?? 0)
  const capacitySeq = useLive((state) => state.capacity?.seq ?? 0)
  const version = useAtMostEvery(`${measuresSeq} ${capacitySeq}`, AGAIN_MS)

  const trust = props.query.get('trust') ?? ''
  const tumour = tumourIn(props.query)
  const asked = props.query.get('part') ?? ''
  const part = asked in PARTS ? (asked as PartName) : 'standards'
  const narrowed = (path: string, more: Record<string, string> = {}): string =>
    address(path, { trust, tumour, ...more })
  const standards = useFetched<StandardsAnswer>(narrowed('/api/measures/standards'), version)
  const backlog = useFetched<BacklogAnswer>(
    narrowed('/api/measures/backlog', { by: 'trust' }),
    version,
  )
  const stages = useFetched<StagesAnswer>(narrowed('/api/measures/stages'), version)
  const road = useFetched<RoadAnswer>(narrowed('/api/measures/road'), version)
  const capacity = useFetched<CapacityAnswer>('/api/capacity', version)

  return (
    <>
      <div class="ptl-title">
        <h1 class="nhsuk-heading-l">Performance</h1>
        <p class="ptl-title__sum">
          {backlog.data === null
            ? awaitedWords(backlog)
            : `Open pathways and standards on ${dateWords(backlog.data.asOf)}. Nobody is named here.`}{' '}
          What is sent on each week is the <a href="/weekly">weekly return</a>; what is to come, the{' '}
          <a href="/flow">queues ahead</a>; what moving people does, the{' '}
          <a href="/effect">effect of the plan</a>.
        </p>
      </div>
      <Narrowing path="/lead" trust={trust} tumour={tumour} part={part}>
        <TakeAway
          files={{
            'Standards CSV': narrowed('/api/measures/standards.csv'),
            'Days waited CSV': narrowed('/api/measures/backlog.csv', { by: 'trust' }),
            'Waits by step CSV': narrowed('/api/measures/stages.csv'),
            'Suggestions CSV': narrowed('/api/measures/road.csv'),
          }}
        />
      </Narrowing>
      <Loading of={[standards, backlog, stages, road, capacity]} />
      <MissingFeeds version={version} />
      <PartsNav path="/lead" parts={PARTS} chosen={part} query={{ trust, tumour }} />
      <Part isShown={part === 'standards'}>
        <Busy of={[standards]}>
          {standards.data !== null && <StandardsPanel answer={standards.data} />}
        </Busy>
      </Part>
      <Part isShown={part === 'waits'}>
        <div class="ptl-columns ptl-columns--wide-left">
          <Busy of={[backlog]}>
            {backlog.data !== null && <BacklogPanel answer={backlog.data} tumour={tumour} />}
          </Busy>
          <div>{capacity.data !== null && <BestPlaces best={capacity.data.best} />}</div>
        </div>
      </Part>
      <Part isShown={part === 'steps'}>
        <Busy of={[stages]}>
          {stages.data !== null && <StagesPanel answer={stages.data} tumour={tumour} />}
        </Busy>
      </Part>
      <Part isShown={part === 'suggestions'}>
        <Busy of={[road]}>{road.data !== null && <RoadPanel answer={road.data} />}</Busy>
      </Part>
      <Part isShown={part === 'year'}>
        <ReplayPanel />
      </Part>
    </>
  )
}
