import type { FeedFormat, FormatSession } from './format.ts'
import type { Hl7Header } from './hl7-header.ts'
import { readHl7 } from './hl7-read.ts'
import { splitHl7 } from './hl7-split.ts'

/** HL7 v2: one message or a batch of them. [FEED-51] */
export const hl7: FeedFormat = { name: 'hl7-v2', open: () => session({ live: true }) }

/**
 * The same, telling of each message's header as it is read, so that each can be answered. [FEED-56]
 * @param options.live false where nothing reaches the live list: then test messages are taken too
 */
export function hl7Heard(options: {
  readonly live: boolean
  readonly onHeader: (rowNumber: number, header: Hl7Header) => void
}): FeedFormat {
  return { name: hl7.name, open: () => session(options) }
}

function session(options: Parameters<typeof readHl7>[2]): FormatSession {
  return {
    split: splitHl7,
    read: (text, rowNumber) => readHl7(text, rowNumber, options),
    context: () => '',
  }
}
