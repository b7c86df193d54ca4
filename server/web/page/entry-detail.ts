import type { IsoDate } from '../../../shared/date.ts'
import type { EntryFacts } from '../../../shared/entry.ts'
import type { ListRow, RankPlace } from '../../../shared/list.ts'
import type { Standard } from '../../../shared/vocabulary.ts'

/** Answer of `GET /api/entries/{id}`, as far as the page shows it. */
export interface EntryDetail {
  readonly row: ListRow
  readonly facts: EntryFacts
  readonly clocks: readonly ClockLines[]
  readonly place: RankPlace
  readonly why: readonly string[]
  readonly notes: readonly Note[]
  readonly actions: readonly Action[]
  readonly overrides: readonly Override[]
  readonly etag: string
}

/** A clock as the sum behind it, line by line. */
export interface ClockLines {
  readonly standard: Standard
  readonly label: string
  readonly lines: readonly {
    readonly label: string
    readonly value: string
    readonly rule: string
  }[]
}

export interface Note {
  readonly id: number
  readonly by: string
  readonly organisation: string
  readonly body: string
  readonly at: string
}

export interface Action {
  readonly id: number
  readonly by: string
  readonly organisation: string
  readonly body: string
  readonly owner: string | null
  readonly dueOn: IsoDate | null
  readonly escalated: boolean
  readonly doneAt: string | null
  readonly at: string
}

export interface Override {
  readonly id: number
  readonly by: string
  readonly tier: number
  readonly reason: string
  readonly endsOn: IsoDate
  readonly at: string
}

/** Answer of `GET /api/entries/{id}/history`. */
export interface EntryHistory {
  readonly versions: readonly {
    readonly version: number
    readonly at: string
    readonly rowNumber: number | null
    readonly state: string
    readonly changes: readonly {
      readonly field: string
      readonly from: unknown
      readonly to: unknown
    }[]
  }[]
}
