import { randomUUID } from 'node:crypto'
import Fastify from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import t from 'tap'
import { ndjson } from '../../server/feeds/formats/json.ts'
import { openReceiver } from '../../server/feeds/delivery/receive.ts'
import { openLiveList } from '../../server/list/live-list.ts'
import { listRoutes } from '../../server/list/routes.ts'
import { registerProblems } from '../../server/ops/problems.ts'
import { putCapacity } from '../../server/reassignment/capacity/capacity.ts'
import { campaign } from '../../server/reassignment/plan/leadership.ts'
import { startPlannerJob } from '../../server/reassignment/plan/planner-job.ts'
import { addDays } from '../../shared/date.ts'
import type { EntryDetail } from '../../shared/entry-detail.ts'
import { entryDetail, entryHistory } from '../../shared/entry-detail.ts'
import { TODAY, testAlliance } from '../alliance.ts'

const SYSTEM = { kind: 'system', name: 'test' } as const
const ONE = '9990000018'
const OTHER = '9990000026'
const THIRD = '9990000034'

/** A suspected cancer waiting for EBUS, seen and not told. */
const waiting = (localId: string, nhsNumber: string, daysAgo: number, more: object = {}) => ({
  localId,
  identity: { nhsNumber },
  priorityType: '3',
  referralSource: '03',
  referralType: '03',
  receivedOn: addDays(TODAY, -daysAgo),
  firstSeenOn: addDays(TODAY, -20),
  patientStatus: '14',
  tumour: 'lung',
  step: 'ebus',
  ageYears: 60,
  travelLimitMinutes: 120,
  ...more,
})

t.test('what people decide of two entries', async (t) => {
  const alliance = await testAlliance(t)
  const { db, access, list, now } = alliance
  const receiver = openReceiver({ db, seal: (identity) => access.seal(identity), now })
  const log = { error: (fields: object) => t.fail('list', fields) }
  const open = () => openLiveList({ db, now, log, pseudonymKey: 'test' })
  const elsewhere = await open()
  t.teardown(() => elsewhere.close())
  const app = Fastify()
  t.teardown(() => app.close())
  registerProblems(app)
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  await app.register(listRoutes, { db, access, list, now })

  async function deliver(trust: string, records: readonly object[]): Promise<void> {
    async function* body(): AsyncGenerator<Buffer> {
      yield Buffer.from(records.map((record) => JSON.stringify(record)).join('\n'))
    }
    const done = await receiver.deliver({ trust, mode: 'delta', format: ndjson, body: body() })
    t.strictSame([done.state, done.counts.refused], ['done', 0], JSON.stringify(done.issues))
    await caughtUp()
  }
  async function caughtUp(): Promise<void> {
    const [row] = await db.sql<{ seq: number }[]>`select last_seq as seq from change_clock`
    await Promise.all([list, elsewhere].map((one) => one.caughtUp(row?.seq ?? 0)))
  }
  const idOf = async (localId: string) => {
    const [row] = await db.scoped(
      SYSTEM,
      (tx) => tx<{ id: number }[]>`select id from entry where local_id = ${localId}`,
    )
    return row?.id ?? 0
  }
  const people = {
    ann: await alliance.cookieOf('coordinator', 'XAA'),
    bob: await alliance.cookieOf('coordinator', 'XBB'),
    cat: await alliance.cookieOf('coordinator', 'XCC'),
    reader: await alliance.cookieOf('readOnly', 'XAA'),
    lead: await alliance.cookieOf('lead', 'XAL'),
  }
  type Who = keyof typeof people
  const host = { host: 'localhost', origin: 'http://localhost' }
  async function look(who: Who, id: number): Promise<EntryDetail> {
    const { cookie } = people[who]
    const answer = await app.inject({ url: `/api/entries/${id}`, headers: { ...host, cookie } })
    return entryDetail.parse(answer.json())
  }
  async function decide(who: Who, id: number, body: object, etag?: string) {
    const { cookie } = people[who]
    const answer = await app.inject({
      method: 'POST',
      url: `/api/entries/${id}/links`,
      headers: { ...host, cookie, ...(etag === undefined ? {} : { 'if-match': etag }) },
      payload: { reason: 'letter of the ward', ...body },
    })
    await caughtUp()
    return { status: answer.statusCode, body: answer.json<Record<string, unknown>>() }
  }
  const say = async (who: Who, id: number, otherId: number, decision: string) =>
    decide(who, id, { otherId, decision }, (await look(who, id)).etag)
  /** As every process has it, and one that starts now. */
  async function alsoAt(id: number): Promise<readonly string[]> {
    const fresh = await open()
    const seen = [list, elsewhere, fresh].map((one) => one.entry(id)?.alsoAt ?? [])
    await fresh.close()
    t.strictSame(seen[1], seen[0], 'the other process')
    t.strictSame(seen[2], seen[0], 'a process that starts now')
    return seen[0] ?? []
  }

  // one person: lung at XAA and HPB at XBB received on one day, skin at XCC long before
  await deliver('XAA', [waiting('A', ONE, 40)])
  await deliver('XBB', [waiting('B', ONE, 40, { referralType: '08', tumour: 'hpb' })])
  await deliver('XCC', [waiting('C', ONE, 200, { referralType: '07', tumour: 'skin' })])
  await deliver('XAA', [waiting('D', OTHER, 30)])
  const [a, b, c, d] = [await idOf('A'), await idOf('B'), await idOf('C'), await idOf('D')]

  await t.test('IPT-14 a doubtful pair is told, with nothing of the other record', async (t) => {
    const { links, may } = await look('ann', a)
    t.match(links, [
      {
        ...{ id: b, trust: 'XBB', answer: 'needsHuman', rule: 'IPT-12', joined: false },
        because: 'one person and one day received',
      },
    ])
    t.equal(links.length, 1, 'the skin cancer at XCC is not for XAA to know')
    t.strictSame([links[0]?.seen, links[0]?.decision, may.link], [null, null, true])
    const shown = await look('lead', a)
    t.strictSame(
      shown.links.map(({ id, answer, seen }) => [id, answer, seen?.tumour]),
      [
        [b, 'needsHuman', 'hpb'],
        [c, 'different', 'skin'],
      ],
      'who oversees the alliance sees pseudonyms',
    )
    t.equal(shown.may.link, false)
    t.strictSame((await look('ann', d)).links, [])
    t.strictSame(await alsoAt(a), [])
  })

  await t.test('IPT-14 who may not decide, and ids that cannot be tried out', async (t) => {
    const { etag } = await look('ann', a)
    const same = (otherId: number) => ({ otherId, decision: 'same' })
    t.equal((await decide('ann', a, same(b))).status, 428)
    t.equal((await decide('ann', a, { ...same(b), reason: 'no' }, etag)).status, 400)
    t.equal((await decide('ann', a, { otherId: b, decision: 'maybe' }, etag)).status, 400)
    const refused = await Promise.all(
      [c, d, a, 999_999].map((other) => decide('ann', a, same(other), etag)),
    )
    t.strictSame(
      new Set(refused.map(({ status, body }) => `${status} ${String(body['detail'])}`)).size,
      1,
    )
    t.equal(refused[0]?.status, 404)
    t.equal((await decide('cat', a, same(b), etag)).status, 404, 'on neither pathway')
    t.equal((await decide('reader', a, same(b), etag)).status, 403)
    t.equal((await decide('lead', a, same(b), etag)).status, 403)
  })

  await t.test('IPT-13 confirmed, on every process, and after the next feed', async (t) => {
    t.equal((await say('ann', a, b, 'same')).status, 201)
    t.strictSame(await alsoAt(a), ['XBB'])
    t.strictSame(await alsoAt(b), ['XAA'])
    t.equal(list.entry(b)?.pathwayId, Math.min(a, b))
    const feed = { nextAction: 'chase the report', receivedOn: addDays(TODAY, -41) }
    await deliver('XAA', [{ ...waiting('A', ONE, 41), ...feed }])
    await deliver('XBB', [waiting('B', THIRD, 90, { tumour: 'skin' })])
    t.strictSame(await alsoAt(a), ['XBB'], 'though nothing agrees any more')
    const [link] = (await look('bob', b)).links
    t.match(link, { answer: 'certain', rule: 'IPT-13', joined: true, seen: null })
    t.match(link?.decision, { decision: 'same', reason: 'letter of the ward', organisation: 'XAA' })
    const shown = await look('lead', a)
    t.equal(shown.links[0]?.decision, null, 'RNK-16 a reason may name somebody')
    await deliver('XBB', [waiting('B', ONE, 40, { referralType: '08', tumour: 'hpb' })])
  })

  await t.test('IPT-13 two who decide at once: one wins, the other is told', async (t) => {
    const [first, second] = [await look('ann', a), await look('bob', b)]
    const answers = await Promise.all([
      decide('ann', a, { otherId: b, decision: 'different' }, first.etag),
      decide('bob', b, { otherId: a, decision: 'same' }, second.etag),
    ])
    t.strictSame(answers.map(({ status }) => status).sort(), [201, 412])
    const told = answers.find(({ status }) => status === 412)?.body
    t.match(told, { code: 'out-of-date', what: /^(kept two entries apart|confirmed a link)$/ })
  })

  await t.test('IPT-13 kept apart, then confirmed: the newest word counts', async (t) => {
    t.equal((await say('bob', b, a, 'different')).status, 201)
    t.strictSame(await alsoAt(a), [])
    t.match((await look('ann', a)).links, [{ answer: 'different', rule: 'IPT-13', joined: false }])
    t.equal((await say('ann', a, b, 'same')).status, 201)
    t.strictSame(await alsoAt(a), ['XBB'])
    const headers = { ...host, cookie: people.ann.cookie }
    const answer = await app.inject({ url: `/api/entries/${a}/history`, headers })
    const words = entryHistory.parse(answer.json()).events.filter(({ kind }) => kind === 'link')
    t.equal(words.length, 4)
    t.equal(words[0]?.words, 'Confirmed as one pathway with another entry: letter of the ward')
    const audited = await db.scoped(
      SYSTEM,
      (tx) => tx<{ n: number }[]>`select count(*)::int as n from audit where action = 'link:write'`,
    )
    t.equal(audited[0]?.n, 4)
  })

  await t.test('IPT-3 the chain is put together from both records and the move here', async (t) => {
    const ends = { iptReferrer: 'XAA', iptReceiver: 'XBB' }
    const on = (daysAgo: number) => addDays(TODAY, -daysAgo)
    await deliver('XAA', [waiting('A', ONE, 40, { ...ends, iptRequestedOn: on(9) })])
    const alone = (await look('ann', a)).transfers
    t.match(alone, { holder: 'XAA', chain: [{ receivedOn: null, sources: [{ trust: 'XAA' }] }] })
    const record = { ...ends, iptReceivedOn: on(5), tumour: 'hpb' }
    await deliver('XBB', [waiting('B', ONE, 40, record)])
    await db.scoped(
      SYSTEM,
      (tx) => tx`
        insert into transfer (id, entry_id, from_trust, to_trust, agreed_at, sent_on, received_on)
        values (${randomUUID()}, ${a}, 'XAA', 'XBB', now(), ${on(8)}, ${on(5)})`,
    )
    for (const [who, id] of [
      ['ann', a],
      ['bob', b],
      ['lead', a],
    ] as const) {
      const { holder, chain } = (await look(who, id)).transfers
      t.equal(holder, 'XBB', who)
      t.strictSame(
        chain,
        [
          {
            ...{ from: 'XAA', to: 'XBB', requestedOn: on(9), receivedOn: on(5), disputed: true },
            sources: [
              { kind: 'record', trust: 'XBB' },
              { kind: 'service' },
              { kind: 'record', trust: 'XAA' },
            ],
          },
        ],
        `${who}: asked for on the day XAA says, received on the day XBB says`,
      )
    }
    await say('ann', a, b, 'different')
    const [apart] = (await look('ann', a)).transfers.chain
    t.strictSame(
      apart?.sources,
      [{ kind: 'service' }, { kind: 'record', trust: 'XAA' }],
      'kept apart: not their transfer, though still ours',
    )
    await say('ann', a, b, 'same')
    await deliver('XAA', [waiting('A', ONE, 40)])
    await deliver('XBB', [waiting('B', ONE, 40, { referralType: '08', tumour: 'hpb' })])
  })

  await t.test(
    'IPT-10 IPT-13 one identifier of one issuer, and kept apart everywhere',
    async (t) => {
      const key = { ppid: 'P1', ppidIssuer: 'XAA' }
      await deliver('XAA', [waiting('E', THIRD, 50, key)])
      await deliver('XBB', [waiting('F', THIRD, 50, key)])
      const [e, f] = [await idOf('E'), await idOf('F')]
      t.strictSame(await alsoAt(e), ['XBB'])
      t.match((await look('ann', e)).links, [{ answer: 'certain', rule: 'IPT-10', decision: null }])
      t.equal((await say('ann', e, f, 'different')).status, 201)
      t.strictSame(await alsoAt(e), [])
      t.strictSame(await alsoAt(f), [])
      t.strictSame([list.entry(e)?.pathwayId, list.entry(f)?.pathwayId], [null, null])
      await deliver('XBB', [waiting('F', THIRD, 51, key)])
      t.strictSame(await alsoAt(f), [], 'after the next feed too')
    },
  )

  await t.test('IPT-11 no identifier in common, and certain all the same', async (t) => {
    await deliver('XCC', [waiting('G', OTHER, 30)])
    t.strictSame(await alsoAt(d), ['XCC'])
    await deliver('XCC', [waiting('G', OTHER, 90)])
    t.strictSame(await alsoAt(d), [], 'a feed that says otherwise is followed')
  })

  await t.test('MOV-10 the planner takes what is confirmed as one for one', async (t) => {
    const leadership = await campaign({
      db,
      self: 'test',
      onError: (error) => t.fail(String(error)),
    })
    const travel = { times: [{ from: 'XAA01', to: 'XBB01', minutes: 40 }], places: [] }
    const onError = (error: unknown) => t.fail(String(error))
    const job = startPlannerJob({ db, list, travel, leadership, now, onError })
    t.teardown(async () => {
      await job.close()
      await leadership.close()
    })
    const suggested = async () => {
      for (let before = -1; before !== list.seq;) {
        await caughtUp()
        before = list.seq
        await job.idle()
        await caughtUp()
      }
      const rows = await db.scoped(
        SYSTEM,
        (tx) => tx<{ to: string }[]>`
          select to_trust as "to" from suggestion where entry_id = ${a} and state = 'suggested'`,
      )
      return rows.map(({ to }) => to)
    }
    const day = { day: addDays(TODAY, 2), slots: 30, openToAlliance: true, noticeDays: 0 }
    const at = new Date(now()).toISOString()
    await db.scoped(SYSTEM, (tx) =>
      putCapacity(tx, { site: 'XBB01', step: 'ebus', days: [day] }, at),
    )
    t.strictSame(await suggested(), [], 'XBB reports the pathway already')
    await say('ann', a, b, 'different')
    t.strictSame(await suggested(), ['XBB'], 'kept apart: somebody else’s slot helps')
    await say('bob', b, a, 'same')
    t.strictSame(await suggested(), [], 'withdrawn as soon as they are one')
  })

  await t.test('IPT-13 what was decided stays written, in one’s own name only', async (t) => {
    await t.rejects(db.scoped(SYSTEM, (tx) => tx`update link_decision set decision = 'same'`))
    await t.rejects(db.scoped(SYSTEM, (tx) => tx`delete from link_decision`))
    const as = (who: Who, organisation: string, personId = people[who].personId) =>
      ({ kind: 'person', personId, organisation, role: 'coordinator' }) as const
    const seen = await db.scoped(as('cat', 'XCC'), (tx) => tx`select from link_decision`)
    t.equal(seen.length, 0, 'row-level security: XCC is on neither')
    const insert = (who: Who, organisation: string, personId: string) =>
      db.scoped(
        as(who, organisation),
        (tx) => tx`
          insert into link_decision (entry_id, other_id, decision, reason, person_id, organisation)
          values (${Math.min(a, b)}, ${Math.max(a, b)}, 'same', 'none', ${personId}, ${organisation})`,
      )
    await t.rejects(insert('ann', 'XAA', randomUUID()), 'in another’s name')
    await t.rejects(insert('cat', 'XCC', people.cat.personId), 'on neither pathway')
    await t.resolves(insert('ann', 'XAA', people.ann.personId))
  })
})
