import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { Scope } from '../../db/client.ts'
import { connect } from '../../db/connection.ts'
import { createPerson } from '../../server/access/people/people.ts'
import { RIGHTS, may } from '../../server/access/rights.ts'
import type { Action } from '../../server/access/rights.ts'
import { addDays } from '../../shared/date.ts'
import { ROLES } from '../../shared/vocabulary.ts'
import type { Role } from '../../shared/vocabulary.ts'
import { TODAY, referral } from '../alliance.ts'
import { feedService } from '../feed-service.ts'

/*
 * Every route of the service as every role, at the trust a thing belongs to, at another, and at the alliance, against
 * the one table of rights. A route that is not named below fails the test: name it, with the right it asks for.
 */

interface Door {
  readonly action: Action
  /** `trust`: of the trust in the address; `entry`: of a pathway; absent: of nobody in particular. */
  readonly of?: 'trust' | 'entry' | 'move'
  readonly body?: object
  readonly headers?: Readonly<Record<string, string>>
  readonly query?: string
  /** There is no such thing here: whoever may, is told that it is not found. */
  readonly unknown?: true
  /** Where the door is open to more people than see something behind it: whether they see it. */
  readonly shows?: (body: string) => boolean
}

const service = await feedService(t)
const { db } = service
const admin = connect(db.adminUrl, { max: 1 })
t.teardown(() => admin.end({ timeout: 1 }))
const SYSTEM: Scope = { kind: 'system', name: 'test' }
const [entryId = 0, otherId = 0] = await service.add([
  { trust: 'XAA', facts: referral('a1', 30, { step: 'ebus', escalated: true }) },
  { trust: 'XAA', facts: referral('a2', 29, { step: 'ebus' }) },
])
const SECRET = { nhsNumber: '9990000018', name: 'Synthetic Person' }
const sealed = service.access.seal(SECRET)
const suggestionId = randomUUID()
const day = addDays(TODAY, 7)
await service.write(async (tx) => {
  await tx`insert into identity (entry_id, key_id, sealed, nhs_hash)
    values (${entryId}, ${sealed.keyId}, ${sealed.sealed}, ${sealed.nhsHash})`
  const [bucket] = await tx<{ id: number }[]>`
    insert into capacity (site, step, day, slots, open_to_alliance, notice_days)
    values ('XBB01', 'ebus', ${day}, 2, true, 1) returning id`
  await tx`
    insert into suggestion (id, entry_id, capacity_id, from_trust, to_trust, to_site, step, tumour, day, state,
      reason, created_at, updated_at, expires_at)
    values (${suggestionId}, ${entryId}, ${bucket?.id ?? 0}, 'XAA', 'XBB', 'XBB01', 'ebus', 'lung', ${day}, 'suggested',
      ${JSON.stringify({ stayOn: null, moveOn: day, daysSooner: 9, costStay: 1, costMove: 1, travelMinutes: 1, travelCost: 1, transferCost: 1, saves: 1, words: 'w' })}::text::jsonb,
      now(), now(), now() + interval '7 days')`
  return [{ topic: 'suggestions', kind: 'suggestions', payload: { ids: [suggestionId] } }]
})
const somebody = await createPerson(db, { name: 'Synthetic', role: 'mdt', organisation: 'XAA' })
const unknown = randomUUID()
const read = (action: Action): Door => ({ action })
const policy = await (async () => {
  const { cookie } = await service.cookieOf('lead', 'XAL')
  const { body } = await service.ask<{ policy: object }>('/api/policy', { headers: { cookie } })
  const settings = await service.ask<{ settings: object }>('/api/plan-settings', {
    headers: { cookie },
  })
  return { policy: body.policy, settings: settings.body.settings }
})()
const hasEntry = (body: string): boolean => body.includes(`"id":${String(entryId)},`)
const hasMove = (body: string): boolean => body.includes(suggestionId)
const measures = [
  'standards',
  'stages',
  'backlog',
  'balance',
  'weekly-return',
  'demand',
  'forecast',
  'road',
]

const DOORS: Readonly<Record<string, Door | 'public' | 'signedIn' | 'key'>> = {
  'GET /healthz': 'public',
  'GET /readyz': 'public',
  'GET /metrics': 'public',
  'GET /.well-known/security.txt': 'public',
  'GET /openapi.json': 'public',
  'GET /asyncapi.json': 'public',
  'GET /api/sign-in': 'public',
  'GET /api/sign-in/ways': 'public',
  'GET /api/sign-in/callback': 'public',
  'POST /api/sign-in/back-channel-logout': 'public',
  'GET /api/sample-people': 'public',
  'POST /api/session': 'public',
  'GET /api/session': 'public',
  'DELETE /api/session': 'public',
  'GET /live': 'public', // closed with 4401 after the upgrade: test/live
  'GET /api/alliance': 'signedIn',
  'GET /api/feed-health': 'signedIn', // the feeds they may look into
  'GET /api/feed-gaps': read('measures:read'),
  'GET /api/feed-key': 'key',
  'POST /api/feeds/:trust/capacity': 'key',
  'POST /api/feeds/:trust/$process-message': 'key',
  'PUT /api/feeds/:trust/expectation': {
    action: 'feedKey:write',
    of: 'trust',
    body: { feed: 'ptl', intervalMinutes: 60 },
  },
  'POST /api/feeds/:trust/deliveries': 'key',
  'POST /api/feeds/:trust/deliveries/:id/discard': {
    action: 'delivery:settle',
    of: 'trust',
    unknown: true,
  },
  'POST /api/feeds/:trust/deliveries/:id/approve': {
    action: 'delivery:settle',
    of: 'trust',
    unknown: true,
  },
  'GET /api/list': { action: 'list:read', of: 'entry', shows: hasEntry },
  'GET /api/list/facets': {
    action: 'list:read',
    of: 'entry',
    shows: (body) => /"XAA":/.test(body),
  },
  'GET /api/list/export.csv': { action: 'list:export' },
  'GET /api/list/export.xlsx': { action: 'list:export' },
  'GET /api/list/look': read('list:read'),
  'POST /api/list/look': { action: 'list:read', body: { seq: 1 } },
  'GET /api/entries/:id': { action: 'entry:read', of: 'entry' },
  'GET /api/entries/:id/history': { action: 'history:read', of: 'entry' },
  'GET /api/entries/:id/why-not': { action: 'entry:read', of: 'entry', query: '?capacity=1' },
  'POST /api/entries/:id/look': { action: 'entry:read', of: 'entry' },
  'POST /api/entries/:id/notes': { action: 'note:write', of: 'entry', body: { body: 'Rang' } },
  'POST /api/entries/:id/actions': { action: 'action:write', of: 'entry', body: { body: 'Ring' } },
  'POST /api/entries/:id/acknowledge': { action: 'escalation:acknowledge', of: 'entry' },
  'POST /api/entries/:id/links': {
    action: 'link:write',
    of: 'entry',
    body: { otherId, decision: 'different', reason: 'two tumours' },
  },
  'POST /api/entries/:id/priority-override': {
    action: 'priority:override',
    of: 'entry',
    body: { tier: 1, reason: 'spinal cord', endsOn: addDays(TODAY, 3) },
  },
  'POST /api/entries/:id/break-glass': {
    action: 'identity:breakGlass',
    body: { reason: 'in our emergency department' },
  },
  'GET /api/break-glass': read('breakGlass:read'),
  'POST /api/break-glass/:id/review': {
    action: 'breakGlass:review',
    body: { outcome: 'justified', note: 'seen' },
    unknown: true,
  },
  'POST /api/identities': {
    action: 'identity:read',
    of: 'entry',
    body: { ids: [entryId] },
    shows: (body) => body.includes(SECRET.nhsNumber),
  },
  'GET /api/policy': read('policy:read'),
  'POST /api/policy': {
    action: 'policy:write',
    body: { policy: policy.policy, reason: 'as it was', preview: 'x' },
  },
  'POST /api/policy/preview': { action: 'policy:write', body: { policy: policy.policy } },
  'GET /api/plan-settings': read('policy:read'),
  'POST /api/plan-settings': {
    action: 'policy:write',
    body: { settings: policy.settings, reason: 'as it was' },
  },
  'GET /api/capacity': read('capacity:read'),
  'GET /api/capacity/best.csv': read('capacity:read'),
  'GET /api/plan/effect': read('measures:read'),
  'GET /api/plan/effect.csv': read('measures:read'),
  'GET /api/replay': read('measures:read'),
  'GET /api/replay.csv': { action: 'measures:read', unknown: true },
  'POST /api/replay': { action: 'policy:write', body: {} },
  'PUT /api/capacity/:site/:step': {
    action: 'capacity:write',
    of: 'trust',
    body: { days: [{ day, slots: 1 }] },
  },
  'GET /api/suggestions': { action: 'suggestion:read', of: 'move', shows: hasMove },
  'GET /api/suggestions/:id': { action: 'suggestion:read', of: 'move' },
  // side and version say for whom: the referrer's answer is XAA's
  'POST /api/suggestions/:id/answers': {
    action: 'suggestion:answer',
    of: 'entry',
    body: { side: 'referrer', answer: 'yes' },
    headers: { 'if-match': '"99"' },
  },
  'POST /api/suggestions/:id/veto': {
    action: 'suggestion:veto',
    of: 'move',
    body: { reasonCode: 'needsLocalTeam' },
    headers: { 'if-match': '"99"' },
  },
  'POST /api/suggestions/:id/events': {
    action: 'suggestion:answer',
    of: 'entry',
    body: { event: 'referrer:open' },
    headers: { 'if-match': '"99"' },
  },
  'GET /api/transfers': read('suggestion:read'),
  'GET /api/feeds/:trust/deliveries': { action: 'delivery:read', of: 'trust' },
  'GET /api/feeds/:trust/deliveries/:id': { action: 'delivery:read', of: 'trust', unknown: true },
  'GET /api/feeds/:trust/deliveries/:id/issues': {
    action: 'delivery:read',
    of: 'trust',
    unknown: true,
  },
  'GET /api/feeds/:trust/deliveries/:id/issues.csv': {
    action: 'delivery:read',
    of: 'trust',
    unknown: true,
  },
  'GET /api/feeds/:trust/refused-rows': { action: 'refusedRow:read', of: 'trust' },
  'GET /api/feeds/:trust/refused-rows/:id': {
    action: 'refusedRow:read',
    of: 'trust',
    unknown: true,
  },
  'POST /api/feeds/:trust/refused-rows/:id/resubmit': {
    action: 'refusedRow:write',
    of: 'trust',
    body: { cells: [{ name: 'localId', value: 'x' }] },
    unknown: true,
  },
  'POST /api/feeds/:trust/refused-rows/:id/dismiss': {
    action: 'refusedRow:write',
    of: 'trust',
    body: { reason: 'a mistake' },
    unknown: true,
  },
  'GET /api/feeds/:trust/codes': { action: 'refusedRow:read', of: 'trust' },
  'PUT /api/feeds/:trust/codes': {
    action: 'codeMapping:write',
    of: 'trust',
    body: { field: 'priorityType', from: 'U', to: '3' },
  },
  'GET /api/feeds/:trust/keys': { action: 'feedKey:write', of: 'trust' },
  'POST /api/feeds/:trust/keys': { action: 'feedKey:write', of: 'trust', body: { label: 'new' } },
  'POST /api/feeds/:trust/keys/:id/rotate': {
    action: 'feedKey:write',
    of: 'trust',
    body: {},
    unknown: true,
  },
  'POST /api/feeds/:trust/keys/:id/revoke': {
    action: 'feedKey:write',
    of: 'trust',
    body: {},
    unknown: true,
  },
  'GET /api/people': read('person:write'),
  'POST /api/people': {
    action: 'person:write',
    of: 'trust',
    body: { name: 'N', role: 'mdt', organisation: 'XAA', subject: 'taken' },
  },
  'PUT /api/people/:id': { action: 'person:write', of: 'trust', body: { name: 'Synthetic Too' } },
  'POST /api/people/:id/end': { action: 'person:write', of: 'trust' },
  'GET /api/audit': read('audit:read'),
  'GET /api/audit/verify': read('audit:read'),
  'GET /api/audit/export.csv': read('audit:read'),
  'GET /api/audit/export.ndjson': read('audit:read'),
  'POST /api/subject-access': {
    action: 'subject:export',
    body: { nhsNumber: '9990000026', reason: 'SAR' },
  },
  'POST /api/erasures': {
    action: 'subject:erase',
    body: { nhsNumber: '9990000026', reason: 'asked' },
    unknown: true,
  },
  'POST /api/erasures/:id/lift': {
    action: 'subject:erase',
    body: { reason: 'Care goes on' },
    unknown: true,
  },
  'GET /api/erasures': read('audit:read'),
  'GET /api/retention': read('audit:read'),
  ...Object.fromEntries(
    measures.flatMap((name) => [
      [`GET /api/measures/${name}`, read('measures:read')],
      [`GET /api/measures/${name}.csv`, read('measures:read')],
    ]),
  ),
}
/** Tables without row-level security: slots, places, bookkeeping, and of pathways nothing but ids and counts. */
const NAMES_NOBODY = new Set([
  'audit_head', // no grant at all
  'capacity',
  'change_clock',
  'change_log',
  'clock_stop',
  'delivery_work',
  'feed_alarm',
  'feed_expectation',
  'feed_line_dropped',
  'feed_line_set',
  'feed_lines', // keyed hashes
  'feed_snapshot',
  'leader',
  'organisation',
  'plan',
  'plan_settings',
  'policy',
  'site',
  'travel',
])
/** For those who see every pathway, whatever their right. */
const OVERSEEING = new Map([
  ['GET /api/list/equity', ''],
  ['GET /api/policy/order', `?on=${TODAY}&version=1`],
])
const PAGE =
  /^GET \/(docs.*|\*|assets\/.*|list|lead|sign-in|suggestions|entries\/:id|transfers|capacity|feeds|[a-z-]*)?$/

/** The routes the app itself says it has, as `METHOD /path`. */
function routesOf(tree: string): string[] {
  const found: string[] = []
  const path: string[] = []
  for (const line of tree.split('\n')) {
    const match = /^([│ ]*)(?:├──|└──) (\S+)(?: \(([A-Z, ]+)\))?$/u.exec(line.replace(/\s+$/, ''))
    if (match === null) continue
    const [, indent = '', part = '', methods = ''] = match
    path.length = indent.length / 4
    path.push(part)
    const whole = path.join('').replaceAll('//', '/')
    for (const method of methods.split(', '))
      if (method !== '' && method !== 'HEAD') found.push(`${method} ${whole}`)
  }
  return found
}

function pathOf(route: string, door: Door | null): string {
  const path = route.slice(route.indexOf(' ') + 1)
  const id = path.startsWith('/api/entries')
    ? String(entryId)
    : path.startsWith('/api/suggestions')
      ? suggestionId
      : path.startsWith('/api/people')
        ? somebody.id
        : unknown
  return (
    path
      .replace(':trust', 'XAA')
      .replace(':site', 'XAA01')
      .replace(':step', 'ebus')
      .replace(':id', id) + (door?.query ?? '')
  )
}

/** What the table says. A read-only person of the alliance itself sees what a lead sees. [domain.md 7] */
function allowed(role: Role, organisation: string, { action, of }: Door): boolean {
  if (of === undefined) return may({ role, organisation }, action)
  const whose = of === 'move' ? ['XAA', 'XBB'] : ['XAA']
  if (may({ role, organisation }, action, whose)) return true
  const reads = ['list:read', 'entry:read'].includes(action)
  return (
    role === 'readOnly' && organisation === 'XAL' && reads && RIGHTS[role][action] !== undefined
  )
}

t.test(
  'IG-21 every route, as every role, at every organisation, does what the table says',
  async (t) => {
    const routes = routesOf(service.app.printRoutes({ commonPrefix: false }))
    t.ok(routes.length > 80, 'the app tells its routes')
    const unnamed = routes.filter(
      (route) => !(route in DOORS) && !OVERSEEING.has(route) && !PAGE.test(route),
    )
    t.same(unnamed, [], 'routes without a right: name them in DOORS')
    t.same(
      Object.keys(DOORS).filter((route) => !routes.includes(route)),
      [],
      'rights without a route',
    )

    let asked = 0
    for (const role of Object.keys(ROLES) as Role[]) {
      for (const organisation of ['XAA', 'XBB', 'XCC', 'XAL']) {
        const { cookie } = await service.cookieOf(role, organisation)
        const wrong: string[] = []
        for (const route of [...Object.keys(DOORS), ...OVERSEEING.keys()]) {
          const door = DOORS[route] ?? 'public'
          if (door === 'public' && !OVERSEEING.has(route)) continue
          const method = route.slice(0, route.indexOf(' '))
          const isDoor = typeof door === 'object'
          asked += 1
          const answer = await service.app.inject({
            method: method as 'GET',
            url: pathOf(route, isDoor ? door : null) + (OVERSEEING.get(route) ?? ''),
            remoteAddress: `10.1.${String((asked >> 8) & 255)}.${String(asked & 255)}`,
            headers: { cookie, ...(isDoor ? door.headers : {}) },
            ...(isDoor && door.body !== undefined ? { payload: door.body } : {}),
          })
          const { statusCode: status, body } = answer
          const say = (what: string): void =>
            void wrong.push(`${route}: ${what}, got ${String(status)} ${body.slice(0, 150)}`)
          if (status >= 500) say('no failure')
          if (OVERSEEING.has(route)) {
            if ((status !== 403) !== ['lead', 'allianceAdmin', 'auditor'].includes(role))
              say('for those who oversee')
          } else if (door === 'signedIn') {
            if (status !== 200) say('anybody signed in')
          } else if (door === 'key') {
            if (status !== 401) say('a feed key and nobody')
          } else if (isDoor) {
            const right = allowed(role, organisation, door)
            if (door.shows !== undefined) {
              if (door.shows(body) !== right) say(right ? 'shown' : 'not shown')
            } else if (right) {
              const isMissing = status === 404 && door.unknown !== true
              if ([400, 401, 403].includes(status) && !body.includes('preview')) say('let in')
              else if (isMissing) say('found')
            } else if (
              status !== 403 &&
              !(status === 404 && door.of !== undefined && door.unknown !== true)
            ) {
              say('refused')
            }
          }
        }
        t.same(wrong, [], `${role} of ${organisation}`)
        await admin`update person set active = true, ended_at = null where id = ${somebody.id}`
        await admin`delete from person where subject = 'taken'`
        await admin`delete from break_glass`
      }
    }
    t.ok(asked > 2_000, `${String(asked)} times`)
  },
)

t.test(
  'IG-21 with every check in the routes gone, row-level security alone leaks nothing',
  async (t) => {
    await db.scoped(SYSTEM, async (tx) => {
      const by = { entry_id: entryId, person_id: somebody.id, organisation: 'XAA' }
      await tx`insert into note ${tx({ ...by, body: 'n' })}`
      await tx`insert into action ${tx({ ...by, body: 'a' })}`
      await tx`insert into priority_override ${tx({ ...by, tier: 0, reason: 'r', ends_on: TODAY })}`
      await tx`insert into acknowledgement ${tx(by)}`
      await tx`insert into link_decision ${tx({ ...by, other_id: otherId, decision: 'same', reason: 'r' })}`
      await tx`insert into transfer (id, entry_id, from_trust, to_trust, agreed_at)
      values (${randomUUID()}, ${entryId}, 'XAA', 'XBB', now())`
      await tx`insert into suggestion_answer (suggestion_id, side, answer, person_id, person_name, organisation, at)
      values (${suggestionId}, 'referrer', 'yes', ${somebody.id}, 'Synthetic', 'XAA', now())`
      await tx`update entry set facts = facts || '{"fit": 3}' where id = ${entryId}`
    })
    await admin`insert into break_glass (id, entry_id, person_id, organisation, role, reason, at, ends_at)
    values (${randomUUID()}, ${entryId}, ${somebody.id}, 'XAA', 'mdt', 'r', now(), now())`
    /** Tables with something of a pathway, a person or a secret, and the right that stands for seeing them. */
    const tables: Readonly<Record<string, readonly [Action | null, readonly string[]]>> = {
      entry: ['entry:read', ['XAA']],
      entry_history: ['entry:read', ['XAA']],
      entry_version: ['entry:read', ['XAA']],
      identity: ['identity:read', ['XAA']],
      acknowledgement: ['entry:read', ['XAA']],
      note: ['note:read', ['XAA']],
      suggestion: ['suggestion:read', ['XAA', 'XBB']],
      suggestion_answer: ['suggestion:read', ['XAA', 'XBB']],
      transfer: ['transfer:read', ['XAA', 'XBB']],
      audit: ['audit:read', []],
      session: [null, []],
      sign_in: [null, []],
      feed_key: [null, []],
      identity_key: [null, []],
      kept_secret: [null, []],
      delivery_body: [null, []],
      audit_cut: [null, []],
    }
    const free = await admin<{ name: string }[]>`
    select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'
      and not (relrowsecurity and relforcerowsecurity) order by 1`
    t.same(
      free.map(({ name }) => name).filter((name) => !NAMES_NOBODY.has(name)),
      [],
      'tables without forced row-level security: name nobody, or mend',
    )
    for (const role of Object.keys(ROLES) as Role[]) {
      for (const organisation of ['XAA', 'XBB', 'XCC', 'XAL']) {
        const scope: Scope = { kind: 'person', personId: randomUUID(), organisation, role }
        for (const [table, [action, whose]] of Object.entries(tables)) {
          const rows = await db.scoped(scope, (tx) => tx.unsafe(`select 1 from ${table} limit 1`))
          if (rows.length === 0) continue
          const isReader =
            role === 'readOnly' && organisation === 'XAL' && /^entry|^acknowledgement/.test(table)
          // notes are kept to the pathway; a role at the trust may lack the screen, never the organisation
          const isTheirs = table === 'note' && organisation === 'XAA'
          const isEntry = action !== null && may({ role, organisation }, action, whose)
          t.ok(isEntry || isReader || isTheirs, `${role} of ${organisation} sees ${table}`)
        }
        for (const table of ['action', 'priority_override', 'link_decision'])
          if (
            (await db.scoped(scope, (tx) => tx.unsafe(`select 1 from ${table} limit 1`))).length > 0
          )
            t.ok(
              organisation === 'XAA' || role === 'lead',
              `${role} of ${organisation} sees ${table}`,
            )
        const changed = await db.scoped(
          scope,
          (tx) => tx`update entry set tumour = 'skin' where id = ${entryId} returning 1`,
        )
        t.equal(changed.length, 0, 'nobody writes an entry')
      }
    }
  },
)
