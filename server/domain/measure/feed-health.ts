import type { FeedAlarm } from '../../../shared/feed-health.ts'

/*
 * What is wrong with a feed, from when its deliveries came and what was in them. The shares are ours: an alliance may
 * find others better. [FEED-46; ours; L]
 */

const MINUTE_MS = 60_000
/** A delivery may come so much later than the last one and its interval, in parts of the interval. */
const GRACE = 0.25
/** After so many intervals without one it is not late, it is silent. */
const SILENT_INTERVALS = 3
/** With fewer samples before the newest nobody knows what is usual. */
const FEWEST_BEFORE = 3
/** Below so many records a half is chance. */
const FEWEST_RECORDS = 20
const FALLEN_TO = 0.5
const REFUSED_SHARE = 0.05
const FEWEST_REFUSED = 10
const RISEN_TIMES = 2

/** Records of one delivery of a snapshot feed, or of one day (or interval, where longer) of another. */
export interface FeedSample {
  readonly read: number
  readonly refused: number
}

export interface FeedPast {
  readonly intervalMinutes: number
  /** Of the last whole delivery; null before the first. Milliseconds since 1970. */
  readonly lastMs: number | null
  /** From when on it is expected: when somebody said so, or when it first came. */
  readonly expectedFromMs: number
  /** Newest first: what is looked at, and up to seven before it. */
  readonly samples: readonly FeedSample[]
}

/** What is wrong now; empty when all is well. Late and silent never stand together. */
export function feedAlarms(past: FeedPast, nowMs: number): readonly FeedAlarm[] {
  const alarms: FeedAlarm[] = []
  const gap = gapAlarm(past, nowMs)
  if (gap !== null) alarms.push(gap)
  const [newest, ...before] = past.samples
  const since = new Date(past.lastMs ?? nowMs).toISOString()
  if (newest === undefined || before.length < FEWEST_BEFORE) return alarms
  const usual = median(before.map(({ read }) => read))
  if (usual >= FEWEST_RECORDS && newest.read < FALLEN_TO * usual) {
    const words = `${newest.read} records where ${usual} are usual.`
    alarms.push({ kind: 'falling', since, words })
  }
  const share = shareOf(newest)
  const usualShare = median(before.map(shareOf))
  if (
    newest.refused >= FEWEST_REFUSED &&
    share >= REFUSED_SHARE &&
    share >= RISEN_TIMES * usualShare
  ) {
    const words = `${percent(share)} of the records were refused where ${percent(usualShare)} are usual.`
    alarms.push({ kind: 'refusals', since, words })
  }
  return alarms
}

function gapAlarm(past: FeedPast, nowMs: number): FeedAlarm | null {
  const intervalMs = past.intervalMinutes * MINUTE_MS
  const fromMs = past.lastMs ?? past.expectedFromMs
  const waitedMs = nowMs - fromMs
  if (waitedMs <= intervalMs * (1 + GRACE)) return null
  const since = new Date(fromMs + intervalMs).toISOString()
  const found = past.lastMs === null ? 'Nothing has ever come' : `Nothing for ${span(waitedMs)}`
  return {
    kind: waitedMs > intervalMs * SILENT_INTERVALS ? 'silent' : 'late',
    since,
    words: `${found}; expected every ${span(intervalMs)}.`,
  }
}

function shareOf({ read, refused }: FeedSample): number {
  return read === 0 ? 0 : refused / read
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  return sorted.length % 2 === 1
    ? (sorted[Math.floor(middle)] ?? 0)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}

function percent(share: number): string {
  return `${Math.round(share * 1_000) / 10} %`
}

/** Whole days from two on, whole hours from two on, else minutes. */
function span(ms: number): string {
  const minutes = Math.round(ms / MINUTE_MS)
  if (minutes >= 2_880) return `${Math.floor(minutes / 1_440)} days`
  if (minutes >= 120) return `${Math.floor(minutes / 60)} hours`
  return `${minutes} minutes`
}
