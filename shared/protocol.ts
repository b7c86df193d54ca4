import { z } from 'zod'
import { isoDate } from './date.ts'
import { receipt } from './delivery.ts'
import { feedNotice } from './feed-health.ts'
import { listFilter, listRow } from './list.ts'
import { suggestion } from './suggestion.ts'
import { step, topic } from './vocabulary.ts'

/*
 * The wire of `GET /live`. Rules LIVE-n are in PROTOCOL.md. Every message is one JSON text frame.
 */

export const SUBPROTOCOL = 'ptl.v1'

/** Why the server closed, as the code of the close frame. `retry`: a client may come back by itself. [LIVE-12] */
export const CLOSE_CODES = {
  goingAway: { code: 1001, retry: true, words: 'The server is going away' },
  failed: { code: 1011, retry: true, words: 'The server could not go on' },
  badMessage: { code: 4400, retry: false, words: 'A message was not understood' },
  sessionEnded: { code: 4401, retry: false, words: 'The session has ended' },
  notAllowed: { code: 4403, retry: false, words: 'Not allowed' },
  helloTimeout: { code: 4408, retry: true, words: 'No hello came in time' },
  tooSlow: { code: 4429, retry: true, words: 'Messages were not read, or sent too fast' },
} as const
export type CloseName = keyof typeof CLOSE_CODES

/** Rows a list window may hold. */
export const MAX_WINDOW = 200

/** Part of the list somebody looks at: the rows `from` .. `from + count - 1` of the filtered list, from 0. */
export const listWindow = z.strictObject({
  filter: listFilter.strict().default({}),
  from: z.number().int().min(0).max(10_000_000).default(0),
  count: z.number().int().min(1).max(MAX_WINDOW).default(50),
})
export type ListWindow = z.infer<typeof listWindow>

/** What a socket wants to hear of. A topic left out, or false, is not sent. */
export const liveTopics = z.strictObject({
  list: z.union([listWindow, z.literal(false)]).optional(),
  suggestions: z.boolean().optional(),
  capacity: z.boolean().optional(),
  feeds: z.boolean().optional(),
  measures: z.boolean().optional(),
})
export type LiveTopics = z.infer<typeof liveTopics>
/** The same before defaults: what a caller may write. */
export type LiveTopicsInput = z.input<typeof liveTopics>

/** Where a client had got to: the stream's name from `welcome`, and the last `seq` of each topic. [LIVE-6] */
export const resumePoint = z.strictObject({
  stream: z.string().max(80),
  topics: z.partialRecord(topic, z.number().int().min(0)),
})
export type ResumePoint = z.infer<typeof resumePoint>

export const helloMessage = z.strictObject({
  type: z.literal('hello'),
  topics: liveTopics,
  resumeFrom: resumePoint.optional(),
})
/** Replaces the topics named, leaves the others; false ends a topic. A new list window is answered by a reset. */
export const subscribeMessage = z.strictObject({
  type: z.literal('subscribe'),
  topics: liveTopics,
})
export const clientMessage = z.discriminatedUnion('type', [helloMessage, subscribeMessage])

export const welcomeMessage = z.object({
  type: z.literal('welcome'),
  protocol: z.literal(SUBPROTOCOL),
  /** Name of this run of this process; `resumeFrom` of another stream is answered by resets. */
  stream: z.string(),
  seq: z.number().int(),
  heartbeatMs: z.number().int(),
})
export const heartbeatMessage = z.object({
  type: z.literal('heartbeat'),
  /** Change log number this process has reached. */
  seq: z.number().int(),
})

/** Change log number of the state a reset gives, or a patch leads to. */
const seq = z.number().int().min(0)
/** The `seq` the receiver must hold for a patch to fit. [LIVE-4] */
const baseSeq = seq

/** A kind of slot at a site whose days changed: read `GET /api/capacity` again. */
export const capacityTouched = z.object({ site: z.string(), step })
export type CapacityTouched = z.infer<typeof capacityTouched>

/** A receipt without its issues: those are read over HTTP. */
export const deliveryNotice = receipt.omit({ issues: true })
export type DeliveryNotice = z.infer<typeof deliveryNotice>

export const resetMessage = z.discriminatedUnion('topic', [
  z.object({
    type: z.literal('reset'),
    topic: z.literal('list'),
    seq,
    window: listWindow,
    asOf: isoDate,
    total: z.number().int(),
    rows: z.array(listRow),
  }),
  z.object({
    type: z.literal('reset'),
    topic: z.literal('suggestions'),
    seq,
    items: z.array(suggestion),
  }),
  /** capacity, feeds, measures carry no state: a reset says "read it again over HTTP". [LIVE-9] */
  z.object({ type: z.literal('reset'), topic: z.literal('capacity'), seq }),
  z.object({ type: z.literal('reset'), topic: z.literal('feeds'), seq }),
  z.object({ type: z.literal('reset'), topic: z.literal('measures'), seq }),
])
export type ResetMessage = z.infer<typeof resetMessage>

/**
 * What changed in a list window. Absent members did not change. Applied in this order: `rows` join what is
 * held, `order` picks and orders them, `ranks` gives the n-th row its rank; ids not in `order` have left. [LIVE-5]
 */
export const listPatch = z.object({
  type: z.literal('patch'),
  topic: z.literal('list'),
  seq,
  baseSeq,
  asOf: isoDate.optional(),
  total: z.number().int().optional(),
  /** Rows that entered the window or changed, whole. */
  rows: z.array(listRow).optional(),
  /** Entry ids of the window in order. */
  order: z.array(z.number().int()).optional(),
  ranks: z.array(z.number().int()).optional(),
})
export type ListPatch = z.infer<typeof listPatch>

export const patchMessage = z.discriminatedUnion('topic', [
  listPatch,
  z.object({
    type: z.literal('patch'),
    topic: z.literal('suggestions'),
    seq,
    baseSeq,
    upserts: z.array(suggestion).optional(),
    removes: z.array(z.string()).optional(),
  }),
  z.object({
    type: z.literal('patch'),
    topic: z.literal('capacity'),
    seq,
    baseSeq,
    /** Empty when only the prices changed: a new plan. */
    touched: z.array(capacityTouched),
  }),
  z.object({
    type: z.literal('patch'),
    topic: z.literal('feeds'),
    seq,
    baseSeq,
    deliveries: z.array(deliveryNotice),
    /** Alarms raised or ended, queues changed. [FEED-46] */
    notices: z.array(feedNotice).optional(),
  }),
  z.object({ type: z.literal('patch'), topic: z.literal('measures'), seq, baseSeq }),
])
export type PatchMessage = z.infer<typeof patchMessage>

export type ServerMessage =
  z.infer<typeof welcomeMessage> | z.infer<typeof heartbeatMessage> | ResetMessage | PatchMessage

/** Every message a server sends, for tests and for AsyncAPI; the page checks frames more cheaply. */
export const serverMessage = z.union([welcomeMessage, heartbeatMessage, resetMessage, patchMessage])
