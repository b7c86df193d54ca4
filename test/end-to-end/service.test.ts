import { spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { WebSocket } from 'ws'
import { readConfig } from '../../server/config.ts'
import { startService, type Service } from '../../server/start.ts'
import { addDays, londonDate } from '../../shared/date.ts'
import type { Receipt } from '../../shared/delivery.ts'
import { liveSocket, openLiveClient } from '../../shared/live-client.ts'
import type { LiveState } from '../../shared/live-state.ts'
import type { Suggestion, Transfer } from '../../shared/suggestion.ts'
import { until } from '../live/awaited.ts'

const today = londonDate(Date.now())

/** The fields of the national CSV that a suspected lung cancer, seen and not yet told, has filled. Numbers are columns from 1. */
function nationalRow(nhsNumber: string, ppid: string, receivedOn: string, site: string): string {
  const cells = new Array<string>(54).fill('')
  const put = (column: number, text: string): void => void (cells[column - 1] = text)
  put(1, nhsNumber)
  put(2, '01')
  put(3, ppid)
  put(4, site.slice(0, 3))
  put(5, '03')
  put(6, '3')
  put(7, receivedOn)
  put(8, receivedOn)
  put(9, '03')
  put(12, receivedOn)
  put(13, site)
  put(20, '14')
  return cells.join(',')
}

const suggestionsOf = (state: LiveState): readonly Suggestion[] => [
  ...(state.suggestions?.byId.values() ?? []),
]

/** The first answer that comes at all: until then nobody stands at the port. */
async function firstAnswer(url: string) {
  for (;;) {
    const answer = await fetch(url).catch(() => null)
    if (answer !== null) {
      return { status: answer.status, headers: answer.headers, body: await answer.text() }
    }
  }
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'ptl-e2e-'))
  t.teardown(() => rmSync(path, { recursive: true, force: true }))
  return path
}

t.test('from the bytes of a trust to an agreed transfer, on one real service', async (t) => {
  const config = readConfig({
    PORT: '0',
    DATA_DIR: folder(),
    SAMPLE_PATHWAYS: '200',
    SAMPLE_HISTORY: 'off',
    LOG_LEVEL: 'fatal',
  })
  let service: Service = await startService(config, { say: () => undefined })
  t.teardown(() => service.stop())
  await service.planned
  const at = (path: string): string => `${service.url}${path}`
  const keyOf = (trust: string): string =>
    service.sample?.keys.find((one) => one.organisation === trust)?.key ?? ''

  async function signIn(trust: string, role: string): Promise<{ cookie: string }> {
    const person = service.sample?.people.find(
      (one) => one.organisation === trust && one.role === role,
    )
    const answer = await fetch(at('/api/session'), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ personId: person?.id }),
    })
    t.equal(answer.status, 200, `${trust} ${role} signs in`)
    return { cookie: answer.headers.get('set-cookie')?.split(';')[0] ?? '' }
  }
  const push = (
    trust: string,
    body: string,
    headers: Record<string, string> = {},
    query = 'profile=ncwtmds',
  ) =>
    fetch(at(`/api/feeds/${trust}/deliveries?${query}`), {
      method: 'POST',
      headers: { authorization: `Bearer ${keyOf(trust)}`, 'content-type': 'text/csv', ...headers },
      body,
    })

  const referrer = await signIn('ZT4', 'coordinator')
  const receiver = await signIn('ZT1', 'coordinator')
  const lead = await signIn('ZAL', 'lead')
  const open = liveSocket(WebSocket as never, at('/live').replace('http', 'ws'), {
    headers: referrer,
  } as never)
  const client = openLiveClient({
    open,
    topics: {
      list: { filter: { trust: 'ZT4', tumour: 'lung', step: 'ebus' }, count: 100 },
      suggestions: true,
    },
  })
  t.teardown(() => client.close())
  const before = await until(client, (state) => state.list !== null && state.suggestions !== null)
  const totalBefore = before.list?.total ?? -1

  const rows = [
    nationalRow('9990000018', 'E2E000001', addDays(today, -40), 'ZT401'),
    nationalRow('9990000026', 'E2E000002', addDays(today, -50), 'ZT401'),
    nationalRow('9990000035', 'E2E000003', addDays(today, -40), 'ZT401'),
  ].join('\n')

  await t.test(
    'a national CSV is counted row by row, and the open list changes without reload',
    async (t) => {
      const answer = await push('ZT4', rows, { 'idempotency-key': 'e2e-1' })
      t.equal(answer.status, 200)
      const receipt = (await answer.json()) as Receipt
      t.match(receipt.counts, { read: 3, accepted: 2, added: 2, refused: 1 })
      t.match(receipt.issues, [{ rowNumber: 3, field: 'nhsNumber', severity: 'refuses-row' }])
      t.notMatch(JSON.stringify(receipt), '9990000035', 'no identifier comes back')
      await until(client, (state) => state.list?.total === totalBefore + 2)
    },
  )

  await t.test(
    'the same key and body again give the same receipt; another body is refused',
    async (t) => {
      const again = await push('ZT4', rows, { 'idempotency-key': 'e2e-1' })
      t.match(await again.json(), { counts: { read: 3, added: 2 } })
      const other = await push('ZT4', `${rows}\n`.replace('E2E000001', 'E2E000009'), {
        'idempotency-key': 'e2e-1',
      })
      t.equal(other.status, 422)
      t.match(await other.json(), { code: 'key-reused' })
      t.equal(client.state().list?.total, totalBefore + 2)
    },
  )

  let suggested = { id: '', version: 0 }
  await t.test('slots opened by a capacity call bring a suggestion to the socket', async (t) => {
    const listed = client.state().list?.rows ?? []
    const mine = new Set(listed.filter((row) => row.step === 'ebus').map((row) => row.id))
    const days = [1, 2, 3, 4].map((ahead) => ({
      day: addDays(today, ahead),
      slots: 20,
      openToAlliance: true,
      noticeDays: 0,
    }))
    const answer = await fetch(at('/api/capacity/ZT101/ebus'), {
      method: 'PUT',
      headers: { authorization: `Bearer ${keyOf('ZT1')}`, 'content-type': 'application/json' },
      body: JSON.stringify({ days }),
    })
    t.equal(answer.status, 200, await answer.clone().text())
    const state = await until(client, (now) =>
      suggestionsOf(now).some(
        (one) =>
          one.toSite === 'ZT101' &&
          one.step === 'ebus' &&
          mine.has(one.entryId) &&
          one.state === 'suggested',
      ),
    )
    const found = suggestionsOf(state).find(
      (one) =>
        one.toSite === 'ZT101' &&
        one.step === 'ebus' &&
        mine.has(one.entryId) &&
        one.state === 'suggested',
    )
    suggested = { id: found?.id ?? '', version: found?.version ?? 0 }
    t.match(found?.reason.words, /EBUS at .* sooner than expected at home; saves/)
  })

  await t.test('three yeses by the right people, and the transfer is there', async (t) => {
    const say = (who: { cookie: string }, side: string, version: number) =>
      fetch(at(`/api/suggestions/${suggested.id}/answers`), {
        method: 'POST',
        headers: { ...who, 'content-type': 'application/json', 'if-match': `"${version}"` },
        body: JSON.stringify({ side, answer: 'yes' }),
      })
    const { version } = suggested
    t.equal((await say(lead, 'referrer', version)).status, 404, 'a lead is no party to it')
    t.equal(
      (await say(receiver, 'referrer', version)).status,
      403,
      'the receiver may not speak for the referrer',
    )
    t.equal((await say(referrer, 'referrer', version)).status, 204)
    t.equal((await say(referrer, 'patient', version)).status, 412, 'an old version is told so')
    t.equal((await say(referrer, 'patient', version + 1)).status, 204)
    t.equal((await say(receiver, 'receiver', version + 2)).status, 204)
    await until(client, (state) =>
      suggestionsOf(state).some((one) => one.id === suggested.id && one.state === 'accepted'),
    )
    const { transfers } = (await (
      await fetch(at('/api/transfers'), { headers: referrer })
    ).json()) as { transfers: Transfer[] }
    t.match(transfers, [
      { suggestionId: suggested.id, fromTrust: 'ZT4', toTrust: 'ZT1', toSite: 'ZT101' },
    ])
  })

  await t.test(
    'bad input at the door is answered with the right status and the way to mend it',
    async (t) => {
      const key = { authorization: `Bearer ${keyOf('ZT4')}` }
      const cases: [string, Promise<Response>, number, string][] = [
        ['no key', push('ZT4', rows, { authorization: '' }), 401, 'unknown-key'],
        ['another trust', push('ZT2', rows, key), 403, 'not-yours'],
        ['unknown trust', push('ZQ9', rows, key), 403, 'not-yours'],
        [
          'content type',
          push('ZT4', rows, { 'content-type': 'image/png' }, ''),
          415,
          'unknown-content-type',
        ],
        ['malformed file', push('ZT4', 'a,b,c\nd,e,f\n'), 422, 'bad-file'],
        [
          'not JSON',
          push('ZT4', '{"entries":[', { 'content-type': 'application/json' }, ''),
          422,
          'bad-file',
        ],
        ['no such page', fetch(at('/api/nothing')), 404, 'not-found'],
        ['not signed in', fetch(at('/api/list')), 401, 'not-signed-in'],
        [
          'unknown filter',
          fetch(at('/api/list?colour=red'), { headers: referrer }),
          400,
          'bad-request',
        ],
      ]
      for (const [name, asked, status, code] of cases) {
        const answer = await asked
        t.equal(answer.status, status, name)
        t.match(answer.headers.get('content-type'), 'application/problem+json', name)
        const problem = (await answer.json()) as { code: string; detail: string }
        t.equal(problem.code, code, name)
        t.ok(problem.detail.length > 10, `${name}: ${problem.detail}`)
      }
      t.equal((await fetch(at('/healthz'))).status, 200, 'and the process lives')
    },
  )

  await t.test('a second start finds everything and loads nothing twice', async (t) => {
    const count = async (): Promise<unknown> =>
      service.db.scoped(
        { kind: 'system', name: 'test' },
        (tx) => tx`
        select (select count(*) from entry) as entries, (select count(*) from delivery) as deliveries,
          (select count(*) from transfer) as transfers, (select count(*) from entry_version) as versions`,
      )
    const counted = await count()
    const { url } = service
    await service.stop()
    const startedAt = performance.now()
    const starting = startService(
      { ...config, port: Number(new URL(url).port) },
      { say: () => undefined },
    )
    await t.test('while it starts, whoever asks is told how far it is', async (t) => {
      const { status, headers, body } = await firstAnswer(`${url}/readyz`)
      t.equal(status, 503)
      t.match(body, /"starting":"[a-z ]+","list":\{"loaded":\d+,"total":\d+,"done":false/)
      t.equal(headers.get('retry-after'), '2')
      t.equal((await fetch(`${url}/healthz`)).status, 200, 'it runs')
      const list = await fetch(`${url}/api/entries`)
      t.match(await list.json(), { status: 503, code: 'not-ready', detail: /^The service is st/ })
      const page = await fetch(url, { headers: { accept: 'text/html,*/*' } })
      t.match(await page.text(), /is starting<\/h1>[\s\S]*asks again by itself/)
    })
    service = await starting
    t.ok(performance.now() - startedAt < 15_000, 'soon')
    t.same(await count(), counted)
    t.equal(service.sample?.fresh, false)
    t.equal((await fetch(at('/readyz'))).status, 200)
  })
})

t.test('what is in the way is one clear line and a non-zero exit', async (t) => {
  const run = (env: Record<string, string>): Promise<{ code: number | null; error: string }> =>
    new Promise((resolve) => {
      const child = spawn(process.execPath, ['--import', 'tsx', 'server/main.ts'], {
        env: { ...process.env, SAMPLE: 'off', PORT: '0', DATA_DIR: folder(), ...env },
        stdio: ['ignore', 'ignore', 'pipe'],
      })
      let error = ''
      child.stderr.on('data', (chunk: Buffer) => (error += chunk.toString()))
      child.on('close', (code) => resolve({ code, error: error.trim() }))
    })
  const oneLine = async (
    name: string,
    env: Record<string, string>,
    says: RegExp,
  ): Promise<void> => {
    const { code, error } = await run(env)
    t.equal(code, 1, name)
    t.match(error, says, name)
    t.equal(error.split('\n').length, 1, `${name}: one line, ${error}`)
  }

  const taken = createServer().listen(0, '127.0.0.1')
  t.teardown(() => taken.close())
  await new Promise((resolve) => taken.once('listening', resolve))
  await oneLine('a port in use', { PORT: String((taken.address() as AddressInfo).port) }, /in use/)
  await oneLine(
    'an unreachable database',
    { DATABASE_URL: 'postgres://nobody:secret@127.0.0.1:1/none' },
    /127\.0\.0\.1/,
  )
  await oneLine('an unusable setting', { PORT: 'three' }, /PORT/)
  const notAFolder = join(folder(), 'file')
  writeFileSync(notAFolder, '')
  chmodSync(notAFolder, 0o400)
  await oneLine(
    'a data directory that cannot be one',
    { DATA_DIR: join(notAFolder, 'data') },
    /data/,
  )
})
