import type { ComponentChildren } from 'preact'
import { address } from '../router.ts'

/** Links to the parts of a long view, one of which is shown; each has an address that can be sent to a colleague. */
export function PartsNav<Name extends string>(props: {
  readonly path: string
  readonly parts: Readonly<Record<Name, string>>
  readonly chosen: Name
  /** What else stands in the address and stays. */
  readonly query: Readonly<Record<string, string>>
}) {
  const { path, parts, chosen, query } = props
  return (
    <nav class="ptl-parts" aria-label="Parts of this page">
      <ul>
        {(Object.entries(parts) as [Name, string][]).map(([name, label]) => (
          <li key={name}>
            <a
              href={address(path, { ...query, part: name })}
              {...(name === chosen ? { 'aria-current': 'true' as const } : {})}
            >
              {label}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  )
}

/** A part: away from the screen while another is chosen, and always on paper. */
export function Part(props: { readonly isShown: boolean; readonly children: ComponentChildren }) {
  return <div class={props.isShown ? '' : 'ptl-part--away'}>{props.children}</div>
}
