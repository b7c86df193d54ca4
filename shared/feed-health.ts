import { z } from 'zod'

const instant = z.iso.datetime()

/** What can be wrong with a feed. */
export const ALARM_KINDS = {
  late: 'Late',
  silent: 'Silent',
  falling: 'Falling volume',
  refusals: 'Rising refusals',
} as const
export const alarmKind = z.enum(Object.keys(ALARM_KINDS) as [AlarmKind, ...AlarmKind[]])
export type AlarmKind = keyof typeof ALARM_KINDS

/** How often a feed is expected when nobody has said. */
export const DEFAULT_INTERVAL_MINUTES = 1_440

export const feedAlarm = z.object({ kind: alarmKind, since: instant, words: z.string() })
export type FeedAlarm = z.infer<typeof feedAlarm>

/** How one feed of one trust stands. */
export const feedHealth = z.object({
  trust: z.string(),
  feed: z.string(),
  intervalMinutes: z.number().int(),
  /** When its last whole delivery came; null: never. */
  lastAt: instant.nullable(),
  alarms: z.array(feedAlarm),
})
export type FeedHealth = z.infer<typeof feedHealth>

export const feedHealthAnswer = z.object({ feeds: z.array(feedHealth) })
export type FeedHealthAnswer = z.infer<typeof feedHealthAnswer>

/** A feed whose figures are older than they should be: shown wherever they are used. */
export const feedGap = z.object({
  trust: z.string(),
  feed: z.string(),
  kind: z.enum(['late', 'silent']),
  /** When its last delivery came; null: never. */
  lastAt: instant.nullable(),
  /** When the next was expected. */
  since: instant,
})
export type FeedGap = z.infer<typeof feedGap>
/** What every answer made of feeds carries beside its figures. */
export const withFeedGaps = z.object({ missingFeeds: z.array(feedGap) })
export type WithFeedGaps = z.infer<typeof withFeedGaps>

export const expectationBody = z.strictObject({
  feed: z.string().regex(/^[a-z][a-z0-9-]{0,29}$/, 'wants the name of a feed'),
  intervalMinutes: z.number().int().min(5).max(40_320),
})

/** On the topic `feeds`: an alarm raised or ended, or the queue of refused rows or the codes changed. */
export const feedNotice = z.object({
  trust: z.string(),
  feed: z.string(),
  notice: z.union([alarmKind, z.literal('queue')]),
  since: instant,
  words: z.string(),
  ended: z.boolean(),
})
export type FeedNotice = z.infer<typeof feedNotice>
