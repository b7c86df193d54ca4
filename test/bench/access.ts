import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fastify from 'fastify'
import { validatorCompiler } from 'fastify-type-provider-zod'
import { openDatabase } from '../../db/client.ts'
import { connect } from '../../db/connection.ts'
import { startEmbedded } from '../../db/embedded.ts'
import { migrate } from '../../db/migrate.ts'
import { openAccess } from '../../server/access/access.ts'
import { createPerson } from '../../server/access/people/people.ts'
import { identityKey } from '../../server/access/identity/seal.ts'
import { listRoutes } from '../../server/list/routes.ts'
import { openLiveList } from '../../server/list/live-list.ts'
import { checkedAnswers } from '../../server/ops/checked-answers.ts'
import { registerProblems } from '../../server/ops/problems.ts'
import { listRow } from '../../shared/list.ts'
import { rowLevelSecurity } from './access-policies.part.ts'
import { printer } from './figures.part.ts'

/*
 * What safety costs: a coordinator's page of the list with the names on it, decrypted and audited, against the same
 * page without; the list's and the merge's queries with and without row-level security; the audit's chain written by
 * single requests, and proved. `npm run bench access -- 1000000` proves a million.
 */
const print = printer('access')
const EVENTS = Number(process.argv[2] ?? 1_000_000)
const ENTRIES = 6_000
const SYSTEM = { kind: 'system', name: 'bench' } as const
const PAGE_ROWS = 50
const AT_ONCE = 32
const SECONDS = 4

const dataDir = await mkdtemp(join(tmpdir(), 'ptl-bench-'))
const server = await startEmbedded({ dataDir })
await migrate(server.url)
const db = await openDatabase({ url: server.url })
const owner = connect(server.url, { max: 1, statementTimeoutMs: 0 })
const access = await openAccess({
  db,
  keys: [identityKey(randomBytes(32))],
  now: Date.now,
  namesAnHour: Infinity,
})
await fill()
const list = await openLiveList({
  db,
  now: Date.now,
  log: { error: () => undefined },
  pseudonymKey: 'bench',
})
const app = fastify()
app.setValidatorCompiler(validatorCompiler)
app.setSerializerCompiler(checkedAnswers(listRow))
registerProblems(app)
await app.register(listRoutes, { db, access, list, now: Date.now })
const person = await createPerson(db, {
  name: 'Synthetic',
  role: 'coordinator',
  organisation: 'QAA',
  sample: true,
})
const { token } = await access.signInAsSample(person.id, { headers: {} })
const headers = { cookie: `ptl_session=${token}` }

await pages()
await rowLevelSecurity({ url: server.url, owner, personId: person.id, tell })
await chain()
await app.close()
await list.close()
await access.close()
await owner.end()
await db.close()
await server.stop()
await rm(dataDir, { recursive: true, force: true })

async function pages(): Promise<void> {
  const address = `/api/list?limit=${String(PAGE_ROWS)}`
  const page = (query: string) => async (): Promise<void> => {
    const answer = await app.inject({ url: address + query, headers })
    if (answer.statusCode !== 200) throw new Error(answer.body)
  }
  const bare: Paced[] = []
  const named: Paced[] = []
  await rate(page(''), 1)
  await rate(page('&identities=true'), 1)
  for (let round = 0; round < 3; round += 1) {
    bare.push(await paced(page('')))
    named.push(await paced(page('&identities=true')))
  }
  const best = (of: readonly Paced[], what: keyof Paced): number =>
    Math.max(...of.map((one) => one[what]))
  const name = 'list page of 50 with names, decrypted and audited'
  tell(name, best(named, 'rate'), 'pages/s', best(bare, 'rate'))
  tell(`${name}, a processor second`, best(named, 'perSecond'), 'pages', best(bare, 'perSecond'))
}

/** Calls a second, and a second of this process's processor: what others do on the machine disturbs that one less. */
interface Paced {
  readonly rate: number
  readonly perSecond: number
}

async function paced(call: () => Promise<void>): Promise<Paced> {
  const from = performance.now()
  const before = process.cpuUsage()
  const found = await rate(call, SECONDS / 2)
  const { user, system } = process.cpuUsage(before)
  const calls = (found * (performance.now() - from)) / 1_000
  return { rate: found, perSecond: (calls / (user + system)) * 1_000_000 }
}

async function chain(): Promise<void> {
  const event = { person, action: 'identity:read', subject: 'entry:12', reason: 'phoning' }
  const single = (): Promise<void> => access.auditNow(event)
  await rate(single, 1)
  tell('audit events, each its own request', await rate(single, SECONDS, 128), 'events/s', 2_000)
  const [already] = await owner<{ id: number }[]>`select last_id as id from audit_head`
  const missing = Math.max(EVENTS - (already?.id ?? 0), 0)
  for (let written = 0; written < missing; written += 5_000) {
    await db.scoped(SYSTEM, (tx) => {
      const batch = Array.from({ length: Math.min(5_000, missing - written) }, () => event)
      return access.audit(tx, batch)
    })
  }
  const from = performance.now()
  const verdict = await access.verifyAudit()
  const seconds = (performance.now() - from) / 1_000
  if (!verdict.ok) throw new Error(verdict.why)
  const rateOf = verdict.events / seconds
  tell(
    `audit proved, ${String(verdict.events)} events in ${seconds.toFixed(1)} s`,
    rateOf,
    'events/s',
    1_000_000 / 20,
  )
}

/** Calls a second with so many under way. */
async function rate(call: () => Promise<void>, seconds: number, atOnce = AT_ONCE): Promise<number> {
  const from = performance.now()
  let calls = 0
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (performance.now() - from < seconds * 1_000) {
        await call()
        calls += 1
      }
    }),
  )
  return (calls / (performance.now() - from)) * 1_000
}

function tell(metric: string, value: number, unit: string, peer: number): void {
  print(metric, value, unit, peer, value / peer)
}

async function fill(): Promise<void> {
  await db.scoped(SYSTEM, async (tx) => {
    await tx`insert into organisation (code, name, kind, synthetic) values
      ('QAA', 'Bench', 'trust', true), ('QBB', 'Other', 'trust', true)`
    await tx`
      insert into entry (trust, local_id, state, tumour, received_on, facts, hash, organisations, delivery_id, row_number, extract_at)
      select case when n % 2 = 0 then 'QAA' else 'QBB' end, 'b' || n, 'open', 'lung', current_date - n % 90,
        jsonb_build_object('localId', 'b' || n, 'priorityType', '3', 'referralType', '01', 'referralSource', '03',
          'receivedOn', (current_date - n % 90)::text, 'tumour', 'lung', 'step', 'ct'),
        '\\x00', array[case when n % 2 = 0 then 'QAA' else 'QBB' end], ${randomUUID()}, n, now()
      from generate_series(1, ${ENTRIES}) n`
    const rows = await tx<{ id: number }[]>`select id from entry order by id`
    const sealed = rows.map(({ id }) => {
      const {
        keyId,
        sealed: bytes,
        nhsHash,
      } = access.seal({
        nhsNumber: String(9_990_000_000 + id),
        name: 'Synthetic Person',
        dateOfBirth: '1950-02-03' as never,
        hospitalNumber: `H${String(id)}`,
      })
      return { entry_id: id, key_id: keyId, sealed: bytes, nhs_hash: nhsHash }
    })
    for (let at = 0; at < sealed.length; at += 1_000)
      await tx`insert into identity ${tx(sealed.slice(at, at + 1_000))}`
  })
  await owner`vacuum analyze`
}
