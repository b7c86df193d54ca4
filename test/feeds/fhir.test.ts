import { readFileSync } from 'node:fs'
import type {
  Appointment,
  Condition,
  Encounter,
  EpisodeOfCare,
  Patient,
  ServiceRequest,
  Task,
} from '@medplum/fhirtypes'
import fc from 'fast-check'
import t from 'tap'
import type { z } from 'zod'
import { fhirEntries } from '../../db/sample/fhir.ts'
import { readMessage } from '../../server/feeds/bars/message.ts'
import { chooseFormat } from '../../server/feeds/formats/choose.ts'
import { fhir, openFhir } from '../../server/feeds/formats/fhir.ts'
import type {
  appointmentSchema,
  conditionSchema,
  encounterSchema,
  episodeSchema,
  patientSchema,
  requestSchema,
  taskSchema,
} from '../../server/feeds/formats/fhir-resources.ts'
import type { FormatSession, ReadRow } from '../../server/feeds/formats/format.ts'
import type { EntryFacts } from '../../shared/entry.ts'
import { entryFacts, identity as identitySchema } from '../../shared/entry.ts'
import { FHIR_MAP, FHIR_SYSTEMS } from '../../shared/fhir.ts'
import { Refusal } from '../../shared/problem.ts'
import { inPieces, readBody, told } from './bodies.ts'
import { WHOLE_FACTS, WHOLE_PATHWAY, bundle, concept, fact, smallPathway } from './fhir-pathways.ts'
import type { Loose } from './fhir-pathways.ts'
import { fhirTable } from './fhir-table.ts'

const read = (text: string | Buffer, size = 5_000): Promise<ReadRow[]> =>
  readBody(fhir, inPieces(Buffer.from(text), size))

/** Facts and identity of an entry in one object, members in order of name. */
function plain(row: ReadRow | undefined): Loose {
  if (row?.kind !== 'entry') return { refused: row }
  return sorted({ ...row.entry.facts, ...row.entry.identity })
}

function sorted(value: object): Loose {
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}

t.test('FEED-73 the table of PROTOCOL.md is the mapping', async (t) => {
  t.ok(readFileSync('shared/PROTOCOL.md', 'utf8').includes(`${fhirTable()}\n`))
  t.same(
    Object.keys(FHIR_MAP).sort(),
    [...Object.keys(entryFacts.shape), ...Object.keys(identitySchema.shape)].sort(),
  )
})

t.test('FEED-73 FEED-74 every fact is read from its element', async (t) => {
  const rows = await read(bundle(WHOLE_PATHWAY))
  t.same(told(rows), ['1 entry'])
  const found = plain(rows[0])
  for (const field of Object.keys(FHIR_MAP)) t.same(found[field], WHOLE_FACTS[field], field)
  t.same(Object.keys(found), Object.keys(WHOLE_FACTS).sort())
})

t.test('FEED-72 entries in any order, cut anywhere, give the same pathway', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.shuffledSubarray([...WHOLE_PATHWAY], { minLength: WHOLE_PATHWAY.length }),
      fc.integer({ min: 1, max: 20_000 }),
      async (entries, size) => {
        const rows = await read(bundle(entries), size)
        return rows.length === 1 && JSON.stringify(plain(rows[0])) === wanted
      },
    ),
    { numRuns: 60 },
  )
})
const wanted = JSON.stringify(sorted(WHOLE_FACTS))

t.test('FEED-70 the members of a Bundle may come in any order', async (t) => {
  const entries = JSON.stringify(smallPathway('a'))
  for (const text of [
    `{"entry":${entries},"type":"collection","resourceType":"Bundle"}`,
    ` { "resourceType" : "Bundle", "id": "x", "total": 3 , "entry" : ${entries}, "type":"transaction" } \n`,
    `{"resourceType":"Bundle","meta":{"profile":["a]}"]},"type":"collection","entry":${entries}}`,
  ]) {
    for (const size of [1, 7, 10_000]) t.same(told(await read(text, size)), ['1 entry'])
  }
})

t.test('FEED-70 what is no Bundle of a kind that is taken is refused whole', async (t) => {
  const good = smallPathway('a')
  const header = { resource: { resourceType: 'MessageHeader' } }
  const cases: [string, string, RegExp][] = [
    ['nothing', '', /holds no record/],
    ['an array', '[]', /one FHIR Bundle/],
    ['a bare resource', JSON.stringify(good[0]?.resource), /not a FHIR Bundle/],
    ['a searchset', bundle(good, { type: 'searchset' }), /type is not taken/],
    ['no type', '{"resourceType":"Bundle","entry":[]}', /type is not taken/],
    [
      'entry no list',
      bundle([], { entry: {} }).replace('"entry":[]', '"entry":{}'),
      /not an array/,
    ],
    ['entry twice', '{"entry":[],"entry":[]}', /"entry" twice/],
    ['cut off', bundle(good).slice(0, -30), /ends before/],
    ['more behind it', `${bundle(good)}x`, /the end of the body/],
    ['a trailing comma', '{"resourceType":"Bundle",}', /a key is wanted/],
    ['message without header', bundle(good, { type: 'message' }), /begins with its MessageHeader/],
    ['header not first', bundle([...good, header], { type: 'message' }), /begins with/],
    [
      'one key, two entries',
      bundle([...good, { ...good[0], resource: { ...good[0]?.resource, status: 'planned' } }]),
      /Two different entries have the same/,
    ],
    [
      'mutual aid',
      bundle(
        [
          header,
          {
            resource: {
              resourceType: 'ServiceRequest',
              category: [concept(FHIR_SYSTEMS.useCase, '999to999MutualAidRequest')],
            },
          },
        ],
        { type: 'message' },
      ),
      /process-message/,
    ],
  ]
  for (const [name, text, message] of cases) {
    await t.rejects(read(text), { code: 'bad-file', message }, name)
  }
})

t.test('FEED-71 FEED-72 FEED-75 a bad pathway is refused alone, the others go in', async (t) => {
  const [episode, patient] = smallPathway('a')
  const changed = (more: Loose): unknown => ({
    ...episode,
    resource: { ...episode?.resource, ...more },
  })
  const encounter = (id: string, more: Loose = {}): unknown => ({
    resource: {
      resourceType: 'Encounter',
      id,
      status: 'finished',
      type: [concept(FHIR_SYSTEMS.event, 'told')],
      episodeOfCare: [{ reference: 'urn:uuid:episode-a' }],
      ...more,
    },
  })
  const other = { fullUrl: 'urn:uuid:other', resource: { resourceType: 'Patient', id: 'o' } }
  const cases: [string, readonly unknown[], string][] = [
    [
      'an Encounter of no pathway',
      [encounter('x', { episodeOfCare: [] })],
      '1 refused FEED-71@Encounter',
    ],
    [
      'an Appointment whose referral is elsewhere',
      [{ resource: { resourceType: 'Appointment', basedOn: [{ reference: 'ServiceRequest/1' }] } }],
      '1 refused FEED-71@Appointment',
    ],
    ['no such patient', [episode], '1 refused FEED-72@patient'],
    [
      'no patient said',
      [changed({ patient: undefined })],
      '1 refused FEED-72@EpisodeOfCare.patient',
    ],
    [
      'no such referral',
      [changed({ referralRequest: [{ reference: 'ServiceRequest/7' }] }), patient],
      '1 refused FEED-72@EpisodeOfCare.referralRequest',
    ],
    [
      'two patients',
      [episode, patient, other, encounter('x', { subject: { reference: 'Patient/o' } })],
      '1 refused FEED-72@patient',
    ],
    [
      'told twice',
      [episode, patient, encounter('x'), encounter('y')],
      '1 refused FEED-71@Encounter',
    ],
    ['no key', [changed({ identifier: [] }), patient], '1 refused FEED-8@EpisodeOfCare.identifier'],
    [
      'two keys',
      [changed({ identifier: [{ value: 'a' }, { value: 'b' }] }), patient],
      '1 refused FEED-8@EpisodeOfCare.identifier',
    ],
    [
      'an identifier of another kind',
      [changed({ identifier: { value: 'a' } }), patient],
      '1 refused FEED-4@EpisodeOfCare.identifier',
    ],
    [
      'a number for a date',
      [changed({ period: { start: 20261001 } }), patient],
      '1 refused FEED-4@EpisodeOfCare.period.start',
    ],
    [
      'part of a date',
      [changed({ period: { start: '2026-10' } }), patient],
      '1 refused FEED-7@receivedOn',
    ],
    [
      'a time without a zone',
      [changed({ period: { start: '2026-10-01T23:30:00' } }), patient],
      '1 refused FEED-7@receivedOn',
    ],
    [
      'a fact nobody knows',
      [changed({ extension: [fact('favouriteColour', { valueCode: 'red' })] }), patient],
      '1 refused FEED-6@urn:ptl:fact:favouriteColour',
    ],
    [
      'a fact in the wrong place',
      [changed({ extension: [fact('receivedOn', { valueDate: '2026-10-01' })] }), patient],
      '1 refused FEED-6@urn:ptl:fact:receivedOn',
    ],
    [
      'a fact twice',
      [
        changed({
          extension: [fact('modality', { valueCode: '1' }), fact('modality', { valueCode: '2' })],
        }),
        patient,
      ],
      '1 refused FEED-7@urn:ptl:fact:modality',
    ],
    [
      'a fact as another type',
      [changed({ extension: [fact('modality', { valueString: '23' })] }), patient],
      '1 refused FEED-7@urn:ptl:fact:modality',
    ],
    [
      'a local fact out of range costs the field',
      [changed({ extension: [fact('bmi', { valueDecimal: 900 })] }), patient],
      '1 entry FEED-7@bmi',
    ],
    ['entered in error', [changed({ status: 'entered-in-error' }), patient], '1 removal'],
    [
      'a delete by key',
      [{ request: { method: 'DELETE', url: 'EpisodeOfCare?identifier=urn:x%3Ay|REC%201' } }],
      '1 removal',
    ],
    [
      'a delete by id',
      [{ request: { method: 'DELETE', url: 'EpisodeOfCare/9' } }],
      '1 refused FEED-75@request.method',
    ],
    ['a patch', [{ request: { method: 'PATCH', url: 'x' } }], '1 refused FEED-75@request.method'],
    ['no resource', [{ fullUrl: 'x' }], '1 refused FEED-4@resource'],
    ['no type', [{ resource: { id: 'x' } }], '1 refused FEED-4@resourceType'],
    ['no object', [7], '1 refused FEED-4@resource'],
  ]
  for (const [name, entries, said] of cases) {
    const rows = await read(bundle([...entries, ...smallPathway('good')]))
    t.same(told(rows), [said, '2 entry'], name)
    const issues = rows.flatMap((row) => (row.kind === 'removal' ? [] : row.issues))
    t.notMatch(JSON.stringify(issues), /999000|2026-10/, `${name}: no value in what is said`)
  }
  const [notJson] = await read(
    bundle([]).replace(
      '[]',
      `[{"resource":{"resourceType":}},${JSON.stringify(smallPathway('g')).slice(1)}`,
    ),
  )
  t.match(notJson, { kind: 'refused', misshapen: true, issues: [{ code: 'FEED-4' }] })
  const twice = bundle([...smallPathway('twice'), ...smallPathway('good')]).replace(
    '"start":"2026-10-01"',
    '"start":"2026-10-01","start":"2026-09-01"',
  )
  t.same(told(await read(twice)), ['1 refused FEED-6@', '2 entry'], 'an element said twice')
})

t.test('FEED-72 contained resources and identifiers serve in place of references', async (t) => {
  const site = { identifier: [{ system: FHIR_SYSTEMS.site, value: 'XAA01' }] }
  const rows = await read(
    bundle([
      {
        fullUrl: 'urn:uuid:e',
        resource: {
          resourceType: 'EpisodeOfCare',
          status: 'cancelled',
          identifier: [{ value: 'K' }],
          contained: [
            { resourceType: 'Patient', id: 'p', gender: 'male' },
            { resourceType: 'Condition', id: 'c', code: concept(FHIR_SYSTEMS.icd10, 'C50') },
          ],
          patient: { reference: '#p' },
          diagnosis: [{ condition: { reference: '#c' } }],
        },
      },
      {
        resource: {
          resourceType: 'Encounter',
          status: 'finished',
          type: [concept(FHIR_SYSTEMS.event, 'first-seen')],
          contained: [{ resourceType: 'Location', id: 'l', ...site }],
          episodeOfCare: [{ reference: 'urn:uuid:e' }],
          period: { start: '2026-10-02' },
          location: [{ location: { reference: '#l' } }],
        },
      },
      {
        fullUrl: 'urn:uuid:r',
        resource: {
          resourceType: 'ServiceRequest',
          status: 'active',
          intent: 'plan',
          identifier: [
            { system: FHIR_SYSTEMS.ubrn, value: '000000070000' },
            { system: 'urn:x', value: 'REF-2' },
          ],
          subject: { identifier: { system: FHIR_SYSTEMS.nhsNumber, value: '9990000034' } },
          authoredOn: '2026-10-01',
        },
      },
    ]),
  )
  t.same(told(rows), ['1 entry', '2 entry'])
  t.same(plain(rows[0]), {
    closedReason: 'cancelled',
    diagnosis: 'C50',
    firstSeenOn: '2026-10-02',
    firstSeenSite: 'XAA01',
    localId: 'K',
    sex: 'male',
  })
  t.same(plain(rows[1]), {
    decisionToReferOn: '2026-10-01',
    localId: 'REF-2',
    nhsNumber: '9990000034',
    ppid: '000000070000',
    ppidIssuer: 'X09',
  })
})

t.test('FEED-70 resources that are not read are told of', async (t) => {
  const session = fhir.open()
  const entries = [
    ...smallPathway('a'),
    { resource: { resourceType: 'Observation', id: '1' } },
    { resource: { resourceType: 'Observation', id: '2' } },
  ]
  await drain(session, inPieces(Buffer.from(bundle(entries)), 100))
  t.match(session.remarks?.(), [
    { severity: 'warns', field: 'Observation', message: /^2 resources of type Observation/ },
  ])
})

t.test(
  'FEED-72 20,000 entries pass through a small window; what is too far apart is refused',
  async (t) => {
    const WINDOW = 300_000
    let sent = 0
    let sentAtFirst = 0
    async function* body(pathways: number, stray: string): AsyncGenerator<Buffer> {
      yield Buffer.from('{"resourceType":"Bundle","type":"collection","entry":[')
      for (let at = 0; at < pathways; at += 1) {
        const text = JSON.stringify(smallPathway(`k${at}`)).slice(1, -1)
        sent += text.length
        yield Buffer.from(at === 0 ? text : `,${text}`)
      }
      yield Buffer.from(`${stray}]}`)
    }
    const session = openFhir(WINDOW)
    let rows = 0
    for await (const { bounds } of session.split(body(10_000, ''))) {
      if (rows === 0) sentAtFirst = sent
      rows += bounds.length / 2
    }
    t.equal(rows, 10_000)
    t.ok(
      sentAtFirst < 2 * WINDOW,
      `the first pathway is given away after ${sentAtFirst} of ${sent} bytes`,
    )

    const late = JSON.stringify({
      resource: {
        resourceType: 'Encounter',
        episodeOfCare: [{ reference: 'urn:uuid:episode-k0' }],
      },
    })
    await t.rejects(drain(openFhir(WINDOW), body(2_000, `,${late}`)), { message: /64 MB .* apart/ })
    await t.resolves(drain(openFhir(), body(2_000, `,${late}`)))
    const latePatient = JSON.stringify({
      resource: { resourceType: 'Task', for: { reference: 'urn:uuid:patient-k0' } },
    })
    await t.rejects(drain(openFhir(WINDOW / 10), body(2_000, `,${latePatient}`)), {
      message: /apart/,
    })
    const early = JSON.stringify({
      resource: { resourceType: 'EpisodeOfCare', id: 'z', patient: { reference: 'Patient/zz' } },
    })
    async function* patientFarBehind(): AsyncGenerator<Buffer> {
      const patient = '{"resource":{"resourceType":"Patient","id":"zz"}}'
      for await (const piece of body(2_000, `,${patient}`)) {
        yield Buffer.from(piece.toString().replace('"entry":[', `"entry":[${early},`))
      }
    }
    await t.rejects(drain(openFhir(WINDOW), patientFarBehind()), { message: /apart/ })
  },
)

t.test(
  'FEED-72 resources that all hang together are one pathway too large, and refused',
  async (t) => {
    const entries = Array.from({ length: 4_000 }, (_, at) => ({
      resource: {
        resourceType: 'ServiceRequest',
        id: `r${at}`,
        basedOn: [
          { reference: `ServiceRequest/r${at - 1}` },
          { reference: `ServiceRequest/r${at + 1}` },
        ],
      },
    }))
    t.same(told(await read(bundle([...entries, ...smallPathway('a')]))), [
      '1 refused FEED-72@',
      '2 entry',
    ])
  },
)

t.test(
  'FEED-21 a resource without an end and brackets without end are refused and not gathered',
  async (t) => {
    async function* endless(first: string): AsyncGenerator<Buffer> {
      yield Buffer.from(first)
      for (let count = 0; count < 1_000; count += 1) yield Buffer.alloc(65_536, '[')
      throw new Error('read on and on')
    }
    for (const first of ['{"a":"', '{"', '{"entry":[{"a":', '{"entry":["', '{"meta":']) {
      await t.rejects(readBody(fhir, endless(first)), { code: 'bad-file' }, first)
    }
    const deep = `${'{"a":['.repeat(20_000)}${']}'.repeat(20_000)}`
    const rows = await read(
      bundle(smallPathway('a')).replace('"status":"active"', `"status":"active","x":${deep}`),
    )
    t.same(told(rows), ['1 entry'], 'deep nesting where nothing is read is passed over')
  },
)

t.test('FEED-73 a canonical entry written as FHIR and read again is the same', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyEntry, { minLength: 1, maxLength: 4 }), async (entries) => {
      const keyed = entries.map(({ facts, who }, at) => ({
        facts: { ...facts, localId: `${at} ${facts.localId}`.slice(0, 64) },
        who,
      }))
      const text = bundle(keyed.flatMap(({ facts, who }) => fhirEntries(facts, who, 'XAA')))
      const rows = await read(text)
      t.same(
        rows.map(plain),
        keyed.map(({ facts, who }) => sorted({ ...facts, ...who })),
      )
    }),
    { numRuns: 150 },
  )
})

t.test('FEED-2 FEED-3 no bytes break the reader: it reads, or refuses the file', async () => {
  const whole = Buffer.from(bundle(WHOLE_PATHWAY))
  const attempt = async (body: Buffer, size: number): Promise<boolean> => {
    try {
      await read(body, size)
      return true
    } catch (cause) {
      if (cause instanceof Refusal && cause.code === 'bad-file') return true
      throw cause
    }
  }
  const size = fc.integer({ min: 1, max: 4_000 })
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), size, (bytes, of) =>
      attempt(Buffer.from(bytes), of),
    ),
  )
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length), size, (cut, of) => attempt(whole.subarray(0, cut), of)),
    { numRuns: 200 },
  )
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(255), size, (at, byte, of) => {
      const spoilt = Buffer.from(whole)
      spoilt[at] = byte
      return attempt(spoilt, of)
    }),
    { numRuns: 300 },
  )
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.jsonValue(), (at, value) =>
      attempt(Buffer.from(bundle(spoiltAt(WHOLE_PATHWAY, at, value))), 4_000),
    ),
    { numRuns: 400 },
  )
})

t.test('FEED-73 every resource of FHIR R4 is one its schema takes', async (t) => {
  // The types say it: a schema stricter than FHIR would not compile here.
  const takes = [
    (given: Patient): z.input<typeof patientSchema> => given,
    (given: Condition): z.input<typeof conditionSchema> => given,
    (given: EpisodeOfCare): z.input<typeof episodeSchema> => given,
    (given: ServiceRequest): z.input<typeof requestSchema> => given,
    (given: Encounter): z.input<typeof encounterSchema> => given,
    (given: Appointment): z.input<typeof appointmentSchema> => given,
    (given: Task): z.input<typeof taskSchema> => given,
  ]
  t.equal(takes.length, 7)
})

t.test('FEED-70 FEED-71 FEED-75 FEED-78 the fixtures are what they say', async (t) => {
  const fixture = (name: string): string => readFileSync(`test/fixtures/feeds/${name}.json`, 'utf8')
  t.same(told(await read(fixture('fhir-collection'))), ['1 entry', '2 entry', '3 entry'])
  t.same(told(await read(fixture('fhir-transaction'))), ['1 removal', '2 entry'])
  t.same(told(await read(fixture('fhir-bad-pathways'))), [
    '1 entry',
    '2 refused FEED-7@receivedOn',
    '3 refused FEED-8@EpisodeOfCare.identifier',
    '4 refused FEED-72@patient',
    '5 refused FEED-71@Encounter',
  ])
  await t.rejects(read(fixture('fhir-searchset')), { message: /type is not taken/ })
  await t.rejects(read(fixture('fhir-cut-off')), { message: /ends before/ })
  const request = readMessage(JSON.parse(fixture('bars-mutual-aid-request')))
  t.match(request, { kind: 'ask', identifiers: ['F-3'], toTrust: 'QBB' })
  t.match(readMessage(JSON.parse(fixture('bars-mutual-aid-rejection'))), {
    kind: 'reject',
    answers: request.kind === 'ask' ? request.messageIds[0] : '',
  })
})

t.test('FEED-70 the content type chooses FHIR', async (t) => {
  t.equal(chooseFormat('application/fhir+json; charset=utf-8', undefined).format, fhir)
})

async function drain(session: FormatSession, body: AsyncIterable<Buffer>): Promise<void> {
  const batches = session.split(body)
  while ((await batches.next()).done !== true);
}

/** The entries with one value somewhere in them replaced. */
function spoiltAt(entries: readonly unknown[], at: number, value: unknown): readonly unknown[] {
  const copy = JSON.parse(JSON.stringify(entries)) as unknown[]
  const places: (() => void)[] = []
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return
    const members = node as Record<string, unknown>
    for (const key of Object.keys(members)) {
      places.push(() => (members[key] = value))
      walk(members[key])
    }
  }
  walk(copy)
  places[at % places.length]?.()
  return copy
}

/** Values of every kind a fact can have; each fact takes those its schema takes. */
const CANDIDATES: readonly unknown[] = [
  '2026-02-28',
  '2024-02-29',
  '03',
  'Z9',
  'XAA',
  'XAA01',
  'C341',
  'C50',
  'lung',
  'nonSpecific',
  'ebus',
  'clinic',
  'female',
  'local',
  'general',
  'other',
  0,
  4,
  0.5,
  41.3,
  true,
  false,
  ['2026-01-05', '2026-01-06'],
  ['transport'],
  ['carer', 'interpreter'],
  [{ from: '2026-01-05', to: '2026-02-05', reason: '8' }],
  { scale: 'surgery', code: 'P2', setOn: '2026-01-09' },
  'Zz O’Neill “é” \\ "q"\n',
  'ZZ99 3AA',
  '9990000018',
]
const shape = { ...entryFacts.shape, ...identitySchema.shape }
const anyEntry = fc
  .record(
    Object.fromEntries(
      Object.entries(shape).map(([field, schema]) => [
        field,
        fc.constantFrom(...CANDIDATES.filter((value) => schema.safeParse(value).success)),
      ]),
    ),
    { requiredKeys: ['localId'] },
  )
  .map((values) => {
    const identityNames = Object.keys(identitySchema.shape)
    const pick = (wantsIdentity: boolean): Loose =>
      Object.fromEntries(
        Object.entries(values).filter(([name]) => identityNames.includes(name) === wantsIdentity),
      )
    return { facts: pick(false) as unknown as EntryFacts, who: pick(true) }
  })
