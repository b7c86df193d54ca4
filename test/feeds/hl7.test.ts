import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import fastify from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import fc from 'fast-check'
import t from 'tap'
import type { Test } from 'tap'
import { openAccess } from '../../server/access/access.ts'
import { createFeedKey } from '../../server/access/feed-keys/feed-keys.ts'
import { identityKey } from '../../server/access/identity/seal.ts'
import { FORMATS, chooseFormat } from '../../server/feeds/formats/choose.ts'
import { HL7_EVENTS } from '../../server/feeds/formats/hl7-events.ts'
import {
  escapedHl7,
  parseHl7,
  partOf,
  repetitions,
  segmentsOf,
  USUAL_MARKS,
  valueOf,
} from '../../server/feeds/formats/hl7-message.ts'
import { hl7Date, hl7Instant } from '../../server/feeds/formats/hl7-time.ts'
import { openReceiver } from '../../server/feeds/delivery/receive.ts'
import { feedRoutes } from '../../server/feeds/delivery/routes.ts'
import { registerProblems } from '../../server/ops/problems.ts'
import type { EntryFacts, Identity } from '../../shared/entry.ts'
import { testDatabase } from '../database.ts'
import { inPieces, readBody } from './bodies.ts'
import { ackOf, message, obr, pid, pv1, rf1, sch } from './hl7-messages.ts'

const NOW_MS = Date.parse('2026-11-22T12:00:00Z')
const SYSTEM = { kind: 'system', name: 'test' } as const

function parsed(text: string) {
  const found = parseHl7(text)
  if ('wrong' in found) throw new Error(found.wrong)
  return found
}

t.test(
  'FEED-51 segments, fields, repetitions, components and escapes are read by the marks of MSH',
  async (t) => {
    const usual = parsed(
      'MSH|^~\\&|A\\T\\B|F\r\nPID|1||12^^^NHS&x^NH~34\nOBX|1|TX|||a\\.br\\b\\X41\\\\F\\c\\H\\d\\N\\ \\E\\e\\q\\f\n',
    )
    t.equal(valueOf(usual.header, 1), '|')
    t.equal(valueOf(usual.header, 3), 'A&B', 'an escaped mark is none')
    const [pidOf] = segmentsOf(usual, 'PID')
    const [first = '', second = ''] = repetitions(pidOf, 3)
    t.same(
      [partOf(first, usual.header.marks, 4), partOf(first, usual.header.marks, 4, 2)],
      ['NHS', 'x'],
    )
    t.equal(partOf(second, usual.header.marks), '34')
    t.equal(
      valueOf(segmentsOf(usual, 'OBX')[0], 5),
      'a bA|cd \\e\\q\\f',
      'an unknown escape stays as it is',
    )
    const odd = parsed('MSH#*!$@#PAS\rPID###1***X*NH!2*$S$\r')
    t.equal(valueOf(odd.header, 3), 'PAS')
    t.same(
      repetitions(segmentsOf(odd, 'PID')[0], 3).map((raw) => partOf(raw, odd.header.marks, 5)),
      ['NH', ''],
    )
    t.equal(
      parsed('MSH|^~\\&|x\rOBX|1|TX|||one\rtwo|three\r').segments.length,
      2,
      'a broken text goes on',
    )
    for (const text of [
      '',
      'PID|1',
      'MSH',
      'MSH|',
      'MSH|^^~|',
      'MSHa^~\\&a',
      'MSH|ab|',
      'MSH |^~\\&',
    ]) {
      t.ok('wrong' in parseHl7(text), JSON.stringify(text))
    }
  },
)

t.test('FEED-51 what is escaped for a field reads back, whatever it holds', async (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (text) => {
      const plain = text.replaceAll(/[\r\n\v\x1c]/g, ' ')
      return partOf(escapedHl7(text), USUAL_MARKS) === plain.trim()
    }),
  )
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      parseHl7(`MSH|^~\\&|${text}`)
      parseHl7(`MSH${text}`)
    }),
  )
  t.pass('and arbitrary text is read or told')
})

t.test('FEED-51 a day is a day in London, an instant one in UTC', async (t) => {
  const days: [string, string | null][] = [
    ['19510312', '1951-03-12'],
    ['19700701000000+0100', '1970-07-01'],
    // Midnight in the year when the clocks were not put back, written in UTC.
    ['19700630230000+0000', '1970-07-01'],
    ['20260630230000+0000', '2026-07-01'],
    ['20260701003000', '2026-07-01'],
    ['2026', null],
    ['202607', null],
    ['20260230', null],
    ['20260701250000+0100', null],
    ['', null],
  ]
  for (const [text, wanted] of days) t.equal(hl7Date(text), wanted, text)
  const instants: [string, string | null][] = [
    ['202611221000', '2026-11-22T10:00:00.000Z'],
    ['20260722100000', '2026-07-22T09:00:00.000Z'],
    ['20260722100000.1234+0100', '2026-07-22T09:00:00.000Z'],
    ['20260722100000-0500', '2026-07-22T15:00:00.000Z'],
    ['20261122', null],
    ['2026112210', null],
    ['202611222560', null],
  ]
  for (const [text, wanted] of instants) t.equal(hl7Instant(text), wanted, text)
})

t.test(
  'FEED-51 a batch is cut in messages, however the bytes come and the lines end',
  async (t) => {
    t.equal(chooseFormat('application/hl7-v2', undefined).format, FORMATS.hl7)
    const one = message('ADT^A08', [pid()])
    const two = message('SIU^S12', [sch('20261201'), pid(), pv1('PW1')], { id: 'M2' })
    const bodies = [
      one + two,
      `FHS|^~\\&|x\rBHS|^~\\&|x\r${one}${two}BTS|2\rFTS|1\r`,
      (one + two).replaceAll('\r', '\r\n'),
      (one + two).replaceAll('\r', '\n'),
      `\x0b${one}\x1c\r\x0b${two}\x1c\r`,
      `\r\n\r\n${one}\r\n${two.trimEnd()}`,
    ]
    for (const body of bodies) {
      for (const size of [1, 7, 64, 10_000]) {
        const rows = await readBody(FORMATS.hl7, inPieces(Buffer.from(body), size))
        t.same(
          rows.map((row) => (row.kind === 'update' ? row.update.part : row)),
          ['person', 'appointment'],
          JSON.stringify(body.slice(0, 12)),
        )
      }
    }
    for (const body of ['localId,x\n', 'PID|1\r', `${one}BTS|1\rPID|1\r`]) {
      await t.rejects(readBody(FORMATS.hl7, inPieces(Buffer.from(body), 9)), { code: 'bad-file' })
    }
    async function* endless(): AsyncGenerator<Buffer> {
      yield Buffer.from('MSH|^~\\&|')
      for (let count = 0; count < 100; count += 1) yield Buffer.alloc(65_536, 'x\r')
      throw new Error('read on and on')
    }
    await t.rejects(readBody(FORMATS.hl7, endless()), { code: 'bad-file' })
    async function* many(): AsyncGenerator<Buffer> {
      for (let count = 0; count < 30_000; count += 1) yield Buffer.from('MSH|^~\\&|x\r')
      throw new Error('read on and on')
    }
    await t.rejects(readBody(FORMATS.hl7, many()), { message: /20000 messages/ })
  },
)

t.test('FEED-51 what no sending again can mend is told by field', async (t) => {
  const why = async (text: string): Promise<string> => {
    const [row] = await readBody(FORMATS.hl7, inPieces(Buffer.from(text), 1_000))
    return row?.kind === 'refused'
      ? row.issues.map(({ code, field }) => `${code} ${field}`).join()
      : 'taken'
  }
  const segments = [pid()]
  const cases: [string, string][] = [
    [message('ADT^A08', segments), 'taken'],
    [message('ADT^A08^ADT_A01', segments), 'taken'],
    [message('ADT^A02', segments), 'FEED-51 MSH-9'],
    [message('MDM^T02', segments), 'FEED-51 MSH-9'],
    [message('__proto__', segments), 'FEED-51 MSH-9'],
    [message('ADT^A08', segments, { version: '3' }), 'FEED-51 MSH-12'],
    [message('ADT^A08', segments, { version: '2.5.1' }), 'taken'],
    [message('ADT^A08', segments, { id: '' }), 'FEED-51 MSH-10'],
    [message('ADT^A08', segments, { charset: 'UNICODE UTF-8' }), 'taken'],
    [message('ADT^A08', segments, { charset: '8859/5' }), 'FEED-51 MSH-18'],
    [message('ADT^A08', segments, { at: '20261122' }), 'FEED-51 MSH-7'],
    [message('ADT^A08', segments, { processing: 'T' }), 'FEED-51 MSH-11'],
    [message('SIU^S12', [sch('20261201'), pid()]), 'FEED-53 PV1-50'],
    [message('SIU^S12', [sch('soon'), pid(), pv1('PW1')]), 'FEED-52 SCH-11'],
    [message('ADT^A08', [pid('12345')]), 'FEED-7 PID-3'],
    [message('ADT^A08', ['PID|1||9990000018^^^NHS^NH||||never']), 'taken'],
  ]
  for (const [text, wanted] of cases) t.equal(await why(text), wanted, text.slice(0, 60))
  t.equal(Object.keys(HL7_EVENTS).length, 17, 'ADT 8, SIU 5, REF 3, ORU 1')
})

async function startService(t: Test) {
  const db = await testDatabase(t)
  await db.scoped(SYSTEM, async (tx) => {
    for (const code of ['QAA', 'QBB']) {
      await tx`insert into organisation (code, name, kind, synthetic) values (${code}, ${code}, 'trust', true)`
      await tx`insert into site (code, organisation, name, synthetic) values (${`${code}01`}, ${code}, 'Site', true)`
    }
  })
  const access = await openAccess({ db, keys: [identityKey(randomBytes(32))], now: () => NOW_MS })
  t.teardown(() => access.close())
  const { key } = await createFeedKey(db, { organisation: 'QAA', label: 'test' })
  const sandbox = await createFeedKey(db, { organisation: 'QAA', label: 'box', sandbox: true })
  const receiver = openReceiver({
    db,
    seal: (identity) => access.seal(identity),
    unseal: (row) => access.unseal(row),
    now: () => NOW_MS,
  })
  const app = fastify()
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  registerProblems(app)
  await app.register(feedRoutes, { db, access, now: () => NOW_MS, log: app.log, receiver })
  t.teardown(() => app.close())

  const post = async (
    body: string,
    said: { key?: string; query?: string; headers?: object } = {},
  ) => {
    const response = await app.inject({
      method: 'POST',
      url: `/api/feeds/QAA/deliveries${said.query ?? ''}`,
      headers: {
        'content-type': 'application/hl7-v2',
        authorization: `Bearer ${said.key ?? key}`,
        ...said.headers,
      },
      payload: body,
    })
    return { status: response.statusCode, text: response.body, ack: ackOf(response.body), response }
  }
  /** Code and, of a refusal, our own code and field. */
  const told = async (body: string): Promise<string> => {
    const { ack } = await post(body)
    const errors = (ack['ERR'] ?? []).map(([, error = '']) => {
      const [segment, , field, coded = ''] = error.split('^')
      return ` ${coded.split('&')[3]} ${segment}-${field}`
    })
    return `${ack['MSA']?.[0]?.[1]}${errors.join('')}`
  }
  const entry = async (localId: string) => {
    const [row] = await db.scoped(
      SYSTEM,
      (tx) => tx<
        {
          facts: EntryFacts
          state: string
          why: string | null
          version: number
          at: string
          keyId: string
          sealed: Buffer
        }[]
      >`
        select facts, state, closed_reason as why, version, extract_at as at, key_id as "keyId", sealed
        from entry left join identity on entry_id = id where trust = 'QAA' and local_id = ${localId}`,
    )
    const identity: Identity = row?.sealed instanceof Buffer ? access.unseal(row) : {}
    return row === undefined
      ? null
      : {
          facts: row.facts,
          state: row.state,
          why: row.why,
          version: row.version,
          at: row.at,
          identity,
        }
  }
  const ndjson = (lines: readonly object[], query = '') =>
    app.inject({
      method: 'POST',
      url: `/api/feeds/QAA/deliveries${query}`,
      headers: { 'content-type': 'application/x-ndjson', authorization: `Bearer ${key}` },
      payload: lines.map((one) => JSON.stringify(one)).join('\n'),
    })
  return { db, access, app, receiver, post, told, entry, ndjson, key, sandboxKey: sandbox.key }
}

t.test('messages', async (t) => {
  const service = await startService(t)
  const { post, told, entry, ndjson } = service
  const pathway = (ppid: string, more: object = {}) => ({
    localId: `QAA:${ppid}`,
    ppid,
    ppidIssuer: 'QAA',
    priorityType: '3',
    referralSource: '03',
    referralType: '03',
    receivedOn: '2026-10-01',
    tumour: 'lung',
    identity: { nhsNumber: '9990000018', hospitalNumber: 'H100', dateOfBirth: '1951-03-12' },
    ...more,
  })
  const EARLY = '?extractAt=2026-11-20T06:00:00Z'

  await t.test(
    'FEED-52 FEED-56 a referral makes a pathway, and the ACK names the receipt',
    async (t) => {
      const made = await post(message('REF^I12', [rf1('PW1'), pid()], { id: 'C-1' }))
      t.equal(made.status, 200)
      t.match(made.response.headers['content-type'], 'application/hl7-v2')
      const [header] = made.ack['MSH'] ?? []
      t.match(header, [
        'MSH',
        '^~\\&',
        'PTL',
        'ALLIANCE',
        'PAS',
        'QAA',
        /^20261122120000\+0000$/,
        '',
        'ACK^I12',
        /^[0-9a-f]{20}$/,
        'P',
        '2.4',
      ])
      const receiptId = /receipt ([0-9a-f-]{36})$/.exec(made.ack['MSA']?.[0]?.[3] ?? '')?.[1]
      t.match(made.ack['MSA'], [['MSA', 'AA', 'C-1']])
      t.equal(made.response.headers['location'], `/api/feeds/QAA/deliveries/${receiptId}`)
      t.match(await entry('QAA:PW1'), {
        state: 'open',
        version: 1,
        at: '2026-11-22T10:00:00Z',
        facts: {
          localId: 'QAA:PW1',
          ppid: 'PW1',
          ppidIssuer: 'QAA',
          priorityType: '3',
          referralType: '01',
          receivedOn: '2026-10-01',
          tumour: 'lung',
          sex: 'female',
        },
        identity: {
          nhsNumber: '9990000018',
          hospitalNumber: 'H100',
          name: 'Ada Sample',
          dateOfBirth: '1951-03-12',
          postcode: 'ZZ99 1AA',
        },
      })
    },
  )

  await t.test('FEED-52 appointments are booked, moved, called off, missed and kept', async (t) => {
    await ndjson([pathway('PW2')], EARLY)
    const at = (minute: number) => ({
      at: `2026112210${String(minute).padStart(2, '0')}`,
      id: `S${minute}`,
    })
    const siu = (trigger: string, minute: number, start: string, service: string, status = '') =>
      message(
        `SIU^${trigger}`,
        [sch(start, service, status), pid(), pv1('PW2', { site: 'QAA01' })],
        at(minute),
      )
    const shown = async () => {
      const { step, stepBookedOn, stepBookedSite, missedFirstAppointments, firstSeenOn } =
        (await entry('QAA:PW2'))?.facts ?? {}
      return [step, stepBookedOn, stepBookedSite, missedFirstAppointments, firstSeenOn]
    }
    const none = undefined
    t.equal(await told(siu('S12', 1, '20261125', 'Outpatient Appointment')), 'AA')
    t.same(await shown(), ['clinic', '2026-11-25', 'QAA01', none, none])
    t.equal(await told(siu('S13', 2, '20261127', 'clinic')), 'AA')
    t.same(await shown(), ['clinic', '2026-11-27', 'QAA01', none, none])
    t.equal(await told(siu('S12', 3, '20261130', 'CT')), 'AA')
    t.same(await shown(), ['clinic', '2026-11-27', 'QAA01', none, none], 'the sooner one stays')
    t.equal(await told(siu('S12', 4, '20261124', 'CT')), 'AA')
    t.same(await shown(), ['ct', '2026-11-24', 'QAA01', none, none], 'a sooner one is shown')
    t.equal(await told(siu('S15', 5, '20261127', 'clinic')), 'AA')
    t.same(await shown(), ['ct', '2026-11-24', 'QAA01', none, none], 'another one was called off')
    t.equal(await told(siu('S15', 6, '20261124', 'CT')), 'AA')
    t.same(await shown(), ['ct', none, none, none, none])
    t.equal(await told(siu('S12', 7, '20261121', 'clinic')), 'AA')
    t.equal(await told(siu('S26', 8, '20261121', 'clinic')), 'AA')
    t.same(
      await shown(),
      ['clinic', none, none, ['2026-11-21'], none],
      'a missed first appointment counts',
    )
    t.equal(await told(siu('S14', 9, '20261122', 'clinic')), 'AA')
    t.equal(await told(siu('S14', 10, '20261122', 'clinic', 'Complete')), 'AA')
    t.same(await shown(), [none, none, none, ['2026-11-21'], '2026-11-22'], 'kept: first seen')
    t.equal(await told(siu('S12', 11, '20261201', 'Physiotherapy')), 'AA')
    t.same(await shown(), [none, none, none, ['2026-11-21'], '2026-11-22'], 'no step of ours')
  })

  await t.test('FEED-52 attendance, results, withdrawal and death', async (t) => {
    await ndjson([pathway('PW3'), pathway('PW4', { identity: { nhsNumber: '9990000026' } })], EARLY)
    const facts = async (ppid: string) => (await entry(`QAA:${ppid}`))?.facts
    const ada = pid('9990000026', 'H200')
    const bob = pid('9990000018', 'H100')
    const a04 = (event: string, minute: number) =>
      message(event, [bob, pv1('PW3', { site: 'QAA01', on: '20261120' })], {
        at: `2026112211${minute}`,
      })
    t.equal(await told(a04('ADT^A04', 10)), 'AA')
    t.match(await facts('PW3'), { firstSeenOn: '2026-11-20', firstSeenSite: 'QAA01' })
    t.equal(await told(a04('ADT^A11', 11)), 'AA')
    t.equal((await facts('PW3'))?.firstSeenOn, undefined, 'taken back')
    t.equal(await told(a04('ADT^A04', 12)), 'AA')
    const oru = (service: string, status: string, minute: number, more: string[] = []) =>
      message('ORU^R01', [bob, pv1('PW3'), obr(service, status), ...more], {
        at: `2026112211${minute}`,
      })
    t.equal(await told(oru('EBUS', 'P', 20)), 'AA')
    t.equal((await facts('PW3'))?.step, undefined, 'a preliminary result is none')
    t.equal(await told(oru('EBUS', 'F', 21)), 'AA')
    t.equal(
      (await facts('PW3'))?.step,
      'mdt',
      'what was inferred was done: somebody must look at it',
    )
    t.equal(await told(oru('FIT', 'F', 22, ['OBX|1|NM|FIT||45|ug/g|||||F'])), 'AA')
    t.equal((await facts('PW3'))?.fit, 45)
    t.equal(await told(message('REF^I14', [rf1('PW4'), ada], { at: '202611221130' })), 'AA')
    t.match(await entry('QAA:PW4'), { state: 'closed', why: 'referral cancelled' })
    t.equal(await told(message('REF^I12', [rf1('PW4'), ada], { at: '202611221131' })), 'AA')
    t.match(await entry('QAA:PW4'), { state: 'open', facts: { receivedOn: '2026-10-01' } })
    const died = message('ADT^A31', [`${ada}||||||||||||||||||20261122|Y`], { at: '202611221140' })
    t.equal(await told(died), 'AA')
    t.match(await entry('QAA:PW4'), {
      state: 'closed',
      why: 'died',
      facts: { closedOn: '2026-11-22' },
    })
    const alive = message('ADT^A31', [`${ada}|||||||||||||||||||N`], { at: '202611221141' })
    t.equal(await told(alive), 'AA')
    t.match(await entry('QAA:PW4'), { state: 'open' })
  })

  await t.test(
    'FEED-53 a person is found by NHS number and a second sign, and every pathway of theirs changes',
    async (t) => {
      const who = { nhsNumber: '9990000034', hospitalNumber: 'H300', dateOfBirth: '1960-01-02' }
      await ndjson([pathway('PW5', { identity: who }), pathway('PW6', { identity: who })], EARLY)
      const a31 = (
        number: string,
        born: string,
        name: string,
        minute: number,
        id = who.nhsNumber,
      ) =>
        message('ADT^A31', [`PID|1||${id}^^^NHS^NH~${number}^^^QAA^MR||${name}||${born}`], {
          at: `2026112213${minute}`,
        })
      const names = async () => [
        (await entry('QAA:PW5'))?.identity.name,
        (await entry('QAA:PW6'))?.identity.name,
      ]
      const shifted = await post(a31('H300', '19600102', 'Newname^Ann', 10), {})
      t.equal(shifted.ack['MSA']?.[0]?.[1], 'AE', 'made in the future')
      const ok = a31('H300', '19600102', 'Newname^Ann', 10).replace('202611221310', '202611221150')
      t.equal(await told(ok), 'AA')
      t.same(await names(), ['Ann Newname', 'Ann Newname'], 'both, and they stay two')
      t.equal((await entry('QAA:PW5'))?.version, 2)
      const stranger = a31('H999', '19991231', 'Other^Body', 10).replace(
        '202611221310',
        '202611221151',
      )
      t.equal(await told(stranger), 'AA', 'nobody on the list is no fault')
      t.same(await names(), ['Ann Newname', 'Ann Newname'], 'the number alone is not enough')
      const merge = message(
        'ADT^A40',
        [
          'PID|1||9990000077^^^NHS^NH~H301^^^QAA^MR||Newname^Ann||19600102',
          'MRG|9990000034^^^NHS^NH~H300^^^QAA^MR',
        ],
        { at: '202611221152' },
      )
      t.equal(await told(merge), 'AA')
      t.match((await entry('QAA:PW5'))?.identity, {
        nhsNumber: '9990000077',
        hospitalNumber: 'H301',
      })
      t.match((await entry('QAA:PW6'))?.identity, {
        nhsNumber: '9990000077',
        hospitalNumber: 'H301',
      })
      t.not(
        (await entry('QAA:PW5'))?.facts.ppid,
        (await entry('QAA:PW6'))?.facts.ppid,
        'pathways are not merged',
      )
      const wrong = message('SIU^S12', [sch('20261201'), pid('9990000018'), pv1('PW5')], {
        at: '202611221153',
      })
      t.equal(await told(wrong), 'AE FEED-53 PID-3', 'a pathway of somebody else is left alone')
    },
  )

  await t.test(
    'FEED-53 an unknown pathway is refused, and the same message is taken once it is known',
    async (t) => {
      const s12 = message('SIU^S12', [sch('20261202', 'MRI'), pid(), pv1('PW7')], { id: 'U-1' })
      const first = await post(s12)
      t.equal(first.status, 422)
      t.equal(await told(s12), 'AE FEED-53 PV1-50')
      t.equal(await entry('QAA:PW7'), null, 'nothing is invented')
      await ndjson([pathway('PW7')], EARLY)
      t.equal(await told(s12), 'AA', 'AE means: send it again')
      t.match((await entry('QAA:PW7'))?.facts, { step: 'mri', stepBookedOn: '2026-12-02' })
    },
  )

  await t.test(
    'FEED-53 of two records of one pathway the one of that very key is meant, else none',
    async (t) => {
      const twice = [pathway('PD1', { localId: 'SCR-1' }), pathway('PD2', { localId: 'SCR-2' })]
      await ndjson([...twice, pathway('PD2', { localId: 'SCR-3' }), pathway('PD1')], EARLY)
      const s12 = (ppid: string) =>
        message('SIU^S12', [sch('20261203', 'CT'), pid(), pv1(ppid)], { id: `twice ${ppid}` })
      t.equal(await told(s12('PD1')), 'AA')
      t.equal((await entry('QAA:PD1'))?.facts.stepBookedOn, '2026-12-03')
      t.equal((await entry('SCR-1'))?.facts.stepBookedOn, undefined)
      t.equal(await told(s12('PD2')), 'AE FEED-53 PV1-50')
    },
  )

  await t.test(
    'FEED-54 a late message never overwrites what is newer of the same part, or a newer whole',
    async (t) => {
      await ndjson([pathway('PW8')], EARLY)
      const book = (day: string, at: string) =>
        told(message('SIU^S12', [sch(day, 'CT'), pid(), pv1('PW8')], { at, id: at }))
      const booked = async () => (await entry('QAA:PW8'))?.facts.stepBookedOn
      t.equal(await book('20261203', '202611221005'), 'AA')
      t.equal(await book('20261204', '202611221004'), 'AA', 'late is no error')
      t.equal(await booked(), '2026-12-03')
      const renamed = message(
        'ADT^A08',
        ['PID|1||9990000018^^^NHS^NH~H100^^^QAA^MR||Late^Name||19510312', pv1('PW8')],
        {
          at: '202611221003',
        },
      )
      t.equal(await told(renamed), 'AA')
      t.equal(
        (await entry('QAA:PW8'))?.identity.name,
        'Name Late',
        'an older word of another part counts',
      )
      t.equal((await entry('QAA:PW8'))?.at, '2026-11-22T10:05:00Z', 'and the entry grows no older')
      const whole = await ndjson(
        [pathway('PW8', { step: 'ebus' })],
        '?extractAt=2026-11-22T10:10:00Z',
      )
      t.match(whole.json(), { counts: { changed: 1 } })
      t.equal(await book('20261205', '202611221009'), 'AA')
      t.equal(await booked(), undefined, 'a whole record has spoken since')
      t.equal(await book('20261206', '202611221011'), 'AA')
      t.equal(await booked(), '2026-12-06')
      const old = await ndjson([pathway('PW8')], '?extractAt=2026-11-22T10:08:00Z')
      t.match(old.json(), { counts: { unchanged: 1 } })
      t.equal(await booked(), '2026-12-06', 'an older whole does not undo a message')
      const batch = [
        message('SIU^S15', [sch('20261206', 'CT'), pid(), pv1('PW8')], {
          at: '202611221021',
          id: 'b2',
        }),
        message('SIU^S13', [sch('20261207', 'CT'), pid(), pv1('PW8')], {
          at: '202611221022',
          id: 'b3',
        }),
        message('SIU^S13', [sch('20261206', 'CT'), pid(), pv1('PW8')], {
          at: '202611221020',
          id: 'b1',
        }),
      ]
      const answer = await post(batch.join(''))
      t.same(
        answer.ack['MSA']?.map(([, code, id]) => `${code} ${id}`),
        ['AA b2', 'AA b3', 'AA b1'],
      )
      t.equal(await booked(), '2026-12-07', 'in a batch the times decide, not the order')
      const turned = await post(
        message('SIU^S12', [sch('20261208', 'CT'), pid(), pv1('PT1')], {
          at: '202611221031',
          id: 't2',
        }) + message('REF^I12', [rf1('PT1'), pid()], { at: '202611221030', id: 't1' }),
      )
      t.same(
        turned.ack['MSA']?.map(([, code, id]) => `${code} ${id}`),
        ['AA t2', 'AA t1'],
        'a booking that comes before its referral',
      )
    },
  )

  await t.test(
    'FEED-55 what a snapshot closed stays closed until it is referred again',
    async (t) => {
      const others = Array.from({ length: 3 }, (_, at) => pathway(`K${at}`, { identity: {} }))
      await ndjson([pathway('PW9'), ...others], '?extractAt=2026-11-22T10:30:00Z')
      const removed = await ndjson(
        [{ localId: 'QAA:PW9', remove: true }],
        '?extractAt=2026-11-22T10:31:00Z',
      )
      t.match(removed.json(), { counts: { removed: 1 } })
      t.equal(
        await told(
          message('SIU^S12', [sch('20261203'), pid(), pv1('PW9')], { at: '202611221040' }),
        ),
        'AA',
      )
      t.match(await entry('QAA:PW9'), { state: 'closed' })
      t.equal(await told(message('REF^I12', [rf1('PW9'), pid()], { at: '202611221041' })), 'AA')
      t.match(await entry('QAA:PW9'), { state: 'open' })
    },
  )

  await t.test(
    'FEED-57 the same message is answered as the first time; a control id alone proves nothing',
    async (t) => {
      await ndjson([pathway('PW10')], EARLY)
      const s12 = (day: string) =>
        message('SIU^S12', [sch(day, 'CT'), pid(), pv1('PW10')], { id: 'SAME' })
      const first = await post(s12('20261203'))
      const again = await post(s12('20261203'))
      t.equal(again.text, first.text, 'byte for byte')
      const other = await post(s12('20261204'))
      t.equal(other.ack['MSA']?.[0]?.[1], 'AA')
      t.not(other.text, first.text)
      t.equal((await entry('QAA:PW10'))?.facts.stepBookedOn, '2026-12-04')
      const lost = await post(s12('20261203'))
      t.equal(lost.text, first.text, 'an ACK that was lost')
      t.equal((await entry('QAA:PW10'))?.facts.stepBookedOn, '2026-12-04', 'is not done again')
      t.equal((await entry('QAA:PW10'))?.version, 3)
    },
  )

  await t.test(
    'FEED-56 a batch is answered message by message, and one bad message refuses only itself',
    async (t) => {
      const body =
        'FHS|^~\\&|PAS|QAA\rBHS|^~\\&|PAS|QAA\r' +
        message('REF^I12', [rf1('PB1'), pid()], { id: '1' }) +
        message('ADT^A02', [pid()], { id: '2' }) +
        message('SIU^S12', [sch('20261203'), pid(), pv1('nobody')], { id: '3' }) +
        message('REF^I12', [rf1('PB2'), pid('9990000035')], { id: '4' }) +
        message('SIU^S12', [sch('20261203'), pid(), pv1('PB1')], {
          id: '5',
          at: '20261122100001',
        }) +
        'BTS|5\rFTS|1\r'
      const answer = await post(body)
      t.equal(answer.status, 200)
      t.same(
        answer.ack['MSA']?.map(([, code, id]) => `${code} ${id}`),
        ['AA 1', 'AR 2', 'AE 3', 'AE 4', 'AA 5'],
      )
      t.match(
        answer.ack['ERR']?.map(([, error]) => error),
        [/^MSH\^1\^9\^200&.*&FEED-51&/, /&FEED-53&/, /&DQ-2&/],
      )
      t.match(answer.ack['BTS'], [['BTS', '5']])
      t.notMatch(answer.text, /999000|Sample|1951/, 'nothing of a patient is repeated')
      t.match(
        (await entry('QAA:PB1'))?.facts,
        { stepBookedOn: '2026-12-03' },
        'made and booked in one delivery',
      )
      t.equal(await entry('QAA:PB2'), null)
    },
  )

  await t.test(
    'FEED-56 what is no message is AR, and what HL7 has no word for is a problem',
    async (t) => {
      for (const body of ['', 'hello', 'MSH|^~\\&', '\x0b\x1c\r']) {
        const answer = await post(body)
        t.equal(answer.status, 400, JSON.stringify(body))
        t.equal(answer.ack['MSA']?.[0]?.[1], 'AR')
      }
      const ok = message('ADT^A08', [pid()])
      t.equal((await post(ok, { query: '?mode=snapshot' })).status, 400)
      t.equal((await post(ok, { key: 'nonsense' })).status, 401)
    },
  )

  await t.test(
    'FEED-23 FEED-51 a sandbox takes test messages and keeps nothing; so does a dry run',
    async (t) => {
      const test = message('REF^I12', [rf1('PX1'), pid()], { processing: 'T' })
      t.equal(await told(test), 'AR FEED-51 MSH-11')
      t.equal((await post(test, { key: service.sandboxKey })).ack['MSA']?.[0]?.[1], 'AA')
      t.equal((await post(test, { query: '?dryRun=true' })).ack['MSA']?.[0]?.[1], 'AA')
      t.equal(await entry('QAA:PX1'), null)
    },
  )

  await t.test(
    'FEED-52 the history says which message changed what, and a repeat changes nothing',
    async (t) => {
      await ndjson(
        [pathway('PW11', { priority: { scale: 'surgery', code: 'P2', setOn: '2026-11-01' } })],
        EARLY,
      )
      const same = message(
        'ADT^A08',
        ['PID|1||9990000018^^^NHS^NH~H100^^^QAA^MR||||19510312', pv1('PW11')],
        { id: 'h1' },
      )
      t.equal(await told(same), 'AA')
      t.equal((await entry('QAA:PW11'))?.version, 1, 'what was known is not written again')
      const away = message(
        'ADT^A08',
        ['PID|1||9990000018^^^NHS^NH~H100^^^QAA^MR||""||19510312|F', pv1('PW11')],
        {
          id: 'h2',
          at: '20261122100001',
        },
      )
      t.equal(await told(away), 'AA')
      t.match(await entry('QAA:PW11'), {
        version: 2,
        facts: { sex: 'female', priority: { code: 'P2' } },
      })
      t.notOk('name' in ((await entry('QAA:PW11'))?.identity ?? {}))
      await t.rejects(
        openReceiver({
          db: service.db,
          seal: (one) => service.access.seal(one),
          now: () => NOW_MS,
        }).deliver({
          trust: 'QAA',
          mode: 'delta',
          format: FORMATS.hl7,
          body: Readable.from([Buffer.from(away.replace('20261122100001', '20261122100002'))]),
        }),
        /without unseal/,
      )
    },
  )
})

t.test('FEED-54 past a newer national record goes what that has no place for', async (t) => {
  const { app, post, entry, ndjson, key } = await startService(t)
  const national = (ppids: readonly string[], at: string, mode = 'delta') =>
    app.inject({
      method: 'POST',
      url: `/api/feeds/QAA/deliveries?profile=ncwtmds&mode=${mode}&extractAt=2026-11-22T${at}:00Z`,
      headers: { 'content-type': 'text/csv', authorization: `Bearer ${key}` },
      payload: ppids
        .map(
          (ppid, number) =>
            `${['9990000018', '9990000026'][number]},01,${ppid},QAA,03,3,2026-10-01,2026-10-01,03,,,,,,,,,,,14${','.repeat(34)}\n`,
        )
        .join(''),
    })
  const words = (ppid: string, number: string): readonly string[] => {
    const who = pid(number, `H${ppid}`)
    const said = { at: '202611221005' }
    return [
      message('SIU^S12', [sch('20261203', 'CT'), who, pv1(ppid, { site: 'QAA01' })], said),
      message('ADT^A08', [who, pv1(ppid)], said),
      message('ORU^R01', [who, pv1(ppid), obr('FIT'), 'OBX|1|NM|FIT^FIT||12|ug/g|||||F'], said),
      message('ADT^A04', [who, pv1(ppid, { site: 'QAA01', on: '20261102' })], said),
      message('REF^I13', [rf1(ppid, { received: '20260901' }), who], said),
    ]
  }
  const say = async (ppid: string, number: string): Promise<void> => {
    for (const [place, one] of words(ppid, number).entries()) {
      const { ack } = await post(one.replace('|M1|', `|${ppid}-${place}|`))
      t.equal(ack['MSA']?.[0]?.[1], 'AA', `${ppid} ${place}`)
    }
  }
  const both = ['NT1', 'NT2']
  const plain = async (ppid: string) => {
    const { facts, identity } = (await entry(`QAA:${ppid}`)) ?? {}
    return JSON.stringify([facts, identity])
      .replaceAll(ppid, 'NT')
      .replace('9990000026', '9990000018')
  }
  await national(both, '10:00', 'snapshot')
  await say('NT1', '9990000018')
  t.equal((await national(both, '10:10', 'snapshot')).statusCode, 200)
  await say('NT2', '9990000026')
  const late = await entry('QAA:NT2')
  t.match(late?.facts, { stepBookedOn: '2026-12-03', receivedOn: '2026-10-01' })
  t.equal(late?.facts.firstSeenOn, undefined, 'the national record has a place for it, and no word')
  t.equal(late?.identity.name, 'Ada Sample')
  t.equal(await plain('NT2'), await plain('NT1'), 'as had both come in time')
  const again = await national(both, '10:10', 'snapshot')
  t.match(again.json(), { counts: { unchanged: 2 } })
  const { facts: before } = (await entry('QAA:NT2')) ?? {}
  await post(
    message('SIU^S13', [sch('20261204', 'CT'), pid('9990000026'), pv1('NT2')], {
      at: '202611221004',
    }),
  )
  t.same((await entry('QAA:NT2'))?.facts, before, 'an older word of the same part stays late')
  t.equal((await national(['NT1'], '10:20', 'snapshot')).statusCode, 200)
  await post(
    message('REF^I12', [rf1('NT2'), pid('9990000026', 'HNT2')], { at: '202611221015', id: 'g' }),
  )
  t.equal(
    (await entry('QAA:NT2'))?.state,
    'closed',
    'what a newer snapshot closed is not opened by it',
  )
  await ndjson(
    [{ localId: 'QAA:NT1', ppid: 'NT1', ppidIssuer: 'QAA', receivedOn: '2026-10-01' }],
    '?extractAt=2026-11-22T10:30:00Z',
  )
  await post(
    message('SIU^S12', [sch('20261205', 'MRI'), pid(), pv1('NT1')], {
      at: '202611221025',
      id: 'h',
    }),
  )
  t.equal(
    (await entry('QAA:NT1'))?.facts.stepBookedOn,
    undefined,
    'a record that has a place for it has spoken since',
  )
  for (const [place, event] of ['ADT^A01', 'ADT^A13', 'ADT^A28', 'ADT^A31', 'ADT^A08'].entries()) {
    const name = `Named${String(place)}`
    const who = `PID|1||9990000018^^^NHS^NH~HNT1^^^QAA^MR||${name}^Ada||19510312`
    await post(message(event, [who], { at: `20261122111${String(place)}`, id: event }))
    t.equal((await entry('QAA:NT1'))?.identity.name, `Ada ${name}`, event)
  }
  await post(
    message('REF^I13', [rf1('NT1', { reason: 'Breast' }), pid('9990000018', 'HNT1')], {
      at: '202611221115',
      id: 'i13',
    }),
  )
  t.equal((await entry('QAA:NT1'))?.facts.tumour, 'breast', 'REF^I13')
})
