import { useEffect, useState } from 'preact/hooks'
import { liveSocket, openLiveClient } from '../../../../shared/live-client.ts'
import type { LiveClient } from '../../../../shared/live-client.ts'
import type { LiveState } from '../../../../shared/live-state.ts'
import type { LiveTopicsInput } from '../../../../shared/protocol.ts'
import { useSession } from '../session/session.ts'

/** One socket for the whole page; views add the topics they show. Suggestions are always watched: the menu counts them. */
export function openPageLive(): LiveClient {
  const url = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/live`
  return openLiveClient({ open: liveSocket(WebSocket, url), topics: { suggestions: true } })
}

/** A part of the live state; draws again when that part is another. */
export function useLive<T>(select: (state: LiveState) => T): T {
  const { live } = useSession()
  const [value, setValue] = useState(() => select(live.state()))
  useEffect(() => {
    setValue(() => select(live.state()))
    return live.subscribe((state) => setValue(() => select(state)))
  }, [live])
  return value
}

/** Watches topics while a view is there. `key` says when they differ from before. */
export function useWatch(topics: LiveTopicsInput, key: string): void {
  const { live } = useSession()
  useEffect(() => live.watch(topics), [live, key])
  useEffect(
    () => () => {
      live.watch(Object.fromEntries(Object.keys(topics).map((name) => [name, false])))
    },
    [live],
  )
}
