import { useTroubles } from '../wire/troubles.ts'
import { withDateWords } from '../words.ts'

/**
 * In one line for the whole page: what could not be read, why, and what to do about it.
 * @param props.isOutside nobody is signed in yet, so nothing is shown that could be old
 */
export function Troubles(props: { readonly isOutside?: boolean }) {
  const troubles = useTroubles()
  const [first] = troubles
  if (first === undefined) return null
  const passing = troubles.filter(({ isPassing }) => isPassing)
  return (
    <div class="ptl-problem ptl-troubles" role="alert">
      <strong>
        {props.isOutside === true
          ? 'The page cannot open yet.'
          : 'Not everything here could be read.'}
      </strong>{' '}
      {withDateWords(first.words)}{' '}
      {passing.length > 0 && (
        <>
          {props.isOutside !== true && 'What is shown may be old. '}It is asked for again by itself.{' '}
          <button
            type="button"
            class="ptl-link"
            onClick={() => {
              for (const { again } of passing) again()
            }}
          >
            Try again now
          </button>
        </>
      )}
    </div>
  )
}
