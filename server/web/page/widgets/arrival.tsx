import { useEffect, useRef } from 'preact/hooks'

/** The heading of a form that has just been opened, perhaps far below the button that opened it: the reader is taken there. */
export function Arrival(props: { readonly words: string }) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    heading.current?.focus()
    heading.current?.scrollIntoView({ block: 'nearest' })
  }, [])
  return (
    <h3 class="nhsuk-heading-s ptl-arrival" tabIndex={-1} ref={heading}>
      {props.words}
    </h3>
  )
}
