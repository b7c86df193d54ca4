import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { entryFacts, identity } from '../../shared/entry.ts'
import { Refusal } from '../../shared/problem.ts'
import { chooseFormat, FORMATS } from '../../server/feeds/formats/choose.ts'
import { csvCells, splitCsv } from '../../server/feeds/formats/csv.ts'
import { recordText } from '../../server/feeds/formats/encoding.ts'
import { FACT_NAMES } from '../../server/feeds/formats/facts.ts'
import { MAX_RECORD_BYTES } from '../../server/feeds/formats/format.ts'
import type { FeedFormat } from '../../server/feeds/formats/format.ts'
import { repeatedKey } from '../../server/feeds/formats/json-keys.ts'
import { readEntryObject } from '../../server/feeds/formats/json.ts'
import { NATIONAL_COLUMNS } from '../../server/domain/codes/national-items.ts'
import { ptlColumn } from '../../server/feeds/formats/ptl-columns.ts'
import { inPieces, readBody, told } from './bodies.ts'

const FIXTURES = join(import.meta.dirname, '..', 'fixtures', 'feeds')

function fixture(name: string): AsyncIterable<Buffer> {
  return createReadStream(join(FIXTURES, name), { highWaterMark: 700 }) as AsyncIterable<Buffer>
}

function national(fields: Readonly<Record<string, string>>): string {
  return NATIONAL_COLUMNS.map(({ field }) => fields[field] ?? '').join(',')
}

t.test('FEED-1 the national columns are the facts of the schema, in its order', async (t) => {
  const facts = NATIONAL_COLUMNS.slice(1).map(({ field }) => field)
  t.same(facts, FACT_NAMES.slice(1, 54))
  t.equal(NATIONAL_COLUMNS.length, 54)
})

t.test(
  'FEED-1 a national file is read record by record, quotes and line ends inside them too',
  async (t) => {
    const rows = await readBody(FORMATS.ncwtmds, fixture('ncwtmds.csv'))
    t.equal(rows.length, 12)
    t.ok(rows.every((row) => row.kind === 'entry'))
    const second = rows[1]
    t.equal(second?.kind, 'entry')
    if (second?.kind !== 'entry') return
    t.match(second.entry, {
      rowNumber: 2,
      identity: { nhsNumber: '9990000026' },
      facts: {
        localId: 'QAA:PW00002',
        fdsDelayComment: '"wait, and see"\nsaid the clinic',
        diagnosis: 'C509',
        treatedOn: '2026-07-20',
        careSetting: '01',
      },
    })
  },
)

t.test('FEED-4 FEED-7 FEED-8 bad national records are refused one by one', async (t) => {
  const rows = await readBody(FORMATS.ncwtmds, fixture('ncwtmds-bad-rows.csv'))
  t.same(told(rows).slice(3, 8), [
    '4 entry',
    '5 refused FEED-7@receivedOn',
    '6 refused FEED-4@',
    '7 refused FEED-8@ppid',
    '8 entry',
  ])
  const [header] = await readBody(FORMATS.ncwtmds, fixture('ncwtmds-header.csv'))
  t.match(header, { kind: 'refused', issues: [{ code: 'FEED-4', message: /is a header/ }] })
})

t.test(
  'FEED-2 a file whose records cannot be told apart is refused with where and why',
  async (t) => {
    const cases: [FeedFormat, string, RegExp][] = [
      [FORMATS.ncwtmds, 'ncwtmds-unclosed-quote.csv', /Record 4 .* quote was opened/],
      [FORMATS.json, 'entries-cut-off.json', /ends before it is complete, in or before record 4/],
      [FORMATS.json, 'entries-unknown-wrapper.json', /Unknown key "meta"/],
    ]
    for (const [format, name, wanted] of cases) {
      await t.rejects(readBody(format, fixture(name)), { code: 'bad-file', message: wanted }, name)
    }
    const long = 'x'.repeat(MAX_RECORD_BYTES)
    const texts: [FeedFormat, string, RegExp][] = [
      [FORMATS.ptl, `a,b${long}`, /^(?!.*quote).*End each record with a line feed, and/],
      [FORMATS.ptl, `a,b\r${long}`, /^(?!.*quote).*a carriage return alone is none/],
      [FORMATS.json, '{"localId":"A"}\n{"localId":"B"}', /one a line as application\/x-ndjson/],
      [FORMATS.ptl, 'Care ID,NHS No,,\nA,9990000018,,\n', /without a name: 3, 4 of 4\./],
      [FORMATS.ptl, 'Our export,,\nCare ID,NHS No,Surname\n', /without a name: 2, 3 of 3\./],
      [FORMATS.json, ' \n', /holds no record/],
      [FORMATS.fhir, '', /holds no record/],
      [FORMATS.ptl, '\xd0\xcf\x11\xe0rest', /old Excel/],
      [FORMATS.ncwtmds, '%PDF-1.7', /PDF/],
    ]
    for (const [format, text, wanted] of texts) {
      const body = inPieces(Buffer.from(text, 'latin1'), 10_000)
      await t.rejects(readBody(format, body), { code: 'bad-file', message: wanted }, wanted.source)
    }
  },
)

t.test(
  'FEED-1 FEED-6 a PTL extract is read by its header, with aliases and the words people write',
  async (t) => {
    const rows = await readBody(FORMATS.ptl, fixture('ptl.csv'))
    t.same(told(rows), [
      '1 entry',
      '2 entry',
      '3 refused FEED-7@receivedOn',
      '4 entry FEED-7@ageYears',
    ])
    const [first] = rows
    t.match(first, {
      entry: {
        facts: {
          localId: 'SCR-1',
          receivedOn: '2026-09-01',
          firstSeenOn: '2026-09-14',
          tumour: 'lowerGi',
          step: 'colonoscopy',
          priority: { scale: 'surgery', code: 'P2', setOn: '2026-09-15' },
          trackingNote: 'Prep sent, awaiting date',
          nextActionDueOn: '2026-11-25',
          escalated: true,
          ageYears: 75,
          needs: ['transport', 'interpreter'],
        },
        identity: { name: 'Ada Sample', dateOfBirth: '1951-03-12' },
      },
    })
    t.match(
      rows[3],
      { issues: [{ severity: 'refuses-field' }] },
      'a wrong local field costs the field',
    )
  },
)

t.test(
  'FEED-6 a PTL header with an unknown, a repeated or no key column is refused by name',
  async (t) => {
    const cases: [string, RegExp][] = [
      ['localId,receivedOn,Favourite Colour\n', /not known: "Favourite Colour"/],
      ['localId,Date First Seeen\n', /not known: "Date First Seeen"/],
      ['localId,DTT Dat\n', /\(near: dttOn\)/],
      ['localId,DTT Date,Decision to Treat Date\n', /Two columns of the header mean dttOn/],
      ['NHS No,receivedOn\n', /no record key/],
      ['localId;receivedOn\n', /separated by semicolons/],
      ['', /empty/],
    ]
    for (const [body, wanted] of cases) {
      await t.rejects(readBody(FORMATS.ptl, inPieces(Buffer.from(body), 9)), {
        code: 'bad-file',
        message: wanted,
      })
    }
    const anaesthetics =
      'localId,Planned Anaesthetic\na,GA\nb,Local anaesthetic\nc,sedation\nd,gas\n'
    const under = await readBody(FORMATS.ptl, inPieces(Buffer.from(anaesthetics), 99))
    t.same(
      under.map((row) =>
        row.kind === 'entry' ? (row.entry.facts.anaesthetic ?? row.issues[0]?.code) : '',
      ),
      ['general', 'local', 'sedation', 'FEED-7'],
    )
    t.equal(ptlColumn('CANCER REFERRAL TO TREATMENT PERIOD START DATE'), 'receivedOn')
  },
)

t.test('FEED-6 no header is shown that looks like a number of a patient', async (t) => {
  const body = Buffer.from('localId,9990000018\n')
  const error = await readBody(FORMATS.ptl, inPieces(body, 100)).catch((cause: unknown) => cause)
  t.ok(error instanceof Refusal)
  t.notMatch(String(error), /999000/)
})

t.test(
  'FEED-3 FEED-6 JSON and NDJSON refuse a record alone, by the name of what is wrong',
  async (t) => {
    const good = await readBody(FORMATS.json, fixture('entries.json'))
    const lines = await readBody(FORMATS.ndjson, fixture('entries.ndjson'))
    t.same(good, lines, 'both say the same')
    t.same(told(good), ['1 entry', '2 entry', '3 entry', '4 entry'])
    const rows = await readBody(FORMATS.ndjson, fixture('entries-bad.ndjson'))
    t.same(told(rows), [
      '1 entry',
      '2 refused FEED-6@favouriteColour',
      '3 refused FEED-7@receivedOn',
      '4 refused FEED-8@localId',
      '5 refused FEED-4@',
      '6 refused FEED-4@',
      '7 entry FEED-7@riskScore',
    ])
  },
)

t.test(
  'FEED-1 JSON is taken bare and wrapped, and refused with the place when it is broken',
  async (t) => {
    const entry = '{"localId":"a"}'
    for (const body of [
      `[${entry}]`,
      `{"entries":[${entry}]}`,
      ` {\n "entries" : [ ${entry} ] } \n`,
    ]) {
      for (const size of [1, 7, 1000]) {
        t.same(told(await readBody(FORMATS.json, inPieces(Buffer.from(body), size))), ['1 entry'])
      }
    }
    for (const body of [
      '[{"a":1} {"b":2}]',
      '[{},]',
      'null',
      '[',
      '[{}',
      '"x"',
      '{"entries":{}}',
      '[]x',
      '{"entries":[],"more":1}',
    ]) {
      await t.rejects(
        readBody(FORMATS.json, inPieces(Buffer.from(body), 3)),
        { code: 'bad-file' },
        body,
      )
    }
  },
)

t.test('FEED-9 a removal names its pathway and nothing else', async (t) => {
  const body =
    '{"localId":"a","remove":true}\n{"localId":"b","remove":true,"fit":1}\n{"localId":"c","remove":1}\n'
  const rows = await readBody(FORMATS.ndjson, inPieces(Buffer.from(body), 1000))
  t.same(told(rows), ['1 removal', '2 refused FEED-9@remove', '3 refused FEED-9@remove'])
  const ptl = 'localId,Record Action\na,Delete\nb,x\nc,\n'
  const named = await readBody(FORMATS.ptl, inPieces(Buffer.from(ptl), 1000))
  t.same(told(named), ['1 removal', '2 refused FEED-9@recordAction', '3 entry'])
})

t.test('FEED-5 the encodings a trust may send come to the same text', async (t) => {
  const text = 'localId,trackingNote\nA1,O’Neill – café\n'
  const utf16 = Buffer.from(text, 'utf16le')
  const utf16be = Buffer.from(utf16).swap16()
  const windows = Buffer.from(text.replace('’', '\x92').replace('–', '\x96'), 'latin1')
  const cases: [string, Buffer, string | null][] = [
    ['UTF-8', Buffer.from(text), null],
    ['UTF-8 with mark', Buffer.from('\ufeff' + text), 'utf-8'],
    ['UTF-16 LE with mark', Buffer.concat([Buffer.from([0xff, 0xfe]), utf16]), null],
    ['UTF-16 BE with mark', Buffer.concat([Buffer.from([0xfe, 0xff]), utf16be]), null],
    ['UTF-16 LE without', utf16, null],
    ['UTF-16 BE without', utf16be, null],
    ['Windows-1252 named', windows, 'windows-1252'],
    ['Windows-1252 not named', windows, null],
  ]
  for (const [name, body, charset] of cases) {
    for (const size of [1, 5, 1000]) {
      const [row] = await readBody(FORMATS.ptl, inPieces(body, size), charset)
      t.match(row, { entry: { facts: { trackingNote: 'O’Neill – café' } } }, `${name} by ${size}`)
    }
  }
  for (const head of [
    [0x1f, 0x8b, 8, 0],
    [0x50, 0x4b, 3, 4],
    [0, 0, 0, 1],
  ]) {
    await t.rejects(readBody(FORMATS.ncwtmds, inPieces(Buffer.from(head), 4)), { code: 'bad-file' })
  }
})

t.test('FEED-21 a record without an end is refused and not gathered', async (t) => {
  async function* endless(first: string): AsyncGenerator<Buffer> {
    yield Buffer.from(first)
    for (let count = 0; count < 1_000; count += 1) yield Buffer.alloc(65_536, 'x')
    throw new Error('read on and on')
  }
  for (const [format, first] of [
    [FORMATS.ncwtmds, '"'],
    [FORMATS.ncwtmds, 'x'],
    [FORMATS.ptl, 'localId,'],
    [FORMATS.ndjson, '{'],
    [FORMATS.json, '[{"a":"'],
    [FORMATS.json, '{"'],
  ] as const) {
    await t.rejects(readBody(format, endless(first)), { code: 'bad-file' }, format.name + first)
  }
  const deep = Buffer.from('['.repeat(200_000))
  await t.rejects(readBody(FORMATS.json, inPieces(deep, 65_536)), { code: 'bad-file' })
})

t.test(
  'FEED-7 what jsonb cannot hold refuses a record before it reaches the database',
  async (t) => {
    const body = String.raw`{"localId":"a","diagnosis":"C34","rttDelayComment":"x\u0000"}
{"localId":"b","rttDelayComment":"\ud800"}
{"localId":"c","rttDelayComment":"\\u0000 is fine"}
`
    const rows = await readBody(FORMATS.ndjson, inPieces(Buffer.from(body), 1000))
    t.same(told(rows), [
      '1 refused FEED-7@rttDelayComment',
      '2 refused FEED-7@rttDelayComment',
      '3 entry',
    ])
  },
)

t.test('FEED-1 content types and profiles choose the format', async (t) => {
  t.equal(chooseFormat('text/csv; profile=ncwtmds', undefined).format.name, 'ncwtmds-csv')
  t.equal(chooseFormat('text/csv', 'ptl').format.name, 'ptl-csv')
  t.equal(chooseFormat('application/json; charset=utf-8', undefined).format.name, 'json')
  t.equal(chooseFormat('application/x-ndjson', undefined).format.name, 'ndjson')
  for (const [type, profile] of [
    [undefined, undefined],
    ['text/csv', undefined],
    ['text/csv', 'other'],
    ['text/csv; profile=constructor', undefined],
    ['application/pdf', undefined],
    ['__proto__', undefined],
    ['text/csv; charset=ebcdic', 'ptl'],
  ] as const) {
    t.throws(() => chooseFormat(type, profile), { code: 'unknown-content-type' })
  }
})

t.test(
  'FEED-2 the splitter agrees with a plain reading of RFC 4180, however the bytes are cut',
  async (t) => {
    const cell = fc.oneof(
      fc.constantFrom('', 'a', '"', 'x"y', ',', '\n', '\r\n', '""', 'é', '’'),
      fc.string({ maxLength: 6 }),
    )
    const table = fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), {
      minLength: 1,
      maxLength: 6,
    })
    await fc.assert(
      fc.asyncProperty(
        table,
        fc.integer({ min: 1, max: 40 }),
        fc.constantFrom('\n', '\r\n'),
        async (rows, size, end) => {
          const quote = (text: string): string =>
            /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
          const body = Buffer.from(rows.map((row) => row.map(quote).join(',')).join(end) + end)
          const read: (string[] | null)[] = []
          for await (const batch of splitCsv(inPieces(body, size))) {
            for (let at = 0; at < batch.bounds.length; at += 2) {
              const start = batch.bounds[at] ?? 0
              read.push(csvCells(recordText(batch.bytes, start, batch.bounds[at + 1] ?? 0)))
            }
          }
          t.strictSame(
            read,
            rows.map((row) => row.map((text) => Buffer.from(text).toString())),
          )
        },
      ),
      { numRuns: 300 },
    )
  },
)

t.test(
  'FEED-3 FEED-7 whatever is in a cell, a national record is read as the schema reads it or refused',
  async (t) => {
    const names = NATIONAL_COLUMNS.map(({ field }) => field)
    const text = fc.oneof(
      fc.constantFrom(
        '2026-02-29',
        '2024-02-29',
        '1',
        '01',
        'QAA01',
        'QAA',
        'C34.1',
        '0',
        '-1',
        '1e3',
        ' x ',
      ),
      fc.string({ maxLength: 12 }).map((said) => said.replaceAll(/[",\r\n]/g, '')),
    )
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...names), text, async (field, value) => {
        const line = national({ ppid: 'P1', ppidIssuer: 'QAA', [field]: value })
        const [row] = await readBody(FORMATS.ncwtmds, inPieces(Buffer.from(line + '\n'), 64))
        if (row?.kind === 'entry') {
          t.ok(entryFacts.safeParse(row.entry.facts).success)
          t.ok(identity.safeParse(row.entry.identity).success)
          t.same(
            Object.keys(row.entry.facts),
            FACT_NAMES.filter((name) => name in row.entry.facts),
          )
        } else if (row?.kind === 'refused' && value.length > 3 && !/^[a-z ]+$/i.test(value)) {
          // A word may well stand in the message by itself.
          t.notOk(
            row.issues.some(({ message }) => message.includes(value)),
            'no value is repeated',
          )
        }
      }),
      { numRuns: 500 },
    )
  },
)

t.test('FEED-2 arbitrary bytes never do more than refuse the file', async (t) => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 400 }),
    fc.string({ maxLength: 200 }).map((said) => Buffer.from(said)),
    fc.json().map((said) => Buffer.from(said)),
    fc.json().map((said) => Buffer.from(`[${said}]`)),
    fc
      .array(fc.constantFrom('"', ',', '\n', '\r', '{', '}', '[', ']', '\\', ':', 'a', '\0'), {
        maxLength: 60,
      })
      .map((said) => Buffer.from(`localId,fit\n${said.join('')}`)),
  )
  const formats = Object.values(FORMATS)
  const charsets = [null, 'utf-8', 'windows-1252', 'utf-16le', 'utf-16be']
  await fc.assert(
    fc.asyncProperty(
      bytes,
      fc.constantFrom(...formats),
      fc.constantFrom(...charsets),
      fc.integer({ min: 1, max: 64 }),
      async (body, format, charset, size) => {
        try {
          const rows = await readBody(format, inPieces(Buffer.from(body), size), charset)
          for (const row of rows) {
            if (row.kind === 'entry') t.ok(entryFacts.safeParse(row.entry.facts).success)
          }
        } catch (cause) {
          if (!(cause instanceof Refusal) || cause.code !== 'bad-file') throw cause
        }
      },
    ),
    { numRuns: 1_500 },
  )
})

t.test('FEED-6 a JSON key said twice refuses its record by name', (t) => {
  const read = (text: string) => readEntryObject(text, 1)
  const whole = { localId: 'A', fit: 12.5, needs: ['transport'], identity: { name: 'A "B" \\\\' } }
  for (const space of [0, 1]) t.equal(read(JSON.stringify(whole, null, space)).kind, 'entry')
  const pause = '{"from":"2026-01-01","to":"2026-01-02","reason":"patient"'
  for (const [text, field, key] of [
    ['{"localId":"A","fit":1,"fit":2}', 'fit', 'A'],
    ['{"localId":"A","fit":1,"fit":1}', 'fit', 'A'],
    ['{"localId":"A","fit":null,"fit":1}', 'fit', 'A'],
    ['{"localId":"A","fit":1,"f\\u0069t":2}', 'fit', 'A'],
    ['{ "localId" : "A", "fit"\n: 1, "fit" :2 }', 'fit', 'A'],
    ['{"localId":"A","trackingNote":"\\\\","trackingNote":"a: \\":\\""}', 'trackingNote', 'A'],
    ['{"localId":"A","localId":"B","fit":1}', 'localId', ''],
    ['{"localId":"A","localId":"B","remove":true}', 'localId', ''],
    ['{"localId":"A","identity":{"name":"a","name":"b"}}', 'name', 'A'],
    ['{"localId":"A","identity":{},"identity":{}}', 'identity', 'A'],
    [`{"localId":"A","pauses":[${pause}},${pause},"to":"2026-01-03"}]}`, 'to', 'A'],
    ['{"localId":"A","9990000018":1,"9990000018":2}', '…', 'A'],
  ] as const) {
    t.match(
      read(text),
      { kind: 'refused', recordKey: key, issues: [{ code: 'FEED-6', field, message: /twice/ }] },
      text,
    )
  }
  const deep = `{"localId":"A","x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`
  t.match(read(deep), { kind: 'refused' }, 'however deep')
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), fc.constantFrom(0, 2, '\t'), (value, space) => {
      const text = JSON.stringify({ localId: 'A', value }, null, space)
      const parsed = JSON.parse(text) as object
      t.equal(repeatedKey(text, parsed), null)
      const more = text.replace(/^\{/, '{"value":0,')
      t.equal(repeatedKey(more, JSON.parse(more) as object), 'value')
    }),
    { numRuns: 300 },
  )
  t.end()
})

t.test(
  'FEED-4 a header in a national file is one plain sentence, whatever its names',
  async (t) => {
    const items = NATIONAL_COLUMNS.map(({ item }) => `"${item}"`)
    const fields = NATIONAL_COLUMNS.map(({ field }) => field)
    const short = fields.map((field, at) => (at === 0 ? 'NHS No' : field))
    const data = national({ nhsNumber: '9990000018', ppid: 'A1', ppidIssuer: 'QAA' })
    for (const header of [
      items,
      fields,
      short,
      ['NHS No', 'Pathway', 'Issuer', 'Status', 'Site'],
    ]) {
      const rows = await readBody(
        FORMATS.ncwtmds,
        inPieces(Buffer.from(`${header.join(',')}\n${data}\n`), 500),
      )
      t.same(told(rows), ['1 refused FEED-4@', '2 entry'])
      t.match(rows[0], { issues: [{ message: /is a header/ }] })
    }
    for (const cells of [
      { ppid: 'ABC', ppidIssuer: 'QAA', firstSeenDelayComment: 'None given', patientStatus: '14' },
      {
        ppid: 'ABC',
        ppidIssuer: 'QAA',
        receivedOn: 'never',
        rttDelayComment: 'x',
        laterality: 'L',
      },
    ]) {
      const [row] = await readBody(FORMATS.ncwtmds, inPieces(Buffer.from(national(cells)), 500))
      t.notMatch(row, { issues: [{ message: /is a header/ }] }, 'a poor record is no header')
    }
  },
)

t.test('FEED-4 only what looks like columns is told of another separator', async (t) => {
  const fix = async (body: Buffer): Promise<string> => {
    const [row] = await readBody(FORMATS.ncwtmds, inPieces(body, 500))
    return row?.kind === 'refused' ? (row.issues[0]?.fix ?? '') : 'taken'
  }
  t.match(await fix(Buffer.from('1;2;3;4;5;6;7;8;9;10;11')), /separated by semicolons/)
  t.match(await fix(Buffer.from('1\t2\t3\t4\t5\t6\t7\t8\t9\t10\t11')), /separated by tabs/)
  t.match(await fix(Buffer.from('a letter; and then some')), /Send the 54 items/)
  t.match(
    await fix(Buffer.from([0x81, 0x3b, 0x02, 0x3b, 0x9d, 0x3b, 0x7c, 0x07])),
    /Send the 54 items/,
  )
})
