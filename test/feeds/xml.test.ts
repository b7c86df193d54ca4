import fc from 'fast-check'
import t from 'tap'
import { NATIONAL_COLUMNS, elementName } from '../../server/domain/codes/national-items.ts'
import { FORMATS, chooseFormat } from '../../server/feeds/formats/choose.ts'
import type { ReadRow } from '../../server/feeds/formats/format.ts'
import { inPieces, readBody } from './bodies.ts'

const ITEMS = NATIONAL_COLUMNS.map(({ item, field }) => ({ field, element: elementName(item) }))

const read = (xml: string, size = 1_000, charset: string | null = null): Promise<ReadRow[]> =>
  readBody(FORMATS.xml, inPieces(Buffer.from(xml), size), charset)

const record = (inner: string): string => `<Record>${inner}</Record>`
const file = (...records: string[]): string => `<CWT>${records.join('\n')}</CWT>`
const KEY =
  '<PatientPathwayIdentifier>PW1</PatientPathwayIdentifier>' +
  '<OrganisationIdentifierPatientPathwayIdentifierIssuer>QAA</OrganisationIdentifierPatientPathwayIdentifierIssuer>'

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (char) => `&#${String(char.charCodeAt(0))};`)
}

t.test('FEED-50 application/xml and text/xml are the national XML', async (t) => {
  t.equal(chooseFormat('application/xml', undefined).format, FORMATS.xml)
  t.equal(chooseFormat('text/xml; charset=utf-8', undefined).format, FORMATS.xml)
})

t.test(
  'FEED-50 whatever the rows, XML says of them what the national CSV says, however it is cut',
  async (t) => {
    const text = fc.string({
      unit: fc.constantFrom('a', 'Z', '1', ' ', ',', '"', '<', '&', ';', 'é', '’', '漢'),
      maxLength: 12,
    })
    const cell = fc.oneof(
      { weight: 3, arbitrary: fc.constant('') },
      fc.constantFrom('2026-08-03', '03', '01', 'QAA01', '9990000018', '14', 'C34.1', 'x'),
      text,
    )
    const row = fc.array(cell, { minLength: 54, maxLength: 54 }).map((cells) => {
      // One value is always there: a record of nothing is a blank line in CSV and an empty element in XML.
      const trimmed = cells.map((one) => one.trim())
      return trimmed.map((one, at) => (at === 4 && one === '' ? '03' : one))
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { minLength: 1, maxLength: 5 }),
        fc.boolean(),
        fc.integer({ min: 1, max: 300 }),
        async (rows, grouped, size) => {
          const csv = rows
            .map((cells) => cells.map((one) => `"${one.replaceAll('"', '""')}"`).join(','))
            .join('\n')
          const xml = file(
            ...rows.map((cells) => {
              const items = cells
                .map((one, at) =>
                  one === ''
                    ? ''
                    : `<n:${ITEMS[at]?.element}>${escaped(one)}</n:${ITEMS[at]?.element}>`,
                )
                .reverse()
              return record(
                grouped ? `<Group>${items.join('\n ')}</Group><Empty/>` : items.join(''),
              )
            }),
          )
          // A first record of names only is a header to the CSV reader; here there is none.
          const blank = `${','.repeat(53)}\n`
          const wanted = await readBody(FORMATS.ncwtmds, inPieces(Buffer.from(blank + csv), 10_000))
          const found = await read(xml, size)
          t.same(found, wanted.slice(1).map(renumbered))
        },
      ),
      { numRuns: 150 },
    )
  },
)

function renumbered(row: ReadRow): ReadRow {
  const back = (rowNumber: number): number => rowNumber - 1
  if (row.kind === 'entry') {
    const { entry, issues } = row
    return { kind: 'entry', entry: { ...entry, rowNumber: back(entry.rowNumber) }, issues }
  }
  if (row.kind === 'refused') {
    const issues = row.issues.map((one) => ({ ...one, rowNumber: back(one.rowNumber) }))
    return { ...row, rowNumber: back(row.rowNumber), issues }
  }
  return row
}

t.test('FEED-50 a value may stand in an attribute, as in other national XML', async (t) => {
  const rows = await read(
    file(record(`${KEY}<NHSNumber extension="9990000018"/><PriorityTypeCode code='3'/>`)),
  )
  t.match(rows, [
    { entry: { identity: { nhsNumber: '9990000018' }, facts: { priorityType: '3', ppid: 'PW1' } } },
  ])
})

t.test('FEED-50 what is no item, or twice there, refuses its record by name', async (t) => {
  const rows = await read(
    file(
      '<FileHeader>for the file</FileHeader>',
      record(`${KEY}<FavouriteColour>blue</FavouriteColour>`),
      record(
        `${KEY}<DateFirstSeen>2026-08-03</DateFirstSeen><DateFirstSeen>2026-08-04</DateFirstSeen>`,
      ),
      record('<Something>else</Something>'),
      record(`${KEY}<DateFirstSeen>never</DateFirstSeen>`),
      record('<DateFirstSeen>2026-08-03</DateFirstSeen>'),
      record(KEY),
    ),
  )
  const told = rows.map((row) =>
    row.kind === 'refused'
      ? row.issues.map(({ code, field }) => `${code} ${field}`).join()
      : row.kind,
  )
  t.same(told, [
    'FEED-50 FavouriteColour',
    'FEED-50 DateFirstSeen',
    'FEED-50 ',
    'FEED-7 firstSeenOn',
    'FEED-8 ppid',
    'entry',
  ])
  t.match(rows[0], { recordKey: 'QAA:PW1' })
  t.match(rows[2], { misshapen: true })
})

t.test(
  'FEED-50 a document type, its entities and broken XML refuse the file, saying where',
  async (t) => {
    const laughs = Array.from(
      { length: 9 },
      (_, at) => `<!ENTITY l${at + 1} "${`&l${at};`.repeat(10)}">`,
    ).join('')
    const cases: [string, string, RegExp][] = [
      [
        'billion laughs',
        `<!DOCTYPE x [<!ENTITY l0 "ha">${laughs}]><x><r><a>&l9;</a></r></x>`,
        /DOCTYPE/,
      ],
      [
        'a file from outside',
        '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><x>&f;</x>',
        /DOCTYPE/,
      ],
      ['an entity nobody declared', file(record('<a>&nbsp;</a>')), /broken.*Line 1, column/],
      ['cut off', '<CWT><Record><NHSNumber>999', /ends before it is complete/],
      ['crossed tags', '<CWT><a></CWT></a>', /broken/],
      ['too deep', '<a>'.repeat(50_000), /deeper than 12/],
      ['no XML', 'localId,receivedOn\n', /broken|no element/],
      ['another encoding', '<?xml version="1.0" encoding="EBCDIC-CP-GB"?><a/>', /encoding/],
      ['nothing', ' ', /no element|broken/],
      ['two roots', '<a/><b/>', /broken/],
    ]
    for (const [name, xml, wanted] of cases) {
      for (const size of [3, 10_000]) {
        await t.rejects(read(xml, size), { code: 'bad-file', message: wanted }, name)
      }
    }
    const error = await read('<CWT><r><a>9990000018</b></r></CWT>').catch((cause: unknown) => cause)
    t.notMatch(String(error), /999000/, 'nothing of it is repeated')
  },
)

t.test(
  'FEED-50 what does not end is refused within a record’s length, whatever it is',
  async (t) => {
    async function* endless(first: string, more: string): AsyncGenerator<Buffer> {
      yield Buffer.from(first)
      for (let count = 0; count < 200; count += 1) yield Buffer.from(more.repeat(16_384))
      throw new Error('read on and on')
    }
    const cases: [string, string, string][] = [
      ['a text', '<a><r><b>', 'xxxx'],
      ['a name', '<a><', 'xxxx'],
      ['an attribute', '<a><r b="', 'xxxx'],
      ['attributes', '<a><r ', 'b="1" '],
      ['a comment', '<!--', 'xxxx'],
      ['an instruction', '<?x ', 'xxxx'],
      ['a section', '<a><r><b><![CDATA[', 'xxxx'],
      ['items', '<a><r>', '<b>1</b>'],
      ['texts and comments', '<a><r><b>', 'x<!-- -->'],
      ['blanks', '<a><r>', '    '],
    ]
    for (const [name, first, more] of cases) {
      await t.rejects(readBody(FORMATS.xml, endless(first, more)), { code: 'bad-file' }, name)
    }
  },
)

t.test('FEED-5 FEED-50 XML is read in the encodings that trusts write', async (t) => {
  const xml = (encoding: string): string =>
    `<?xml version="1.0" encoding="${encoding}"?>${file(record(`${KEY}<CancerCareSpellDelayReasonCommentFirstSeen>O’Neill café</CancerCareSpellDelayReasonCommentFirstSeen>`))}`
  const windows = Buffer.from(xml('windows-1252').replace('’', '\x92'), 'latin1')
  const cases: [string, Buffer][] = [
    ['UTF-8', Buffer.from(xml('UTF-8'))],
    ['UTF-8 with mark', Buffer.from(`\ufeff${xml('UTF-8')}`)],
    ['UTF-16', Buffer.from(`\ufeff${xml('UTF-16')}`, 'utf16le')],
    ['Windows-1252', windows],
  ]
  for (const [name, body] of cases) {
    for (const size of [1, 2, 3, 7, 1_000]) {
      const rows = await readBody(FORMATS.xml, inPieces(body, size))
      t.match(
        rows,
        [{ entry: { facts: { firstSeenDelayComment: 'O’Neill café' } } }],
        `${name} ${size}`,
      )
    }
  }
})
