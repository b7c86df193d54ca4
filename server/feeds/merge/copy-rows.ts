/** Bytes gathered before a new buffer is begun: few at first, since most deliveries are one message. */
const FIRST_BYTES = 4_096
const MOST_BYTES = 262_144
const GROWTH = 4
/** What one row may need beyond its own text. */
const FRAME_BYTES = 512
/** UTF-8 of one UTF-16 unit, at the most. */
const WIDEST = 3
/** Texts up to this long are written here, character by character: calling out costs more. */
const SHORT = 40
/** Days from 1970-01-01 to 2000-01-01, from which PostgreSQL counts. */
const EPOCH_2000 = 10_957
const TEXT_OID = 25
const JSONB_VERSION = 1

/**
 * Rows in the binary format of COPY, one column after another: the server takes them in half the time that it needs
 * for text, where it looks for escapes and reads each hexadecimal digit. Columns must be of the very types written.
 */
export interface CopyRows {
  /** Begins a row. @param textLength characters that its texts and documents come to, in UTF-16 units or bytes */
  begin(columns: number, textLength: number): void
  int(value: number): void
  /** Leaves room for a bigint that is told when the rows are taken. @param row which of the numbers told it is */
  bigintOf(row: number): void
  text(value: string | null): void
  bytes(value: Uint8Array | null): void
  /** Of a string with one byte a character. */
  latin1(value: string, length: number): void
  jsonb(value: string): void
  /** @param day whole days since 1970-01-01 */
  date(day: number | null): void
  texts(values: readonly string[]): void
  /** Columns as they lie in a row already, each with its length. */
  columns(written: Uint8Array): void
  /** The rows, for `wholeCopy`; empties it. */
  take(): Buffer[]
  /** Takes the rows before the numbers left out are known. @returns what puts them in, safe integers, once */
  takeUnnumbered(): (numbers: readonly number[]) => Buffer[]
}

/** Rows taken, one lot behind another, as a whole COPY. */
export function wholeCopy(rows: readonly Buffer[]): Buffer[] {
  return [HEAD, ...rows, TAIL]
}

/** Where a number belongs. */
interface Gap {
  readonly buffer: Buffer
  readonly at: number
  readonly row: number
}

export function openCopyRows(): CopyRows {
  let full: Buffer[] = []
  let buffer: Buffer = NOTHING
  let bufferBytes = FIRST_BYTES
  let at = 0
  let gaps: Gap[] = []

  function room(bytes: number): void {
    if (at + bytes <= buffer.length) return
    if (at > 0) full.push(buffer.subarray(0, at))
    buffer = Buffer.allocUnsafeSlow(Math.max(bufferBytes, bytes))
    bufferBytes = Math.min(MOST_BYTES, bufferBytes * GROWTH)
    at = 0
  }

  function int32(value: number): void {
    buffer[at] = value >>> 24
    buffer[at + 1] = value >>> 16
    buffer[at + 2] = value >>> 8
    buffer[at + 3] = value
    at += 4
  }

  function characters(value: string): void {
    const start = at
    if (value.length <= SHORT) {
      for (let place = 0; place < value.length; place += 1) {
        const code = value.charCodeAt(place)
        if (code > 127) {
          at = start + buffer.write(value, start)
          return
        }
        buffer[at] = code
        at += 1
      }
      return
    }
    at += buffer.write(value, at)
  }

  /** Leaves room for a length that only the writing will tell. @returns where it belongs */
  function open(): number {
    at += 4
    return at - 4
  }

  function close(lengthAt: number): void {
    const end = at
    at = lengthAt
    int32(end - lengthAt - 4)
    at = end
  }

  function text(value: string): void {
    const length = open()
    characters(value)
    close(length)
  }

  function take(): Buffer[] {
    const taken = at === 0 ? full : [...full, buffer.subarray(0, at)]
    full = []
    gaps = []
    buffer = NOTHING
    at = 0
    return taken
  }

  return {
    begin(columns, textLength) {
      room(textLength * WIDEST + FRAME_BYTES)
      buffer[at] = columns >>> 8
      buffer[at + 1] = columns
      at += 2
    },
    int(value) {
      int32(4)
      int32(value)
    },
    bigintOf(row) {
      int32(8)
      gaps.push({ buffer, at, row })
      at += 8
    },
    text(value) {
      if (value === null) int32(NULL_LENGTH)
      else text(value)
    },
    bytes(value) {
      int32(value === null ? NULL_LENGTH : value.length)
      if (value === null) return
      buffer.set(value, at)
      at += value.length
    },
    latin1(value, length) {
      int32(length)
      for (let place = 0; place < length; place += 1) buffer[at + place] = value.charCodeAt(place)
      at += length
    },
    jsonb(value) {
      const length = open()
      buffer[at] = JSONB_VERSION
      at += 1
      characters(value)
      close(length)
    },
    date(day) {
      int32(day === null ? NULL_LENGTH : 4)
      if (day !== null) int32(day - EPOCH_2000)
    },
    texts(values) {
      const length = open()
      int32(values.length === 0 ? 0 : 1)
      int32(0)
      int32(TEXT_OID)
      if (values.length > 0) {
        int32(values.length)
        int32(1)
        for (const value of values) text(value)
      }
      close(length)
    },
    columns(written) {
      buffer.set(written, at)
      at += written.length
    },
    take,
    takeUnnumbered() {
      const left = gaps
      const taken = take()
      return (numbers) => {
        for (const gap of left) writeBigint(gap, numbers[gap.row])
        return taken
      }
    },
  }
}

function writeBigint({ buffer, at }: Gap, value: number | undefined): void {
  if (value === undefined) throw new Error('a row has no number')
  buffer.writeInt32BE(Math.floor(value / 2 ** 32), at)
  buffer.writeUInt32BE(value % 2 ** 32, at + 4)
}

const NULL_LENGTH = -1
const NOTHING = Buffer.alloc(0)
/** Signature, no flags, no extension. */
const HEAD = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)])
const TAIL = Buffer.from([0xff, 0xff])
