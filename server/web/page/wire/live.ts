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

/** A hospital's proxy may let no socket through, and a line may be down: what it would tell is read instead. */
const CUT_AFTER_MS = 5_000
const READ_EVERY_MS = 20_000

/** Null while the socket is live or was a moment ago; else a number that moves whenever it is time to read. */
export function useCutTick(): number | null {
  const isLive = useLive((state) => state.connection.kind === 'live')
  const [tick, setTick] = useState<number | null>(null)
  useEffect(() => {
    if (isLive) {
      setTick(null)
      return undefined
    }
    const waitMs = tick === null ? CUT_AFTER_MS : READ_EVERY_MS
    const timer = setTimeout(() => setTick((tick ?? 0) + 1), waitMs)
    return () => clearTimeout(timer)
  }, [isLive, tick])
  return isLive ? null : tick
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
