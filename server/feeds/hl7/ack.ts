import { createHash } from 'node:crypto'
import type { Issue } from '../../../shared/delivery.ts'
import type { Hl7Header } from '../formats/hl7-header.ts'
import { escapedHl7 } from '../formats/hl7-message.ts'
import { FEED_HL7_FORM } from '../formats/hl7-refusal.ts'
import { toHl7Time } from '../formats/hl7-time.ts'

/** AA: it is committed. AE: it was understood and refused, or could not be done now. AR: it is nothing we take. */
export type AckCode = 'AA' | 'AE' | 'AR'

/** What one message is told. */
export interface Ack {
  /** null for what has no header that could be read. */
  readonly header: Hl7Header | null
  readonly code: AckCode
  /** MSA-3: the receipt's id. */
  readonly text: string
  readonly issues: readonly Pick<Issue, 'field' | 'code' | 'message' | 'fix'>[]
}

export interface AckOptions {
  /** Who answers, MSH-4. */
  readonly trust: string
  /** When the delivery ended: the same delivery is answered with the same bytes. [FEED-57] */
  readonly at: string
  /** What control ids of ACKs are made from. */
  readonly seed: string
}

/** Refused form first: sending it again does not help, whatever else is wrong. [FEED-56] */
export function ackCode(issues: readonly Pick<Issue, 'code'>[]): AckCode {
  if (issues.length === 0) return 'AA'
  return issues.some(({ code }) => code === FEED_HL7_FORM) ? 'AR' : 'AE'
}

/** One ACK: MSH, MSA, and an ERR for each thing wrong, segments ended by CR. [HL7 v2.4 chapter 2; FEED-56] */
export function ackText(ack: Ack, options: AckOptions, place = 0): string {
  const { header } = ack
  const trigger = header?.event.split('^')[1] ?? ''
  const id = createHash('sha256').update(`${options.seed} ${place}`).digest('hex').slice(0, 20)
  const segments = [
    [
      'MSH',
      '^~\\&',
      field(header?.receivingApplication ?? 'PTL'),
      field(header?.receivingFacility ?? options.trust),
      field(header?.application ?? ''),
      field(header?.facility ?? ''),
      toHl7Time(options.at),
      '',
      trigger === '' ? 'ACK' : `ACK^${field(trigger)}`,
      id,
      field(header?.processing ?? 'P'),
      field(header?.version ?? '2.4'),
    ],
    ['MSA', ack.code, field(header?.controlId ?? ''), field(ack.text)],
    ...ack.issues.map(errorSegment),
  ]
  return segments.map((one) => `${one.join('|')}\r`).join('')
}

/** The answer to a message of which there is no delivery. */
export function plainAck(
  header: Hl7Header | null,
  code: AckCode,
  issue: Ack['issues'][number],
  nowMs: number,
): string {
  const at = new Date(nowMs).toISOString()
  const seed = `${at} ${header?.controlId ?? ''} ${issue.code}`
  return ackText({ header, code, text: '', issues: [issue] }, { trust: 'PTL', at, seed })
}

/** The ACKs of a batch, one a message, in the order of the messages. */
export function batchAckText(acks: readonly Ack[], options: AckOptions): string {
  const at = toHl7Time(options.at)
  const head = `BHS|^~\\&|PTL|${field(options.trust)}|||${at}\r`
  const texts = acks.map((ack, place) => ackText(ack, options, place))
  return `${head}${texts.join('')}BTS|${acks.length}\r`
}

/** Our own code and words stand as the alternative of the national table's: in ERR-1, which is all v2.4 has. */
function errorSegment({ field: place, code, message, fix }: Ack['issues'][number]): string[] {
  const [segment = '', number = ''] = /^[A-Z][A-Z0-9]{2}-\d+$/.test(place) ? place.split('-') : []
  const [standard, words] = STANDARD_ERRORS.get(code) ?? CONTENT_ERROR
  const said = [
    standard,
    words,
    'HL70357',
    code,
    `${message.replace(/\.?$/, '.')} ${fix}`.trim(),
    'PTL',
  ]
    .map(field)
    .join('&')
  const at = segment === '' ? '^^' : `${segment}^1^${number}`
  return ['ERR', `${at}^${said}`]
}

const CONTENT_ERROR = ['102', 'Data type error'] as const
const STANDARD_ERRORS: ReadonlyMap<string, readonly [string, string]> = new Map([
  [FEED_HL7_FORM, ['200', 'Unsupported message type']],
  ['FEED-53', ['204', 'Unknown key identifier']],
  ['DQ-7', ['103', 'Table value not found']],
  ['FEED-59', ['204', 'Unknown key identifier']],
  ['FEED-17', ['206', 'Application record locked']],
  ['bug', ['207', 'Application internal error']],
])

/** ASCII, so that it is read the same in whatever set the sender expects. */
function field(text: string): string {
  return escapedHl7(text.replaceAll(/[^\x20-\x7e]/g, '?'))
}
