import { useState } from 'preact/hooks'
import { FILTER_NAMES } from './list-filter.ts'
import { address } from '../router.ts'
import { useSession } from '../session/session.ts'

interface SavedFilter {
  readonly name: string
  readonly query: Readonly<Record<string, string>>
}
const MOST = 12

/** Filters somebody comes back to, kept in this browser under their own name; what was typed is not kept, for it may say who somebody is. */
export function SavedFilters(props: { readonly query: ReadonlyMap<string, string> }) {
  const { person } = useSession()
  const key = `ptl-filters ${person.id}`
  const [saved, setSaved] = useState(() => readSaved(key))
  const [name, setName] = useState<string | null>(null)
  const query = Object.fromEntries(
    [...props.query].filter(([part]) => (FILTER_NAMES as readonly string[]).includes(part)),
  )
  const isFiltered = Object.keys(query).length > 0
  const here = address('/list', query)
  const isKnown = saved.some((one) => address('/list', one.query) === here)

  function keep(filters: readonly SavedFilter[]): void {
    setSaved(filters)
    setName(null)
    localStorage.setItem(key, JSON.stringify(filters))
  }
  if (saved.length === 0 && !isFiltered) return null
  return (
    <form
      class="ptl-saved"
      onSubmit={(event) => {
        event.preventDefault()
        const given = (name ?? '').trim()
        if (given === '') return
        const others = saved.filter((one) => one.name !== given)
        keep([...others, { name: given, query }].slice(-MOST))
      }}
    >
      {saved.length > 0 && <span>Your filters:</span>}
      {saved.map((one) => (
        <span key={one.name} class="ptl-saved__one">
          <a
            href={address('/list', one.query)}
            {...(address('/list', one.query) === here ? { 'aria-current': 'true' as const } : {})}
          >
            {one.name}
          </a>
          <button
            type="button"
            class="ptl-link"
            title={`Forget ${one.name}`}
            onClick={() => keep(saved.filter((other) => other !== one))}
          >
            <span aria-hidden="true">×</span>
            <span class="nhsuk-u-visually-hidden">Forget {one.name}</span>
          </button>
        </span>
      ))}
      {isFiltered && !isKnown && name === null && (
        <button type="button" class="ptl-link" onClick={() => setName('')}>
          Save this filter
        </button>
      )}
      {name !== null && (
        <>
          <label for="saved-name">Name it</label>
          <input
            id="saved-name"
            class="nhsuk-input"
            maxLength={40}
            autocomplete="off"
            value={name}
            onInput={(event) => setName(event.currentTarget.value)}
          />
          <button type="submit" class="ptl-link" disabled={name.trim() === ''}>
            Save
          </button>
          <button type="button" class="ptl-link" onClick={() => setName(null)}>
            Leave it
          </button>
        </>
      )}
    </form>
  )
}

/** What this browser kept; nothing where it kept something else. */
function readSaved(key: string): readonly SavedFilter[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key) ?? '[]')
    return Array.isArray(kept) ? kept.filter(isSaved) : []
  } catch {
    return []
  }
}

function isSaved(kept: unknown): kept is SavedFilter {
  if (typeof kept !== 'object' || kept === null) return false
  const { name, query } = kept as Partial<SavedFilter>
  return typeof name === 'string' && typeof query === 'object'
}
