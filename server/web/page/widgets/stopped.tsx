import type { ComponentChildren } from 'preact'
import { useErrorBoundary } from 'preact/hooks'
import { ProblemNote } from './note.tsx'

const WORDS =
  'This view has stopped: the page met something that it does not know how to show. Nothing that was saved is lost. Other views work on; if it stops again, report what you did.'

/** Keeps a mistake of one view from taking the whole page with it. */
export function Stopped(props: { readonly children: ComponentChildren }) {
  const caught: [unknown, () => void] = useErrorBoundary()
  const [error, forget] = caught
  if (error === undefined) return <>{props.children}</>
  return (
    <>
      <h1 class="nhsuk-heading-l">Stopped</h1>
      <ProblemNote problem={WORDS} />
      <div class="ptl-buttons">
        <button type="button" class="nhsuk-button nhsuk-button--small ptl-button" onClick={forget}>
          Show it again
        </button>
        <ReloadButton />
      </div>
    </>
  )
}

export function ReloadButton() {
  return (
    <button type="button" class="ptl-link" onClick={() => location.reload()}>
      Reload the page
    </button>
  )
}
