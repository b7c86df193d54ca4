import type { SampleProgress } from '../db/sample/load.ts'

const LABELS = {
  open: 'open pathways',
  capacity: 'days of slots',
  history: 'closed pathways of the last two years',
} as const
const HISTORY_STEPS = 4

/** Turns the sample's progress into lines for a person: each phase as it ends, the long history by quarters. */
export function progressLines(say: (line: string) => void): (progress: SampleProgress) => void {
  let quarters = 0
  return ({ phase, rows, part }) => {
    const line = `  loading the synthetic alliance: ${rows.toLocaleString('en-GB')} ${LABELS[phase]}`
    if (phase !== 'history') return say(part < 1 ? `${line} (${Math.round(part * 100)} %)` : line)
    const reached = Math.floor(part * HISTORY_STEPS)
    if (reached > quarters) say(`${line} (${Math.round(part * 100)} %)`)
    quarters = reached
  }
}
