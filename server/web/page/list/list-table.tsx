import type { ComponentChildren } from 'preact'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import type { ListRow } from '../../../../shared/list.ts'
import { SUGGESTION_STATES } from '../../../../shared/suggestion.ts'
import { ROUTES, STEPS, TUMOURS } from '../../../../shared/vocabulary.ts'
import type { IdentityBook } from '../session/identities.ts'
import { BandTag, EscalationTag, Tag } from '../widgets/note.tsx'
import { trustName, useSession } from '../session/session.ts'
import {
  STANDARD_DAYS,
  bookedWords,
  dateWords,
  days,
  daysLeftWords,
  nhsNumberWords,
  shortDate,
} from '../words.ts'

const COLUMNS = [
  'Rank',
  'Patient',
  'Trust',
  'Tumour and route',
  'Step awaited',
  'Waited',
  'Next breach',
  'Ranks here because',
  'Next action',
] as const

/** A page of the list as a native table. J and K or the arrows step from row to row, Enter opens. */
export function ListTable(props: {
  readonly rows: readonly ListRow[]
  readonly changed: ReadonlySet<number>
  /** Changed since this person last looked. */
  readonly isNew: (row: ListRow) => boolean
  readonly isLoading: boolean
  readonly names: IdentityBook
  readonly onPointing: (isPointing: boolean) => void
  /** What stands above the columns on each sheet of paper. */
  readonly printed: ComponentChildren
}) {
  const body = useRef<HTMLTableSectionElement>(null)
  const at = useRef<Place | null>(null)
  useEffect(() => {
    const pressed = (event: KeyboardEvent): void => step(event, body.current)
    const went = (event: Event): void => {
      if (!(event.target instanceof Node) || body.current?.contains(event.target) !== true)
        at.current = null
    }
    document.addEventListener('keydown', pressed)
    document.addEventListener('pointerdown', went)
    return () => {
      document.removeEventListener('keydown', pressed)
      document.removeEventListener('pointerdown', went)
    }
  }, [])
  useLayoutEffect(() => {
    if (at.current !== null) keepFocus(at.current, body.current)
  })
  if (props.rows.length === 0) return null
  return (
    <div class={`ptl-scroll${props.isLoading ? ' ptl-scroll--loading' : ''}`}>
      <table class="nhsuk-table ptl-table ptl-list" aria-busy={props.isLoading}>
        <caption class="nhsuk-u-visually-hidden">
          Open pathways in order of priority. J and K or the arrow keys move, Enter opens.
        </caption>
        <thead>
          <tr class="ptl-printed">
            <td colSpan={COLUMNS.length}>{props.printed}</td>
          </tr>
          <tr>
            {COLUMNS.map((label) => (
              <th key={label} scope="col">
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody
          ref={body}
          onMouseMove={() => props.onPointing(true)}
          onMouseLeave={() => props.onPointing(false)}
          onFocusIn={(event) => {
            at.current = placeOf(event.target, body.current)
            props.onPointing(true)
          }}
          onKeyDown={() => props.onPointing(true)}
          onFocusOut={(event) => {
            // a row that is taken away lets go of the focus without anybody going elsewhere
            if (event.relatedTarget !== null) at.current = null
          }}
        >
          {props.rows.map((row) => (
            <Row
              key={row.id}
              row={row}
              isChanged={props.changed.has(row.id)}
              isNew={props.isNew(row)}
              names={props.names}
            />
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Row(props: {
  readonly row: ListRow
  readonly isChanged: boolean
  readonly isNew: boolean
  readonly names: IdentityBook
}) {
  const { row, isChanged, isNew } = props
  const { alliance } = useSession()
  return (
    <tr class={isChanged ? 'ptl-row ptl-row--changed' : 'ptl-row'} data-entry={row.id}>
      <td class="ptl-number">
        {row.rank}
        {isChanged && <span class="ptl-mark">changed</span>}
        {isNew && !isChanged && <span class="ptl-mark">new</span>}
      </td>
      <th scope="row">
        <Who row={row} names={props.names} />
      </th>
      <td>
        <abbr title={trustName(alliance, row.trust)}>{row.trust}</abbr>
        {row.alsoAt.length > 0 && <small class="ptl-nhs">also {row.alsoAt.join(', ')}</small>}
      </td>
      <td>
        {TUMOURS[row.tumour]}
        <small>{ROUTES[row.route]}</small>
      </td>
      <td>
        {row.step === null ? 'None' : STEPS[row.step]}
        {row.stepInferred && <small title="Worked out from the dates, not stated">inferred</small>}
        {row.stepBookedOn !== null && <small>{bookedWords(row.stepBookedOn)}</small>}
        {row.suggestion !== null && (
          <Tag colour="purple">Move: {stateWords(row.suggestion).toLowerCase()}</Tag>
        )}
      </td>
      <td>
        {row.waitDays === null ? 'no date' : days(row.waitDays)}
        {row.band !== null && <BandTag band={row.band} />}
      </td>
      <td>
        <NextBreach row={row} />
      </td>
      <td class="ptl-because">{row.because}</td>
      <td class="ptl-action">
        <NextAction row={row} />
      </td>
    </tr>
  )
}

function Who(props: { readonly row: ListRow; readonly names: IdentityBook }) {
  const { row } = props
  const identity = props.names.get(row.id)
  return (
    <>
      <a href={`/entries/${row.id}`} class="ptl-who">
        {identity?.name ?? row.pseudonym}
      </a>
      {identity?.nhsNumber !== undefined && (
        <small class="ptl-nhs">{nhsNumberWords(identity.nhsNumber)}</small>
      )}
      <EscalationTag escalation={row.escalation} />
      {row.priority !== null && <small>priority {row.priority.code}</small>}
    </>
  )
}

function NextBreach(props: { readonly row: ListRow }) {
  const next = props.row.nextBreach
  if (next === null) return <>None running</>
  const urgency = next.daysLeft < 0 ? 'over' : next.daysLeft <= 7 ? 'soon' : 'far'
  return (
    <span class={`ptl-breach ptl-breach--${urgency}`}>
      <strong>{daysLeftWords(next.daysLeft)}</strong>
      <small>
        {STANDARD_DAYS[next.standard]}, {dateWords(next.on)}
      </small>
    </span>
  )
}

function NextAction(props: { readonly row: ListRow }) {
  const action = props.row.nextAction
  if (action === null) return <small>none</small>
  const parts = [action.owner, action.dueOn === null ? null : `due ${shortDate(action.dueOn)}`]
  return (
    <>
      {action.text}
      <small>{parts.filter((part) => part !== null).join(', ')}</small>
    </>
  )
}

function stateWords(state: string): string {
  return state in SUGGESTION_STATES
    ? SUGGESTION_STATES[state as keyof typeof SUGGESTION_STATES]
    : state
}

/** Where in the table somebody is: on which pathway, and how far down. */
interface Place {
  readonly entry: string
  readonly row: number
}

function placeOf(target: EventTarget | null, body: HTMLElement | null): Place | null {
  const row = target instanceof Element ? target.closest<HTMLElement>('.ptl-row') : null
  if (row === null || body === null) return null
  return { entry: row.dataset['entry'] ?? '', row: [...body.children].indexOf(row) }
}

/** Who stepped to a row stays on it wherever it moves, or where it was, once it has left the page. */
function keepFocus(at: Place, body: HTMLElement | null): void {
  if (body === null || document.activeElement !== document.body) return
  const rows = [...body.querySelectorAll<HTMLElement>('.ptl-row')]
  const row =
    rows.find(({ dataset }) => dataset['entry'] === at.entry) ??
    rows[Math.min(at.row, rows.length - 1)]
  row?.querySelector<HTMLElement>('a.ptl-who')?.focus({ preventScroll: true })
}

/** Moves the focus a row down or up. Keys typed into a field stay there. */
function step(event: KeyboardEvent, body: HTMLElement | null): void {
  const down = event.key === 'j' || event.key === 'ArrowDown'
  const up = event.key === 'k' || event.key === 'ArrowUp'
  if (body === null || (!down && !up) || event.ctrlKey || event.metaKey || event.altKey) return
  if (!(event.target instanceof Element)) return
  if (event.target.closest('input, select, textarea, button') !== null) return
  const links = [...body.querySelectorAll<HTMLElement>('a.ptl-who')]
  const at = links.findIndex((link) => link === document.activeElement)
  // the arrows scroll the page until somebody is in the table
  if (at === -1 && event.key.startsWith('Arrow')) return
  const next = links[at === -1 ? 0 : Math.min(links.length - 1, Math.max(0, at + (down ? 1 : -1)))]
  event.preventDefault()
  next?.focus()
  next?.scrollIntoView({ block: 'nearest' })
}
