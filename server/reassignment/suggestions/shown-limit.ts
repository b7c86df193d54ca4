/** At most this many unanswered suggestions are put before one trust: a list nobody can work through helps nobody. [MOV-50] */
export const SHOWN_A_TRUST = 25
