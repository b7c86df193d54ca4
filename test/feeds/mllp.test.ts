import { spawn } from 'node:child_process'
import { X509Certificate, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import fc from 'fast-check'
import t from 'tap'
import type { Test } from 'tap'
import { openDatabase } from '../../db/client.ts'
import type { Database } from '../../db/client.ts'
import { startEmbedded } from '../../db/embedded.ts'
import { migrate } from '../../db/migrate.ts'
import { openAccess } from '../../server/access/access.ts'
import { createFeedKey } from '../../server/access/feed-keys/feed-keys.ts'
import { identityKey } from '../../server/access/identity/seal.ts'
import { readConfig } from '../../server/config.ts'
import { openMllp, readTls } from '../../server/feeds/hl7/mllp.ts'
import type { MllpOptions } from '../../server/feeds/hl7/mllp.ts'
import { framed, openFrames } from '../../server/feeds/hl7/mllp-frames.ts'
import { readSenders, senderList } from '../../server/feeds/hl7/mllp-senders.ts'
import { openReceiver } from '../../server/feeds/delivery/receive.ts'
import { testDatabase } from '../database.ts'
import { ackOf, message, pid, pv1, rf1, sch } from './hl7-messages.ts'
import { mllpClient } from './mllp-client.ts'

const TLS = join(import.meta.dirname, '..', 'fixtures', 'tls')
const SYSTEM = { kind: 'system', name: 'test' } as const
const hl7Now = (): string =>
  new Date().toISOString().slice(0, 19).replaceAll(/[-T:]/g, '') + '+0000'

/** `AA M1`, and of a refusal our own code. */
function told(text: string): string {
  const ack = ackOf(text)
  const [, code, id] = ack['MSA']?.[0] ?? []
  const errors = (ack['ERR'] ?? []).map(([, error = '']) => ` ${error.split('&')[3]}`)
  return `${code} ${id}${errors.join('')}`
}

const referral = (ppid: string, id = ppid, at = hl7Now()): string =>
  message('REF^I12', [rf1(ppid), pid()], { id, at })

t.test(
  'FEED-58 frames are found whatever stands between them and however they are cut',
  async (t) => {
    const seen = (body: Buffer, size: number): string[] => {
      const reader = openFrames()
      const found: string[] = []
      for (let at = 0; at < body.length; at += size) {
        for (const event of reader.push(body.subarray(at, at + size))) {
          found.push(event.kind === 'message' ? event.bytes.toString() : event.kind)
        }
      }
      return [...found, reader.midFrame() ? 'open' : 'shut']
    }
    const cases: [string, Buffer, string[]][] = [
      ['two', Buffer.concat([framed('a'), framed('b')]), ['a', 'b', 'shut']],
      ['without the last byte', Buffer.from('\x0ba\x1c\x0bb\x1c'), ['a', 'b', 'shut']],
      ['garbage', Buffer.from('GET / HTTP/1.1\r\n\x0ba\x1c\r\n\n\x0bb\x1c\r'), ['a', 'b', 'shut']],
      ['begun anew', Buffer.from('\x0bhalf\x0bwhole\x1c\r'), ['broken', 'whole', 'shut']],
      ['half', Buffer.from('\x0bhalf'), ['open']],
      ['nothing', Buffer.from('\x0b\x1c\r'), ['', 'shut']],
      ['long', Buffer.concat([framed('x'.repeat(300_000)), framed('b')]), ['tooLong', 'b', 'shut']],
    ]
    for (const [name, body, wanted] of cases) {
      for (const size of [1, 3, 1_000_000]) {
        if (body.length / size > 100_000) continue
        t.same(seen(body, size), wanted, `${name} by ${size}`)
      }
    }
    t.same(seen(Buffer.alloc(70_000, 'x'), 9_000)[0], 'flood', 'no frame in sight')
    const endless = Buffer.concat([Buffer.from([0x0b]), Buffer.alloc(17 * 1024 * 1024, 'x')])
    t.same(seen(endless, 65_536)[0], 'flood', 'no end in sight')
    fc.assert(
      fc.property(
        fc.array(fc.string({ maxLength: 20 }), { maxLength: 5 }),
        fc.integer({ min: 1, max: 9 }),
        (texts, size) => {
          const plain = texts.map((text) => text.replaceAll(/[\x0b\x1c]/g, ''))
          const found = seen(Buffer.concat(plain.map(framed)), size)
          return JSON.stringify(found) === JSON.stringify([...plain, 'shut'])
        },
      ),
    )
  },
)

t.test(
  'FEED-59 the list of senders is read strictly, and its keys are told to nobody',
  async (t) => {
    const one = {
      application: 'PAS',
      facility: 'QAA',
      peers: ['10.1.0.0/16', '::1'],
      trust: 'QAA',
      key: 'ptl_secret',
    }
    const list = senderList([one], 'test')
    const peer = (address: string) => ({ address, certificate: null })
    t.ok(list.admits(peer('10.1.255.1')))
    t.ok(list.admits(peer('::1')))
    t.notOk(list.admits(peer('10.2.0.1')))
    t.notOk(list.admits(peer('')))
    t.match(list.find(peer('::1'), one), { trust: 'QAA', key: 'ptl_secret' })
    t.equal(list.find(peer('::1'), { ...one, facility: 'QBB' }), null)
    t.equal(list.find(peer('10.2.0.1'), one), null)
    const cases: [unknown, RegExp][] = [
      [[], /list of senders/],
      [{}, /list of senders/],
      [[{ ...one, peers: ['10.1.0.0/33'] }], /0\.peers\.0: wants an address/],
      [[{ ...one, peers: ['pas.example'] }], /0\.peers\.0/],
      [[{ ...one, peers: [] }], /0\.peers/],
      [[{ ...one, colour: 'red' }], /colour/],
      [[{ ...one, certificate: 'AB' }], /0\.certificate/],
      [[{ ...one, key: 'nonsense-secret' }], /0\.key/],
    ]
    for (const [said, wanted] of cases) {
      t.throws(() => senderList(said, 'test'), { message: wanted })
      try {
        senderList(said, 'test')
      } catch (cause) {
        t.notMatch(String(cause), /secret/)
      }
    }
    const folder = mkdtempSync(join(tmpdir(), 'ptl-senders-'))
    t.teardown(() => rmSync(folder, { recursive: true }))
    writeFileSync(join(folder, 'x.json'), '{')
    await t.rejects(readSenders(join(folder, 'x.json')), /is not JSON/)
    await t.rejects(readSenders(join(folder, 'none.json')), /cannot be read/)
  },
)

t.test('FEED-58 the listener is off without a port, and half a setting is told', async (t) => {
  t.equal(readConfig({}).mllp, null)
  t.match(readConfig({ MLLP_PORT: '2575', MLLP_SENDERS: 's.json' }).mllp, { port: 2575, tls: null })
  t.throws(() => readConfig({ MLLP_PORT: '2575' }), /MLLP_PORT wants MLLP_SENDERS/)
  const half = { MLLP_PORT: '2575', MLLP_SENDERS: 's', MLLP_TLS_KEY: 'k' }
  t.throws(() => readConfig(half), /MLLP_TLS_KEY and MLLP_TLS_CERT together/)
})

async function service(t: Test) {
  const db = await testDatabase(t)
  await db.scoped(SYSTEM, async (tx) => {
    for (const code of ['QAA', 'QBB']) {
      await tx`insert into organisation (code, name, kind, synthetic) values (${code}, ${code}, 'trust', true)`
    }
  })
  const access = await openAccess({ db, keys: [identityKey(randomBytes(32))], now: Date.now })
  t.teardown(() => access.close())
  const { key, id } = await createFeedKey(db, { organisation: 'QAA', label: 'pas' })
  const receiver = openReceiver({
    db,
    seal: (identity) => access.seal(identity),
    unseal: (row) => access.unseal(row),
    now: Date.now,
  })
  const warned: string[] = []
  const note = (_fields: object, text: string) => void warned.push(text)
  const sender = { application: 'PAS', facility: 'QAA', peers: ['127.0.0.1'], trust: 'QAA', key }
  const listen = async (more: Partial<MllpOptions> = {}) => {
    const mllp = await openMllp({
      port: 0,
      host: '127.0.0.1',
      tls: null,
      senders: senderList([sender], 'test'),
      hl7: { receiver, db, now: Date.now },
      access,
      log: { info: note, warn: note, error: note } as unknown as MllpOptions['log'],
      ...more,
    })
    t.teardown(() => mllp.close())
    return mllp
  }
  return { db, receiver, keyId: id, sender, listen, warned }
}

async function entries(db: Database): Promise<readonly string[]> {
  const rows = await db.scoped(
    SYSTEM,
    (tx) => tx<{ localId: string }[]>`select local_id as "localId" from entry order by local_id`,
  )
  return rows.map(({ localId }) => localId)
}

t.test('over real sockets', async (t) => {
  const { db, receiver, keyId, sender, listen, warned } = await service(t)
  const mllp = await listen()

  await t.test(
    'FEED-58 FEED-60 messages of a connection are taken in order, of many together',
    async (t) => {
      const client = await mllpClient(mllp.port)
      t.equal(told(await client.ask(referral('ML1', 'first'))), 'AA first')
      t.same(await entries(db), ['QAA:ML1'], 'what is acknowledged is committed')
      const book = (id: string, day: string, at: string) =>
        message('SIU^S12', [sch(day, 'CT'), pid(), pv1('ML1')], { id, at })
      const at = hl7Now()
      client.socket.write(
        Buffer.concat([
          framed(book('a', '20271201', at)),
          framed(message('ADT^A02', [pid()], { id: 'b', at })),
          framed(book('c', '20271202', at)),
          framed('hello'),
          framed(book('d', '20271203', at)),
        ]),
      )
      const answers: string[] = []
      for (let count = 0; count < 5; count += 1) answers.push(told(await client.answer()))
      t.same(answers, ['AA a', 'AR b FEED-51', 'AA c', 'AR  FEED-51', 'AA d'], 'in their order')
      const [row] = await db.scoped(
        SYSTEM,
        (tx) => tx<{ on: string }[]>`select facts->>'stepBookedOn' as on from entry`,
      )
      t.equal(row?.on, '2027-12-03')
      const others = await Promise.all(
        Array.from({ length: 8 }, async (_, index) => {
          const one = await mllpClient(mllp.port)
          const ack = await one.ask(referral(`MM${index}`))
          one.socket.end()
          await one.closed
          return told(ack)
        }),
      )
      t.same(
        others,
        others.map((_, index) => `AA MM${index}`),
      )
      client.socket.end()
      await client.closed
    },
  )

  await t.test('FEED-57 an ACK that was lost is given again', async (t) => {
    const first = await mllpClient(mllp.port)
    const text = referral('ML2', 'lost')
    first.socket.write(framed(text))
    first.socket.destroy()
    const again = await mllpClient(mllp.port)
    const ack = await again.ask(text)
    t.equal(told(ack), 'AA lost')
    t.equal(await again.ask(text), ack, 'byte for byte')
    const [row] = await db.scoped(
      SYSTEM,
      (tx) => tx<{ n: number }[]>`select version as n from entry where local_id = 'QAA:ML2'`,
    )
    t.equal(row?.n, 1, 'done once')
    again.socket.end()
    await again.closed
  })

  await t.test(
    'FEED-59 who is not on the list gets nothing, and a key that ends, ends at once',
    async (t) => {
      const client = await mllpClient(mllp.port)
      const from = (who: string) =>
        message('ADT^A08', [pid()], { id: 'x', at: hl7Now(), from: who })
      t.equal(told(await client.ask(from('PAS|QBB'))), 'AR x FEED-59')
      t.equal(told(await client.ask(from('OTHER|QAA'))), 'AR x FEED-59')
      const closed = await listen({
        senders: senderList([{ ...sender, peers: ['10.9.9.9'] }], 'test'),
      })
      const stranger = await mllpClient(closed.port)
      await stranger.closed
      t.ok(
        warned.some((text) => /nobody on the list/.test(text)),
        'hung up before a word',
      )
      await db.scoped(
        SYSTEM,
        (tx) => tx`update feed_key set revoked_at = now() where id = ${keyId}`,
      )
      t.match(told(await client.ask(referral('ML9'))), /^AE ML9/)
      await db.scoped(SYSTEM, (tx) => tx`update feed_key set revoked_at = null where id = ${keyId}`)
      t.equal(told(await client.ask(referral('ML9'))), 'AA ML9')
      client.socket.end()
      await client.closed
    },
  )

  await t.test(
    'FEED-58 garbage, half a frame, silence, a crowd and a flood take nothing from the others',
    async (t) => {
      const short = await listen({
        limits: { connections: 3, idleMs: 400, stallMs: 100, frameMs: 500 },
      })
      const half = await mllpClient(short.port)
      half.socket.write('\x0bMSH|^~\\&|PAS|QAA|half')
      const idle = await mllpClient(short.port)
      const slow = await mllpClient(short.port)
      const trickle = setInterval(
        () => slow.socket.write('\x0bx'.slice(slow.socket.bytesWritten === 0 ? 0 : 1)),
        50,
      )
      const crowd = await mllpClient(short.port).catch(() => null)
      await crowd?.closed
      t.pass('a fourth is turned away')
      await half.closed
      t.pass('silence in the middle of a frame is given up')
      await idle.closed
      t.pass('and a connection that says nothing')
      await slow.closed
      clearInterval(trickle)
      t.pass('and a frame that comes for ever')
      const client = await mllpClient(mllp.port)
      client.socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
      t.equal(
        told(await client.ask(referral('ML3'))),
        'AA ML3',
        'garbage before a frame is passed over',
      )
      t.equal(
        told(await client.ask(`${referral('ML4', 'two')}${referral('ML5', 'more')}`)),
        'AR two FEED-51',
      )
      const long = message('ADT^A08', [pid(), `NTE|1||${'x'.repeat(300_000)}`], {
        id: 'long',
        at: hl7Now(),
      })
      t.equal(told(await client.ask(long)), 'AR long FEED-51')
      t.equal(told(await client.ask(referral('ML6'))), 'AA ML6', 'and the connection goes on')
      client.socket.write(Buffer.alloc(200_000, 'x'))
      await client.closed
      t.pass('a flood is hung up on')
    },
  )

  await t.test('FEED-58 a sender that does not read its answers is not read from', async (t) => {
    let answered = 0
    const counting = await listen({
      hl7: {
        receiver,
        db,
        now: () => {
          answered += 1
          return Date.now()
        },
      },
    })
    const client = await mllpClient(counting.port)
    client.socket.pause()
    const asked = 120_000
    const thousand = Buffer.concat(Array.from({ length: 1_000 }, () => framed('x'.repeat(100))))
    for (let sent = 0; sent < asked; sent += 1_000) client.socket.write(thousand)
    let before = -1
    while (answered !== before) {
      before = answered
      await setTimeout(500)
    }
    t.ok(answered > 0 && answered < asked, `${answered} were answered into the void`)
    const other = await mllpClient(counting.port)
    t.equal(told(await other.ask(referral('ML7'))), 'AA ML7', 'others are served meanwhile')
    client.socket.destroy()
    other.socket.end()
    await other.closed
  })

  await t.test('FEED-60 what goes wrong here is AE, to be sent again', async (t) => {
    const broken = await listen({
      hl7: {
        db,
        now: Date.now,
        receiver: {
          ...receiver,
          deliver: async () => {
            throw new Error('the database has gone away with 9990000018')
          },
        },
      },
    })
    const client = await mllpClient(broken.port)
    const ack = await client.ask(referral('ML8'))
    t.equal(told(ack), 'AE ML8 bug')
    t.notMatch(ack + warned.join(), /999000/)
    client.socket.end()
    await client.closed
  })

  await t.test(
    'FEED-60 a stop lets the message under way finish and be acknowledged',
    async (t) => {
      let began = (): void => undefined
      const begun = new Promise<void>((resolve) => (began = resolve))
      const stopped = await listen({
        hl7: {
          db,
          now: Date.now,
          receiver: {
            ...receiver,
            deliver: (delivery) => {
              began()
              return receiver.deliver(delivery)
            },
          },
        },
      })
      const idle = await mllpClient(stopped.port)
      const client = await mllpClient(stopped.port)
      const ack = client.ask(referral('MS1'))
      await begun
      await Promise.all([stopped.close(), idle.closed])
      t.equal(told(await ack), 'AA MS1')
      await client.closed
      await t.rejects(mllpClient(stopped.port), 'nobody is let in any more')
    },
  )

  await t.test('FEED-59 with TLS a sender is held to its certificate', async (t) => {
    const read = (name: string) => readFileSync(join(TLS, name))
    const files = {
      keyFile: join(TLS, 'server.key'),
      certFile: join(TLS, 'server.pem'),
      caFile: join(TLS, 'ca.pem'),
    }
    const { fingerprint256 } = new X509Certificate(read('client.pem'))
    const secure = await listen({
      tls: await readTls(files),
      senders: senderList([{ ...sender, certificate: fingerprint256 }], 'test'),
    })
    const open = (name: string | null) => {
      const cert = name === null ? {} : { key: read(`${name}.key`), cert: read(`${name}.pem`) }
      return connectTls({ port: secure.port, host: '127.0.0.1', ca: read('ca.pem'), ...cert })
    }
    const client = await mllpClient(secure.port, open('client'))
    t.equal(told(await client.ask(referral('MT1'))), 'AA MT1')
    client.socket.end()
    await client.closed
    for (const name of ['stranger', 'server', null]) {
      const other = await mllpClient(secure.port, open(name))
      await t.rejects(other.ask(referral('MT2')), String(name))
      await other.closed
    }
    const plain = await mllpClient(secure.port)
    await t.rejects(plain.ask(referral('MT3')))
    t.notOk((await entries(db)).some((localId) => /MT[23]/.test(localId)))
    await t.rejects(readTls({ ...files, caFile: '/nowhere' }), /cannot be read/)
  })

  await t.test('FEED-58 a port in use is one line', async (t) => {
    await t.rejects(listen({ port: mllp.port }), /MLLP port \d+ on 127.0.0.1 is in use/)
  })
  t.notMatch(warned.join(), /999000/)
})

t.test(
  'FEED-60 a killed server loses nothing that it acknowledged, and the rest completes when sent again',
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'ptl-mllp-'))
    t.teardown(() => rmSync(folder, { recursive: true, force: true }))
    const server = await startEmbedded({ dataDir: join(folder, 'db'), testing: true })
    t.teardown(() => server.stop())
    await migrate(server.url)
    const db = await openDatabase({ url: server.url, max: 2 })
    t.teardown(() => db.close())
    await db.scoped(
      SYSTEM,
      (tx) =>
        tx`insert into organisation (code, name, kind, synthetic) values ('QAA', 'QAA', 'trust', true)`,
    )
    const { key } = await createFeedKey(db, { organisation: 'QAA', label: 'pas' })
    const senders = join(folder, 'senders.json')
    const list = [{ application: 'PAS', facility: 'QAA', peers: ['127.0.0.1'], trust: 'QAA', key }]
    writeFileSync(senders, JSON.stringify(list))
    const identityKeyText = randomBytes(32).toString('hex')
    const serve = async () => {
      const child = spawn(process.execPath, ['--import', 'tsx', 'server/main.ts'], {
        env: {
          ...process.env,
          PORT: '0',
          HOST: '127.0.0.1',
          DATABASE_URL: server.url,
          DATA_DIR: folder,
          SAMPLE: 'off',
          LOG_LEVEL: 'fatal',
          PTL_IDENTITY_KEY: identityKeyText,
          MLLP_PORT: '0',
          MLLP_SENDERS: senders,
        },
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      t.teardown(() => child.kill('SIGKILL'))
      let output = ''
      const port = await new Promise<number>((resolve, reject) => {
        child.once('exit', () => reject(new Error(`the service ended: ${output}`)))
        child.stdout.on('data', (chunk: Buffer) => {
          output += chunk.toString()
          const found = /HL7 over MLLP: port (\d+)[\s\S]*Ctrl-C/.exec(output)?.[1]
          if (found !== undefined) resolve(Number(found))
        })
      })
      return { child, port }
    }
    const all = Array.from({ length: 120 }, (_, index) => referral(`KILL${index}`, `K${index}`))
    const first = await serve()
    const acknowledged = new Set<string>()
    const senders4 = await Promise.all([0, 1, 2, 3].map(() => mllpClient(first.port)))
    const working = senders4.map(async (client, lane) => {
      for (let at = lane; at < all.length; at += senders4.length) {
        const ack = await client.ask(all[at] ?? '').catch(() => null)
        if (ack === null) return
        if (told(ack).startsWith('AA ')) acknowledged.add(told(ack).slice(3))
        if (acknowledged.size === 30) first.child.kill('SIGKILL')
      }
    })
    await once(first.child, 'exit')
    await Promise.all(working)
    t.ok(
      acknowledged.size >= 30 && acknowledged.size < all.length,
      `${acknowledged.size} were acknowledged`,
    )
    const kept = new Set((await entries(db)).map((localId) => localId.replace('QAA:KILL', 'K')))
    t.same(
      [...acknowledged].filter((id) => !kept.has(id)),
      [],
      'each is in the database',
    )

    const second = await serve()
    const client = await mllpClient(second.port)
    const wrong: string[] = []
    for (const text of all) {
      const ack = told(await client.ask(text))
      if (!ack.startsWith('AA ')) wrong.push(ack)
    }
    t.same(wrong, [])
    t.equal((await entries(db)).length, all.length, 'all of them, once')
    const [row] = await db.scoped(
      SYSTEM,
      (tx) => tx<{ n: number }[]>`select max(version) as n from entry`,
    )
    t.equal(row?.n, 1)
    client.socket.end()
    await client.closed
    second.child.kill('SIGTERM')
    await once(second.child, 'exit')
  },
)
