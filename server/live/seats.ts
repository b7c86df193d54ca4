import type { Topic } from '../../shared/vocabulary.ts'
import type { Member } from './peer.ts'
import type { Watched } from './watched.ts'

/** A version that wants a reset: versions of scopes count from 1. */
export const FROM_NOTHING = 0
const NONE = -1
const FIRST_CAPACITY = 64

/**
 * What sockets watch, a seat for each topic of each, member by member in flat columns: a broadcast to thousands reads
 * these in order and touches no object of its own but the connection that it writes to.
 */
export interface SeatColumns<P> {
  readonly peers: P[]
  readonly watched: Watched[]
  /** Held by the socket; `FROM_NOTHING` wants a reset. */
  versions: Int32Array
  /** Reads there had been before it watched: what was read earlier is not for it. [LIVE-3] */
  readsBefore: Int32Array
  /** The next seat of the same member; below 0 when there is none. */
  nexts: Int32Array
  /** 1 for the first seat of a member: the others are told with it. */
  isFirst: Uint8Array
}

/** Who watches anything, in an order that a broadcast can walk while people come and go. */
export interface Seats<P> {
  readonly columns: Readonly<SeatColumns<P>>
  count(): number
  /** Adds what a member watches. */
  seat(member: Member<P>, watched: Watched, version: number): void
  /** @returns what the member watched of this topic; null when nothing */
  unseat(member: Member<P>, topic: Topic): Watched | null
  memberAt(seat: number): Member<P> | undefined
  /** What a member watches. */
  watchedBy(member: Member<P>): Watched[]
  /** Members whose first seat is another since the last call: a walk may have gone past it. */
  takeReseated(): readonly Member<P>[]
}

/** @param isWalked whether somebody is walking them now */
export function openSeats<P>(isWalked: () => boolean): Seats<P> {
  const members: Member<P>[] = []
  const columns: SeatColumns<P> = {
    peers: [],
    watched: [],
    versions: new Int32Array(FIRST_CAPACITY),
    readsBefore: new Int32Array(FIRST_CAPACITY),
    nexts: new Int32Array(FIRST_CAPACITY),
    isFirst: new Uint8Array(FIRST_CAPACITY),
  }
  let reseated: Member<P>[] = []

  const nextOf = (seat: number) => columns.nexts[seat] ?? NONE

  function grow(): void {
    const capacity = columns.versions.length * 2
    columns.versions = widened(columns.versions, new Int32Array(capacity))
    columns.readsBefore = widened(columns.readsBefore, new Int32Array(capacity))
    columns.nexts = widened(columns.nexts, new Int32Array(capacity))
    columns.isFirst = widened(columns.isFirst, new Uint8Array(capacity))
  }

  /** Puts `to` in the place of `from` among the seats of a member. */
  function relink(member: Member<P>, from: number, to: number): void {
    if (member.firstSeat === from) {
      member.firstSeat = to
      if (to === NONE) return
      columns.isFirst[to] = 1
      if (isWalked()) reseated.push(member)
      return
    }
    let before = member.firstSeat
    while (before !== NONE && nextOf(before) !== from) before = nextOf(before)
    if (before !== NONE) columns.nexts[before] = to
  }

  /** The last of all seats moves to where one was given up, so that there is no hole. */
  function close(hole: number): void {
    const member = members.pop()
    const peer = columns.peers.pop()
    const watched = columns.watched.pop()
    const last = members.length
    if (hole === last || member === undefined || peer === undefined || watched === undefined) return
    relink(member, last, hole)
    members[hole] = member
    columns.peers[hole] = peer
    columns.watched[hole] = watched
    columns.versions[hole] = columns.versions[last] ?? FROM_NOTHING
    columns.readsBefore[hole] = columns.readsBefore[last] ?? 0
    columns.nexts[hole] = nextOf(last)
    columns.isFirst[hole] = columns.isFirst[last] ?? 0
  }

  return {
    columns,
    count: () => members.length,
    seat(member, watched, version) {
      const seat = members.length
      if (seat === columns.versions.length) grow()
      members.push(member)
      columns.peers.push(member.peer)
      columns.watched.push(watched)
      columns.versions[seat] = version
      columns.readsBefore[seat] = watched.reads
      columns.nexts[seat] = NONE
      columns.isFirst[seat] = member.firstSeat === NONE ? 1 : 0
      if (member.firstSeat === NONE) member.firstSeat = seat
      else relink(member, NONE, seat)
    },
    unseat(member, topic) {
      let seat = member.firstSeat
      while (seat !== NONE && columns.watched[seat]?.scope.topic !== topic) seat = nextOf(seat)
      const left = columns.watched[seat]
      if (left === undefined) return null
      relink(member, seat, nextOf(seat))
      close(seat)
      return left
    },
    memberAt: (seat) => members[seat],
    watchedBy(member) {
      const found: Watched[] = []
      for (let seat = member.firstSeat; seat !== NONE; seat = nextOf(seat)) {
        const watched = columns.watched[seat]
        if (watched !== undefined) found.push(watched)
      }
      return found
    },
    takeReseated() {
      const taken = reseated
      reseated = []
      return taken
    },
  }
}

function widened<A extends Int32Array | Uint8Array>(from: A, to: A): A {
  to.set(from)
  return to
}
