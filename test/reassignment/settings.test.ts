import t from 'tap'
import { capacityBucket } from '../../shared/capacity.ts'
import { addDays } from '../../shared/date.ts'
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
