import fc from 'fast-check'
import t from 'tap'
import type { Test } from 'tap'
import type { RefusedRowPage } from '../../shared/refused-row.ts'
import { FHIR_JSON, FHIR_SYSTEMS } from '../../shared/fhir.ts'
import type { Answer } from '../feed-service.ts'
import { feedService } from '../feed-service.ts'
import { bundle, concept, smallPathway } from './fhir-pathways.ts'
import { message, pid, rf1 } from './hl7-messages.ts'

/*
 * The doors beside deliveries, with whatever a socket may bring: slots, messages, corrections, meanings of codes,
 * expectations, keys. Deliveries themselves are in `fuzz.test.ts`. [issue 4, point 9]
 */

const RUNS = 30
const HANGS_MS = 10_000
/** Of the 3,000 a minute that a key may make. [FEED-49] */
const POSTS_A_KEY = 1_500
const DAY = '2026-12-01'
const BAD_NUMBER = '9990000019'

const service = await feedService(t)
const { ask } = service
const admin = { cookie: (await service.cookieOf('trustAdmin', 'XAA')).cookie }
const coordinator = { cookie: (await service.cookieOf('coordinator', 'XAA')).cookie }

let asked = 0
let key = ''
async function fresh(): Promise<Readonly<Record<string, string>>> {
  if (asked % POSTS_A_KEY === 0) ({ key } = await service.key('XAA'))
  asked += 1
  return {
    authorization: `Bearer ${key}`,
    'x-request-id': `r${String(asked)}`,
    'x-correlation-id': `c${String(asked)}`,
  }
}

/** What is wrong with an answer; null when nothing is. */
function wrong({ status, body, headers }: Answer<unknown>): string | null {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const type = String(headers.get('content-type'))
  const said = `${String(status)} ${type} ${text.slice(0, 300)}`
  if (status >= 500 || status === 429) return said
  if (status === 204) return null
  if (!/json/.test(type)) return said
  if (status < 400) return null
  return text.length < 30_000 && !/(?<![0-9a-f])999\d{7}(?![0-9a-f])/.test(text) ? null : said
}

/** What no field wants, and what most do. */
const ODD: readonly unknown[] = [
  '\0',
  'a\0b',
  '\ud800',
  '\u202e',
  '',
  ' ',
  'x'.repeat(5_000),
  '9'.repeat(400),
  '=1+1',
  '__proto__',
  'constructor',
  '../..',
  "'; --",
  0,
  -0,
  -1,
  1.5,
  1e308,
  2 ** 31,
  2 ** 53,
  -(2 ** 63),
  null,
  true,
  [],
  {},
  [[[[]]]],
  { constructor: {} },
  '2026-02-30',
  '0000-01-01',
  '9999-12-31',
  '2026-12-01T00:00:00+14:00',
  '-271821-04-20T00:00:00Z',
  '+275760-09-13T00:00:00Z',
  '10000-01-01',
]
const odd = fc.oneof(fc.constantFrom(...ODD), fc.jsonValue({ maxDepth: 3 }), fc.string())

/** As JSON; '' for what JSON cannot say. */
function text(value: unknown): string {
  const said: unknown = JSON.stringify(value)
  return typeof said === 'string' ? said : ''
}

type Shape = Readonly<Record<string, readonly unknown[]>>

/** An object as a route wants it, with members left out, of another kind, or that nobody knows. */
function nearly(shape: Shape): fc.Arbitrary<Record<string, unknown>> {
  const members = Object.entries(shape).map(([name, good]) =>
    fc.tuple(
      fc.constant(name),
      fc.oneof(
        { weight: 14, arbitrary: fc.constantFrom(...good) },
        { weight: 1, arbitrary: odd },
        { weight: 1, arbitrary: fc.constant(undefined) },
      ),
    ),
  )
  const more = fc.oneof(
    { weight: 6, arbitrary: fc.constant([]) },
    fc.array(fc.tuple(fc.oneof(fc.string(), fc.constantFrom('__proto__', 'toString')), odd), {
      maxLength: 2,
    }),
  )
  return fc
    .tuple(fc.tuple(...members), more)
    .map(([known, others]) => Object.fromEntries([...known, ...others]))
}

const LIMITS: Shape = {
  minAge: [16],
  maxAge: [75],
  maxBmi: [40],
  maxAsa: [3],
  maxPerformanceStatus: [2],
  anaesthetics: [['local']],
  lateralities: [['L']],
  needs: [['carer']],
}
const SLOTS: Shape = {
  day: [DAY, '2026-12-02'],
  slots: [3, 0],
  openToAlliance: [true],
  tumours: [['lung']],
  noticeDays: [2],
}
const day = fc
  .tuple(nearly(SLOTS), fc.option(fc.oneof(nearly(LIMITS), odd), { nil: undefined }))
  .map(([slots, limits]) => (limits === undefined ? slots : { ...slots, limits }))
const days = fc.oneof({ weight: 5, arbitrary: fc.array(day, { maxLength: 4 }) }, odd)
const csv = fc
  .tuple(
    fc.array(
      fc.oneof(
        {
          weight: 9,
          arbitrary: fc.constantFrom(
            'site',
            'step',
            'day',
            'slots',
            'openToAlliance',
            'tumours',
            'noticeDays',
            ...Object.keys(LIMITS),
          ),
        },
        fc.string(),
      ),
      { maxLength: 12 },
    ),
    fc.array(
      fc.array(
        fc.oneof(
          {
            weight: 6,
            arbitrary: fc.constantFrom(
              'XAA01',
              'XBB01',
              'ct',
              DAY,
              '4',
              'Y',
              'lung',
              '2',
              'local;general',
              '',
            ),
          },
          odd.map((value) => (typeof value === 'string' ? value : text(value))),
        ),
        { maxLength: 12 },
      ),
      { maxLength: 6 },
    ),
  )
  .map(([header, rows]) => [
    'site,step,day,slots',
    header.join(','),
    ...rows.map((row) => row.join(',')),
  ])
  .chain((lines) => fc.shuffledSubarray(lines, { minLength: 1 }))
  .map((lines) => lines.join('\n'))
const extension = fc.oneof(
  odd,
  fc.record(
    {
      url: fc.oneof(
        fc
          .constantFrom('openToAlliance', 'noticeDays', 'tumour', ...Object.keys(LIMITS))
          .map((name) => `urn:ptl:capacity:${name}`),
        odd,
      ),
      valueInteger: odd,
      valueBoolean: odd,
      valueCode: odd,
      valueDecimal: odd,
    },
    { requiredKeys: ['url'] },
  ),
)
const fhirSlots = fc
  .record({
    start: fc.oneof(fc.constant(`${DAY}T09:00:00Z`), odd),
    status: fc.oneof(fc.constantFrom('free', 'busy'), odd),
    schedule: fc.oneof(fc.constant({ reference: 'Schedule/d' }), odd),
    actor: fc.oneof(fc.constant([{ reference: 'Location/site' }]), odd),
    site: fc.oneof(fc.constant([{ system: FHIR_SYSTEMS.site, value: 'XAA01' }]), odd),
    serviceType: fc.oneof(fc.constant([concept(FHIR_SYSTEMS.step, 'ct')]), odd),
    extension: fc.oneof(fc.array(extension, { maxLength: 3 }), odd),
    others: fc.oneof(fc.constant([]), fc.array(odd, { maxLength: 2 })),
  })
  .map(({ start, status, schedule, actor, site, serviceType, extension: terms, others }) =>
    bundle([
      { resource: { resourceType: 'Location', id: 'site', identifier: site } },
      { resource: { resourceType: 'Schedule', id: 'd', serviceType, actor, extension: terms } },
      { resource: { resourceType: 'Slot', id: 's', status, schedule, start } },
      ...others,
    ]),
  )
const bytes = fc.uint8Array({ maxLength: 300 }).map((some) => Buffer.from(some))
/** Whole, cut, or with a byte turned. */
const broken = (text: fc.Arbitrary<string>): fc.Arbitrary<Buffer> =>
  fc
    .tuple(text, fc.option(fc.nat(2_000), { nil: null, freq: 3 }), fc.boolean(), fc.nat(255))
    .map(([whole, at, cuts, byte]) => {
      const body = Buffer.from(whole)
      if (at === null || body.length === 0) return body
      if (cuts) return body.subarray(0, at)
      body[at % body.length] = byte
      return body
    })
const json = (value: fc.Arbitrary<unknown>) => value.map((one) => text(one))

async function holds<T>(
  t: Test,
  arbitrary: fc.Arbitrary<T>,
  send: (given: T) => Promise<Answer<unknown>>,
  runs = RUNS,
): Promise<void> {
  const statuses = new Map<number, number>()
  await fc.assert(
    fc.asyncProperty(arbitrary, async (given) => {
      const answer = await send(given)
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
      const found = wrong(answer)
      if (found !== null) throw new Error(found)
    }),
    { numRuns: runs, timeout: HANGS_MS },
  )
  t.comment(JSON.stringify([...statuses]))
}

t.test('FEED-61, FEED-80 slots of one site and step, as JSON and as CSV', async (t) => {
  const path = fc.oneof(
    { weight: 6, arbitrary: fc.constant('XAA01/ct') },
    fc
      .tuple(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }))
      .map((parts) => parts.map(encodeURIComponent).join('/')),
  )
  const body = fc.oneof(
    broken(json(fc.oneof({ weight: 5, arbitrary: days.map((of) => ({ days: of })) }, odd))).map(
      (text) => ['application/json', text] as const,
    ),
    broken(csv).map((text) => ['text/csv', text] as const),
    bytes.map((text) => ['text/csv', text] as const),
  )
  await holds(t, fc.tuple(path, body, fc.boolean()), async ([to, [type, text], byPerson]) =>
    ask(`/api/capacity/${to}`, {
      method: 'PUT',
      body: text,
      headers: { 'content-type': type, ...(byPerson ? coordinator : await fresh()) },
    }),
  )
})

t.test('FEED-61, FEED-80 a file of slots, in each format', async (t) => {
  const slots = fc
    .tuple(day, fc.oneof(fc.constantFrom('XAA01', 'XBB01'), odd), fc.oneof(fc.constant('ct'), odd))
    .map(([one, site, step]) => ({ site, step, days: [one] }))
  const body = fc.oneof(
    broken(csv).map((text) => ['text/csv', text] as const),
    broken(
      json(
        fc.oneof(
          {
            weight: 5,
            arbitrary: fc.array(fc.oneof({ weight: 5, arbitrary: slots }, odd), { maxLength: 4 }),
          },
          odd,
        ),
      ),
    ).map((text) => ['application/json', text] as const),
    broken(fhirSlots).map((text) => [FHIR_JSON, text] as const),
    bytes.chain((text) =>
      fc
        .constantFrom('text/csv', 'application/json', FHIR_JSON)
        .map((type) => [type, text] as const),
    ),
  )
  await holds(
    t,
    fc.tuple(body, fc.constantFrom('', '?dryRun=true', '?dryRun=maybe')),
    async ([[type, text], query]) =>
      ask(`/api/feeds/XAA/capacity${query}`, {
        body: text,
        headers: { 'content-type': type, ...(await fresh()) },
      }),
    RUNS * 2,
  )
})

t.test('FEED-61, FEED-78 a message', async (t) => {
  await service.push('XAA', (await service.key('XAA')).key, '{"localId":"AID","ppid":"AID"}')
  const header = nearly({
    resourceType: ['MessageHeader'],
    id: ['m1'],
    eventCoding: [
      { system: FHIR_SYSTEMS.messageEvent, code: 'servicerequest-request' },
      { system: FHIR_SYSTEMS.messageEvent, code: 'servicerequest-response' },
    ],
    destination: [[{ receiver: { identifier: { value: 'XBB' } } }], []],
    response: [{ identifier: 'm1' }, undefined],
  })
  const request = nearly({
    resourceType: ['ServiceRequest'],
    status: ['active', 'revoked'],
    category: [[concept(FHIR_SYSTEMS.useCase, 'MutualAid')], [concept(FHIR_SYSTEMS.useCase, '2')]],
    code: [concept(FHIR_SYSTEMS.useCase, 'MutualAid')],
    identifier: [[{ system: 'urn:trust:record', value: 'AID' }]],
    authoredOn: ['2026-11-20'],
  })
  const entries = fc
    .tuple(header, request, fc.array(odd, { maxLength: 2 }))
    .map(([first, second, more]) => [
      { fullUrl: 'urn:uuid:m1', resource: first },
      { fullUrl: 'urn:uuid:sr', resource: second },
      ...more,
      ...smallPathway('F'),
    ])
  const body = fc.oneof(
    { weight: 5, arbitrary: broken(entries.map((of) => bundle(of, { type: 'message' }))) },
    bytes,
    broken(json(odd)),
  )
  await holds(
    t,
    body,
    async (text) =>
      ask('/api/feeds/XAA/$process-message', {
        body: text,
        headers: { 'content-type': FHIR_JSON, ...(await fresh()) },
      }),
    RUNS * 2,
  )
})

t.test('FEED-43, FEED-61 a correction, of a row of each format', async (t) => {
  const sends: readonly [string, string][] = [
    ['application/x-ndjson', '{"localId":"C1","priorityType":"URGENT"}\n{"localId":"C2",'],
    ['text/csv;profile=ptl', `localId,NHS Number\nC3,${BAD_NUMBER}\nC9,\n`],
    ['application/hl7-v2', message('REF^I12', [pid(BAD_NUMBER), rf1('C4')], { from: 'PAS|XAA' })],
    [FHIR_JSON, bundle(smallPathway('C5')).replaceAll('9990000018', BAD_NUMBER)],
  ]
  for (const [type, body] of sends) {
    await ask('/api/feeds/XAA/deliveries', {
      body,
      headers: { 'content-type': type, ...(await fresh()) },
    })
  }
  const { rows } = (
    await ask<RefusedRowPage>('/api/feeds/XAA/refused-rows', { headers: coordinator })
  ).body
  const formats = new Set(rows.map(({ format }) => format))
  t.same([...formats].toSorted(), ['fhir', 'hl7-v2', 'ndjson', 'ptl-csv'])
  const contents = await Promise.all(
    rows.map(async ({ id }) => {
      const read = await ask<{ cells: { name: string; value: string }[] }>(
        `/api/feeds/XAA/refused-rows/${id}`,
        { headers: coordinator },
      )
      return { id, cells: read.body.cells }
    }),
  )
  const correction = fc.constantFrom(...contents).chain(({ id, cells }) =>
    fc
      .oneof(
        {
          weight: 4,
          arbitrary: fc
            .tuple(
              ...cells.map(({ name, value }) =>
                fc
                  .oneof(
                    fc.constant(value),
                    broken(fc.constant(value)).map(String),
                    fc.string(),
                    odd,
                  )
                  .map((typed) => ({ name, value: typed })),
              ),
            )
            .map((typed) => ({ cells: typed })),
        },
        odd,
        fc
          .array(nearly({ name: ['record', 'localId'], value: ['x'] }))
          .map((typed) => ({ cells: typed })),
      )
      .map((body) => ({ id, body })),
  )
  await holds(
    t,
    correction,
    ({ id, body }) =>
      ask(`/api/feeds/XAA/refused-rows/${id}/resubmit`, {
        method: 'POST',
        body: text(body),
        headers: { 'content-type': 'application/json', ...coordinator },
      }),
    RUNS * 2,
  )
  await holds(t, nearly({ reason: ['a test of ours'] }), (body) =>
    ask(`/api/feeds/XAA/refused-rows/${contents[0]?.id ?? ''}/dismiss`, {
      body,
      headers: coordinator,
    }),
  )
})

t.test('FEED-44, FEED-46, FEED-48, FEED-61 meanings, expectations and keys', async (t) => {
  await holds(
    t,
    nearly({ field: ['priorityType', 'modality'], from: ['URGENT', '3'], to: ['3', null] }),
    (body) => ask('/api/feeds/XAA/codes', { method: 'PUT', body, headers: coordinator }),
  )
  await holds(t, nearly({ feed: ['main', 'pas'], intervalMinutes: [60] }), (body) =>
    ask('/api/feeds/XAA/expectation', { method: 'PUT', body, headers: admin }),
  )
  const keys = nearly({
    feed: ['main'],
    label: ['Key'],
    scopes: [['delivery:write']],
    sandbox: [true],
    validFrom: ['2026-12-01T00:00:00Z'],
    endsAt: ['2027-01-01T00:00:00Z'],
  })
  await holds(t, keys, (body) => ask('/api/feeds/XAA/keys', { body, headers: admin }))
  const query = fc.record(
    {
      limit: fc.oneof(fc.constant('5'), fc.string()),
      before: fc.string(),
      after: fc.string(),
      state: fc.string(),
    },
    { requiredKeys: [] },
  )
  await holds(
    t,
    fc.tuple(fc.constantFrom('refused-rows', 'deliveries', 'codes', 'keys'), query),
    ([path, said]) =>
      ask(`/api/feeds/XAA/${path}?${new URLSearchParams(said).toString()}`, { headers: admin }),
  )
})
