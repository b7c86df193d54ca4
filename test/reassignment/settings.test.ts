import t from 'tap'
import { bestPlaces, nextWeek } from '../../server/reassignment/capacity/best-places.ts'
import { openReplayDesk } from '../../server/reassignment/replay/desk.ts'
import { capacityBucket, type CapacityBucket } from '../../shared/capacity.ts'
import { addDays, type IsoDate } from '../../shared/date.ts'
import { TODAY } from '../alliance.ts'
import { feedService } from '../feed-service.ts'

t.test('what the alliance sets for its planning, and whom a site says it can take', async (t) => {
  const service = await feedService(t)
  const { ask } = service
  const lead = (await service.cookieOf('lead', 'XAL')).cookie
  const coordinator = (await service.cookieOf('coordinator', 'XAA')).cookie

  await t.test(
    'MOV-52 a lead sets caps with a reason; nobody else may, nonsense is refused',
    async (t) => {
      const before = await ask('/api/plan-settings', { headers: { cookie: coordinator } })
      t.match(before.body, { version: 0, settings: { importCaps: [], protectOwnPatients: true } })
      const settings = Object.assign({}, before.body['settings'], {
        importCaps: [{ trust: 'XBB', imports: 5 }],
      })
      const post = (cookie: string, body: object) =>
        ask('/api/plan-settings', { method: 'POST', headers: { cookie }, body })
      const reason = 'Half the list is out of use'
      t.equal((await post(coordinator, { settings, reason })).status, 403)
      t.equal((await post(lead, { settings: { ...settings, deprivation: 1 }, reason })).status, 400)
      t.equal((await post(lead, { settings })).status, 400, 'a reason is wanted')
      t.match((await post(lead, { settings, reason })).body, { version: 1, reason })
      const after = await ask('/api/plan-settings', { headers: { cookie: coordinator } })
      t.match(after.body, { settings: { importCaps: [{ trust: 'XBB', imports: 5 }] } })
      t.match(after.body, { inForce: 1, versions: [{ version: 1, reason }, { version: 0 }] })
      const first = await ask('/api/plan-settings?version=0', { headers: { cookie: lead } })
      t.match(first.body, { version: 0, inForce: 1, settings: { importCaps: [] } })
      const none = await ask('/api/plan-settings?version=9', { headers: { cookie: lead } })
      t.equal(none.status, 404)
      const late = await ask('/api/plan-settings', {
        method: 'POST',
        headers: { cookie: lead, 'if-match': '"0"' },
        body: { settings, reason },
      })
      t.equal(late.status, 412, 'who has looked at an older version is told')
    },
  )

  await t.test('CAP-8 limits go in with the slots and come back with them', async (t) => {
    const day = addDays(TODAY, 3)
    const limits = { maxBmi: 40, maxAsa: 3, anaesthetics: ['local', 'sedation'], needs: [] }
    const put = (more: object) =>
      ask('/api/capacity/XAA01/ebus', {
        method: 'PUT',
        headers: { cookie: coordinator },
        body: { days: [{ day, slots: 2, openToAlliance: true, ...more }] },
      })
    t.equal((await put({ limits })).status, 200)
    const read = async () => {
      const { body } = await ask<{ buckets: unknown[] }>('/api/capacity?site=XAA01', {
        headers: { cookie: coordinator },
      })
      return capacityBucket.parse(body.buckets[0])
    }
    t.same((await read()).limits, limits)
    t.equal((await put({})).status, 200)
    t.equal((await read()).limits, undefined, 'said again without: none')
    t.equal((await put({ limits: { maxBmi: 4000 } })).status, 400)
    t.equal((await put({ limits: { postcode: 'x' } })).status, 400, 'an unknown limit is named')
  })

  await t.test('MOV-25 why not is for those on the pathway', async (t) => {
    const path = '/api/entries/999/why-not?capacity=1'
    t.equal((await ask(path)).status, 401)
    t.equal((await ask(path, { headers: { cookie: coordinator } })).status, 404)
  })
})

t.test(
  'MOV-63 next week is Monday to Sunday; a place is named once, with its best day',
  async (t) => {
    for (const [today, from, to] of [
      ['2026-11-22', '2026-11-23', '2026-11-29'],
      ['2026-11-23', '2026-11-30', '2026-12-06'],
      ['2026-11-29', '2026-11-30', '2026-12-06'],
    ] as const) {
      t.same(nextWeek(today as IsoDate), { from, to }, today)
    }
    const bucket = (
      id: number,
      site: string,
      day: string,
      price: number | null,
    ): CapacityBucket => ({
      ...{ id, site, siteName: site, trust: 'XAA', step: 'ct', day: day as IsoDate, slots: 1 },
      ...{ openToAlliance: true, noticeDays: 1, promised: 1, tumours: [] },
      ...{ price, priceDays: 1, priceBreaches: 0 },
    })
    const priced = [
      bucket(1, 'XAA01', '2026-11-22', 90),
      bucket(2, 'XAA01', '2026-11-23', 5),
      bucket(3, 'XAA01', '2026-11-29', 7),
      bucket(4, 'XBB01', '2026-11-24', 7),
      bucket(5, 'XCC01', '2026-11-24', null),
      bucket(6, 'XCC01', '2026-11-25', 0),
      bucket(7, 'XDD01', '2026-11-30', 90),
    ]
    const found = bestPlaces(priced, '2026-11-22' as IsoDate)
    t.same(
      found.map(({ id }) => id),
      [3, 4],
    )
    const many = Array.from({ length: 12 }, (_, id) =>
      bucket(id, `X${String(id)}`, '2026-11-24', 1),
    )
    t.equal(bestPlaces(many, '2026-11-22' as IsoDate).length, 10)
  },
)

t.test(
  'MOV-60 the year is played on a thread of its own, once, and told while it goes',
  async (t) => {
    const errors: unknown[] = []
    const onError = (error: unknown) => void errors.push(error)
    const made = { seed: 1, asOf: '2026-11-22' as IsoDate, pathways: 40, trusts: 8 }
    const desk = openReplayDesk({ made, onError })
    t.teardown(() => desk.close())
    t.same(desk.answer(), { state: 'idle' }, 'looking starts nothing')
    desk.start()
    desk.start()
    const parts = new Set<number>()
    for (let answer = desk.answer(); answer.state === 'running'; answer = desk.answer()) {
      parts.add(answer.part)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    t.match(desk.answer(), { state: 'done', result: { weeks: { length: 52 } } })
    t.ok(parts.size > 2, `told ${String(parts.size)} times how far it is`)
    const broken = openReplayDesk({ made: { ...made, pathways: 0 }, onError })
    t.teardown(() => broken.close())
    broken.start()
    while (broken.answer().state === 'running') {
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    t.same(
      broken.answer(),
      { state: 'failed' },
      'a thread that ends is told, and may be tried again',
    )
    t.equal(errors.length, 1)
  },
)
