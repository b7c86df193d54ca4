import { number } from '../words.ts'

/** First, previous, next, last. Nothing where there is one page. */
export function Pager(props: {
  readonly page: number
  readonly pages: number
  readonly onPage: (page: number) => void
}) {
  const { page, pages, onPage } = props
  if (pages <= 1) return null
  const move = (label: string, to: number) => (
    <button
      type="button"
      class="nhsuk-button nhsuk-button--secondary nhsuk-button--small ptl-button"
      disabled={to === page || to < 1 || to > pages}
      onClick={() => onPage(to)}
    >
      {label}
    </button>
  )
  return (
    <nav class="ptl-pager" aria-label="Pages of the list">
      {move('First', 1)}
      {move('Previous', page - 1)}
      <span>
        Page {number(page)} of {number(pages)}
      </span>
      {move('Next', page + 1)}
      {move('Last', pages)}
    </nav>
  )
}
