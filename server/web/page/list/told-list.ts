import { useMemo } from 'preact/hooks'
import type { ListFilter } from '../../../../shared/list.ts'
import type { LiveListState } from '../../../../shared/live-state.ts'
import { useFetched } from '../wire/fetched.ts'
import { useCutTick, useLive } from '../wire/live.ts'
import { PAGE_ROWS, filterQuery, isSameWindow } from './list-filter.ts'

/** A page of the list as the socket tells it, or as it was read last while no socket comes through. */
export function useToldList(filter: ListFilter, from: number): LiveListState | null {
  const live = useLive((state) => state.list)
  const tick = useCutTick()
  const path = `/api/list?${filterQuery(filter)}&from=${from}&limit=${PAGE_ROWS}`
  const { data, isOther } = useFetched<Omit<LiveListState, 'window'>>(
    tick === null ? null : path,
    tick ?? 0,
  )
  const read = useMemo<LiveListState | null>(
    () =>
      data === null || isOther ? null : { ...data, window: { filter, from, count: PAGE_ROWS } },
    [data, isOther],
  )
  if (tick === null || read === null) return live
  const isOld = live !== null && isSameWindow(live.window, filter, from) && live.seq > read.seq
  return isOld ? live : read
}
