import type { IsoDate } from '../../../shared/date.ts'
import type { Issue } from '../../../shared/delivery.ts'
import type { EntryFacts, Identity } from '../../../shared/entry.ts'

/*
 * A message says part of what is known of a pathway or a person: that an appointment was booked, that somebody moved.
 * Which entries it touches and whether it comes too late is worked out against the database (server/feeds/updates/updates.ts);
 * what it makes of an entry is decided here, purely.
 */

/** What a message speaks of. Each part is ordered in time by itself: a late booking is no older news of a name. [FEED-54] */
export type UpdatePart = 'person' | 'referral' | 'attendance' | 'appointment' | 'result'

/** An identifier of a pathway as sent: with the organisation that gave it, where that is said. */
export interface PathwayId {
  readonly id: string
  readonly issuer: string | null
  /** Whether it may be the trust's own record key too, and not only a pathway identifier of its issuer. */
  readonly isOwnKey: boolean
}

/** By what a person is known. */
export interface PersonSigns {
  readonly nhsNumber?: string
  readonly hospitalNumber?: string
  readonly dateOfBirth?: IsoDate
}

/** An entry as it is known, or as earlier messages have left it. */
export interface HeldEntry {
  readonly facts: EntryFacts
  readonly identity: Identity
}

export interface EntryUpdate {
  readonly rowNumber: number
  /** What issues call the record: the pathway's identifier, '' when it has none. */
  readonly recordKey: string
  /** When the sender says so, ISO 8601 UTC. It orders updates, not the time they come. [FEED-54] */
  readonly saidAt: string
  readonly part: UpdatePart
  /** Identifiers of one pathway, the best first. */
  readonly pathway: readonly PathwayId[]
  /** Whether it is of one pathway, and nothing without it; else of a person, whatever pathways they have. */
  readonly needsPathway: boolean
  /** Makes the pathway when it is not known. [FEED-53] */
  readonly makesPathway: boolean
  /** Whom it is about. */
  readonly person: PersonSigns
  /** Signs that a merge takes away: the person is found by these instead. [FEED-52] */
  readonly formerly: PersonSigns | null
  /** @param isThePathway whether the entry was found by its own identifier, and not by the person */
  readonly change: (held: HeldEntry, isThePathway: boolean) => ChangedEntry
}

export interface ChangedEntry {
  readonly facts: EntryFacts
  readonly identity: Identity
  /** What could not be taken, or was left alone, and why. */
  readonly issues: readonly Issue[]
}
