import { useEffect, useRef, useState } from 'preact/hooks'

/** A pointer that has not moved for this long only happens to lie there. */
const STILL_MS = 5_000

/** Whether somebody is pointing: the pointer is there and has moved, or a key was pressed, a moment ago. */
export function usePointing(stillMs = STILL_MS): {
  readonly isPointing: boolean
  /** To be told of each move, and of leaving. */
  readonly point: (isThere: boolean) => void
} {
  const [isPointing, setPointing] = useState(false)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => () => clearTimeout(timer.current), [])
  function point(isThere: boolean): void {
    clearTimeout(timer.current)
    setPointing(isThere)
    if (isThere) timer.current = setTimeout(() => setPointing(false), stillMs)
  }
  return { isPointing, point }
}
