import type { ListFilter } from '../../../../shared/list.ts'
import { filterQuery } from './list-filter.ts'
import { seesAlliance } from '../session/may.ts'
import { useSession } from '../session/session.ts'
import { count } from '../words.ts'

/**
 * A count of open pathways that leads to those very pathways, where whoever reads may see the list of that trust.
 * @param props.of how many; null is a small number kept back, which leads nowhere
 */
export function ToList(props: { readonly of: number | null; readonly filter: ListFilter }) {
  const { of, filter } = props
  const { person } = useSession()
  const isTheirs = seesAlliance(person) || filter.trust === person.organisation
  if (of === null || of === 0 || !isTheirs) return <>{count(of)}</>
  return (
    <a class="ptl-behind" href={`/list?${filterQuery(filter)}`} title="Show these pathways">
      {count(of)}
    </a>
  )
}
