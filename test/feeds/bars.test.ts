import { randomUUID } from 'node:crypto'
import fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import fc from 'fast-check'
import t from 'tap'
import type { Test } from 'tap'
import { createFeedKey } from '../../server/access/feed-keys/feed-keys.ts'
import { barsRoutes } from '../../server/feeds/bars/routes.ts'
import { openReceiver } from '../../server/feeds/delivery/receive.ts'
import { feedRoutes } from '../../server/feeds/delivery/routes.ts'
import { registerProblems } from '../../server/ops/problems.ts'
import { FHIR_JSON, FHIR_SYSTEMS } from '../../shared/fhir.ts'
import type { TestAlliance } from '../alliance.ts'
import { testAlliance } from '../alliance.ts'
import { WHOLE_PATHWAY, bundle, concept, smallPathway } from './fhir-pathways.ts'

interface Service {
  readonly alliance: TestAlliance
  readonly app: FastifyInstance
  readonly keys: ReadonlyMap<string, string>
}

async function startService(t: Test): Promise<Service> {
  const alliance = await testAlliance(t)
  const { db, access, now } = alliance
  const keys = new Map<string, string>()
  for (const organisation of ['XAA', 'XBB', 'XCC']) {
    keys.set(organisation, (await createFeedKey(db, { organisation, label: 'test' })).key)
  }
  const app = fastify()
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  registerProblems(app)
  const receiver = openReceiver({
    db,
    now,
    seal: (identity) => access.seal(identity),
    unseal: (row) => access.unseal(row),
  })
  await app.register(feedRoutes, { db, access, now, log: app.log, receiver })
  await app.register(barsRoutes, { db, access, now, receiver })
  t.teardown(() => app.close())
  return { alliance, app, keys }
}

interface Said {
  readonly trust?: string
  readonly path?: string
  readonly query?: string
  readonly headers?: Readonly<Record<string, string>>
}

interface Outcome {
  readonly resourceType?: string
  readonly extension?: readonly { readonly valueString: string }[]
  readonly issue?: readonly { readonly code: string; readonly diagnostics: string }[]
}

async function post(service: Service, body: string | Buffer, said: Said = {}) {
  const { trust = 'XAA', path = 'deliveries', query = '' } = said
  const response = await service.app.inject({
    method: 'POST',
    url: `/api/feeds/${trust}/${path}${query}`,
    headers: {
      'content-type': FHIR_JSON,
      authorization: `Bearer ${service.keys.get(trust) ?? ''}`,
      'x-request-id': randomUUID(),
      'x-correlation-id': randomUUID(),
      ...said.headers,
    },
    payload: body,
  })
  return {
    status: response.statusCode,
    type: String(response.headers['content-type']),
    headers: response.headers,
    body: response.json<Record<string, unknown> & Outcome>(),
  }
}

t.test('FHIR over HTTP', async (t) => {
  const service = await startService(t)
  const { alliance } = service

  await t.test('FEED-70 FEED-73 a bundle goes in, and its answer is a receipt', async (t) => {
    const made = await post(service, bundle([...WHOLE_PATHWAY, ...smallPathway('second')]))
    t.equal(made.status, 200)
    t.match(made.body, {
      state: 'done',
      format: 'fhir',
      counts: { read: 2, accepted: 2, added: 2, refused: 0 },
      issues: [{ code: 'FEED-70', field: 'Practitioner', severity: 'warns' }],
    })
    const [row] = await alliance.db.scoped(
      { kind: 'system', name: 'test' },
      (tx) => tx<{ facts: Record<string, unknown>; named: number }[]>`
        select facts, (select count(*)::int from identity) as named from entry where local_id = 'REC-1'`,
    )
    t.match(row, { facts: { tumour: 'lung', receivedOn: '2026-06-01' }, named: 2 })
    const again = await post(service, bundle([...smallPathway('second')]))
    t.match(again.body, { counts: { read: 1, unchanged: 1 } })
    const snapshot = await post(service, bundle([...smallPathway('third')]), {
      query: '?mode=snapshot',
    })
    t.match(snapshot.body, { counts: { added: 1, removed: 1 } })
    const same = await post(service, bundle([...smallPathway('third')]), {
      query: '?mode=snapshot&dryRun=true',
    })
    t.match(same.body, { dryRun: true, counts: { unchanged: 1 } })
  })

  await t.test('FEED-76 FEED-15 both ids are wanted, and the same pair comes once', async (t) => {
    const ids = { 'x-request-id': randomUUID(), 'x-correlation-id': randomUUID() }
    for (const missing of ['x-request-id', 'x-correlation-id']) {
      const refused = await post(service, bundle(smallPathway('ids')), {
        headers: { ...ids, [missing]: '' },
      })
      t.match(refused, {
        status: 400,
        type: FHIR_JSON,
        body: { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code: 'invalid' }] },
      })
    }
    const first = await post(service, bundle(smallPathway('ids')), { headers: ids })
    t.equal(first.status, 200)
    t.match(first.headers, ids, 'the ids go back')
    const again = await post(service, bundle(smallPathway('other')), { headers: ids })
    t.match(again, {
      status: 409,
      type: FHIR_JSON,
      headers: ids,
      body: {
        resourceType: 'OperationOutcome',
        extension: [{ url: 'urn:ptl:delivery', valueString: first.body['id'] }],
        issue: [
          {
            code: 'duplicate',
            details: { coding: [{ system: FHIR_SYSTEMS.errorCode, code: 'REC_CONFLICT' }] },
          },
        ],
      },
    })
    t.ok(again.body.issue?.[0]?.diagnostics.includes(String(first.body['id'])))
    const otherTrust = await post(service, bundle(smallPathway('ids')), {
      headers: ids,
      trust: 'XBB',
    })
    t.equal(otherTrust.status, 200, 'ids are each trust’s own')
  })

  await t.test(
    'FEED-77 every refusal is an OperationOutcome, without a value of a patient',
    async (t) => {
      const [episode, patient] = smallPathway('a')
      const cases: [string, string | Buffer, Said, number, string][] = [
        ['not a bundle', '{}', {}, 422, 'structure'],
        ['no pathway', bundle([]), {}, 422, 'structure'],
        ['one refused', bundle([episode]), {}, 200, ''],
        ['nothing but junk', bundle([7, 8]), {}, 422, 'structure'],
        ['no key', bundle([episode, patient]), { headers: { authorization: '' } }, 401, 'login'],
        [
          'another’s key',
          bundle([episode, patient]),
          { headers: { authorization: `Bearer ${service.keys.get('XBB') ?? ''}` } },
          403,
          'forbidden',
        ],
        ['an unknown query', bundle([episode, patient]), { query: '?colour=red' }, 400, 'invalid'],
        ['a strange mode', bundle([episode, patient]), { query: '?mode=all' }, 400, 'invalid'],
        ['zipped', Buffer.from([0x1f, 0x8b, 8, 0, 1, 2]), {}, 422, 'structure'],
      ]
      for (const [name, body, said, status, code] of cases) {
        const answer = await post(service, body, said)
        t.equal(answer.status, status, name)
        if (status === 200) continue
        t.equal(answer.type, FHIR_JSON, name)
        t.match(answer.body, { resourceType: 'OperationOutcome', issue: [{ code }] }, name)
        t.notMatch(JSON.stringify(answer.body), /999000/, name)
      }
      const text = await post(service, bundle([episode, patient]), {
        headers: { 'content-type': 'text/plain' },
      })
      t.match(text.type, /problem\+json/, 'who does not send FHIR is not answered in FHIR')
    },
  )

  await t.test('FEED-2 no body sent as FHIR is a bug', async (t) => {
    const whole = Buffer.from(bundle(WHOLE_PATHWAY))
    const body = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      fc.nat(whole.length).map((cut) => whole.subarray(0, cut)),
      fc.json().map((text) => Buffer.from(text)),
      fc.jsonValue().map((entry) => Buffer.from(bundle([entry, ...smallPathway('f')]))),
      fc
        .jsonValue()
        .map((value) =>
          Buffer.from(
            bundle([
              ...smallPathway('f'),
              { resource: { ...smallPathway('g')[0]?.resource, extension: value, period: value } },
            ]),
          ),
        ),
    )
    await fc.assert(
      fc.asyncProperty(body, async (bytes) => {
        const answer = await post(service, bytes)
        return answer.status === 200 || answer.status === 422 || answer.status === 202
      }),
      { numRuns: 60 },
    )
    t.pass()
  })

  const actions = (localId: string) =>
    alliance.db.scoped(
      { kind: 'system', name: 'test' },
      (tx) => tx<{ body: string; organisation: string; escalated: boolean; done: boolean }[]>`
        select a.body, a.organisation, a.escalated, a.done_at is not null as done
        from action a join entry e on e.id = a.entry_id where e.local_id = ${localId} order by a.id`,
    )
  const message = (text: string, said: Said = {}) =>
    post(service, text, { path: '$process-message', ...said })

  await t.test(
    'FEED-78 asking for mutual aid is written on the pathway and moves nobody',
    async (t) => {
      await post(service, bundle(smallPathway('aid')))
      const before = await suggestionsAndTransfers(alliance)
      const ids = { 'x-request-id': randomUUID(), 'x-correlation-id': randomUUID() }
      const asked = await message(aid('ask-1', 'aid', { to: 'XBB' }), { headers: ids })
      t.match(asked, {
        status: 200,
        type: FHIR_JSON,
        headers: ids,
        body: {
          resourceType: 'OperationOutcome',
          issue: [
            { severity: 'information', diagnostics: /Mutual aid asked of XBB .* Nobody was moved/ },
          ],
        },
      })
      const wanted = {
        body: 'Mutual aid asked of XBB by message',
        organisation: 'XAA',
        escalated: true,
      }
      t.match(await actions('aid'), [{ ...wanted, done: false }])
      await post(service, bundle(smallPathway('aid')), { query: '?mode=snapshot' })
      t.equal((await actions('aid')).length, 1, 'the next extract does not wipe it out')
      t.match(await message(aid('ask-1', 'aid', { to: 'XBB' }), { headers: ids }), {
        status: 409,
        body: { extension: asked.body.extension, issue: [{ code: 'duplicate' }] },
      })
      t.match(await message(aid('ask-2', 'aid', { to: 'XBB' })), {
        status: 200,
        body: { issue: [{ diagnostics: /asked for already/ }] },
      })
      t.equal((await actions('aid')).length, 1)
      t.same(await suggestionsAndTransfers(alliance), before)
      t.ok((await alliance.access.verifyAudit()).ok)
    },
  )

  await t.test(
    'FEED-78 FEED-79 what fits nothing here is refused, by name and without a value',
    async (t) => {
      const cases: [string, string, Said, number, string][] = [
        ['no such pathway', aid('m', 'nowhere'), {}, 404, 'not-found'],
        ['another trust’s pathway', aid('m', 'aid'), { trust: 'XCC' }, 404, 'not-found'],
        ['a trust nobody knows', aid('m', 'aid', { to: 'ZZZ' }), {}, 400, 'invalid'],
        ['itself', aid('m', 'aid', { to: 'XAA' }), {}, 400, 'invalid'],
        [
          'an answer to nothing',
          aid('m', 'aid', { event: 'servicerequest-response' }),
          {},
          400,
          'invalid',
        ],
        [
          'an answer from whom nobody asked',
          aid('m', 'aid', {
            event: 'servicerequest-response',
            status: 'revoked',
            answers: 'ask-1',
          }),
          { trust: 'XCC' },
          404,
          'not-found',
        ],
        ['another event', aid('m', 'aid', { event: 'booking-request' }), {}, 400, 'invalid'],
        ['no message', bundle(smallPathway('x')), {}, 400, 'invalid'],
        ['no JSON', '{', {}, 400, 'invalid'],
        ['no ids', aid('m', 'aid'), { headers: { 'x-request-id': '' } }, 400, 'invalid'],
      ]
      for (const [name, text, said, status, code] of cases) {
        t.match(
          await message(text, said),
          { status, type: FHIR_JSON, body: { issue: [{ code }] } },
          name,
        )
      }
      const json = await message(aid('m', 'aid'), {
        headers: { 'content-type': 'application/json' },
      })
      t.equal(json.status, 415)
      const dry = await message(aid('m', 'aid'), { query: '?dryRun=true' })
      t.match(dry.body, { issue: [{ diagnostics: /asked of the alliance/ }] })
      t.equal((await actions('aid')).length, 1, 'a dry run writes nothing')
    },
  )

  await t.test(
    'FEED-79 the trust that was asked says no: the request ends and the asker is told',
    async (t) => {
      const ids = { 'x-request-id': randomUUID(), 'x-correlation-id': randomUUID() }
      const refused = await message(
        aid('no-1', 'aid', {
          event: 'servicerequest-response',
          answers: 'unknown',
          status: 'revoked',
        }),
        { trust: 'XBB', headers: ids },
      )
      t.equal(refused.status, 404)
      const yes = aid('yes', 'aid', { event: 'servicerequest-response', answers: 'ask-1' })
      t.match((await message(yes, { trust: 'XBB' })).body, {
        issue: [{ diagnostics: /noted with this delivery and nowhere else/ }],
      })
      const no = { event: 'servicerequest-response', answers: 'urn:uuid:ask-2', status: 'revoked' }
      // The ids of a message that was refused are free again.
      t.match(await message(aid('no-1', 'aid', no), { trust: 'XBB', headers: ids }), {
        status: 200,
        body: { issue: [{ diagnostics: /XBB cannot help.*No suggestion was answered/ }] },
      })
      t.match(await actions('aid'), [
        { done: true },
        {
          body: /^XBB rejected the mutual aid request/,
          organisation: 'XBB',
          escalated: true,
          done: false,
        },
      ])
      t.equal((await message(aid('no-2', 'aid', no), { trust: 'XBB' })).status, 404, 'only once')
    },
  )

  await t.test(
    'FEED-79 a rejection is shown on the suggestion that waits for that trust, and answers it not',
    async (t) => {
      const suggestionId = randomUUID()
      const day = '2026-12-01'
      const costs = { costStay: 9, costMove: 1, travelMinutes: 20, travelCost: 1, transferCost: 1 }
      const reason = { stayOn: null, moveOn: day, daysSooner: 9, ...costs, saves: 6, words: 'w' }
      await alliance.write(async (tx) => {
        const [slot] = await tx<{ id: number }[]>`
          insert into capacity (site, step, day, slots, open_to_alliance, notice_days)
          values ('XBB01', 'ct', ${day}, 1, true, 1) returning id`
        await tx`
          insert into suggestion (id, entry_id, capacity_id, from_trust, to_trust, to_site, step, tumour, day, state,
            reason, created_at, updated_at, expires_at)
          select ${suggestionId}, id, ${slot?.id ?? 0}, 'XAA', 'XBB', 'XBB01', 'ct', 'lung', ${day}, 'receiverReview',
            ${JSON.stringify(reason)}::text::jsonb, now(), now(), now() from entry where local_id = 'aid'`
        return [{ topic: 'suggestions', kind: 'suggestions', payload: { ids: [suggestionId] } }]
      })
      const no = (id: string, answers: string) =>
        aid(id, 'aid', { event: 'servicerequest-response', status: 'revoked', answers })
      const stands = async () => {
        const [row] = await alliance.db.scoped(
          { kind: 'system', name: 'test' },
          (tx) => tx<
            { state: string; version: number; messageNoAt: string | null; answers: number }[]
          >`
            select state, version, message_no_at as "messageNoAt",
              (select count(*)::int from suggestion_answer where suggestion_id = s.id) as answers
            from suggestion s where id = ${suggestionId}`,
        )
        return row
      }
      const untouched = { state: 'receiverReview', version: 1, answers: 0 }
      for (const trust of ['XAA', 'XCC']) {
        t.equal((await message(no(`of-${trust}`, suggestionId), { trust })).status, 404, trust)
      }
      t.match(await stands(), { ...untouched, messageNoAt: null }, 'only the receiver may say so')
      const dry = await message(no('dry', suggestionId), { trust: 'XBB', query: '?dryRun=true' })
      t.match(dry.body, { issue: [{ diagnostics: /now shown to them/ }] })
      t.match(await stands(), { messageNoAt: null })
      const heard = new Promise<void>((resolve) => {
        const stop = alliance.book.onChange((ids) => {
          if (!ids.includes(suggestionId)) return
          stop()
          resolve()
        })
      })
      t.match(await message(no('by-id', suggestionId), { trust: 'XBB' }), {
        status: 200,
        body: { issue: [{ diagnostics: /^No suggestion was answered.*now shown to them/ }] },
      })
      t.match(await stands(), { ...untouched, messageNoAt: String })
      await heard
      t.match(alliance.book.get(suggestionId), { messageNoAt: String, answers: [] }, 'on the page')

      await message(aid('ask-4', 'aid', { to: 'XBB' }))
      await alliance.db.scoped(
        { kind: 'system', name: 'test' },
        (tx) => tx`update suggestion set message_no_at = null`,
      )
      t.match((await message(no('by-request', 'ask-4'), { trust: 'XBB' })).body, {
        issue: [{ diagnostics: /^XBB cannot help.*now shown to them/ }],
      })
      t.match(await stands(), { ...untouched, messageNoAt: String })
      await alliance.db.scoped(
        { kind: 'system', name: 'test' },
        (tx) => tx`
          insert into suggestion_answer (suggestion_id, side, answer, person_id, person_name, organisation, at)
          values (${suggestionId}, 'receiver', 'yes', ${randomUUID()}, 'Synthetic', 'XBB', now())`,
      )
      t.equal(
        (await message(no('late', suggestionId), { trust: 'XBB' })).status,
        404,
        'a person has answered',
      )
    },
  )

  await t.test('FEED-78 a request is taken back by who asked', async (t) => {
    await message(aid('ask-3', 'aid', {}))
    t.match((await actions('aid')).at(-1), {
      body: 'Mutual aid asked of the alliance by message',
      done: false,
    })
    t.equal((await message(aid('back', 'aid', { status: 'revoked' }))).status, 200)
    t.match((await actions('aid')).at(-1), { done: true })
  })

  await t.test('FEED-78 any other message is read as facts', async (t) => {
    const header = { fullUrl: 'urn:uuid:h', resource: messageHeader('servicerequest-request', {}) }
    const made = await message(bundle([header, ...smallPathway('by-message')], { type: 'message' }))
    t.match(made, {
      status: 200,
      body: { issue: [{ diagnostics: /^1 pathways .* taken as facts, 0 refused/ }] },
    })
    const stray = {
      resource: { resourceType: 'Appointment', status: 'booked', start: '2026-12-01T09:00:00Z' },
    }
    t.match(
      await message(bundle([header, stray, ...smallPathway('by-message')], { type: 'message' })),
      {
        status: 200,
        body: {
          issue: [{ severity: 'information' }, { severity: 'error', diagnostics: /belongs to no/ }],
        },
      },
    )
  })

  await t.test('FEED-78 a message of which nothing could be taken was not taken', async (t) => {
    const header = { resource: messageHeader('booking-request', {}) }
    const booking = { resource: { resourceType: 'Appointment', status: 'booked' } }
    const refused = await message(bundle([header, booking], { type: 'message' }))
    t.match(refused, {
      status: 422,
      type: FHIR_JSON,
      body: { issue: [{ severity: 'error', expression: ['Appointment'] }] },
    })
  })

  await t.test('FEED-78 no message is a bug', async (t) => {
    const anything = fc.oneof(
      fc.json(),
      fc.jsonValue().map((value) => bundle([value], { type: 'message' })),
      fc.jsonValue().map((value) => aid('f', 'aid').replace('"active"', JSON.stringify(value))),
      fc.jsonValue().map((value) => aid('f', 'aid', { event: value })),
      fc
        .jsonValue()
        .map((value) => aid('f', 'aid', { answers: value, event: 'servicerequest-response' })),
    )
    await fc.assert(
      fc.asyncProperty(
        anything,
        async (text) => (await message(text, { query: '?dryRun=true' })).status < 500,
      ),
      { numRuns: 80 },
    )
    t.pass()
  })
})

function messageHeader(event: unknown, more: object): object {
  return {
    resourceType: 'MessageHeader',
    eventCoding: { system: FHIR_SYSTEMS.messageEvent, code: event },
    source: { endpoint: 'urn:x' },
    reason: concept(FHIR_SYSTEMS.messageReason, 'new'),
    ...more,
  }
}

interface AidSaid {
  readonly event?: unknown
  readonly status?: string
  readonly to?: string
  readonly answers?: unknown
}

/** A mutual aid message about the pathway of a record key, as BaRS has them. */
function aid(id: string, key: string, said: AidSaid = {}): string {
  const { event = 'servicerequest-request', status = 'active', to, answers } = said
  return bundle(
    [
      {
        fullUrl: `urn:uuid:${id}`,
        resource: messageHeader(event, {
          ...(to === undefined
            ? {}
            : { destination: [{ receiver: { reference: 'urn:uuid:to' } }] }),
          ...(answers === undefined ? {} : { response: { identifier: answers, code: 'ok' } }),
        }),
      },
      {
        fullUrl: 'urn:uuid:r',
        resource: {
          resourceType: 'ServiceRequest',
          status,
          intent: 'plan',
          identifier: [{ system: 'urn:trust:record', value: key }],
          category: [
            concept(FHIR_SYSTEMS.requestCategory, 'referral'),
            concept(FHIR_SYSTEMS.useCase, '999to999MutualAidRequest'),
          ],
          subject: { reference: 'urn:uuid:p' },
        },
      },
      {
        fullUrl: 'urn:uuid:to',
        resource: {
          resourceType: 'Organization',
          identifier: [{ system: FHIR_SYSTEMS.organisation, value: to }],
        },
      },
    ],
    { type: 'message' },
  )
}

async function suggestionsAndTransfers(alliance: TestAlliance): Promise<unknown> {
  return alliance.db.scoped(
    { kind: 'system', name: 'test' },
    (tx) => tx`
      select (select count(*) from suggestion) as suggestions, (select count(*) from transfer) as transfers,
        (select sum(promised) from capacity) as promised`,
  )
}
