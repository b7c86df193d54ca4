import fastify from 'fastify'
import { serializerCompiler } from 'fastify-type-provider-zod'
import t from 'tap'
import { z } from 'zod'
import { addDays } from '../../shared/date.ts'
import type { IsoDate } from '../../shared/date.ts'
import { listPage, listRow } from '../../shared/list.ts'
import type { ListRow } from '../../shared/list.ts'
import { defaultPolicy } from '../../server/domain/rank/default-policy.ts'
import { board } from '../../server/list/board.ts'
import type { EntryRecord } from '../../server/list/held/held-entry.ts'
import { reading } from '../../server/list/reading.ts'
import { checkedAnswers } from '../../server/ops/checked-answers.ts'
import { madeUpFacts, seeded } from '../list/made-up-entries.ts'

const TODAY = '2026-11-22' as IsoDate
const LEAD = { personId: 'p', organisation: 'XAL', role: 'lead' } as const

function madeUpRows(count: number): readonly ListRow[] {
  const random = seeded(4)
  const held = board(
    { asOf: TODAY, policy: defaultPolicy },
    (id) => `P-${String(id).padStart(8, '0')}`,
  )
  const record = {
    state: 'open' as const,
    ...{ trust: 'X1A', organisations: ['X1A'], pathwayKey: null, nhsHash: null },
    ...{ decisions: [], suggestion: null, action: null, acknowledged: false, changedAt: 0 },
  }
  const override = { tier: 1, reason: 'x', endsOn: addDays(TODAY, 3) }
  const records = Array.from({ length: count }, (_, id): EntryRecord => ({
    ...record,
    id,
    facts: madeUpFacts(`L${String(id)}`, TODAY, random),
    override: id % 9 === 0 ? override : null,
  }))
  held.fill(records, () => 1)
  held.order(TODAY, defaultPolicy)
  return reading(held, () => false).page({}, 0, count, LEAD).rows
}

const page = (rows: readonly object[]) => ({
  ...{ seq: 7, asOf: TODAY, total: rows.length, nextCursor: null, missingFeeds: [], rows },
})
const route = { method: 'GET', url: '/x' }
const plain = serializerCompiler({ ...route, schema: listPage })

t.test('rows that were checked before are written as any answer is', (t) => {
  const write = checkedAnswers(listRow)({ ...route, schema: listPage })
  const rows = madeUpRows(300)
  for (const round of [1, 2, 3]) {
    t.same(JSON.parse(write(page(rows))), JSON.parse(plain(page(rows))), `round ${String(round)}`)
  }
  t.same(JSON.parse(write(page([]))), JSON.parse(plain(page([]))), 'of nobody')
  const [row] = rows
  t.throws(() => Object.assign(row ?? {}, { rank: 9 }), TypeError, 'what was checked stays so')
  t.throws(() => Object.assign(row?.clocks ?? {}, { nhsNumber: '9990000018' }), TypeError)
  t.end()
})

t.test('nothing goes out that the schema does not name, however often it is sent', (t) => {
  const write = checkedAnswers(listRow)({ ...route, schema: listPage })
  const [row] = madeUpRows(1)
  if (row === undefined) throw new Error('no row')
  const more = { ...row, name: 'Somebody' }
  const within = { ...row, clocks: { ...row.clocks, name: 'Somebody' } }
  for (const round of [1, 2, 3]) {
    const text = write({ ...page([row, more, within]), name: 'Somebody' })
    t.notMatch(text, 'Somebody', `round ${String(round)}`)
    t.equal((JSON.parse(text) as { rows: unknown[] }).rows.length, 3)
  }
  t.end()
})

t.test('what a schema would not take is an error each time', (t) => {
  const write = checkedAnswers(listRow)({ ...route, schema: listPage })
  const [row] = madeUpRows(1)
  const wrong = [{ ...row, rank: 'first' }, { ...row, tumour: 'none such' }, {}, 7, null, 'P']
  for (const one of wrong) {
    for (const round of [1, 2]) {
      t.throws(
        () => write(page([one as object])),
        { code: 'FST_ERR_RESPONSE_SERIALIZATION' },
        `${round}`,
      )
    }
  }
  t.throws(() => write({ ...page([]), total: 'many' }), { code: 'FST_ERR_RESPONSE_SERIALIZATION' })
  t.throws(() => write({ ...page([]), rows: 'none' }), { code: 'FST_ERR_RESPONSE_SERIALIZATION' })
  t.end()
})

t.test('answers of other shapes are written as ever', async (t) => {
  const app = fastify()
  t.teardown(() => app.close())
  app.setSerializerCompiler(checkedAnswers(listRow))
  const rows = madeUpRows(2)
  const answers = {
    '/alone': { schema: z.object({ rows: z.array(listRow) }), answer: { rows } },
    '/strict': {
      schema: z.strictObject({ rows: z.array(listRow), n: z.int() }),
      answer: { rows, n: 1 },
    },
    '/one': { schema: listRow, answer: rows[0] },
    '/list': { schema: z.array(z.object({ id: z.int() })), answer: rows },
  }
  for (const [url, { schema, answer }] of Object.entries(answers))
    app.get(url, { schema: { response: { 200: schema } } }, async () => answer)
  for (const url of ['/alone', '/strict', '/one'] as const)
    t.same((await app.inject(url)).json(), answers[url].answer, url)
  t.same((await app.inject('/list')).json(), [{ id: rows[0]?.id }, { id: rows[1]?.id }])
})
