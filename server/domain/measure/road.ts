import type { RoadLine } from '../../../shared/road.ts'
import {
  REFUSAL_REASONS,
  type RefusalReason,
  type Side,
  type SuggestionState,
  type Voice,
} from '../../../shared/suggestion.ts'
import { grouped, type TrustNames } from './groups.ts'
import { quantile } from './quantile.ts'
import { shown, suppressTable } from './suppress.ts'

/** One suggestion, as far as the measures of the road look at it. Instants in milliseconds since 1970. */
export interface RoadMove {
  readonly fromTrust: string
  readonly state: SuggestionState
  readonly createdMs: number
  /** Days sooner than expected at home. */
  readonly daysSooner: number
  readonly answers: readonly {
    readonly side: Voice
    readonly answer: 'yes' | 'no'
    readonly reasonCode: RefusalReason | null
    readonly atMs: number
  }[]
}

const SIDES = ['referrer', 'patient', 'receiver'] as const satisfies readonly Side[]
const VOICES = [...SIDES, 'clinician'] as const satisfies readonly Voice[]
const CODES = Object.keys(REFUSAL_REASONS) as RefusalReason[]
const MS_PER_HOUR = 3_600_000

/**
 * What became of suggestions, by the trust that refers and in all. A side's time runs from when it could answer: the
 * suggestion itself, then the yes before. Days count only where the move was carried through. [MEA-11]
 */
export function road(
  moves: readonly RoadMove[],
  trusts: TrustNames,
): { readonly lines: RoadLine[]; readonly all: RoadLine } {
  const lines = grouped(moves, ({ fromTrust }) => fromTrust).map(([code, members]) =>
    lineOf({ code, name: trusts.get(code) ?? code }, members),
  )
  return { lines, all: lineOf(null, moves) }
}

function lineOf(group: RoadLine['group'], moves: readonly RoadMove[]): RoadLine {
  const count = (fits: (move: RoadMove) => boolean): number => moves.filter(fits).length
  const said = (move: RoadMove, side: Side, answer: 'yes' | 'no'): boolean =>
    move.answers.some((one) => one.side === side && one.answer === answer)
  const isIn = (state: SuggestionState) => (move: RoadMove) => move.state === state
  const ended = ['transferred', 'declined', 'withdrawn', 'expired']
  const noes = moves.flatMap(({ answers }) => answers.filter(({ answer }) => answer === 'no'))
  return {
    group,
    suggested: moves.length,
    offered: count((move) => said(move, 'referrer', 'yes')),
    agreed: count((move) => said(move, 'receiver', 'yes')),
    underWay: count(({ state }) => !ended.includes(state)),
    transferred: count(isIn('transferred')),
    declined: count(isIn('declined')),
    withdrawn: count(isIn('withdrawn')),
    expired: count(isIn('expired')),
    declines: record(
      CODES,
      (code) => noes.filter((no) => (no.reasonCode ?? 'other') === code).length,
    ),
    declinedBy: record(VOICES, (voice) => noes.filter((no) => no.side === voice).length),
    medianHours: record(SIDES, (side) => quantile(hoursTo(side, moves), 0.5)),
    daysSaved: moves.filter(isIn('transferred')).reduce((sum, move) => sum + move.daysSooner, 0),
  }
}

/** Hours each answer of a side took. */
function hoursTo(side: Side, moves: readonly RoadMove[]): number[] {
  return moves.flatMap(({ answers, createdMs }) => {
    const mine = answers.find((one) => one.side === side)
    const before = answers.find((one) => one.side === SIDES[SIDES.indexOf(side) - 1])
    if (mine === undefined) return []
    return [(mine.atMs - (before?.atMs ?? createdMs)) / MS_PER_HOUR]
  })
}

/** Small numbers hidden, and what would give them back; with few people their hours and days too. [MEA-8] */
export function suppressedRoad({
  lines,
  all,
}: {
  readonly lines: readonly RoadLine[]
  readonly all: RoadLine
}): { readonly lines: RoadLine[]; readonly all: RoadLine } {
  const whole = [...lines, all]
  const states = suppressTable(
    whole.map((line) => [
      line.underWay ?? 0,
      line.transferred ?? 0,
      line.declined ?? 0,
      line.withdrawn ?? 0,
      line.expired ?? 0,
    ]),
  )
  const codes = suppressTable(whole.map(({ declines }) => CODES.map((code) => declines[code] ?? 0)))
  const sides = suppressTable(
    whole.map(({ declinedBy }) => VOICES.map((one) => declinedBy[one] ?? 0)),
  )
  const hidden = whole.map((line, row): RoadLine => {
    const [underWay, transferred, declined, withdrawn, expired] = states[row] ?? []
    const isFew = shown(line.suggested) === null
    return {
      ...line,
      suggested: shown(line.suggested),
      offered: shown(line.offered),
      agreed: shown(line.agreed),
      underWay: underWay ?? null,
      transferred: transferred ?? null,
      declined: declined ?? null,
      withdrawn: withdrawn ?? null,
      expired: expired ?? null,
      declines: record(CODES, (_, at) => codes[row]?.[at] ?? null),
      declinedBy: record(VOICES, (_, at) => sides[row]?.[at] ?? null),
      medianHours: isFew ? record(SIDES, () => null) : line.medianHours,
      daysSaved: transferred === null || transferred === undefined ? null : line.daysSaved,
    }
  })
  return { lines: hidden.slice(0, -1), all: hidden.at(-1) ?? all }
}

function record<K extends string, V>(
  keys: readonly K[],
  of: (key: K, at: number) => V,
): Record<K, V> {
  return Object.fromEntries(keys.map((key, at) => [key, of(key, at)])) as Record<K, V>
}
