import { randomUUID } from 'node:crypto'
import fastify from 'fastify'
import type { FastifyInstance } from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import fc from 'fast-check'
import t from 'tap'
import type { Test } from 'tap'
import { createFeedKey } from '../../server/access/feed-keys.ts'
import { feedRoutes } from '../../server/feeds/routes.ts'
import { registerProblems } from '../../server/ops/problems.ts'
import { FHIR_JSON, FHIR_SYSTEMS } from '../../shared/fhir.ts'
import type { TestAlliance } from '../alliance.ts'
import { testAlliance } from '../alliance.ts'
import { WHOLE_PATHWAY, bundle, smallPathway } from './fhir-pathways.ts'

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
  await app.register(feedRoutes, { db, access, now, log: app.log })
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
})
