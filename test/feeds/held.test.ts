import t from 'tap'
import { connect } from '../../db/connection.ts'
import { feedService } from '../feed-service.ts'

/*
 * What becomes of a snapshot that is held, when somebody of the trust decides on the page: the body is not kept, so an
 * approval is for the next one that closes no more.
 */

const HOUR_MS = 3_600_000
const MODE = { query: '?mode=snapshot' }
const service = await feedService(t)
const admin = connect(service.db.adminUrl, { max: 1 })
t.teardown(() => admin.end({ timeout: 1 }))
const { key } = await service.key('XAA')
const other = await service.key('XAA', { feed: 'second' })
let coordinator = await service.cookieOf('coordinator', 'XAA')

const rows = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, at) => `{"localId":"H${from + at}"}`).join('\n')
const decide = (id: string, what: 'approve' | 'discard', cookie = coordinator.cookie) =>
  service.ask(`/api/feeds/XAA/deliveries/${id}/${what}`, { method: 'POST', headers: { cookie } })
const open = async (): Promise<number> => {
  const [row] = await admin<{ n: number }[]>`
    select count(*)::int as n from entry where trust = 'XAA' and state = 'open'`
  return row?.n ?? -1
}
const actions = async (id: string): Promise<readonly string[]> => {
  const found = await admin<{ action: string }[]>`
    select action from audit where subject = ${`delivery:${id}`} and person_id = ${coordinator.personId} order by id`
  return found.map(({ action }) => action)
}
const stateOf = async (id: string) => {
  const headers = { cookie: coordinator.cookie }
  return (await service.ask(`/api/feeds/XAA/deliveries/${id}`, { headers })).body
}
/** A snapshot of the first `to` of 400, held. */
const held = async (to: number, headers: Record<string, string> = {}): Promise<string> => {
  const { body } = await service.push('XAA', key, rows(0, to), { ...MODE, headers })
  t.match(body, { state: 'held', approvedUntil: null })
  return body.id
}

t.test(
  'FEED-11 somebody of the trust approves what was held: once, for no more, for a day',
  async (t) => {
    await service.push('XAA', key, rows(0, 400), MODE)
    const id = await held(300, { 'idempotency-key': 'night' })
    const approved = await decide(id, 'approve')
    t.match(approved, {
      status: 200,
      body: { state: 'held', reason: /Approved by .*no more than 100 pathways/ },
    })
    t.equal(
      approved.body['approvedUntil'],
      new Date(service.now() + 24 * HOUR_MS).toISOString(),
      'for a day',
    )
    t.same(await actions(id), ['delivery:approve'])
    t.equal(await open(), 400, 'nothing is closed by it')

    const more = await service.push('XAA', key, rows(0, 299), MODE)
    t.match(more.body, { state: 'held', counts: { removed: 101 } }, 'one more than was approved')
    const elsewhere = await service.push('XAA', other.key, rows(0, 300), MODE)
    t.match(elsewhere.body, { state: 'held' }, 'of another feed')
    const dry = await service.push('XAA', key, rows(0, 300), {
      query: '?mode=snapshot&dryRun=true',
    })
    t.match(
      dry.body,
      { state: 'done', counts: { removed: 100 } },
      'a dry run tells that it would go in',
    )
    const again = await service.push('XAA', key, rows(0, 300), {
      ...MODE,
      headers: { 'idempotency-key': 'night' },
    })
    t.match(again.body, { state: 'done', counts: { removed: 100 } }, 'under the key it came by')
    t.equal(await open(), 300)
    t.match(await stateOf(id), {
      state: 'refused',
      approvedUntil: null,
      reason: new RegExp(again.body.id),
    })
    const next = await service.push('XAA', key, rows(0, 200), MODE)
    t.match(next.body, { state: 'held', counts: { removed: 100 } }, 'an approval is used once')
    t.match(await stateOf(more.body.id), { state: 'refused', reason: /^Overtaken by / })
    t.match(
      await stateOf(elsewhere.body.id),
      { state: 'held' },
      'what another feed sent still waits',
    )

    t.match(await decide(next.body.id, 'approve'), { status: 200 })
    const unsure = await service.push('XAA', key, `${rows(0, 200)}\n{"priorityType":"3"}`, MODE)
    t.match(unsure.body, { state: 'done', counts: { removed: 0, refused: 1 } })
    t.match(await stateOf(next.body.id), { state: 'held' }, 'what closed nothing overtakes nothing')
    const approvedAt = service.now()
    service.setNow(approvedAt + 24 * HOUR_MS)
    const late = await service.push('XAA', key, rows(0, 200), MODE)
    t.match(late.body, { state: 'held' }, 'and for a day')
    service.setNow(approvedAt + 24 * HOUR_MS - 1)
    const inTime = await service.push('XAA', key, rows(0, 200), MODE)
    t.match(inTime.body, { state: 'done', counts: { removed: 100 } })
    t.equal(await open(), 200)
  },
)

t.test('FEED-11 whoever may mend the feeds of a trust decides, and nobody else', async (t) => {
  // The session of before has lapsed with the day.
  coordinator = await service.cookieOf('coordinator', 'XAA')
  const id = await held(100)
  for (const [role, organisation] of [
    ['coordinator', 'XBB'],
    ['clinician', 'XAA'],
    ['lead', 'XAL'],
  ] as const) {
    const { cookie } = await service.cookieOf(role, organisation)
    for (const what of ['approve', 'discard'] as const)
      t.match(await decide(id, what, cookie), { status: 403 }, `${role} of ${organisation}`)
  }
  const { body: discarded } = await decide(id, 'discard')
  t.match(discarded, { state: 'refused', reason: /^Discarded by / })
  t.same(await actions(id), ['delivery:discard'])
  t.match(await decide(id, 'approve'), { status: 409 }, 'decided once')
  t.match(await service.push('XAA', key, rows(0, 100), MODE), { body: { state: 'held' } })

  const test = await service.key('XAA', { sandbox: true, feed: 'test' })
  const rehearsed = await service.push('XAA', test.key, rows(0, 100), MODE)
  t.match(rehearsed.body, { state: 'held' })
  t.match(await decide(rehearsed.body.id, 'approve'), { status: 409 }, 'nothing to let in')
})
