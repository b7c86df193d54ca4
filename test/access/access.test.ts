import { createDecipheriv, createHmac, randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fastify from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import t from 'tap'
import { openDatabase } from '../../db/client.ts'
import type { Scope } from '../../db/client.ts'
import { connect } from '../../db/connection.ts'
import { openAccess } from '../../server/access/access.ts'
import type { Access, Person } from '../../server/access/access.ts'
import { createFeedKey } from '../../server/access/feed-keys/feed-keys.ts'
import { loadIdentityKeys } from '../../server/access/identity/keys.ts'
import { createPerson } from '../../server/access/people/people.ts'
import { ACTIONS, RIGHTS, may, reach, requireRight, seesAll } from '../../server/access/rights.ts'
import { accessRoutes } from '../../server/access/routes.ts'
import {
  identityKey,
  nhsHash,
  sealBytes,
  sealIdentity,
  unsealIdentity,
} from '../../server/access/identity/seal.ts'
import { ABSOLUTE_LIMIT_MS, IDLE_LIMIT_MS } from '../../server/access/sign-in/sessions.ts'
import { registerProblems } from '../../server/ops/problems.ts'
import type { Identity } from '../../shared/entry.ts'
import type { IsoDate } from '../../shared/date.ts'
import { ROLES } from '../../shared/vocabulary.ts'
import type { Role } from '../../shared/vocabulary.ts'
import { testDatabase } from '../database.ts'
import { writeEntry, writeOrganisations } from '../db/pathway.ts'

const SYSTEM: Scope = { kind: 'system', name: 'test' }
const START_MS = Date.parse('2025-05-01T09:00:00.000Z')
const MINUTE_MS = 60_000
const KEYS = [identityKey(Buffer.alloc(32, 1))] as const
const SOMEBODY = {
  nhsNumber: '9990000018',
  name: 'Synthetic Person',
  dateOfBirth: '1950-02-03' as IsoDate,
  hospitalNumber: 'H1234567',
} satisfies Identity

const db = await testDatabase(t)
const admin = connect(db.adminUrl, { max: 1 })
t.teardown(() => admin.end({ timeout: 1 }))
await db.scoped(SYSTEM, writeOrganisations)

const clock = { now: START_MS }
const now = (): number => clock.now
const access: Access = await openAccess({ db, keys: KEYS, now })
t.teardown(() => access.close())

const people = new Map<string, Person>()
for (const [role, organisation] of [
  ['coordinator', 'X1A'],
  ['clinician', 'X2B'],
  ['coordinator', 'X3C'],
  ['trustAdmin', 'X1A'],
  ['lead', 'XAL'],
  ['auditor', 'XAL'],
] as const) {
  const person = await createPerson(db, { name: 'Sample Person', role, organisation, sample: true })
  people.set(`${role} ${organisation}`, person)
}
const real = await createPerson(db, {
  name: 'Real Person',
  role: 'coordinator',
  organisation: 'X1A',
  subject: 'idp|1',
})

t.test('sealing', async (t) => {
  const [key] = KEYS
  const sealed = sealIdentity(SOMEBODY, KEYS)
  t.same(unsealIdentity(sealed, KEYS), SOMEBODY)
  t.equal(sealed.keyId, key.id)
  for (const value of Object.values(SOMEBODY)) {
    t.equal(sealed.sealed.includes(value), false, 'no value can be read')
  }
  const again = sealIdentity(SOMEBODY, KEYS)
  t.notSame(again.sealed, sealed.sealed, 'the same identity twice gives different bytes')
  t.same(again.nhsHash, sealed.nhsHash, 'and the same search hash')
  t.equal(sealIdentity({ name: 'Synthetic' }, KEYS).nhsHash, null)

  t.test('no nonce is used twice, however many are sealed, and each opens alone', async (t) => {
    const sealedMany = Array.from({ length: 2_000 }, (_, at) =>
      sealIdentity({ hospitalNumber: `H${at}` }, KEYS),
    )
    t.equal(new Set(sealedMany.map(nonceOf)).size, sealedMany.length)
    const opened = sealedMany.map((one) => unsealIdentity(one, KEYS).hospitalNumber)
    t.same(
      opened,
      sealedMany.map((_, at) => `H${at}`),
    )
  })

  t.test('IG-6 it is AES-256-GCM as OpenSSL opens it, at every length, by whatever key', (t) => {
    for (const key of [identityKey(randomBytes(32)), identityKey(randomBytes(32))]) {
      for (let length = 0; length < 200; length += 1) {
        const text = randomBytes(length)
        const { sealed } = sealBytes(text, '', [key])
        const opening = createDecipheriv('aes-256-gcm', key.key, sealed.subarray(0, 12))
        opening.setAAD(key.idBytes).setAuthTag(sealed.subarray(12, 28))
        const opened = Buffer.concat([opening.update(sealed.subarray(28)), opening.final()])
        if (!opened.equals(text)) t.fail(`${length} bytes are not the same`)
      }
    }
    t.end()
  })

  t.test('any altered byte, another key or another key id is found out', async (t) => {
    for (let at = 0; at < sealed.sealed.length; at += 1) {
      const altered = Buffer.from(sealed.sealed)
      altered[at] = (altered[at] ?? 0) ^ 1
      t.throws(() => unsealIdentity({ ...sealed, sealed: altered }, KEYS))
    }
    t.throws(() => unsealIdentity({ ...sealed, sealed: sealed.sealed.subarray(0, 20) }, KEYS))
    const other = identityKey(Buffer.alloc(32, 2))
    t.throws(() => unsealIdentity(sealed, [other]), {
      message: /sealed under key [0-9a-f]{8}, which/,
    })
    t.throws(() => unsealIdentity(sealed, [{ ...other, id: key.id }]))
    t.notSame(nhsHash('9990000018', other), sealed.nhsHash, 'the search hash wants the key')
    for (const number of ['9990000018', '9990000026', '9990000018', '1', '', '9'.repeat(90)]) {
      const hmac = createHmac('sha256', other.hashKey).update(number).digest()
      t.same(nhsHash(number, other), hmac, 'and is HMAC-SHA-256, whatever was hashed before')
    }
  })

  t.test('rotation: a new key seals, the old one still opens', async (t) => {
    const fresh = identityKey(Buffer.alloc(32, 3))
    const both = [fresh, key] as const
    t.same(unsealIdentity(sealed, both), SOMEBODY)
    t.equal(sealIdentity(SOMEBODY, both).keyId, fresh.id)
  })
})

function nonceOf({ sealed }: { readonly sealed: Buffer }): string {
  return sealed.toString('hex', 0, 12)
}

t.test('the keys come from the setting, or a file of the owner alone', async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'ptl-test-'))
  t.teardown(() => rm(dataDir, { recursive: true, force: true }))
  const hex = '0a'.repeat(32)
  const base64 = Buffer.alloc(32, 7).toString('base64')
  const given = await loadIdentityKeys({ setting: `${hex},${base64}`, dataDir })
  t.same(
    given.map((one) => one.key),
    [Buffer.alloc(32, 10), Buffer.alloc(32, 7)],
  )
  t.not(given[0].id, given[1]?.id)

  const [first, second] = await Promise.all([
    loadIdentityKeys({ setting: null, dataDir }),
    loadIdentityKeys({ setting: null, dataDir }),
  ])
  t.same(first[0].key, second[0].key, 'two first starts agree')
  t.equal((await stat(join(dataDir, 'identity.key'))).mode & 0o777, 0o600)
  t.same((await loadIdentityKeys({ setting: null, dataDir }))[0].key, first[0].key)

  const short = { setting: 'c2VjcmV0', dataDir }
  await t.rejects(loadIdentityKeys(short), {
    message: 'PTL_IDENTITY_KEY holds a key of 6 bytes; 32 in hex or base64 are wanted.',
  })
  await t.rejects(loadIdentityKeys({ setting: ' , ', dataDir }), { message: /holds no key/ })
  await writeFile(join(dataDir, 'identity.key'), '')
  await t.rejects(loadIdentityKeys({ setting: null, dataDir }), {
    message: /identity\.key holds no/,
  })
})

t.test('the table of rights', async (t) => {
  const actor = (role: Role, organisation = 'X1A') => ({ role, organisation })
  t.same(Object.keys(RIGHTS).sort(), Object.keys(ROLES).sort(), 'every role has a line')

  const leads: readonly Role[] = ['lead', 'allianceAdmin', 'auditor', 'readOnly']
  for (const role of leads)
    t.equal(reach(role, 'identity:read'), null, `${role}: never an identity`)
  for (const role of Object.keys(ROLES) as Role[]) {
    t.equal(reach(role, 'audit:read') !== null, role === 'auditor', `${role}: audit`)
    t.equal(reach(role, 'priority:override') !== null, role === 'clinician', `${role}: override`)
    t.equal(
      seesAll(actor(role)),
      ['lead', 'allianceAdmin', 'auditor'].includes(role),
      `${role}: all`,
    )
    for (const action of ACTIONS) {
      const right = reach(role, action)
      t.equal(may(actor(role), action), right !== null)
      t.equal(may(actor(role), action, 'X1A'), right !== null, 'own')
      t.equal(may(actor(role), action, 'X2B'), right === 'any', 'another')
      t.equal(may(actor(role), action, ['X2B', 'X1A']), right !== null, 'on the pathway')
      t.equal(may(actor(role), action, ['X2B', 'X3C']), right === 'any', 'not on the pathway')
      t.equal(may(actor(role), action, []), right === 'any', 'nobody is on it')
    }
  }
  t.doesNotThrow(() => requireRight(actor('coordinator'), 'capacity:write', 'X1A'))
  t.throws(() => requireRight(actor('coordinator'), 'capacity:write', 'X2B'), {
    code: 'not-yours',
    status: 403,
  })
  t.throws(() => requireRight(actor('lead'), 'suggestion:answer'), { code: 'not-yours' })
})

function someone(key: string): Person {
  const person = people.get(key)
  if (person === undefined) throw new Error(`nobody is ${key}`)
  return person
}

/** Signs in. @returns a request that carries the cookie */
async function signIn(key: string): Promise<{ method: string; headers: Record<string, string> }> {
  const request = { method: 'POST', headers: {} }
  const { token } = await access.signInAsSample(someone(key).id, request)
  return { method: 'GET', headers: { cookie: `a=b; ptl_session=${token}` } }
}

async function writeIdentity(organisations: readonly string[]): Promise<number> {
  return db.scoped(SYSTEM, async (tx) => {
    const entryId = await writeEntry(tx, { trust: 'X1A', organisations })
    const { keyId, sealed, nhsHash: hash } = access.seal(SOMEBODY)
    await tx`insert into identity (entry_id, key_id, sealed, nhs_hash) values (${entryId}, ${keyId}, ${sealed}, ${hash})`
    return entryId
  })
}

interface AuditLine {
  action: string
  subject: string
  personId: string | null
  reason: string | null
}

async function auditSince(id: number): Promise<AuditLine[]> {
  const rows = await db.scoped(
    SYSTEM,
    (tx) => tx<AuditLine[]>`
      select action, subject, person_id as "personId", reason from audit where id > ${id} order by id`,
  )
  return [...rows]
}

async function lastAudit(): Promise<number> {
  const [row] = await db.sql<{ id: number }[]>`select last_id as id from audit_newest()`
  return row?.id ?? 0
}

t.test('sessions', async (t) => {
  t.test('only the hash of the token is kept, and only sample people sign in so', async (t) => {
    const request = await signIn('coordinator X1A')
    const token = request.headers['cookie']?.split('ptl_session=')[1] ?? ''
    t.equal(Buffer.from(token, 'base64url').length, 32)
    const rows = await admin`select encode(token_hash, 'escape') as h from session`
    t.equal(
      rows.some((row) => String(row['h']).includes(token)),
      false,
    )
    t.same(await access.person(request), someone('coordinator X1A'))
    await t.rejects(access.signInAsSample(real.id, { headers: {} }), { code: 'not-signed-in' })
    await t.rejects(access.signInAsSample(randomUUID(), { headers: {} }), { code: 'not-signed-in' })
  })

  t.test('no cookie, a made-up one and a malformed one are refused alike', async (t) => {
    const cookies = [
      undefined,
      'a=b',
      'ptl_session=',
      'ptl_session=x',
      `ptl_session=${randomBytes(32).toString('base64url')}`,
      `ptl_session=${"' or 1=1 --".repeat(10)}`,
    ]
    const messages = new Set<string>()
    for (const cookie of cookies) {
      const request = { method: 'GET', headers: cookie === undefined ? {} : { cookie } }
      await access.person(request).catch((cause: unknown) => messages.add(String(cause)))
      t.equal(await access.maybePerson(request), null)
    }
    t.equal(messages.size, 1)
  })

  t.test('idle: in at eight hours less a moment, out at eight', async (t) => {
    clock.now = START_MS
    const kept = await signIn('coordinator X1A')
    const left = await signIn('clinician X2B')
    clock.now = START_MS + IDLE_LIMIT_MS - 1
    t.ok(await access.maybePerson(kept), 'asking for something keeps it')
    clock.now = START_MS + IDLE_LIMIT_MS
    t.ok(await access.maybePerson(kept))
    t.equal(await access.maybePerson(left), null)
    clock.now = START_MS
  })

  t.test('IG-3 an open page that nobody touches does not keep its session alive', async (t) => {
    clock.now = START_MS
    const left = await signIn('clinician X2B')
    const unattended = { ...left, headers: { ...left.headers, 'x-ptl-unattended': '1' } }
    for (let at = 0; at < IDLE_LIMIT_MS; at += 10 * MINUTE_MS) {
      clock.now = START_MS + at
      t.equal((await access.personForSocket(left)).idleEndsAt, START_MS + IDLE_LIMIT_MS)
      t.ok(await access.maybePerson(unattended), 'it is still shown what is new')
    }
    clock.now = START_MS + IDLE_LIMIT_MS
    await t.rejects(access.personForSocket(left), { code: 'not-signed-in' })
    t.equal(await access.maybePerson(unattended), null)
    clock.now = START_MS
  })

  t.test('absolute: out after twelve hours however busy', async (t) => {
    clock.now = START_MS
    const request = await signIn('coordinator X1A')
    for (let at = 0; at < ABSOLUTE_LIMIT_MS; at += 60 * MINUTE_MS) {
      clock.now = START_MS + at
      t.ok(await access.maybePerson(request))
    }
    clock.now = START_MS + ABSOLUTE_LIMIT_MS - 1
    t.ok(await access.maybePerson(request))
    clock.now = START_MS + ABSOLUTE_LIMIT_MS
    t.equal(await access.maybePerson(request), null)
    clock.now = START_MS
  })

  t.test('signing out ends it everywhere, and sockets in any process are told', async (t) => {
    const elsewhere = await openAccess({ db, keys: KEYS, now })
    t.teardown(() => elsewhere.close())
    const request = await signIn('coordinator X1A')
    const socket = await elsewhere.personForSocket(request)
    t.same(socket.person, someone('coordinator X1A'))
    t.equal(socket.expiresAt, START_MS + ABSOLUTE_LIMIT_MS)
    const told = new Promise<string>((resolve) => elsewhere.onSessionEnd(resolve))
    await access.signOut({ ...request, method: 'DELETE' })
    t.equal(await told, socket.id)
    t.equal(await elsewhere.maybePerson(request), null)
    await access.signOut({ ...request, method: 'DELETE' })
  })

  t.test('who has left is out at once', async (t) => {
    const request = await signIn('coordinator X3C')
    const { id } = someone('coordinator X3C')
    await admin`update person set active = false where id = ${id}`
    t.equal(await access.maybePerson(request), null)
    await admin`update person set active = true where id = ${id}`
  })

  t.test('another site can neither change anything nor open a socket', async (t) => {
    const { headers } = await signIn('coordinator X1A')
    const from = (more: Record<string, string>, method = 'POST') => ({
      method,
      headers: { ...headers, host: 'ptl.example', ...more },
    })
    const evil = { origin: 'https://evil.example' }
    await t.rejects(access.person(from(evil)), { code: 'not-yours' })
    await t.rejects(access.person(from(evil, 'DELETE')), { code: 'not-yours' })
    await t.rejects(access.person(from({ origin: 'null' })), { code: 'not-yours' })
    await t.rejects(access.person(from({ origin: 'https://ptl.example.evil.example' })))
    await t.rejects(access.person(from({ 'sec-fetch-site': 'cross-site' })), { code: 'not-yours' })
    await t.rejects(access.person(from({ 'sec-fetch-site': 'same-site' })), { code: 'not-yours' })
    await t.rejects(access.personForSocket(from(evil, 'GET')), { code: 'not-yours' })
    await t.rejects(access.signInAsSample(someone('lead XAL').id, from(evil)), {
      code: 'not-yours',
    })
    t.ok(await access.person(from({ origin: 'https://ptl.example' })))
    t.ok(await access.person(from({ 'sec-fetch-site': 'same-origin' })))
    t.ok(await access.person(from({})), 'a caller that is no browser')
    t.ok(await access.person(from(evil, 'GET')), 'reading changes nothing')
    t.ok(await access.personForSocket(from({ origin: 'http://ptl.example' }, 'GET')))
  })
})

t.test('feed keys', async (t) => {
  const { id, key } = await createFeedKey(db, { organisation: 'X1A', label: 'integration' })
  const bearer = (token: string) => ({
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
  })

  t.match(await access.feedKey(bearer(key), 'X1A', 'delivery:write'), { id, organisation: 'X1A' })
  t.match(key, /^ptl_[0-9a-f]{32}_[A-Za-z0-9_-]{43}$/)
  const stored = await admin`select to_jsonb(feed_key)::text as row from feed_key where id = ${id}`
  t.notMatch(String(stored[0]?.['row']), key.slice(-20), 'the secret is kept nowhere')

  const other = await createFeedKey(db, { organisation: 'X2B', label: 'theirs' })
  const flipped = key.slice(0, -1) + (key.endsWith('A') ? 'B' : 'A')
  const mixed = key.slice(0, 37) + other.key.slice(37)
  for (const bad of ['', 'x', `${key}x`, flipped, mixed, key.slice(0, -1), key.toUpperCase()]) {
    await t.rejects(access.feedKey(bearer(bad), 'X1A', 'delivery:write'), { code: 'unknown-key' })
  }
  await t.rejects(access.feedKey({ headers: {} }, 'X1A', 'delivery:write'), { code: 'unknown-key' })
  await t.rejects(
    access.feedKey({ headers: { authorization: `Basic ${key}` } }, 'X1A', 'delivery:write'),
    { code: 'unknown-key' },
  )
  await t.rejects(access.feedKey(bearer(key), 'X2B', 'delivery:write'), { code: 'not-yours' })

  const narrow = await createFeedKey(db, {
    organisation: 'X1A',
    label: 'capacity only',
    scopes: ['capacity:write'],
  })
  await t.rejects(access.feedKey(bearer(narrow.key), 'X1A', 'delivery:write'), {
    code: 'not-yours',
  })
  t.match(await access.capacityWriter(bearer(narrow.key), 'X1A'), { feedKey: { id: narrow.id } })
  await t.rejects(access.capacityWriter(bearer(narrow.key), 'X2B'), { code: 'not-yours' })
  const { headers } = await signIn('coordinator X1A')
  t.match(await access.capacityWriter({ method: 'PUT', headers }, 'X1A'), {
    person: someone('coordinator X1A'),
  })
  await t.rejects(access.capacityWriter({ method: 'PUT', headers }, 'X2B'), { code: 'not-yours' })

  await admin`update feed_key set expires_at = ${new Date(START_MS + 1).toISOString()} where id = ${id}`
  t.ok(await access.feedKey(bearer(key), 'X1A', 'delivery:write'))
  clock.now = START_MS + 1
  await t.rejects(access.feedKey(bearer(key), 'X1A', 'delivery:write'), { code: 'unknown-key' })
  clock.now = START_MS
  await admin`update feed_key set revoked_at = now() where id = ${id}`
  await t.rejects(access.feedKey(bearer(key), 'X1A', 'delivery:write'), { code: 'unknown-key' })

  const seeded = { organisation: 'X3C', label: 'sample', sampleSeed: 'X3C' }
  await t.rejects(createFeedKey(db, seeded), { message: /wants sample: true/ })
  const first = await createFeedKey(db, { ...seeded, sample: true })
  const second = await createFeedKey(db, { ...seeded, sample: true })
  t.same(first, second, 'a sample key is the same each time')
  t.ok(await access.feedKey(bearer(second.key), 'X3C', 'delivery:write'))
  const strict = await openAccess({ db, keys: KEYS, now: () => clock.now, sample: false })
  t.teardown(() => strict.close())
  await t.rejects(
    strict.feedKey(bearer(second.key), 'X3C', 'delivery:write'),
    { code: 'unknown-key' },
    'anybody can work it out: good with the sample database alone',
  )
  const real = await createFeedKey(db, { organisation: 'X3C', label: 'real' })
  t.ok(await strict.feedKey(bearer(real.key), 'X3C', 'delivery:write'))
})

t.test(
  'identities: those caring for somebody see who it is, nobody else, and all is written down',
  async (t) => {
    const shared = await writeIdentity(['X1A', 'X2B'])
    const own = await writeIdentity(['X1A'])
    const bare = await db.scoped(SYSTEM, (tx) =>
      writeEntry(tx, { trust: 'X1A', organisations: ['X1A'] }),
    )
    const none = 987_654_321
    const cases: readonly (readonly [string, readonly number[]])[] = [
      ['coordinator X1A', [shared, own]],
      ['clinician X2B', [shared]],
      ['coordinator X3C', []],
      ['trustAdmin X1A', [shared, own]],
    ]
    for (const [key, wanted] of cases) {
      const before = await lastAudit()
      const found = await access.identities(
        someone(key),
        [shared, own, own, bare, none],
        'phoning',
        'r1',
      )
      t.same([...found.keys()].sort(), [...wanted].sort(), key)
      for (const one of found.values()) t.same(one, SOMEBODY)
      const personId = someone(key).id
      const given = [shared, own].filter((id) => wanted.includes(id))
      const kept = [shared, own, bare, none].filter((id) => !wanted.includes(id))
      const lineOf = (action: string, ids: readonly number[]) =>
        ids.length === 0
          ? []
          : [
              {
                action,
                subject: `${ids.length === 1 ? 'entry' : 'entries'}:${ids.join(',')}`,
                personId,
                reason: 'phoning',
              },
            ]
      t.same(
        await auditSince(before),
        [...lineOf('identity:read', given), ...lineOf('identity:read:refused', kept)],
        `${key}: each read and each refusal`,
      )
    }
    for (const key of ['lead XAL', 'auditor XAL']) {
      const before = await lastAudit()
      await t.rejects(access.identities(someone(key), [shared]), { code: 'not-yours' }, key)
      t.match(await auditSince(before), [{ action: 'identity:read:refused' }], 'and it is recorded')
    }
    const many = Array.from({ length: 101 }, (_, index) => index + 1)
    await t.rejects(access.identities(someone('coordinator X1A'), many), { code: 'bad-request' })
    t.equal((await access.identities(someone('coordinator X1A'), [])).size, 0)

    const dump = await admin`
    select (select string_agg(audit::text, '') from audit) as audit,
      (select string_agg(entry::text, '') from entry) as entries,
      (select string_agg(convert_from(decode(replace(encode(sealed, 'hex'), '00', '01'), 'hex'), 'LATIN1'), '')
        from identity) as sealed`
    for (const value of Object.values(SOMEBODY)) {
      t.equal(
        JSON.stringify(dump).includes(value),
        false,
        'nothing of it lies open in the database',
      )
    }
  },
)

t.test('a start with the wrong key is one clear line', async (t) => {
  await writeIdentity(['X1A'])
  await t.rejects(openAccess({ db, keys: [identityKey(Buffer.alloc(32, 9))], now }), {
    message:
      /^Identities are sealed under key [0-9a-f]{8}, and only [0-9a-f]{8} was given: set PTL_/,
  })
})

t.test('the audit is a chain', async (t) => {
  const many = await openDatabase({ url: db.url, max: 20 })
  t.teardown(() => many.close())
  const person = someone('coordinator X1A')
  const before = await lastAudit()
  const scope: Scope = {
    kind: 'person',
    personId: person.id,
    organisation: person.organisation,
    role: person.role,
  }
  const write = (action: string, reason?: string): Promise<void> =>
    many.scoped(scope, (tx) =>
      access.audit(tx, [
        { person, action, subject: 'entry:1', reason },
        { person, action, subject: 'entry:2', requestId: 'r"\\\n\u0001é漢' },
      ]),
    )
  await Promise.all(
    Array.from({ length: 40 }, (_, index) => write('note:write', `n${String(index)}`)),
  )
  await t.rejects(
    many.scoped(scope, async (tx) => {
      await access.audit(tx, { person, action: 'undone', subject: 'entry:1' })
      throw new Error('rolled back')
    }),
  )
  t.equal(await lastAudit(), before + 80, 'numbers have no holes')
  t.same(await access.verifyAudit(), { ok: true, events: before + 80, cutThrough: 0 })
  await t.rejects(
    many.scoped(scope, (tx) =>
      access.audit(tx, { person: real, action: 'note:write', subject: 'entry:1' }),
    ),
    { code: '42501' },
    'nobody writes in another name',
  )

  const middle = before + 40
  const newest = before + 80
  const tampering: readonly (readonly [string, string, string, number, RegExp])[] = [
    [
      'an altered reason',
      `update audit set reason = 'another' where id = ${String(middle)}`,
      `update audit set reason = (select reason from kept where kept.id = audit.id) where id = ${String(middle)}`,
      middle,
      /altered/,
    ],
    [
      'an altered time',
      `update audit set at = at + interval '1 microsecond' where id = ${String(middle)}`,
      `update audit set at = (select at from kept where kept.id = audit.id) where id = ${String(middle)}`,
      middle,
      /altered/,
    ],
    [
      'a removed event',
      `delete from audit where id = ${String(middle)}`,
      `insert into audit select * from kept where id = ${String(middle)}`,
      middle + 1,
      /missing/,
    ],
    [
      'a cut-off end',
      `delete from audit where id = ${String(newest)}`,
      `insert into audit select * from kept where id = ${String(newest)}`,
      newest,
      /newest events are missing/,
    ],
    [
      'an altered event chained anew by itself',
      `update audit set action = 'other', hash = sha256('x') where id = ${String(middle)}`,
      `update audit set (action, hash) = (select action, hash from kept where kept.id = audit.id) where id = ${String(middle)}`,
      middle,
      /altered/,
    ],
  ]
  await admin.unsafe('create table kept as select * from audit')
  for (const [what, tamper, mend, brokenAt, why] of tampering) {
    await admin.unsafe(tamper)
    t.match(await access.verifyAudit(), { ok: false, brokenAt, why }, what)
    await admin.unsafe(mend)
    t.match(await access.verifyAudit(), { ok: true }, `${what}, mended`)
  }
})

t.test('routes', async (t) => {
  const app = fastify()
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  registerProblems(app)
  await app.register(accessRoutes, { db, access, now, cookieSecure: true })
  t.teardown(() => app.close())
  const entryId = await writeIdentity(['X1A'])

  const listed = await app.inject('/api/sample-people')
  t.equal(listed.statusCode, 200)
  t.equal(listed.json<{ people: Person[] }>().people.length, people.size)
  t.notMatch(listed.body, 'Real Person')
  t.same((await app.inject('/api/session')).json(), { person: null })

  const signedIn = await app.inject({
    method: 'POST',
    url: '/api/session',
    payload: { personId: someone('coordinator X1A').id },
  })
  t.equal(signedIn.statusCode, 200)
  t.same(signedIn.json(), { person: someone('coordinator X1A') })
  const setCookie = String(signedIn.headers['set-cookie'])
  t.match(
    setCookie,
    /^ptl_session=[A-Za-z0-9_-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200; Secure$/,
  )
  const cookie = setCookie.split(';')[0] ?? ''
  t.same((await app.inject({ url: '/api/session', headers: { cookie } })).json(), {
    person: someone('coordinator X1A'),
  })

  const ask = (payload: object, headers: Record<string, string> = { cookie }) =>
    app.inject({ method: 'POST', url: '/api/identities', payload, headers })
  const found = await ask({ ids: [entryId, 999_999], reason: 'phoning' })
  t.equal(found.statusCode, 200)
  t.equal(found.headers['cache-control'], 'no-store')
  t.same(found.json(), { identities: [{ id: entryId, identity: SOMEBODY }] })
  t.match((await ask({ ids: [entryId] }, {})).json(), { status: 401, code: 'not-signed-in' })
  const wrong = [{}, { ids: [] }, { ids: [0] }, { ids: ['1'] }, { ids: [1], extra: 1 }]
  for (const payload of [...wrong, { ids: Array.from({ length: 101 }, (_, index) => index + 1) }]) {
    t.equal((await ask(payload)).statusCode, 400)
  }
  const foreign = await ask({ ids: [entryId] }, { cookie, origin: 'https://evil.example' })
  t.match(foreign.json(), { status: 403, code: 'not-yours' })

  const unknown = await app.inject({
    method: 'POST',
    url: '/api/session',
    payload: { personId: real.id },
  })
  t.equal(unknown.statusCode, 401)
  const out = await app.inject({ method: 'DELETE', url: '/api/session', headers: { cookie } })
  t.equal(out.statusCode, 204)
  t.match(out.headers['set-cookie'], /^ptl_session=; .*Max-Age=0/)
  t.same((await app.inject({ url: '/api/session', headers: { cookie } })).json(), { person: null })

  const bare = fastify()
  bare.setValidatorCompiler(validatorCompiler)
  bare.setSerializerCompiler(serializerCompiler)
  registerProblems(bare)
  const strict = await openAccess({ db, keys: KEYS, now, sample: false })
  t.teardown(() => strict.close())
  await bare.register(accessRoutes, { db, access: strict, now })
  t.teardown(() => bare.close())
  t.same((await bare.inject('/api/sample-people')).json(), { people: [] })
  const refused = await bare.inject({
    method: 'POST',
    url: '/api/session',
    payload: { personId: someone('coordinator X1A').id },
  })
  t.equal(refused.statusCode, 404, 'without the sample database there is no such door')
})
