import type { Topic } from '../../shared/vocabulary.ts'
import type { Member, Place } from './peer.ts'

/** Who watches anything, in an order that a broadcast can walk while people come and go. */
export interface Seats<P> {
  /** The first place of each member that has one; their other places hang on it. */
  readonly firsts: readonly Place<P>[]
  /** Adds what a member watches. */
  seat(place: Place<P>): void
  /** @returns what the member watched of this topic; null when nothing */
  unseat(member: Member<P>, topic: Topic): Place<P> | null
  /** Members given the stand of one that left since the last call: a walk may have gone past it. */
  takeReseated(): readonly Member<P>[]
}

/** @param isWalked whether somebody is walking them now */
export function openSeats<P>(isWalked: () => boolean): Seats<P> {
  const firsts: Place<P>[] = []
  let reseated: Member<P>[] = []

  /** The first place gives way to the member's next, or to the last of all members when there is none. */
  function standBack(member: Member<P>, next: Place<P> | null): void {
    member.first = next
    if (next !== null) {
      firsts[member.at] = next
      return
    }
    const last = firsts.pop()
    if (last === undefined || last.member === member) return
    firsts[member.at] = last
    last.member.at = member.at
    if (isWalked()) reseated.push(last.member)
  }

  return {
    firsts,
    seat(place) {
      const { member } = place
      if (member.first === null) {
        member.first = place
        member.at = firsts.length
        firsts.push(place)
        return
      }
      let last = member.first
      while (last.next !== null) last = last.next
      last.next = place
    },
    unseat(member, topic) {
      let before: Place<P> | null = null
      let left = member.first
      while (left !== null && left.watched.scope.topic !== topic) {
        before = left
        left = left.next
      }
      if (left === null) return null
      if (before === null) standBack(member, left.next)
      else before.next = left.next
      return left
    },
    takeReseated() {
      const taken = reseated
      reseated = []
      return taken
    },
  }
}
