import { Readable } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import { Refusal } from '../../../shared/problem.ts'
import type { Access } from '../../access/access.ts'
import { recordText } from '../formats/encoding.ts'
import { headerOf } from '../formats/hl7-header.ts'
import { parseHl7 } from '../formats/hl7-message.ts'
import { FEED_HL7_FORM } from '../formats/hl7-refusal.ts'
import { plainAck } from './ack.ts'
import type { AckCode } from './ack.ts'
import type { Hl7Parts } from './deliver.ts'
import { deliverHl7 } from './deliver.ts'
import type { FrameEvent } from './mllp-frames.ts'
import type { MllpSender, Peer, SenderList } from './mllp-senders.ts'

export interface AnswerOptions {
  readonly hl7: Hl7Parts
  readonly access: Pick<Access, 'feedKey'>
  readonly senders: SenderList
  /** Told of what must not happen, without a word of the message. */
  readonly onBug: (error: unknown) => void
  readonly signal: AbortSignal
}

const SCOPE = 'delivery:write'

/**
 * Takes one frame and gives the ACK to send back, never throwing: AA once it is committed, AE where the same message may
 * be taken another time, AR where it never will. [FEED-56, FEED-60]
 */
export async function answerFrame(
  options: AnswerOptions,
  peer: Peer,
  event: Extract<FrameEvent, { bytes: Buffer }>,
): Promise<string> {
  const { bytes } = event
  const text = recordText(bytes, 0, bytes.length)
  const message = parseHl7(text)
  const header = 'wrong' in message ? null : headerOf(message)
  const say = (code: AckCode, rule: string, words: string, fix: string): string =>
    plainAck(header, code, { field: '', code: rule, message: words, fix }, options.hl7.now())
  const sender = header === null ? null : options.senders.find(peer, header)
  if (header === null) {
    return say('AR', FEED_HL7_FORM, 'The frame holds no HL7 v2 message.', 'Send MSH first.')
  }
  if (sender === null) {
    return say(
      'AR',
      'FEED-59',
      'This application and facility may not send from here.',
      'Check MSH-3 and MSH-4, or have them put on the list of senders.',
    )
  }
  if (event.kind === 'tooLong') {
    return say('AR', FEED_HL7_FORM, 'The message is too long.', 'Leave documents out of it.')
  }
  if (/[\r\n]MSH[^A-Za-z0-9]/.test(text)) {
    return say('AR', FEED_HL7_FORM, 'The frame holds several messages.', 'Send one a frame.')
  }
  try {
    return await deliver(options, sender, bytes)
  } catch (cause) {
    if (cause instanceof Refusal) {
      const code = LASTING.has(cause.code) ? 'AR' : 'AE'
      return say(code, 'FEED-59', cause.message, '')
    }
    options.onBug(cause)
    return say('AE', 'bug', 'It could not be taken now; nothing was changed.', 'Send it again.')
  }
}

/** Refusals that the same message would meet again. A key may be renewed meanwhile, so that one is not of them. */
const LASTING: ReadonlySet<string> = new Set(['not-yours', 'not-found', 'bad-request'])

async function deliver(options: AnswerOptions, sender: MllpSender, bytes: Buffer): Promise<string> {
  const key = await keyOf(options, sender)
  const { text } = await deliverHl7(options.hl7, {
    trust: sender.trust,
    mode: 'delta',
    body: Readable.from([bytes]),
    sandbox: key.sandbox,
    feedKeyId: key.id,
    feed: key.feed,
  })
  return text
}

/** The key is asked anew for each message, so that one revoked ends at once. Over its rate the sender waits. [FEED-49] */
async function keyOf(options: AnswerOptions, sender: MllpSender) {
  const request = { headers: { authorization: `Bearer ${sender.key}` } }
  for (;;) {
    try {
      return await options.access.feedKey(request, sender.trust, SCOPE)
    } catch (cause) {
      const seconds = cause instanceof Refusal ? cause.extra['retryAfterSeconds'] : undefined
      if (typeof seconds !== 'number') throw cause
      await setTimeout(seconds * 1_000, undefined, { signal: options.signal })
    }
  }
}
