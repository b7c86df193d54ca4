import { useEffect, useRef } from 'preact/hooks'
import { instantWords } from '../words.ts'

/** When this was printed. Written the moment before it is: drawing anew would come too late for the paper. */
export function PrintedAt() {
  const time = useRef<HTMLTimeElement>(null)
  useEffect(() => {
    const tell = (): void => {
      if (time.current !== null) time.current.textContent = instantWords(new Date().toISOString())
    }
    tell()
    addEventListener('beforeprint', tell)
    return () => removeEventListener('beforeprint', tell)
  }, [])
  return <time ref={time} />
}
