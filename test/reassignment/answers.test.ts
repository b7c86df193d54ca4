import { randomBytes, randomUUID } from 'node:crypto'
import t from 'tap'
import { openAccess } from '../../server/access/access.ts'
import { createPerson } from '../../server/access/people/people.ts'
import { identityKey } from '../../server/access/identity/seal.ts'
import { advance, answer, veto } from '../../server/reassignment/suggestions/answers.ts'
import { putCapacity } from '../../server/reassignment/capacity/capacity.ts'
import type { IsoDate } from '../../shared/date.ts'
import { Refusal } from '../../shared/problem.ts'
import { vetoBody, type AnswerBody, type VetoBody } from '../../shared/suggestion.ts'
import { testDatabase } from '../database.ts'

const NOW = Date.parse('2026-11-02T09:00:00Z')
const DAY = '2026-11-09' as IsoDate
const YES = (side: AnswerBody['side']): AnswerBody => ({ side, answer: 'yes' })

t.test('the road on a real database', async (t) => {
  const db = await testDatabase(t)
  const access = await openAccess({ db, keys: [identityKey(randomBytes(32))], now: () => NOW })
  t.teardown(() => access.close())
  const options = { db, access, now: () => NOW }
  const system = { kind: 'system', name: 'test' } as const

  await db.scoped(system, async (tx) => {
    await tx`insert into organisation (code, name, kind, synthetic) values
      ('ZT1', 'One', 'trust', true), ('ZT2', 'Two', 'trust', true), ('ZT3', 'Three', 'trust', true)`
    await tx`insert into site (code, organisation, name) values ('ZT101', 'ZT1', 'One A'), ('ZT201', 'ZT2', 'Two A')`
  })
  const referrer = await createPerson(db, {
    name: 'Synthetic Referrer',
    role: 'coordinator',
    organisation: 'ZT1',
  })
  const receiver = await createPerson(db, {
    name: 'Synthetic Receiver',
    role: 'coordinator',
    organisation: 'ZT2',
  })
  const stranger = await createPerson(db, {
    name: 'Synthetic Stranger',
    role: 'coordinator',
    organisation: 'ZT3',
  })
  const clinician = await createPerson(db, {
    name: 'Synthetic Clinician',
    role: 'clinician',
    organisation: 'ZT1',
  })
  const receivingClinician = await createPerson(db, {
    name: 'Synthetic Receiving Clinician',
    role: 'clinician',
    organisation: 'ZT2',
  })
  const otherClinician = await createPerson(db, {
    name: 'Synthetic Other Clinician',
    role: 'clinician',
    organisation: 'ZT3',
  })
  const lead = await createPerson(db, { name: 'Synthetic Lead', role: 'lead', organisation: 'ZT1' })

  /** A fresh bucket of slots and so many suggestions that want one of them. */
  async function suggest(
    slots: number,
    wanting: number,
  ): Promise<{ capacityId: number; ids: string[] }> {
    const step = `ebus-${randomUUID().slice(0, 6)}`
    return db.scoped(system, async (tx) => {
      const [bucket] = await tx<{ id: number }[]>`
        insert into capacity (site, step, day, slots, open_to_alliance, notice_days)
        values ('ZT201', ${step}, ${DAY}, ${slots}, true, 1) returning id`
      const capacityId = bucket?.id ?? 0
      const ids = Array.from({ length: wanting }, () => randomUUID())
      for (const id of ids) {
        const [entry] = await tx<{ id: number }[]>`
          insert into entry (trust, local_id, state, tumour, facts, hash, organisations, delivery_id, row_number, extract_at)
          values ('ZT1', ${id.slice(0, 20)}, 'open', 'lung', '{"localId":"x"}', '\\x00', '{ZT1}', ${randomUUID()}, 1, now())
          returning id`
        await tx`
          insert into suggestion (id, entry_id, capacity_id, from_trust, to_trust, to_site, step, tumour, day, state,
            reason, created_at, updated_at, expires_at)
          values (${id}, ${entry?.id ?? 0}, ${capacityId}, 'ZT1', 'ZT2', 'ZT201', ${step}, 'lung', ${DAY}, 'suggested',
            '{}', now(), now(), now() + interval '7 days')`
      }
      return { capacityId, ids }
    })
  }

  const promised = async (capacityId: number): Promise<number> => {
    const [row] = await db.scoped(
      system,
      (tx) => tx<{ promised: number }[]>`
      select promised from capacity where id = ${capacityId}`,
    )
    return row?.promised ?? -1
  }
  /** What everybody was told of a suggestion and of its slot. */
  const toldOf = async (id: string): Promise<object> => {
    const [row] = await db.scoped(
      system,
      (tx) => tx<{ suggestions: number; capacity: number }[]>`
        select count(*) filter (where c.kind = 'suggestions' and c.payload -> 'ids' ? ${id})::int as suggestions,
          count(*) filter (where c.kind = 'capacity' and c.payload ->> 'step' = s.step
            and c.payload -> 'days' ? s.day::text)::int as capacity
        from change_log c, suggestion s where s.id = ${id}`,
    )
    return row ?? {}
  }
  const refusalOf = (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => 'done',
      (error: unknown) => (error instanceof Refusal ? error.code : String(error)),
    )
  const by = (person: typeof referrer, version: number) => ({ person, version, requestId: 'test' })

  await t.test(
    'MOV-46 three yeses make a transfer, sent and received by the right trusts',
    async (t) => {
      const { capacityId, ids } = await suggest(1, 1)
      const id = ids[0] ?? ''
      await answer(options, id, YES('referrer'), by(referrer, 1))
      t.equal(await promised(capacityId), 1, 'MOV-43 held from the first yes')
      await answer(options, id, YES('patient'), by(referrer, 2))
      t.equal(await refusalOf(answer(options, id, YES('receiver'), by(referrer, 3))), 'not-yours')
      const early = await db.scoped(
        system,
        (tx) => tx`select 1 from transfer where suggestion_id = ${id}`,
      )
      t.equal(early.length, 0, 'MOV-46 two yeses make no transfer')
      await answer(options, id, YES('receiver'), by(receiver, 3))
      const agreed = await db.scoped(
        system,
        (tx) => tx`select * from transfer where suggestion_id = ${id}`,
      )
      t.match(agreed, [{ from_trust: 'ZT1', to_trust: 'ZT2', sent_on: null, received_on: null }])
      await advance(options, id, { ...by(referrer, 4), event: 'sendMds' })
      await advance(options, id, { ...by(receiver, 5), event: 'receive' })
      await advance(options, id, { ...by(receiver, 6), event: 'complete' })
      const done = await db.scoped(
        system,
        (tx) => tx`select * from transfer where suggestion_id = ${id}`,
      )
      t.match(done, [{ sent_on: '2026-11-02', received_on: '2026-11-02' }])
      t.equal(await promised(capacityId), 1, 'the slot stays theirs')
      const audited = await db.scoped(
        system,
        (tx) => tx<{ action: string }[]>`
          select action from audit where subject = ${`suggestion:${id}`} order by id`,
      )
      t.same(
        audited.map(({ action }) => action),
        ['referrer:yes', 'patient:yes', 'receiver:yes', 'sendMds', 'receive', 'complete'].map(
          (event) => `suggestion:${event}`,
        ),
        'who did each step is in the audit',
      )
      t.same(await toldOf(id), { suggestions: 6, capacity: 1 }, 'each step told, the slot once')
    },
  )

  await t.test('MOV-42 a stranger sees nothing, a lead may not answer', async (t) => {
    const { ids } = await suggest(1, 1)
    t.equal(
      await refusalOf(answer(options, ids[0] ?? '', YES('referrer'), by(stranger, 1))),
      'not-found',
    )
    t.equal(
      await refusalOf(answer(options, ids[0] ?? '', YES('referrer'), by(lead, 1))),
      'not-yours',
    )
    t.equal(
      await refusalOf(answer(options, randomUUID(), YES('referrer'), by(referrer, 1))),
      'not-found',
    )
  })

  await t.test('MOV-44 a no is coded and frees the slot', async (t) => {
    const { capacityId, ids } = await suggest(1, 1)
    const id = ids[0] ?? ''
    await answer(options, id, YES('referrer'), by(referrer, 1))
    await answer(
      options,
      id,
      { side: 'patient', answer: 'no', reasonCode: 'travelTooFar' },
      by(referrer, 2),
    )
    t.equal(await promised(capacityId), 0)
    t.same(await toldOf(id), { suggestions: 2, capacity: 2 }, 'promised, and free again: both told')
    const rows = await db.scoped(
      system,
      (tx) => tx`
      select s.state, s.closed_reason, a.reason_code from suggestion s
      join suggestion_answer a on a.suggestion_id = s.id and a.answer = 'no' where s.id = ${id}`,
    )
    t.match(rows, [
      { state: 'declined', closed_reason: 'patient: travelTooFar', reason_code: 'travelTooFar' },
    ])
  })

  await t.test(
    "MOV-53 a veto is a clinician's own, as an answer at their trust's turn too",
    async (t) => {
      const { ids } = await suggest(1, 1)
      const id = ids[0] ?? ''
      const no = { side: 'referrer', answer: 'no', reasonCode: 'clinicianVeto' } as const
      t.equal(await refusalOf(answer(options, id, no, by(referrer, 1))), 'not-yours')
      t.equal(await refusalOf(answer(options, id, no, by(clinician, 1))), 'done')
      const [row] = await db.scoped(
        system,
        (tx) => tx`select state, closed_reason from suggestion where id = ${id}`,
      )
      t.match(row, { state: 'declined', closed_reason: 'referrer: clinicianVeto' })
    },
  )

  await t.test(
    'MOV-53 a clinician of either trust vetoes at any turn: it ends, coded, audited, its slot free again',
    async (t) => {
      const VETO: VetoBody = { reasonCode: 'needsLocalTeam', note: 'frail (synthetic)' }
      /** What happens first, one after another, each at the version it makes; the slot is held from the first. */
      const walk: ((id: string, version: number) => Promise<void>)[] = [
        (id, version) => answer(options, id, YES('referrer'), by(referrer, version)),
        (id, version) => answer(options, id, YES('patient'), by(referrer, version)),
        (id, version) => advance(options, id, { ...by(receiver, version), event: 'receiver:open' }),
        (id, version) => answer(options, id, YES('receiver'), by(receiver, version)),
        (id, version) => advance(options, id, { ...by(referrer, version), event: 'sendMds' }),
        (id, version) => advance(options, id, { ...by(receiver, version), event: 'receive' }),
        (id, version) => advance(options, id, { ...by(receiver, version), event: 'complete' }),
      ]
      for (let before = 0; before <= walk.length; before++) {
        const { capacityId, ids } = await suggest(1, 1)
        const id = ids[0] ?? ''
        for (const [done, step] of walk.slice(0, before).entries()) await step(id, done + 1)
        const version = before + 1
        const of = before % 2 === 0 ? clinician : receivingClinician
        const held = await promised(capacityId)
        for (const nobody of [referrer, receiver, otherClinician])
          t.not(await refusalOf(veto(options, id, VETO, by(nobody, version))), 'done')
        t.equal(await promised(capacityId), held, 'a veto refused frees nothing')
        if (version > 1)
          t.equal(await refusalOf(veto(options, id, VETO, by(of, version - 1))), 'out-of-date')
        const said = await refusalOf(veto(options, id, VETO, by(of, version)))
        if (before === walk.length) {
          t.equal(said, 'conflict', 'what is done is done')
          continue
        }
        t.equal(said, 'done', `after ${String(before)} steps`)
        t.equal(await promised(capacityId), 0, 'the slot is free')
        const [row] = await db.scoped(
          system,
          (tx) => tx`
          select s.state, s.slot_held, s.closed_reason, a.side, a.answer, a.reason_code, a.note, a.organisation,
            (select count(*)::int from audit where action = 'suggestion:veto' and subject = ${`suggestion:${id}`}) as audited
          from suggestion s join suggestion_answer a on a.suggestion_id = s.id and a.side = 'clinician' where s.id = ${id}`,
        )
        t.match(row, {
          ...{ state: 'declined', slot_held: false, closed_reason: 'clinician: needsLocalTeam' },
          ...{ side: 'clinician', answer: 'no', reason_code: 'needsLocalTeam', note: VETO.note },
          ...{ organisation: of.organisation, audited: 1 },
        })
        t.equal(
          await refusalOf(veto(options, id, VETO, by(of, version + 1))),
          'conflict',
          'once is enough',
        )
      }
      t.notOk(
        vetoBody.safeParse({ reasonCode: 'prefersToWait' }).success,
        "not a clinician's to say",
      )
      t.notOk(vetoBody.safeParse({ reasonCode: 'other', note: ' ' }).success, 'other wants words')
      t.ok(vetoBody.safeParse({ reasonCode: 'other', note: 'said so' }).success)
    },
  )

  await t.test('MOV-48 a veto and a yes at once: one is recorded, the other is told', async (t) => {
    for (let round = 0; round < 5; round++) {
      const { capacityId, ids } = await suggest(1, 1)
      const id = ids[0] ?? ''
      const outcomes = await Promise.all([
        refusalOf(veto(options, id, { reasonCode: 'clinicallyUnsuitable' }, by(clinician, 1))),
        refusalOf(answer(options, id, YES('referrer'), by(referrer, 1))),
      ])
      t.same([...outcomes].sort(), ['done', 'out-of-date'])
      t.equal(await promised(capacityId), outcomes[1] === 'done' ? 1 : 0)
    }
  })

  await t.test('MOV-48 of two at once one is recorded and the other is told', async (t) => {
    const { ids } = await suggest(2, 1)
    const id = ids[0] ?? ''
    const outcomes = await Promise.all([
      refusalOf(answer(options, id, YES('referrer'), by(referrer, 1))),
      refusalOf(
        answer(
          options,
          id,
          { side: 'referrer', answer: 'no', reasonCode: 'other' },
          by(referrer, 1),
        ),
      ),
    ])
    t.same(outcomes.sort(), ['done', 'out-of-date'])
  })

  await t.test(
    'MOV-43 fifty at once on ten slots: ten are promised, forty are told, the database agrees',
    async (t) => {
      const { capacityId, ids } = await suggest(10, 50)
      const outcomes = await Promise.all(
        ids.map((id) => refusalOf(answer(options, id, YES('referrer'), by(referrer, 1)))),
      )
      t.equal(outcomes.filter((outcome) => outcome === 'done').length, 10)
      t.equal(outcomes.filter((outcome) => outcome === 'conflict').length, 40)
      t.equal(await promised(capacityId), 10)
      await t.rejects(
        db.scoped(system, (tx) => tx`update capacity set promised = 11 where id = ${capacityId}`),
        { code: '23514' },
        'the check in the database is the last word',
      )
    },
  )

  await t.test('MOV-45 the database refuses a second live suggestion for a pathway', async (t) => {
    const { ids } = await suggest(1, 1)
    await t.rejects(
      db.scoped(
        system,
        (tx) => tx`
        insert into suggestion (id, entry_id, capacity_id, from_trust, to_trust, to_site, step, tumour, day, state,
          reason, created_at, updated_at, expires_at)
        select ${randomUUID()}, entry_id, capacity_id, from_trust, to_trust, to_site, step, tumour, day, 'suggested',
          reason, created_at, updated_at, expires_at from suggestion where id = ${ids[0] ?? ''}`,
      ),
      { code: '23505' },
    )
  })

  await t.test('CAP capacity cannot be cut below what is promised, and says so', async (t) => {
    const days = [{ day: DAY, slots: 2, openToAlliance: true, noticeDays: 1 }]
    const at = new Date(NOW).toISOString()
    await db.scoped(system, (tx) => putCapacity(tx, { site: 'ZT201', step: 'ct', days }, at))
    await db.scoped(system, (tx) => tx`update capacity set promised = 2 where step = 'ct'`)
    const fewer = [{ day: DAY, slots: 1, openToAlliance: true, noticeDays: 1 }]
    t.equal(
      await refusalOf(
        db.scoped(system, (tx) => putCapacity(tx, { site: 'ZT201', step: 'ct', days: fewer }, at)),
      ),
      'conflict',
    )
  })

  await t.test(
    'row-level security shows a move to its two trusts and to the alliance, and lets nobody write it in their own name',
    async (t) => {
      const count = async (tx: Pick<typeof db, 'sql'>['sql']): Promise<number[]> => {
        const [row] = await tx<{ counts: number[] }[]>`
        select array[(select count(*) from suggestion), (select count(*) from suggestion_answer),
          (select count(*) from transfer)]::int[] as counts`
        return row?.counts ?? []
      }
      const asPerson = ({ id, organisation, role }: typeof referrer) =>
        ({ kind: 'person', personId: id, organisation, role }) as const
      const all = await db.scoped(system, (tx) => count(tx as never))
      t.ok(
        all.every((n) => n > 0),
        all.join(),
      )
      t.same(await count(db.sql), [0, 0, 0], 'a query that forgot its scope sees nothing')
      t.same(
        await db.scoped(asPerson(stranger), (tx) => count(tx as never)),
        [0, 0, 0],
        'a third trust sees nothing',
      )
      t.same(await db.scoped(asPerson(receiver), (tx) => count(tx as never)), all)
      t.same(await db.scoped(asPerson(lead), (tx) => count(tx as never)), all)
      const changed = await db.scoped(
        asPerson(referrer),
        (tx) => tx`update suggestion set state = 'accepted'`,
      )
      t.equal(changed.count, 0, 'a party may not move it along by hand')
    },
  )

  await t.test('every answer is in the audit, and the chain holds', async (t) => {
    t.match(await access.verifyAudit(), { ok: true })
  })
})
