import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import type { Test } from 'tap'
import { nhsNumberAt } from '../../db/sample/nhs-number.ts'
import { openAccess } from '../../server/access/access.ts'
import { identityKey } from '../../server/access/identity/seal.ts'
import { NATIONAL_COLUMNS } from '../../server/domain/codes/national-items.ts'
import type { Delivery } from '../../server/feeds/delivery/receive.ts'
import { openReceiver } from '../../server/feeds/delivery/receive.ts'
import type { FormatName } from '../../server/feeds/formats/choose.ts'
import { FORMATS } from '../../server/feeds/formats/choose.ts'
import { targetOf } from '../../server/feeds/merge/same-pathway.ts'
import type { Receipt } from '../../shared/delivery.ts'
import type { EntryFacts, Identity } from '../../shared/entry.ts'
import { testDatabase } from '../database.ts'
import { message, pid, pv1, sch } from './hl7-messages.ts'

const NOON = Date.parse('2026-11-22T12:00:00Z')
const SYSTEM = { kind: 'system', name: 'test' } as const

type Said = Readonly<Record<string, string | number | readonly string[] | undefined>>

/** A trust that nobody has delivered for, and the ways in. */
async function startFeeds(t: Test) {
  const db = await testDatabase(t)
  let made = 0
  let nowMs = NOON
  const now = () => nowMs
  const access = await openAccess({ db, keys: [identityKey(randomBytes(32))], now })
  t.teardown(() => access.close())
  const receiver = openReceiver({
    db,
    seal: (identity) => access.seal(identity),
    unseal: (row) => access.unseal(row),
    now,
  })

  async function newTrust() {
    made += 1
    const trust = `Q${made.toString(36).toUpperCase().padStart(4, '0')}`
    await db.scoped(
      SYSTEM,
      (tx) =>
        tx`insert into organisation (code, name, kind, synthetic) values (${trust}, ${trust}, 'trust', true)`,
    )
    const deliver = (format: FormatName, body: string, more: Partial<Delivery> = {}) => {
      nowMs += 1000
      return receiver.deliver({
        trust,
        mode: 'delta',
        format: FORMATS[format],
        body: once(Buffer.from(body)),
        ...more,
      })
    }
    const entries = async () => {
      const rows = await db.scoped(
        SYSTEM,
        (tx) => tx<
          {
            id: number
            localId: string
            state: string
            why: string | null
            facts: EntryFacts
            version: number
            keyId: string | null
            sealed: Buffer | null
          }[]
        >`
          select e.id, local_id as "localId", state, closed_reason as why, facts, version, key_id as "keyId", sealed
          from entry e left join identity on entry_id = e.id where trust = ${trust} order by e.id`,
      )
      return rows.map(({ keyId, sealed, ...row }) => {
        const isNamed = keyId !== null && sealed !== null
        const identity: Identity = isNamed ? access.unseal({ keyId, sealed }) : {}
        return { ...row, identity }
      })
    }
    /** The one entry there is. */
    const entry = async () => {
      const found = await entries()
      if (found.length !== 1 || found[0] === undefined) throw new Error(`${found.length} entries`)
      return found[0]
    }
    return { trust, deliver, entries, entry }
  }
  return { db, newTrust }
}

async function* once(body: Buffer): AsyncGenerator<Buffer> {
  yield body
}

/** A line of the national file. */
function national(facts: Said): string {
  return NATIONAL_COLUMNS.map(({ field }) => String(facts[field] ?? '')).join(',') + '\n'
}

function ptl(columns: readonly string[], ...rows: readonly Said[]): string {
  const cells = (row: Said) => columns.map((name) => String(row[name] ?? '')).join(',')
  return [columns.join(','), ...rows.map(cells)].map((line) => `${line}\n`).join('')
}

const PATHWAY = { ppid: 'P1', ppidIssuer: 'QAA', priorityType: '3', receivedOn: '2026-10-01' }
const NUMBER = nhsNumberAt(1)
const NAMED = { nhsNumber: NUMBER, name: 'Zzsample Ada', postcode: 'ZZ99 1AA' }
const REST = { travelLimitMinutes: 40, needs: ['interpreter'], nextActionOwner: 'Tracker' }
const LOCAL = { ...REST, nextAction: 'Book CT' }

function codes(receipt: Receipt): string[] {
  return receipt.issues.map(({ code, field }) => `${code} ${field}`)
}

t.test('what a source says, and what it has no place for', async (t) => {
  const { newTrust } = await startFeeds(t)

  t.test(
    'FEED-24: a national extract leaves what it has no column for, facts and names alike',
    async (t) => {
      const { deliver, entry } = await newTrust()
      const localId = 'QAA:P1'
      await deliver('ndjson', JSON.stringify({ localId, ...PATHWAY, ...LOCAL, identity: NAMED }))
      const receipt = await deliver(
        'ncwtmds',
        national({ ...PATHWAY, dttOn: '2026-11-02', nhsNumber: NUMBER }),
        {
          mode: 'snapshot',
        },
      )
      t.equal(receipt.counts.changed, 1)
      const after = await entry()
      t.strictSame(after.facts, { localId, ...PATHWAY, dttOn: '2026-11-02', ...LOCAL })
      t.strictSame(after.identity, NAMED)
      const cleared = await deliver('ncwtmds', national({ ...PATHWAY, nhsNumber: NUMBER }), {
        mode: 'snapshot',
      })
      t.equal(cleared.counts.changed, 1)
      t.strictSame((await entry()).facts, { localId, ...PATHWAY, ...LOCAL }, 'an empty item clears')
    },
  )

  t.test(
    'FEED-24: an empty cell of a column clears, a column that is not there does not',
    async (t) => {
      const { deliver, entry } = await newTrust()
      await deliver(
        'ndjson',
        JSON.stringify({ localId: 'A1', ...PATHWAY, ...LOCAL, identity: NAMED }),
      )
      await deliver(
        'ptl',
        ptl(['localId', 'ppid', 'ppidIssuer', 'nextAction', 'postcode'], {
          localId: 'A1',
          ...PATHWAY,
        }),
      )
      const { facts, identity } = await entry()
      t.strictSame(facts, { localId: 'A1', ...PATHWAY, ...REST })
      t.strictSame(identity, NAMED, 'a row that names nobody leaves who is known')
      const forename = ptl(['localId', 'Forename', 'Surname', 'postcode'], {
        localId: 'A1',
        Forename: 'Ada',
        Surname: 'Zznew',
      })
      await deliver('ptl', forename)
      t.strictSame((await entry()).identity, { nhsNumber: NUMBER, name: 'Ada Zznew' })
    },
  )

  t.test('FEED-24: JSON has a place for everything, and what it leaves out is gone', async (t) => {
    const { deliver, entry } = await newTrust()
    await deliver(
      'ndjson',
      JSON.stringify({ localId: 'A1', ...PATHWAY, ...LOCAL, identity: NAMED }),
    )
    await deliver(
      'json',
      JSON.stringify([{ localId: 'A1', ...PATHWAY, identity: { nhsNumber: NUMBER } }]),
    )
    const { facts, identity } = await entry()
    t.strictSame(facts, { localId: 'A1', ...PATHWAY })
    t.strictSame(identity, { nhsNumber: NUMBER })
  })

  t.test('FEED-24: an appointment told by HL7 stays through a national extract', async (t) => {
    const { deliver, entry } = await newTrust()
    await deliver('ncwtmds', national({ ...PATHWAY, nhsNumber: NUMBER }), { mode: 'snapshot' })
    const booked = message('SIU^S12', [sch('202612011000'), pid(NUMBER), pv1('P1')], {
      at: '20261122123000',
    })
    const told = await deliver('hl7', booked)
    t.equal(told.counts.changed, 1, JSON.stringify(told.issues))
    await deliver('hl7', message('ADT^A08', [pid(NUMBER)], { at: '20261122123000', id: 'M2' }))
    const before = (await entry()).facts
    t.match(before, { step: 'ct', stepBookedOn: '2026-12-01' })
    const receipt = await deliver(
      'ncwtmds',
      national({ ...PATHWAY, priorityType: '2', nhsNumber: NUMBER }),
      {
        mode: 'snapshot',
        extractAt: '2026-11-22T12:31:00Z',
      },
    )
    t.equal(receipt.counts.changed, 1)
    const after = await entry()
    t.strictSame(after.facts, { ...before, priorityType: '2' })
    t.equal(after.identity.name, 'Ada Sample', 'and so does the name')
  })

  t.test(
    'FEED-24: a name known under another NHS number does not go on under the new one',
    async (t) => {
      const { deliver, entry } = await newTrust()
      await deliver('ndjson', JSON.stringify({ localId: 'QAA:P1', ...PATHWAY, identity: NAMED }))
      await deliver('ncwtmds', national({ ...PATHWAY, nhsNumber: nhsNumberAt(2) }))
      t.strictSame((await entry()).identity, { nhsNumber: nhsNumberAt(2) })
    },
  )

  t.test(
    'FEED-24: what was told by another source and no longer fits is dropped, and said',
    async (t) => {
      const { deliver, entry } = await newTrust()
      const closed = {
        closedOn: '2026-10-20',
        trackingNoteOn: '2027-01-01',
        trackingNote: 'Synthetic',
      }
      await deliver('ndjson', JSON.stringify({ localId: 'QAA:P1', ...PATHWAY, ...closed }))
      t.equal((await entry()).state, 'closed')
      const receipt = await deliver('ncwtmds', national({ ...PATHWAY, receivedOn: '2026-11-01' }))
      t.same(
        codes(receipt).filter((code) => !code.startsWith('DQ-13')),
        ['FEED-24 closedOn'],
        'no word of the note',
      )
      t.equal(receipt.counts.refused, 0)
      const after = await entry()
      t.equal(after.state, 'open')
      t.equal(after.facts.trackingNote, 'Synthetic')
    },
  )

  t.test(
    'FEED-20, FEED-24: a line that is seen again is not read, and what is kept is no change',
    async (t) => {
      const { deliver, entry } = await newTrust()
      const file = national({ ...PATHWAY, nhsNumber: NUMBER })
      const columns = ['ppid', 'ppidIssuer', 'nextAction', 'nhsNumber', 'name']
      await deliver('ncwtmds', file, { mode: 'snapshot' })
      await deliver('ptl', ptl(columns, { ...PATHWAY, ...LOCAL, ...NAMED }))
      const { version } = await entry()
      for (const round of [1, 2, 3]) {
        const { counts } = await deliver('ncwtmds', file, { mode: 'snapshot' })
        t.match(counts, { unchanged: 1, changed: 0, added: 0, removed: 0 }, `round ${round}`)
      }
      const again = await deliver('ptl', ptl(columns, { ...PATHWAY, ...LOCAL, ...NAMED }))
      t.match(again.counts, { unchanged: 1, changed: 0 })
      t.equal((await entry()).version, version, 'not written again')
    },
  )
})

t.test('FEED-25: which entry a record is of', (t) => {
  const entry = (localId: string, more: { dropped?: boolean; nhsNumber?: string } = {}) => ({
    id: 1,
    localId,
    dropped: false,
    nhsNumber: undefined,
    ...more,
  })
  const made = { localId: 'QAA:P1', pathwayKey: 'QAA:P1', nhsNumber: NUMBER }
  const own = { localId: 'A1', pathwayKey: 'QAA:P1', nhsNumber: NUMBER }
  const cases: readonly [string, typeof made, ReturnType<typeof entry>[], string][] = [
    ['nothing known: new', made, [], 'own'],
    ['its own', made, [entry('QAA:P1')], 'own QAA:P1'],
    ['one with a key of its own', made, [entry('A1')], 'other A1'],
    ['both there', made, [entry('A1'), entry('QAA:P1')], 'other A1 < QAA:P1'],
    [
      'both there, the second closed before',
      made,
      [entry('A1'), entry('QAA:P1', { dropped: true })],
      'other A1',
    ],
    ['two of their own', made, [entry('A1'), entry('A2')], 'unsure several'],
    [
      'two of their own, one closed',
      made,
      [entry('A1', { dropped: true }), entry('A2')],
      'other A2',
    ],
    ['one of its own, closed', made, [entry('A1', { dropped: true })], 'other A1'],
    [
      'of another NHS number',
      made,
      [entry('A1', { nhsNumber: nhsNumberAt(2) })],
      'unsure otherPerson',
    ],
    ['of the same NHS number', made, [entry('A1', { nhsNumber: NUMBER })], 'other A1'],
    ['own key, new', own, [], 'own'],
    ['own key, known', own, [entry('A1')], 'own A1'],
    ['own key, known by its identifier alone', own, [entry('QAA:P1')], 'renames QAA:P1'],
    ['own key, both there', own, [entry('A1'), entry('QAA:P1')], 'twin A1 < QAA:P1'],
    ['own key beside another own key', own, [entry('A2')], 'own'],
    ['own key, another own key and the identifier', own, [entry('A2'), entry('QAA:P1')], 'own'],
    [
      'own key, the identifier of another person',
      own,
      [entry('QAA:P1', { nhsNumber: nhsNumberAt(2) })],
      'unsure otherPerson',
    ],
    ['own key, the identifier closed', own, [entry('QAA:P1', { dropped: true })], 'own'],
  ]
  for (const [title, record, candidates, wanted] of cases) {
    const target = targetOf(record, candidates)
    const twin = 'twin' in target && target.twin !== null ? `< ${target.twin.localId}` : ''
    const why = 'why' in target ? target.why : (target.entry?.localId ?? '')
    t.equal(`${target.kind} ${why} ${twin}`.trim(), wanted, title)
  }
  const noKey = targetOf({ localId: 'A1', pathwayKey: null, nhsNumber: NUMBER }, [])
  t.same(noKey, { kind: 'own', entry: null }, 'without a pathway identifier nothing is compared')
  t.end()
})

t.test('one pathway of two feeds', async (t) => {
  const { db, newTrust } = await startFeeds(t)
  const own = { localId: 'A1', ...PATHWAY }
  const ownColumns = ['localId', 'ppid', 'ppidIssuer', 'priorityType', 'receivedOn', 'nextAction']

  t.test(
    'FEED-25: the PTL first, then the national file: one entry, whatever the mode',
    async (t) => {
      const { deliver, entry } = await newTrust()
      await deliver('ptl', ptl(ownColumns, { ...own, nextAction: 'Book CT' }), { mode: 'snapshot' })
      for (const mode of ['delta', 'snapshot'] as const) {
        const receipt = await deliver('ncwtmds', national(PATHWAY), { mode })
        t.match(receipt.counts, { unchanged: 1, added: 0, removed: 0 }, mode)
      }
      const changed = await deliver('ncwtmds', national({ ...PATHWAY, dttOn: '2026-11-01' }), {
        mode: 'snapshot',
      })
      t.equal(changed.counts.changed, 1)
      const after = await entry()
      t.strictSame([after.localId, after.state], ['A1', 'open'])
      t.strictSame(after.facts, { ...own, dttOn: '2026-11-01', nextAction: 'Book CT' })
      const seen = await deliver('ncwtmds', national({ ...PATHWAY, dttOn: '2026-11-01' }), {
        mode: 'snapshot',
      })
      t.match(seen.counts, { unchanged: 1, changed: 0, added: 0, removed: 0 })
      const refused = await deliver('ncwtmds', national({ ...PATHWAY, dttOn: 'never' }), {
        mode: 'snapshot',
      })
      t.match(
        refused.counts,
        { refused: 1, removed: 0 },
        'a refused line says that its pathway is there',
      )
      const back = await deliver('ptl', ptl(ownColumns, own), { mode: 'snapshot' })
      t.match(back.counts, { changed: 1, added: 0, removed: 0 })
    },
  )

  t.test(
    'FEED-25: the national file first, then the PTL: the entry takes the key of its own',
    async (t) => {
      const { deliver, entry } = await newTrust()
      await deliver('ncwtmds', national(PATHWAY), { mode: 'snapshot' })
      const { id } = await entry()
      const receipt = await deliver('ptl', ptl(ownColumns, own), { mode: 'snapshot' })
      t.match(receipt.counts, { changed: 1, added: 0, removed: 0 })
      t.match(await entry(), { id, localId: 'A1', facts: own, state: 'open' })
      const late = await deliver('ncwtmds', national(PATHWAY), {
        mode: 'snapshot',
        extractAt: '2026-11-01T00:00:00Z',
      })
      t.match(late.counts, { unchanged: 1, added: 0, removed: 0 }, 'a late one changes nothing')
      t.match(await entry(), { id, localId: 'A1' })
    },
  )

  t.test(
    'FEED-25: kept twice from before: one goes on, with what people have to do; the other is closed',
    async (t) => {
      for (const first of ['ncwtmds', 'ptl'] as const) {
        const { trust, deliver, entries } = await newTrust()
        await deliver('ptl', ptl(ownColumns, own))
        // As releases before FEED-25 left it.
        await db.scoped(SYSTEM, async (tx) => {
          await tx`
          insert into entry (trust, local_id, state, tumour, facts, hash, pathway_key, organisations, delivery_id,
            row_number, extract_at)
          select trust, pathway_key, state, tumour, facts || '{"localId": "QAA:P1"}', '\\x01', pathway_key,
            organisations, delivery_id, row_number, extract_at from entry where trust = ${trust}`
          await tx`
          insert into action (entry_id, person_id, organisation, body)
          select id, gen_random_uuid(), trust, 'Ring the ward' from entry where trust = ${trust} and local_id = 'QAA:P1'`
        })
        const body = first === 'ptl' ? ptl(ownColumns, own) : national(PATHWAY)
        const receipt = await deliver(first, body, { mode: 'snapshot' })
        t.ok(codes(receipt).includes('FEED-25 ppid'), `${first} says so`)
        t.match(receipt.counts, { added: 0, removed: 0, refused: 0 })
        const [kept, twin] = await entries()
        t.match(kept, { localId: 'A1', state: 'open' })
        t.match(twin, { localId: 'QAA:P1', state: 'closed', why: 'kept under the key of its own' })
        const actions = await db.scoped(
          SYSTEM,
          (tx) => tx`select body from action where entry_id = ${kept?.id ?? 0}`,
        )
        t.same([...actions], [{ body: 'Ring the ward' }])
        const again = await deliver(first, body, { mode: 'snapshot' })
        t.match(again.counts, { unchanged: 1, added: 0, removed: 0 })
        t.notOk(codes(again).includes('FEED-25 ppid'), 'told once')
        t.same(
          (await entries()).map(({ state }) => state),
          ['open', 'closed'],
        )
      }
    },
  )

  t.test(
    'FEED-25: two records of the trust’s own under one identifier stay two, and a third feed is told',
    async (t) => {
      const { deliver, entries } = await newTrust()
      await deliver('ptl', ptl(ownColumns, own, { ...own, localId: 'A2' }))
      const receipt = await deliver('ncwtmds', national(PATHWAY))
      t.match(receipt.counts, { added: 1 })
      t.ok(codes(receipt).includes('FEED-25 ppid'))
      t.same(
        (await entries()).map(({ localId, state }) => `${localId} ${state}`),
        ['A1 open', 'A2 open', 'QAA:P1 open'],
      )
    },
  )

  t.test(
    'FEED-8, FEED-25: two records of one delivery that turn out to be one pathway: the second is refused',
    async (t) => {
      const { deliver, entries } = await newTrust()
      await deliver('ptl', ptl(ownColumns, own))
      const twice = ptl(ownColumns, own, { ...own, localId: '' })
      const receipt = await deliver('ptl', twice)
      t.match(receipt.counts, { unchanged: 1, refused: 1, added: 0 })
      t.ok(codes(receipt).includes('FEED-8 localId'))
      t.equal((await entries()).length, 1)
    },
  )

  t.test(
    'FEED-25: a key that changes: the snapshot closes the former and takes the new one',
    async (t) => {
      const { deliver, entries } = await newTrust()
      await deliver('ptl', ptl(ownColumns, own), { mode: 'snapshot' })
      const receipt = await deliver('ptl', ptl(ownColumns, { ...own, localId: 'B1' }), {
        mode: 'snapshot',
      })
      t.match(receipt.counts, { added: 1, removed: 1 })
      await deliver('ncwtmds', national({ ...PATHWAY, dttOn: '2026-11-01' }))
      t.same(
        (await entries()).map(({ localId, state, facts }) =>
          `${localId} ${state} ${facts.dttOn ?? ''}`.trim(),
        ),
        ['A1 closed', 'B1 open 2026-11-01'],
      )
    },
  )
})

/*
 * The model: what is known of three pathways, changed by each delivery only in the fields its format has a place for.
 */

const NATIONAL_FACTS = ['priorityType', 'dttOn', 'rttDelayComment'] as const
const LOCAL_FACTS = ['nextAction', 'nextActionOwner', 'travelLimitMinutes', 'subtype'] as const
const VALUES: Readonly<Record<string, readonly (string | number)[]>> = {
  priorityType: ['2', '3'],
  dttOn: ['2026-11-01', '2026-11-02'],
  rttDelayComment: ['Synthetic', 'Other'],
  nextAction: ['Book CT', 'Ring'],
  nextActionOwner: ['Tracker', 'CNS'],
  travelLimitMinutes: [30, 60],
  subtype: ['One', 'Two'],
  name: ['Zzsample Ada', 'Zzsample Bo'],
  postcode: ['ZZ99 1AA', 'ZZ99 1AB'],
}
const ALL = [...NATIONAL_FACTS, ...LOCAL_FACTS, 'name', 'postcode']

const values = fc.record(
  Object.fromEntries(
    ALL.map((field) => [
      field,
      fc.option(fc.constantFrom(...(VALUES[field] ?? [])), { nil: undefined }),
    ]),
  ),
)
const step = fc.record({
  format: fc.constantFrom('ncwtmds', 'ptl', 'ptlByPathway', 'ndjson', 'again'),
  mode: fc.constantFrom('delta', 'snapshot'),
  columns: fc.subarray(ALL),
  rows: fc.tuple(values, values, values),
})

t.test(
  'FEED-20, FEED-24, FEED-25: any feeds in any order, and each entry holds what was last said of it',
  async (t) => {
    const { newTrust } = await startFeeds(t)
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 7 }), async (steps) => {
        const { deliver, entries } = await newTrust()
        const known = [0, 1, 2].map(() => new Map<string, unknown>())
        const keys = [0, 1, 2].map((at) => `QAA:P${at}`)
        let last: (() => Promise<Receipt>) | null = null
        for (const { format, mode, columns, rows } of steps) {
          if (format === 'again' && last === null) continue
          const before = known.map((facts, at) => textOf(facts, keys[at]))
          const isNew = known.map((facts) => facts.size === 0)
          if (format !== 'again') {
            const carried: readonly string[] =
              format === 'ncwtmds' ? NATIONAL_FACTS : format === 'ndjson' ? ALL : columns
            const said = rows.map((row, at) => ({
              ppid: `P${at}`,
              ppidIssuer: 'QAA',
              nhsNumber: nhsNumberAt(at),
              ...(format === 'ncwtmds' || format === 'ptlByPathway' ? {} : { localId: `A${at}` }),
              ...Object.fromEntries(
                Object.entries(row).filter(
                  ([field, value]) => carried.includes(field) && value !== undefined,
                ),
              ),
            }))
            for (const [at, row] of said.entries()) {
              for (const field of carried) known[at]?.delete(field)
              for (const [field, value] of Object.entries(row)) known[at]?.set(field, value)
              if ('localId' in row) keys[at] = `A${at}`
              known[at]?.delete('localId')
            }
            last = () => deliver(...bodyOf(format, columns, said), { mode })
          }
          // The last body once more, by the way it came: it says nothing new.
          const receipt = await last?.()
          const changed = known.filter(
            (facts, at) => !isNew[at] && textOf(facts, keys[at]) !== before[at],
          ).length
          const added = isNew.filter(Boolean).length
          t.match(receipt?.counts, {
            added,
            changed,
            unchanged: 3 - added - changed,
            refused: 0,
            removed: 0,
          })
          const found = await entries()
          t.same(
            found.map(({ facts, identity, state }) => [
              state,
              textOf(new Map(Object.entries({ ...facts, ...identity })), facts.localId),
            ]),
            known.map((facts, at) => ['open', textOf(facts, keys[at])]),
          )
        }
      }),
      { numRuns: 40 },
    )
  },
)

function textOf(facts: ReadonlyMap<string, unknown>, key: string | undefined): string {
  const said = new Map(facts).set('localId', key)
  return JSON.stringify([...said].toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

function bodyOf(
  format: string,
  columns: readonly string[],
  said: readonly Said[],
): [FormatName, string] {
  if (format === 'ncwtmds') return ['ncwtmds', said.map(national).join('')]
  if (format === 'ndjson') return ['ndjson', said.map(asJson).join('\n')]
  const key = format === 'ptl' ? ['localId'] : []
  return ['ptl', ptl([...key, 'ppid', 'ppidIssuer', 'nhsNumber', ...columns], ...said)]
}

function asJson({ nhsNumber, name, postcode, ...facts }: Said): string {
  return JSON.stringify({ ...facts, identity: { nhsNumber, name, postcode } })
}
