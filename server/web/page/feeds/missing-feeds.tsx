import type { WithFeedGaps } from '../../../../shared/feed-health.ts'
import { useFetched } from '../wire/fetched.ts'
import { trustName, useSession } from '../session/session.ts'
import { instantWords } from '../words.ts'

/** Says whose figures are older than they should be, wherever figures are shown; nothing when all feeds came. [FEED-47] */
export function MissingFeeds(props: { readonly version: string | number }) {
  const { alliance } = useSession()
  const { data } = useFetched<WithFeedGaps>('/api/feed-gaps', props.version)
  const gaps = data?.missingFeeds ?? []
  if (gaps.length === 0) return null
  return (
    <div class="ptl-missing" role="status">
      <strong>Figures are missing what these feeds have not sent.</strong>
      <ul>
        {gaps.map(({ trust, feed, lastAt, since }) => (
          <li key={`${trust} ${feed}`}>
            {trustName(alliance, trust)}
            {feed !== 'main' && ` (${feed})`}:{' '}
            {lastAt === null ? 'nothing has ever come' : `last came ${instantWords(lastAt)}`},
            expected {instantWords(since)}
          </li>
        ))}
      </ul>
    </div>
  )
}
