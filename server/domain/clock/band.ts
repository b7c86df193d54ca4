import type { Band } from '../../../shared/vocabulary.ts'

/** Band of a wait in days: day 28 is in 0-28, day 62 in 29-62, day 104 in 63-104. [CLK-10] */
export function bandOf(waitDays: number): Band {
  if (waitDays <= 28) return 'd0to28'
  if (waitDays <= 62) return 'd29to62'
  return waitDays <= 104 ? 'd63to104' : 'over104'
}
