import { randomUUID } from 'node:crypto'
import fastify from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import fc from 'fast-check'
import t from 'tap'
import { createFeedKey } from '../../server/access/feed-keys/feed-keys.ts'
import { capacityFeedRoutes } from '../../server/feeds/capacity/routes.ts'
import { capacityDaysFromCsv } from '../../server/feeds/formats/capacity-csv.ts'
import { registerProblems } from '../../server/ops/problems.ts'
import { writeCapacity } from '../../server/reassignment/capacity/capacity.ts'
import { capacityUpdate, slotLimits } from '../../shared/capacity.ts'
import { addDays } from '../../shared/date.ts'
import { FHIR_JSON, FHIR_SYSTEMS } from '../../shared/fhir.ts'
import { Refusal } from '../../shared/problem.ts'
import { TODAY, testAlliance } from '../alliance.ts'
import { bundle, concept } from './fhir-pathways.ts'
import type { Loose } from './fhir-pathways.ts'

const TOMORROW = addDays(TODAY, 1)
const LATER = addDays(TODAY, 2)

/** A diary of CT slots at XAA01, and its slots by status. */
function diary(statuses: readonly string[], terms: readonly Loose[] = [], id = 'd'): unknown[] {
  return [
    {
      resource: {
        resourceType: 'Location',
        id: 'site',
        identifier: [{ system: FHIR_SYSTEMS.site, value: 'XAA01' }],
      },
    },
    {
      resource: {
        resourceType: 'Schedule',
        id,
        serviceType: [concept(FHIR_SYSTEMS.step, 'ct')],
        actor: [{ reference: 'Practitioner/x' }, { reference: 'Location/site' }],
        extension: terms,
      },
    },
    ...statuses.map((status, at) => ({
      resource: {
        resourceType: 'Slot',
        id: `${id}${at}`,
        status,
        schedule: { reference: `Schedule/${id}` },
        start: `${TOMORROW}T${String(9 + at).padStart(2, '0')}:00:00Z`,
      },
    })),
  ]
}

t.test('capacity files', async (t) => {
  const alliance = await testAlliance(t)
  const { db, access, now } = alliance
  const app = fastify()
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  registerProblems(app)
  await app.register(capacityFeedRoutes, { db, access, now, writeCapacity })
  t.teardown(() => app.close())
  const { key } = await createFeedKey(db, { organisation: 'XAA', label: 'test' })
  const sandbox = await createFeedKey(db, { organisation: 'XAA', label: 'box', sandbox: true })

  const post = async (
    type: string,
    body: string,
    headers: Readonly<Record<string, string>> = {},
    query = '',
  ) => {
    const response = await app.inject({
      method: 'POST',
      url: `/api/feeds/XAA/capacity${query}`,
      headers: { 'content-type': type, authorization: `Bearer ${key}`, ...headers },
      payload: body,
    })
    return { status: response.statusCode, body: response.json<Record<string, unknown>>() }
  }
  const ids = () => ({ 'x-request-id': randomUUID(), 'x-correlation-id': randomUUID() })
  const stored = () =>
    db.scoped(
      { kind: 'system', name: 'test' },
      (tx) => tx`
        select site, step, day, slots, open_to_alliance as open, tumours, notice_days as notice, limits
        from capacity order by step, day, site`,
    )

  await t.test(
    'FEED-80 CSV: good rows go in, bad ones are refused alone, with a receipt',
    async (t) => {
      const csv = [
        'Site,Step,Date,Slots,Open to alliance,Tumours,Notice days,Max BMI',
        `XAA01,ebus,${TOMORROW},3,yes,lung;Colorectal,2,40`,
        `XAA01,CT scan,${LATER.split('-').reverse().join('/')},5,,,,`,
        `XBB01,ct,${TOMORROW},5,,,,`,
        `XAA01,ct,${addDays(TODAY, -1)},5,,,,`,
        `XAA01,ct,${TOMORROW},many,,,,`,
        `XAA01,ebus,${TOMORROW},4,,,,`,
        `XAA01,ct,${TOMORROW}`,
        `XAA01,tea,${TOMORROW},1,,,,`,
      ].join('\r\n')
      const headers = { 'idempotency-key': 'capacity-1' }
      const made = await post('text/csv', csv, headers)
      t.match(made, {
        status: 200,
        body: {
          state: 'done',
          format: 'capacity-csv',
          feed: 'capacity',
          counts: { read: 8, accepted: 2, added: 2, changed: 0, refused: 6 },
        },
      })
      const issues = made.body['issues'] as { rowNumber: number; code: string; field: string }[]
      t.same(
        issues.map(({ rowNumber, code, field }) => `${rowNumber} ${code} ${field}`),
        [
          '3 FEED-80 site',
          '4 FEED-80 day',
          '5 FEED-7 slots',
          '6 FEED-80 day',
          '7 FEED-4 ',
          '8 FEED-7 step',
        ],
      )
      t.same(await stored(), [
        {
          site: 'XAA01',
          step: 'ct',
          day: LATER,
          slots: 5,
          open: false,
          tumours: null,
          notice: 1,
          limits: null,
        },
        {
          site: 'XAA01',
          step: 'ebus',
          day: TOMORROW,
          slots: 3,
          open: true,
          tumours: ['lung', 'lowerGi'],
          notice: 2,
          limits: { maxBmi: 40 },
        },
      ])
      const again = await post('text/csv', csv, headers)
      t.equal(again.body['id'], made.body['id'], 'the same key and file: the same receipt')
      t.equal((await post('text/csv', `${csv}\n`, headers)).status, 422)
      t.match((await post('text/csv', csv)).body, {
        counts: { unchanged: 2, added: 0, changed: 0 },
      })
      const told = await db.scoped(
        { kind: 'system', name: 'test' },
        (tx) => tx<{ topic: string }[]>`select topic from change_log order by seq desc limit 3`,
      )
      t.same(told.map(({ topic }) => topic).sort(), ['capacity', 'capacity', 'feeds'])
    },
  )

  await t.test('FEED-80 a promise is kept: fewer slots than promised are refused', async (t) => {
    await db.scoped(
      { kind: 'system', name: 'test' },
      (tx) => tx`update capacity set promised = 2 where step = 'ebus'`,
    )
    const csv = `site,step,day,slots\nXAA01,ebus,${TOMORROW},1\nXAA01,ebus,${LATER},1\n`
    t.match((await post('text/csv', csv)).body, {
      counts: { accepted: 1, refused: 1 },
      issues: [{ rowNumber: 1, code: 'CAP-3', field: 'slots' }],
    })
  })

  await t.test('FEED-80 JSON of many sites, dry run and sandbox', async (t) => {
    const days = [{ day: LATER, slots: 9 }, { day: LATER, slots: -1 }, 7]
    const body = JSON.stringify([{ site: 'XAA01', step: 'mri', days }])
    const before = await stored()
    t.match((await post('application/json', body, {}, '?dryRun=true')).body, { dryRun: true })
    const boxed = await post('application/json', body, { authorization: `Bearer ${sandbox.key}` })
    t.match(boxed.body, { sandbox: true, counts: { accepted: 1, refused: 2 } })
    t.same(await stored(), before, 'nothing was kept')
    t.match((await post('application/json', body)).body, { counts: { added: 1, refused: 2 } })
  })

  await t.test('FEED-81 FHIR: the free slots of a day make a bucket', async (t) => {
    const terms = [
      { url: 'urn:ptl:capacity:openToAlliance', valueBoolean: true },
      { url: 'urn:ptl:capacity:noticeDays', valueInteger: 3 },
      { url: 'urn:ptl:capacity:tumour', valueCode: 'lung' },
    ]
    const statuses = [
      'free',
      'busy',
      'free',
      'busy-tentative',
      'busy-unavailable',
      'entered-in-error',
    ]
    const body = bundle(diary(statuses, terms).reverse())
    t.equal((await post(FHIR_JSON, body)).status, 400, 'FEED-76 the ids are wanted')
    const sent = ids()
    const made = await post(FHIR_JSON, body, sent)
    t.match(made, { status: 200, body: { format: 'capacity-fhir', counts: { read: 5, added: 5 } } })
    t.match(
      (await stored()).find(({ step, day }) => step === 'ct' && day === TOMORROW),
      { slots: 3, open: true, notice: 3, tumours: ['lung'] },
    )
    t.match(await post(FHIR_JSON, body, sent), {
      status: 409,
      body: { resourceType: 'OperationOutcome', issue: [{ code: 'duplicate' }] },
    })
    const odd = [
      ...diary(['free'], terms),
      ...diary(['free'], [], 'e').slice(1),
      {
        resource: { resourceType: 'Slot', id: 's', status: 'free', start: `${TOMORROW}T09:00:00Z` },
      },
      { resource: { resourceType: 'Slot', id: 'q', schedule: { reference: 'Schedule/d' } } },
    ]
    const refused = await post(FHIR_JSON, bundle(odd), ids())
    t.match(refused.body, { counts: { read: 4, changed: 1, refused: 3 } })
  })

  await t.test(
    'FEED-2 FEED-80 what is no capacity file is refused whole, and nothing is a bug',
    async (t) => {
      const cases: [string, string, number][] = [
        ['text/csv', '', 422],
        ['text/csv', 'site,step,day\n', 422],
        ['text/csv', 'site,step,day,slots\n', 422],
        ['text/csv', 'site,step,day,slots,colour\nXAA01,ct,x,1,red\n', 422],
        ['text/csv', 'site,site,step,day,slots\n', 422],
        ['application/json', '{', 422],
        ['application/json', '{}', 422],
        ['application/json', '[]', 422],
        ['application/json', '[{"site":"XAA01"}]', 422],
        ['text/plain', 'x', 415],
      ]
      for (const [type, body, status] of cases)
        t.equal((await post(type, body)).status, status, body)
      t.equal((await post(FHIR_JSON, bundle([]), ids())).status, 422)
      t.equal((await post(FHIR_JSON, bundle([], { type: 'message' }), ids())).status, 422)
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom('text/csv', 'application/json', FHIR_JSON),
          fc.oneof(
            fc.string({ maxLength: 300 }),
            fc.json(),
            fc
              .jsonValue()
              .map((value) => JSON.stringify([{ site: 'XAA01', step: 'ct', days: [value] }])),
            fc
              .jsonValue()
              .map((value) =>
                bundle([
                  ...diary(['free']),
                  { resource: { resourceType: 'Slot', start: value, schedule: value } },
                ]),
              ),
          ),
          async (type, body) => [200, 422].includes((await post(type, body, ids())).status),
        ),
        { numRuns: 60 },
      )
    },
  )

  await t.test('FEED-81 FHIR says every limit that JSON says', async (t) => {
    const of = (name: string, value: Loose): Loose => ({
      url: `urn:ptl:capacity:${name}`,
      ...value,
    })
    const terms = [
      of('minAge', { valueInteger: 16 }),
      of('maxAge', { valueInteger: 80 }),
      of('maxBmi', { valueDecimal: 38.5 }),
      of('maxAsa', { valueInteger: 3 }),
      of('maxPerformanceStatus', { valueInteger: 2 }),
      of('anaesthetic', { valueCode: 'local' }),
      of('anaesthetic', { valueCode: 'sedation' }),
      of('laterality', { valueCode: 'L' }),
      of('need', { valueCode: 'carer' }),
    ]
    const made = await post(FHIR_JSON, bundle(diary(['free'], terms)), ids())
    t.match(made.body, { counts: { accepted: 1, refused: 0 } }, JSON.stringify(made.body))
    const wanted = {
      minAge: 16,
      maxAge: 80,
      maxBmi: 38.5,
      maxAsa: 3,
      maxPerformanceStatus: 2,
      anaesthetics: ['local', 'sedation'],
      lateralities: ['L'],
      needs: ['carer'],
    }
    const limitsOf = async () =>
      (await stored()).find(({ step, day }) => step === 'ct' && day === TOMORROW)?.[
        'limits'
      ] as unknown
    t.same(await limitsOf(), wanted)
    t.same(
      Object.keys(wanted).toSorted(),
      Object.keys(slotLimits.shape).toSorted(),
      'all there are',
    )
    const wrong: readonly [Loose, string][] = [
      [of('minAge', { valueString: '16' }), 'FEED-7 limits.minAge'],
      [of('maxAge', { valueInteger: 900 }), 'FEED-7 limits.maxAge'],
      [of('anaesthetic', { valueCode: 'gas' }), 'FEED-7 limits.anaesthetics.0'],
      [of('shoeSize', { valueInteger: 9 }), 'FEED-6 shoeSize'],
    ]
    for (const [term, said] of wrong) {
      const answer = await post(FHIR_JSON, bundle(diary(['free'], [term])), ids())
      t.match(answer.body, { counts: { accepted: 0, refused: 1 } }, said)
      const [issue] = answer.body['issues'] as { code: string; field: string }[]
      t.equal(`${issue?.code} ${issue?.field}`, said)
    }
    t.same(await limitsOf(), wanted, 'and nothing was changed by those')
  })

  await t.test('FEED-80 a file that is nearly right says what is not', async (t) => {
    const day = `"day":"${TOMORROW}"`
    for (const [type, body, detail] of [
      ['text/csv', `site;step;day;slots\nXAA01;ct;${TOMORROW};4\n`, /separated by semicolons/],
      ['text/csv', `site\tstep\tday\tslots\nXAA01\tct\t${TOMORROW}\t4\n`, /separated by tabs/],
      [
        'application/json',
        `[{"site":"XAA01","step":"ct","days":[{${day},"slots":4,"slots":40}]}]`,
        /The key slots stands twice/,
      ],
    ] as const) {
      t.match(await post(type, body), { status: 422, body: { code: 'bad-file', detail } })
    }
  })

  await t.test('FEED-80 CSV of one site and step stands for its JSON', async (t) => {
    const read = capacityDaysFromCsv(
      `\ufeffday,slots,open,needs\n${TOMORROW},4,Y,transport;carer\n${LATER},2,,\n`,
    )
    t.same(capacityUpdate.parse(read).days, [
      {
        day: TOMORROW,
        slots: 4,
        openToAlliance: true,
        noticeDays: 1,
        limits: { needs: ['transport', 'carer'] },
      },
      { day: LATER, slots: 2, openToAlliance: false, noticeDays: 1 },
    ])
    const day = { day: TOMORROW, slots: 1 }
    t.throws(() => capacityUpdate.parse({ days: [day, day] }), /a day twice/)
    for (const text of ['', 'day\n', 'site,day,slots\n', `day,slots\n${TOMORROW}\n`]) {
      t.throws(() => capacityDaysFromCsv(text), Refusal)
    }
  })
})
