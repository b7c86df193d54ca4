import type { ComponentChildren } from 'preact'
import { Scroll } from './scroll.tsx'

/** The head of a column: its words, and how it stands; `unsaid` is read out and not shown. */
export type Column =
  string | { readonly label: string; readonly kind: 'number' | 'last' | 'unsaid' }

/** A table that scrolls by itself where it is wider than its place. Its rows are its children. */
export function Table(props: {
  readonly caption: string
  /** Shown above the table; otherwise only read out, for the heading of its panel says the same. */
  readonly isCaptionShown?: boolean
  readonly columns: readonly Column[]
  readonly kind?: string
  readonly children: ComponentChildren
}) {
  const { caption, isCaptionShown = false, columns, kind, children } = props
  return (
    <Scroll label={caption}>
      <table class={`nhsuk-table ptl-table${kind === undefined ? '' : ` ${kind}`}`}>
        <caption {...(isCaptionShown ? {} : { class: 'nhsuk-u-visually-hidden' })}>
          {caption}
        </caption>
        <thead>
          <tr>{columns.map(heading)}</tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </Scroll>
  )
}

function heading(column: Column) {
  if (typeof column === 'string')
    return (
      <th key={column} scope="col">
        {column}
      </th>
    )
  const { label, kind } = column
  if (kind === 'unsaid')
    return (
      <th key={label} scope="col">
        <span class="nhsuk-u-visually-hidden">{label}</span>
      </th>
    )
  return (
    <th key={label} scope="col" class={`ptl-${kind}`}>
      {label}
    </th>
  )
}

/** A column of numbers. */
export function numbers(label: string): Column {
  return { label, kind: 'number' }
}
