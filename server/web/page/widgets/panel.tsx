import type { ComponentChildren } from 'preact'

/** A part of a view under its own heading. */
export function Panel(props: {
  readonly title: string
  readonly children: ComponentChildren
  readonly id?: string
}) {
  return (
    <section class="ptl-panel" {...(props.id === undefined ? {} : { id: props.id })}>
      <h2 class="nhsuk-heading-m">{props.title}</h2>
      {props.children}
    </section>
  )
}
