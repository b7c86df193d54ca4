import { CHARSETS, HL7_EVENTS } from './hl7-events.ts'
import type { Hl7EventName } from './hl7-events.ts'
import type { Hl7Message } from './hl7-message.ts'
import { repetitions, valueOf } from './hl7-message.ts'
import { hl7Instant } from './hl7-time.ts'

/** What MSH says of a message: enough to answer it, whatever is wrong with the rest. */
export interface Hl7Header {
  readonly application: string
  readonly facility: string
  readonly receivingApplication: string
  readonly receivingFacility: string
  /** As `ADT^A08`. */
  readonly event: string
  readonly controlId: string
  /** P production, T training, D debugging. */
  readonly processing: string
  readonly version: string
  /** ISO 8601 UTC; null when MSH-7 is no time to the minute. */
  readonly saidAt: string | null
}

const LONGEST_NAME = 100

export function headerOf({ header }: Hl7Message): Hl7Header {
  const said = (field: number, component = 1): string =>
    valueOf(header, field, component).slice(0, LONGEST_NAME)
  const type = said(9).toUpperCase()
  const trigger = said(9, 2).toUpperCase()
  return {
    application: said(3),
    facility: said(4),
    receivingApplication: said(5),
    receivingFacility: said(6),
    // Results have one trigger, and older senders leave it out.
    event: `${type}^${trigger === '' && type === 'ORU' ? 'R01' : trigger}`,
    controlId: said(10),
    processing: said(11).toUpperCase() === '' ? 'P' : said(11).toUpperCase(),
    version: said(12),
    saidAt: hl7Instant(valueOf(header, 7)),
  }
}

/** Why a message cannot be taken whatever it says. */
export interface HeaderProblem {
  readonly field: string
  readonly message: string
  readonly fix: string
}

/**
 * The first thing wrong with a header. [FEED-51]
 * @param live whether the message may reach the live list: then only production messages are taken
 */
export function headerProblem(
  message: Hl7Message,
  header: Hl7Header,
  live: boolean,
): HeaderProblem | null {
  if (!isEvent(header.event)) {
    return {
      field: 'MSH-9',
      message: 'The message type is not one of those taken here.',
      fix: `Leave it out of this feed. Taken are ${Object.keys(HL7_EVENTS).join(', ')}.`,
    }
  }
  if (!/^2(\.\d{1,2}){0,2}$/.test(header.version)) {
    return { field: 'MSH-12', message: 'The version is not HL7 v2.', fix: 'Send HL7 v2.4.' }
  }
  if (header.controlId === '') {
    return { field: 'MSH-10', message: 'The message has no control id.', fix: 'Send one.' }
  }
  const [charset = ''] = repetitions(message.header, 18)
  if (!CHARSETS.has(charset.trim().toUpperCase())) {
    return {
      field: 'MSH-18',
      message: 'The character set is not taken.',
      fix: 'Send UNICODE UTF-8 or 8859/1.',
    }
  }
  if (header.saidAt === null) {
    return {
      field: 'MSH-7',
      message: 'The message does not say when it was made, to the minute.',
      fix: 'Send MSH-7 as YYYYMMDDHHMM or longer; it decides which of two messages is the newer.',
    }
  }
  if (live && header.processing !== 'P') {
    return {
      field: 'MSH-11',
      message: 'This is a test message, and the feed is live.',
      fix: 'Send tests with a sandbox key, or production messages as P.',
    }
  }
  return null
}

export function isEvent(event: string): event is Hl7EventName {
  return Object.hasOwn(HL7_EVENTS, event)
}
