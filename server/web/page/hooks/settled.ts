import { useEffect, useRef, useState } from 'preact/hooks'

/** A value that moves only once it has stood still for `quietMs`: for what somebody is typing. */
export function useSettled<T>(value: T, quietMs: number): T {
  const [settled, setSettled] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), quietMs)
    return () => clearTimeout(timer)
  }, [value, quietMs])
  return settled
}

/** A value that moves at most once in `everyMs`, and always ends at the last: for counts that follow a busy list. */
export function useAtMostEvery<T>(value: T, everyMs: number): T {
  const [shown, setShown] = useState(value)
  const movedAt = useRef(0)
  useEffect(() => {
    const waitMs = Math.max(0, movedAt.current + everyMs - Date.now())
    const timer = setTimeout(() => {
      movedAt.current = Date.now()
      setShown(value)
    }, waitMs)
    return () => clearTimeout(timer)
  }, [value, everyMs])
  return shown
}
