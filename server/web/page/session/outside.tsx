import type { ComponentChildren } from 'preact'
import { Troubles } from '../widgets/troubles.tsx'

/** What stands around the page while nobody is known to be signed in. */
export function Outside(props: { readonly children: ComponentChildren }) {
  return (
    <>
      <header class="nhsuk-header ptl-header">
        <div class="nhsuk-header__container nhsuk-width-container">
          <div class="nhsuk-header__service">
            <span class="nhsuk-header__service-name">Shared cancer PTL</span>
          </div>
        </div>
      </header>
      <div class="nhsuk-width-container">
        <main class="ptl-view" id="view">
          <Troubles isOutside />
          {props.children}
        </main>
      </div>
    </>
  )
}
