import { useState } from 'preact/hooks'

/** A link-like button that asks a second time before it does what cannot be undone. */
export function SureButton(props: {
  readonly words: string
  /** What the second press says yes to. */
  readonly sureWords: string
  /** Of what, for whoever hears the button and not its row. */
  readonly of: string
  readonly onSure: () => void
}) {
  const { words, sureWords, of, onSure } = props
  const [isAsked, setAsked] = useState(false)
  return (
    <>
      <button
        type="button"
        class="ptl-link"
        onClick={() => {
          if (isAsked) onSure()
          setAsked(!isAsked)
        }}
      >
        {isAsked ? sureWords : words}
        <span class="nhsuk-u-visually-hidden"> {of}</span>
      </button>
      {isAsked && (
        <>
          {' '}
          <button type="button" class="ptl-link" onClick={() => setAsked(false)}>
            Keep
            <span class="nhsuk-u-visually-hidden"> {of}</span>
          </button>
        </>
      )}
    </>
  )
}
