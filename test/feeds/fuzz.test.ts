import { randomBytes } from 'node:crypto'
import { deflateSync, gzipSync } from 'node:zlib'
import fastify from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import fc from 'fast-check'
import t from 'tap'
import { FORMATS as SAMPLES } from '../../db/sample/dirty.ts'
import type { SampleFormat } from '../../db/sample/dirty.ts'
import { hl7Frame, hl7Of } from '../../db/sample/hl7.ts'
import { entriesOf } from '../../db/sample/pathway.ts'
import { populationOf } from '../../db/sample/population.ts'
import { FRAMES, recordOf } from '../../db/sample/records.ts'
import { openAccess } from '../../server/access/access.ts'
import { createFeedKey } from '../../server/access/feed-keys/feed-keys.ts'
import { identityKey } from '../../server/access/identity/seal.ts'
import { LIMIT_BYTES, measureBody } from '../../server/feeds/delivery/body.ts'
import { DELIVERY_TYPES, FORMATS } from '../../server/feeds/formats/choose.ts'
import { recordText, utf8Chunks } from '../../server/feeds/formats/encoding.ts'
import type { FeedFormat, ReadRow } from '../../server/feeds/formats/format.ts'
import { cellsOf, recordForm } from '../../server/feeds/formats/record-form.ts'
import { openFrames } from '../../server/feeds/hl7/mllp-frames.ts'
import { openReceiver } from '../../server/feeds/delivery/receive.ts'
import { feedRoutes } from '../../server/feeds/delivery/routes.ts'
import { registerProblems } from '../../server/ops/problems.ts'
import type { IsoDate } from '../../shared/date.ts'
import { Refusal } from '../../shared/problem.ts'
import { testDatabase } from '../database.ts'
import { inPieces, readBody } from './bodies.ts'

/*
 * Every parser and the way in, with whatever a socket may bring: never a crash, a hang, memory without a bound, or an
 * answer that is a bug. [issue 4, point 9]
 */

type FormatName = keyof typeof FORMATS
const NAMES = Object.keys(FORMATS) as FormatName[]
const AS_OF = '2026-11-20' as IsoDate
/** No body of a few thousand bytes takes so long; one that does hangs. */
const HANGS_MS = 10_000
const MB = 1_048_576

const population = populationOf({ seed: 4, asOf: AS_OF, pathways: 40, trusts: 2 })
const entries = [...population.openLives()]
  .flatMap((life) => entriesOf(population, life))
  .filter(({ trust }) => trust === 'ZT1')
  .slice(0, 6)

/** A good body of each format. */
const GOOD = new Map<FormatName, Buffer>([
  ...(Object.keys(SAMPLES) as SampleFormat[]).map((format): [FormatName, Buffer] => {
    const { head, between, tail } = FRAMES[format]
    const records = entries.map((entry) => recordOf(entry, format).text)
    return [format, Buffer.from(head + records.join(between) + tail)]
  }),
  [
    'hl7',
    Buffer.from(
      hl7Frame('ZT1').head +
        entries.map((entry) => hl7Of(entry, AS_OF)).join('') +
        hl7Frame('ZT1').tail,
    ),
  ],
])

const TYPES: Readonly<Record<FormatName, string>> = {
  ncwtmds: 'text/csv; profile=ncwtmds',
  ptl: 'text/csv; profile=ptl',
  json: 'application/json',
  ndjson: 'application/x-ndjson',
  xml: 'application/xml',
  fhir: 'application/fhir+json',
  hl7: 'application/hl7-v2',
}

/** What is written in spreadsheets, files and messages that nobody meant well with. */
const NASTY = [
  '=HYPERLINK("http://x","y")',
  "@SUM(1)*cmd|'/c calc'!A0",
  '+1-1',
  '\t=1',
  '\0',
  '\ufeff',
  '\u202e',
  '\ud800',
  '"',
  '""',
  "'",
  ',,,',
  ';',
  '\r\n',
  '\n\n\n',
  '{"__proto__":{"polluted":1}}',
  '[[[[',
  '<!DOCTYPE a [<!ENTITY b "c">]>',
  ']]>',
  '&lol9;',
  '<![CDATA[',
  'MSH|^~\\&|',
  '|~^\\&',
  '\\X00\\',
  '\x0b\x1c\r',
  '1e999',
  '-0',
  '9'.repeat(400),
  'NaN',
  '2026-02-30',
  '0000-00-00',
  '’–é',
  '漢'.repeat(50),
]

const chunkSize = fc.integer({ min: 1, max: 5_000 })
const charset = fc.constantFrom(null, null, 'utf-8', 'windows-1252', 'utf-16', 'utf-16be')

/** A good body, spoilt: cut anywhere, or with bytes changed, put in or taken out. */
function spoilt(good: Buffer): fc.Arbitrary<Buffer> {
  const place = fc.nat({ max: good.length })
  const piece = fc.oneof(
    fc.constantFrom(...NASTY).map((text) => Buffer.from(text)),
    fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes)),
  )
  const edit = fc.tuple(place, fc.nat({ max: 40 }), piece)
  return fc.oneof(
    place.map((at) => good.subarray(0, at)),
    fc
      .array(edit, { minLength: 1, maxLength: 6 })
      .map((edits) =>
        edits.reduce(
          (body, [at, gone, come]) =>
            Buffer.concat([body.subarray(0, at), come, body.subarray(at + gone)]),
          good,
        ),
      ),
    fc
      .constantFrom<BufferEncoding>('utf16le', 'latin1')
      .map((to) => Buffer.from(good.toString(), to)),
    fc.constant(Buffer.from(good.toString(), 'utf16le').swap16()),
    fc.constant(Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), good])),
    fc.constant(
      Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(good.toString(), 'utf16le')]),
    ),
    fc.constant(gzipSync(good)),
  )
}

function anyBody(name: FormatName): fc.Arbitrary<Buffer> {
  return fc.oneof(
    { weight: 4, arbitrary: spoilt(GOOD.get(name) ?? Buffer.alloc(0)) },
    {
      weight: 1,
      arbitrary: fc.uint8Array({ maxLength: 2_000 }).map((bytes) => Buffer.from(bytes)),
    },
    {
      weight: 1,
      arbitrary: fc
        .array(fc.constantFrom(...NASTY), { maxLength: 30 })
        .map((all) => Buffer.from(all.join(''))),
    },
  )
}

/** Bodies in which each value of the first record, one at a time, is another text. */
async function withEachValue(name: FormatName, text: string): Promise<readonly string[]> {
  const good = (GOOD.get(name) ?? Buffer.alloc(0)).toString()
  if (name === 'fhir') {
    const places = [...good.matchAll(/"value":"[^"]*"|"code":"[^"]*"|"id":"[^"]*"/g)].slice(0, 40)
    return places.map(({ index, 0: said }) => {
      const key = said.slice(0, said.indexOf(':') + 1)
      return good.slice(0, index) + key + JSON.stringify(text) + good.slice(index + said.length)
    })
  }
  if (name === 'hl7') {
    // What wraps the batch stands before its first message.
    const messages = good.split(/(?=^MSH)/m).filter((one) => one.startsWith('MSH'))
    return messages
      .slice(0, 2)
      .flatMap((one) =>
        [...one.matchAll(/\|[^|\r]+(?=[|\r])/g)]
          .slice(1)
          .map(
            ({ index, 0: said }) => one.slice(0, index + 1) + text + one.slice(index + said.length),
          ),
      )
  }
  const form = recordForm(FORMATS[name].name) ?? never()
  const session = FORMATS[name].open()
  let record = ''
  for await (const batch of session.split(utf8Chunks(inPieces(Buffer.from(good), 997), null))) {
    if (record === '') record = recordText(batch.bytes, batch.bounds[0] ?? 0, batch.bounds[1] ?? 0)
  }
  const context = session.context()
  const cells = cellsOf(form, record, context)
  const spoilt = cells.map((_, at) =>
    form.compose(
      cells.map((cell, place) => (place === at ? { ...cell, value: text } : cell)),
      context,
    ),
  )
  return [form.body(spoilt, context).text]
}

/** What is wrong with how rows were read; null when nothing is. */
function wrongWith(rows: readonly ReadRow[]): string | null {
  for (const [at, row] of rows.entries()) {
    const rowNumber = row.kind === 'entry' ? row.entry.rowNumber : row.rowNumber
    if (rowNumber !== at + 1) return `row ${at + 1} says it is ${rowNumber}`
    if (row.kind === 'removal') continue
    if (row.kind === 'refused' && row.issues.length === 0) return 'refused without a word'
    const { issues } = row
    for (const issue of issues) {
      if (issue.message === '' || issue.code === '') return 'an issue that says nothing'
      if (/999\d{7}/.test(issue.message + issue.fix + issue.field))
        return 'a number of a patient is repeated'
    }
  }
  return null
}

for (const name of NAMES) {
  t.test(
    `FEED-2 FEED-61 ${name}: whatever the bytes, records are read or refused, or the file is`,
    async (t) => {
      const good = await readBody(FORMATS[name], inPieces(GOOD.get(name) ?? Buffer.alloc(0), 997))
      t.ok(
        good.length >= entries.length &&
          good.every(({ kind }) => kind === 'entry' || kind === 'update'),
      )
      await fc.assert(
        fc.asyncProperty(anyBody(name), chunkSize, charset, async (body, size, said) => {
          try {
            const wrong = wrongWith(await readBody(FORMATS[name], inPieces(body, size), said))
            if (wrong !== null) throw new Error(wrong)
          } catch (cause) {
            if (!(cause instanceof Refusal)) throw cause
            if (cause.code !== 'bad-file' || cause.message.length < 20) throw cause
            if (/999\d{7}/.test(cause.message)) throw new Error('a number of a patient is repeated')
          }
        }),
        { numRuns: 250, timeout: HANGS_MS },
      )
      t.notOk('polluted' in {}, 'nothing leaks into every object')
    },
  )
}

t.test(
  'FEED-58 FEED-61 whatever the bytes, frames are found and no more is held than a message',
  async (t) => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 30 }),
        fc.nat({ max: 255 }),
        (chunks, byte) => {
          const reader = openFrames()
          for (const chunk of chunks) reader.push(Buffer.from(chunk))
          reader.push(Buffer.alloc(100, byte))
          return typeof reader.midFrame() === 'boolean'
        },
      ),
    )
    t.pass()
  },
)

/** Reads a body to its end, or to its refusal, and says by how much memory grew at most. */
async function memoryOf(
  format: FeedFormat,
  body: AsyncIterable<Buffer>,
): Promise<{ rows: number; grownMb: number; refused: boolean }> {
  globalThis.gc?.()
  const before = process.memoryUsage()
  let most = 0
  let rows = 0
  let refused = false
  const session = format.open()
  const look = (): void => {
    const now = process.memoryUsage()
    most = Math.max(most, now.heapUsed - before.heapUsed + (now.arrayBuffers - before.arrayBuffers))
  }
  try {
    for await (const { bytes, bounds, firstRow } of session.split(utf8Chunks(body, null))) {
      for (let at = 0; at < bounds.length; at += 2) {
        session.read(recordText(bytes, bounds[at] ?? 0, bounds[at + 1] ?? 0), firstRow + at / 2)
        rows += 1
      }
      look()
    }
  } catch (cause) {
    if (!(cause instanceof Refusal)) throw cause
    refused = true
  }
  look()
  return { rows, grownMb: Math.round(most / MB), refused }
}

/** The records of a body over and over, as many megabytes of them as are wanted. */
async function* over(name: FormatName, megabytes: number): AsyncGenerator<Buffer> {
  const record =
    name === 'hl7'
      ? hl7Of(entries[0] ?? never(), AS_OF)
      : recordOf(entries[0] ?? never(), name).text
  const { head, between, tail } =
    name === 'hl7' ? { head: '', between: '', tail: '' } : FRAMES[name]
  const some = Buffer.from(`${record}${between}`.repeat(Math.ceil(65_536 / record.length)))
  yield Buffer.from(head)
  for (let sent = 0; sent < megabytes * MB; sent += some.length) yield some
  yield Buffer.from(record + tail)
}

function never(): never {
  throw new Error('the sample has no entry')
}

t.test('FEED-21 FEED-61 hundreds of megabytes pass through in bounded memory', async (t) => {
  const sizes: Readonly<Record<FormatName, number>> = {
    ncwtmds: 100,
    ptl: 40,
    json: 30,
    ndjson: 30,
    xml: 20,
    fhir: 8,
    hl7: 4,
  }
  for (const name of NAMES) {
    const { rows, grownMb, refused } = await memoryOf(FORMATS[name], over(name, sizes[name]))
    // A Bundle is held whole, so its entries are few; and here they are all the same, which it refuses.
    t.equal(refused, name === 'fhir', `${name}: all of it`)
    if (!refused) t.ok(rows > 1_000, `${name}: ${String(rows)} rows`)
    t.ok(grownMb < 150, `${name}: ${String(grownMb)} MB for ${String(sizes[name])} MB`)
  }
})

t.test(
  'FEED-21 FEED-61 a line, an element, a text without an end is refused before it is held',
  async (t) => {
    async function* endless(first: string, more: string): AsyncGenerator<Buffer> {
      yield Buffer.from(first)
      for (let sent = 0; sent < 300 * MB; sent += 65_536) yield Buffer.alloc(65_536, more)
    }
    const starts: [FormatName, string, string][] = [
      ['ncwtmds', '', 'x'],
      ['ncwtmds', '"', 'x'],
      ['ncwtmds', '', ','],
      ['ncwtmds', '', '"'],
      ['ptl', 'localId,', 'x'],
      ['json', '[{"a":"', 'x'],
      ['json', '', '['],
      ['json', '[', '{"a":'],
      ['json', '{"', 'x'],
      ['ndjson', '', 'x'],
      ['xml', '<a><b>', 'x'],
      ['xml', '', '<a>'],
      ['xml', '<a ', 'b'],
      ['fhir', '{"resourceType":"Bundle","entry":[', '{"a":'],
      ['fhir', '{"', 'x'],
      ['fhir', '', '['],
      ['fhir', '{"a":', '['],
      ['hl7', 'MSH|^~\\&|', 'x'],
      ['hl7', '', 'x'],
    ]
    for (const [name, first, more] of starts) {
      const { grownMb, refused } = await memoryOf(FORMATS[name], endless(first, more))
      t.ok(refused, `${name} ${first}${more}`)
      t.ok(grownMb < 100, `${name} ${first}${more}: ${String(grownMb)} MB`)
    }
    async function* huge(): AsyncGenerator<Buffer> {
      const part = Buffer.alloc(MB, '\n')
      for (let sent = 0; sent < LIMIT_BYTES + 2 * MB; sent += part.length) yield part
      throw new Error('read on and on')
    }
    const measured = measureBody(huge())
    await t.rejects(
      (async () => {
        for await (const piece of measured.pieces) if (piece.length === 0) return
      })(),
      { code: 'too-large' },
      'and 256 MB are enough for any delivery',
    )
  },
)

t.test('deliveries', async (t) => {
  const db = await testDatabase(t)
  await db.scoped({ kind: 'system', name: 'test' }, async (tx) => {
    for (const { code, sites } of population.alliance.trusts) {
      await tx`insert into organisation (code, name, kind, synthetic) values (${code}, ${code}, 'trust', true)`
      for (const site of sites) {
        await tx`insert into site (code, organisation, name, synthetic) values (${site.code}, ${code}, 'Site', true)`
      }
    }
  })
  const access = await openAccess({ db, keys: [identityKey(randomBytes(32))], now: Date.now })
  t.teardown(() => access.close())
  let key = ''
  const receiver = openReceiver({
    db,
    seal: (identity) => access.seal(identity),
    unseal: (row) => access.unseal(row),
    box: access,
    now: Date.now,
  })
  const app = fastify()
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  registerProblems(app)
  await app.register(feedRoutes, { db, access, now: Date.now, log: app.log, receiver })
  t.teardown(() => app.close())
  let asked = 0
  const post = async (
    type: string,
    body: Buffer,
    said: { query?: string; headers?: object } = {},
  ) => {
    // A key has its rate, and over it nothing but that would be looked at. [FEED-49]
    if (asked % 2_000 === 0) {
      key = (await createFeedKey(db, { organisation: 'ZT1', label: 'test' })).key
    }
    asked += 1
    return app.inject({
      method: 'POST',
      url: `/api/feeds/ZT1/deliveries${said.query ?? ''}`,
      headers: {
        'content-type': type,
        authorization: `Bearer ${key}`,
        'x-request-id': `r${String(asked)}`,
        'x-correlation-id': `c${String(asked)}`,
        ...said.headers,
      },
      payload: body,
    })
  }
  /** What is wrong with an answer; null when nothing is. */
  // Standing by itself: within the random hex of an ACK's own id ten such digits mean nothing.
  const NHS_NUMBER = /(?<![0-9a-f])999\d{7}(?![0-9a-f])/
  const wrongAnswer = (answer: Awaited<ReturnType<typeof post>>): string | null => {
    const type = String(answer.headers['content-type'])
    const said = `${String(answer.statusCode)} ${type} ${answer.body.slice(0, 200)}`
    if (answer.statusCode >= 500) return said
    if (!/json|hl7/.test(type)) return said
    if (answer.statusCode < 400) return null
    return answer.body.length < 12_000 && !NHS_NUMBER.test(answer.body) ? null : said
  }

  for (const name of NAMES) {
    await t.test(
      `FEED-61 ${name}: whatever is posted is answered, and is never a bug`,
      async (t) => {
        const good = await post(TYPES[name], GOOD.get(name) ?? Buffer.alloc(0))
        t.equal(good.statusCode, 200, good.body.slice(0, 300))
        await fc.assert(
          fc.asyncProperty(
            anyBody(name),
            fc.constantFrom(
              TYPES[name],
              TYPES[name],
              ...DELIVERY_TYPES,
              'text/csv; profile=ptl; charset=utf-16',
            ),
            fc.constantFrom('', '', '?mode=snapshot', '?dryRun=true'),
            async (body, type, query) => {
              const wrong = wrongAnswer(await post(type, body, { query }))
              if (wrong !== null) throw new Error(wrong)
            },
          ),
          { numRuns: 60, timeout: HANGS_MS },
        )
        const again = await post(TYPES[name], GOOD.get(name) ?? Buffer.alloc(0))
        t.equal(again.statusCode, 200, 'and the good body is still taken')
      },
    )
  }

  await t.test('FEED-61 nor is there in the name of a column', async (t) => {
    for (const name of [
      'lo\0alId',
      '\0',
      `${'x'.repeat(59)}\u{1f600}`,
      `a\0${'\u{1f600}'.repeat(40)}`,
    ]) {
      const answer = await post(TYPES.ptl, Buffer.from(`${name},receivedOn\nA,2026-11-01\n`))
      t.equal(answer.statusCode, 422, answer.body.slice(0, 300))
    }
  })

  await t.test(
    'FEED-61 in no place of a record is there text that the database trips over',
    async (t) => {
      // JSON and XML are read from there on as NDJSON and the national CSV are.
      for (const name of ['ncwtmds', 'ptl', 'ndjson', 'fhir', 'hl7'] as const) {
        for (const text of [
          '\0',
          'a\0b',
          '\0a^ZT1',
          '\ud800',
          '\ufffd',
          '\u202e',
          '9'.repeat(400),
        ]) {
          for (const body of await withEachValue(name, text)) {
            const answer = await post(TYPES[name], Buffer.from(body))
            t.equal(wrongAnswer(answer), null, `${name}: ${JSON.stringify(text.slice(0, 9))}`)
          }
        }
      }
      const removal = Buffer.from('Local ID,Record Action\na\0b,delete\n')
      const answer = await post(TYPES.ptl, removal)
      t.match(answer.json(), {
        counts: { refused: 1 },
        issues: [{ code: 'FEED-7', recordKey: 'a\ufffdb' }],
      })
    },
  )

  await t.test('FEED-61 what is compressed is told so and never unpacked', async (t) => {
    const bomb = gzipSync(Buffer.alloc(64 * MB, '0'))
    t.ok(bomb.length < 100_000, 'a small body that would be a large one')
    const before = process.memoryUsage().rss
    for (const [encoding, body] of [
      ['gzip', bomb],
      ['deflate', deflateSync(Buffer.alloc(MB, '0'))],
      ['br', randomBytes(500)],
      ['gzip', GOOD.get('ndjson') ?? bomb],
    ] as const) {
      for (const name of NAMES) {
        const answer = await post(TYPES[name], body, { headers: { 'content-encoding': encoding } })
        t.equal(answer.statusCode, 415, `${name} ${encoding}`)
      }
    }
    for (const name of NAMES) {
      const answer = await post(TYPES[name], bomb)
      t.ok(
        [400, 422].includes(answer.statusCode),
        `${name}: not said, and known by its first bytes`,
      )
      t.match(answer.body, /gzip/)
    }
    const identity = await post(TYPES.ndjson, GOOD.get('ndjson') ?? bomb, {
      headers: { 'content-encoding': 'identity' },
    })
    t.equal(identity.statusCode, 200)
    t.ok(process.memoryUsage().rss - before < 200 * MB)
  })

  await t.test('FEED-61 depth is no way in', async (t) => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000)
    const bodies: [FormatName, string][] = [
      ['json', `[${deep}]`],
      ['json', `[{"localId":"a","needs":${deep}}]`],
      ['ndjson', `{"localId":"a","pauses":${deep}}`],
      [
        'fhir',
        `{"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceType":"Patient","x":${deep}}}]}`,
      ],
      ['fhir', `{"resourceType":"Bundle","type":${deep},"entry":[]}`],
      ['xml', '<a>'.repeat(60_000) + '</a>'.repeat(60_000)],
      [
        'hl7',
        `MSH|^~\\&|PAS|ZT1|||20261122100000||ADT^A08|1|P|2.4\rPID|||${'^'.repeat(100_000)}${'&'.repeat(100_000)}`,
      ],
      ['hl7', `MSH|^~\\&|PAS|ZT1|||20261122100000||ADT^A08|1|P|2.4\rPID|||${'~'.repeat(200_000)}`],
      ['hl7', `MSH|^~\\&|PAS|ZT1|||20261122100000||ADT^A08|1|P|2.4\r${'PID|1\r'.repeat(30_000)}`],
      ['hl7', `MSH|^~\\&|PAS|ZT1|||20261122100000||ADT^A08|1|P|2.4\rPID|||${'\\'.repeat(200_000)}`],
    ]
    for (const [name, body] of bodies) {
      const began = performance.now()
      t.equal(
        wrongAnswer(await post(TYPES[name], Buffer.from(body))),
        null,
        `${name} ${body.slice(0, 30)}`,
      )
      t.ok(performance.now() - began < HANGS_MS)
    }
  })
})
