import type { Finding } from './finding.ts'

const ZERO = 48
const FIELD = 'nhsNumber'

/**
 * What is wrong with an NHS number; null when it can be one. Spaces are allowed, as it is shown 3-3-4.
 *
 * Ten digits, weights 10 to 2, eleven less the remainder: 11 stands for 0 and 10 for no number. Ten equal
 * digits pass the sum and were never issued. [DQ-2; DD]
 */
export function nhsNumberProblem(text: string): Finding | null {
  const digits = text.includes(' ') ? text.replaceAll(' ', '') : text
  if (digits.length !== 10) return refused('does not have ten digits')
  let sum = 0
  let same = true
  const first = digits.charCodeAt(0)
  for (let place = 0; place < 10; place++) {
    const digit = digits.charCodeAt(place) - ZERO
    if (!(digit >= 0 && digit <= 9)) return refused('has something that is not a digit')
    if (place < 9) sum += digit * (10 - place)
    if (digit + ZERO !== first) same = false
  }
  if (same) return refused('is one digit ten times, which is never issued')
  const check = (11 - (sum % 11)) % 11
  return check === digits.charCodeAt(9) - ZERO ? null : refused('does not pass its check digit')
}

function refused(what: string): Finding {
  return {
    field: FIELD,
    code: 'DQ-2',
    severity: 'refuses-row',
    message: `the NHS number ${what}`,
    fix: 'trace the number on the Personal Demographics Service and send it again',
  }
}
