/*
 * 999 000 0000 to 999 999 9999 are never issued to anybody: every synthetic person has one of these.
 */

const FIRST_PREFIX = 999_000_000
const PREFIXES = 1_000_000
const WEIGHTS = [10, 9, 8, 7, 6, 5, 4, 3, 2] as const
/** Coprime to the number of valid numbers, so that neighbours in the sample are not neighbours in number. */
const STRIDE = 700_001

/** Valid numbers of the range, as offsets from its first prefix; the all-nines one passes the sum and is refused. */
const VALID = validOffsets()

/** How many people the range can number, each with a number of their own. */
export const MOST_PEOPLE = VALID.length

/** The `index`-th synthetic NHS number; different indexes below `MOST_PEOPLE` give different numbers. */
export function nhsNumberAt(index: number): string {
  if (index < 0 || index >= VALID.length) {
    throw new RangeError(`the 999 range numbers ${String(VALID.length)} people and no more`)
  }
  const offset = VALID[(index * STRIDE) % VALID.length] ?? 0
  const prefix = String(FIRST_PREFIX + offset)
  return `${prefix}${String(checkDigit(prefix))}`
}

/** Modulus 11 check digit of nine digits; 10 means that no number has them. */
export function checkDigit(nine: string): number {
  let sum = 0
  for (const [at, weight] of WEIGHTS.entries()) sum += Number(nine[at]) * weight
  const remainder = 11 - (sum % 11)
  return remainder === 11 ? 0 : remainder
}

function validOffsets(): Int32Array {
  const offsets = new Int32Array(PREFIXES)
  let count = 0
  for (let offset = 0; offset < PREFIXES - 1; offset++) {
    if (digitOf(offset) !== 10) offsets[count++] = offset
  }
  return offsets.slice(0, count)
}

/** The check digit by arithmetic: a million prefixes are looked at when the module loads. */
function digitOf(offset: number): number {
  let rest = offset
  let sum = 9 * (10 + 9 + 8)
  for (let weight = 2; weight <= 7; weight++) {
    sum += (rest % 10) * weight
    rest = Math.floor(rest / 10)
  }
  const remainder = 11 - (sum % 11)
  return remainder === 11 ? 0 : remainder
}
