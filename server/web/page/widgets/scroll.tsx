import type { ComponentChildren } from 'preact'

/** A table wider than its place: it scrolls by itself, with the keyboard too. */
export function Scroll(props: { readonly label: string; readonly children: ComponentChildren }) {
  return (
    <div class="ptl-scroll" role="region" aria-label={props.label} tabIndex={0}>
      {props.children}
    </div>
  )
}
