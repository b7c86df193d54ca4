import t from 'tap'
import type { BrowserContext, Page, Route } from 'playwright-core'
import { look, openVisit, stumbles } from './visit.ts'

/*
 * Every page when the service says no, says nothing, or says something else. The failing answer is put into the
 * network; the page, and the service behind it once the network is whole again, are the real ones.
 */

const { service, complaints, openContext, signIn } = await openVisit(t)
await service.settled()

/** Each view, as somebody who uses it; `entry` stands for a pathway of theirs. */
const PAGES = [
  ['coordinator', 'ZT1', ['/list', '/mdt', 'entry', '/suggestions', '/transfers', '/capacity']],
  ['lead', 'ZAL', ['/lead', '/weekly', '/flow', '/effect', '/policy', '/plan']],
  ['trustAdmin', 'ZT1', ['/feeds', '/governance']],
  ['auditor', 'ZAL', ['/governance']],
] as const

const PASSES = /What is shown may be old\. It is asked for again by itself\. Try again now$/
/** What comes instead of an answer, and what is said of it. */
const FAILURES: Readonly<Record<string, { come: (route: Route) => Promise<void>; say: RegExp }>> = {
  '500': {
    come: (route) => problem(route, 500, 'bug', 'Nothing you sent is to blame. Quote req-7.'),
    say: /Nothing you sent is to blame\. Quote req-7\./,
  },
  '503': {
    come: (route) => problem(route, 503, 'not-ready', 'The service is starting: 40 % read.'),
    say: /The service is starting: 40 % read\./,
  },
  'a proxy that says 502': {
    come: (route) => route.fulfill({ status: 502, contentType: 'text/html', body: '<h1>Bad' }),
    say: /The service does not answer as it should \(502\)\./,
  },
  'a page of somebody else': {
    come: (route) => route.fulfill({ status: 200, contentType: 'text/html', body: '<h1>Log in' }),
    say: /The answer cannot be read: it was cut off, or something in between answered/,
  },
  'a line that is cut': {
    come: (route) => route.abort(),
    say: /The service cannot be reached\./,
  },
  '403': {
    come: (route) => problem(route, 403, 'not-yours', 'Your role may not. Ask your administrator.'),
    say: /Your role may not\. Ask your administrator\./,
  },
}

t.test('each view says in one line what it could not read, and reads it once it can', async (t) => {
  for (const [role, organisation, paths] of PAGES) {
    const context = await openContext({ viewport: { width: 1280, height: 800 } })
    const page = await signIn(context, role, organisation)
    for (const path of await Promise.all(paths.map((one) => addressOf(context, one)))) {
      for (const [name, { come, say }] of Object.entries(FAILURES)) {
        // its cards come over the socket; a refused name leaves the pseudonym standing
        if (path === '/suggestions' && name === '403') continue
        // how each kind is told is the same for all: the rarer ones are tried on one view of each role
        if (path !== paths[0] && !['500', '403'].includes(name)) continue
        const what = `${role} ${path}: ${name}`
        const mend = await breakReads(page, come)
        await page.goto(`${service.url}${path}`)
        await page.getByRole('heading', { level: 1 }).waitFor()
        const alert = page.getByRole('alert')
        await alert.getByText(say).waitFor()
        t.equal(await alert.count(), 1, `${what}: one line`)
        t.match(await alert.innerText(), /^Not everything here could be read\. /, what)
        const main = await page.locator('main').innerText()
        t.notMatch(main, /Loading|undefined|NaN|Unexpected token/, `${what}: nothing on its way`)
        if (name === '500') await look(page, `trouble-${role}-${path.replaceAll('/', '')}`, false)
        if (name === '403') {
          t.equal(await alert.getByRole('button').count(), 0, `${what}: asking again is no help`)
          await mend()
          continue
        }
        t.match((await alert.innerText()).replaceAll(/\s+/g, ' '), PASSES, what)
        await mend()
        await tryAgain(page)
        await alert.waitFor({ state: 'detached' })
        await page.waitForLoadState('networkidle')
        t.notMatch(await page.locator('main').innerText(), /Not read\./, `${what}: mended`)
      }
    }
    t.same(await stumbles(page), [], `${role}: for everybody`)
    await context.close()
  }
})

t.test('an answer no view can show stops that view and not the page', async (t) => {
  const context = await openContext()
  t.teardown(() => context.close())
  const page = await signIn(context, 'lead', 'ZAL')
  for (const path of ['/lead', '/capacity', '/policy', '/plan', '/feeds', '/flow']) {
    const mend = await breakReads(page, (route) =>
      route.fulfill({ status: 200, contentType: 'application/json', body: '{}' }),
    )
    await page.goto(`${service.url}${path}`)
    await page.getByRole('heading', { name: 'Stopped' }).waitFor()
    t.ok(await page.getByRole('link', { name: 'Patient list' }).isVisible(), 'others work on')
    await mend()
    await page.getByRole('button', { name: 'Show it again' }).click()
    await page.getByRole('heading', { name: 'Stopped' }).waitFor({ state: 'detached' })
    await page.getByRole('heading', { level: 1 }).waitFor()
    t.equal(await page.getByRole('alert').count(), 0, `${path} is shown again`)
  }
})

t.test('what takes long is said to take long, then given up, then asked for again', async (t) => {
  const context = await openContext()
  t.teardown(() => context.close())
  const page = await signIn(context, 'coordinator', 'ZT1')
  await page.clock.install()
  const mend = await breakReads(page, () => Promise.resolve())
  await page.getByRole('link', { name: 'Capacity' }).click()
  await page.locator('main').getByText('Loading', { exact: true }).waitFor()
  await page.clock.runFor(4_500)
  await page.getByText('Still loading: the service is slow to answer.').waitFor()
  await page.clock.runFor(16_000)
  const alert = page.getByRole('alert')
  await alert.getByText('The service has not answered for 20 seconds.').waitFor()
  await mend()
  await page.clock.runFor(61_000)
  await alert.waitFor({ state: 'detached' })
  await page.getByRole('table').first().waitFor()
})

t.test('a service that starts is waited for by whoever was signed in', async (t) => {
  const context = await openContext()
  t.teardown(() => context.close())
  const page = await signIn(context, 'coordinator', 'ZT1')
  await page.route('**/api/session', (route) =>
    problem(route, 503, 'not-ready', 'The service is starting: 12 % read.'),
  )
  await page.reload()
  await page.getByText('The page cannot open yet. The service is starting: 12 % read.').waitFor()
  t.equal(await page.getByRole('heading', { name: 'Sign in' }).count(), 0, 'nobody is signed out')
  await look(page, 'trouble-starting', false)
  await page.unrouteAll()
  await tryAgain(page)
  await page.locator('a.ptl-who').first().waitFor()
  t.equal(await page.getByRole('alert').count(), 0)

  await page.route('**/api/session', (route) => route.abort())
  await page.getByRole('button', { name: 'Sign out', exact: true }).click()
  await page.getByText('this computer may still be signed in').waitFor()
  await page.unrouteAll()
  await page.route('**/api/sample-people', (route) => route.abort())
  await page.goto(`${service.url}/sign-in`)
  await page.locator('a.ptl-who').first().waitFor()
  t.pass('and so it was')
})

t.test(
  'who is signed out in the middle of a sentence finds it again, and nobody else does',
  async (t) => {
    const context = await openContext()
    t.teardown(() => context.close())
    const page = await signIn(context, 'coordinator', 'ZT1')
    await page.locator('a.ptl-who').first().click()
    await page.getByLabel('New note').fill('Rang the ward, and')
    await page.getByLabel('What is to happen next').fill('Ring again')
    const at = page.url()
    await context.clearCookies()
    await page.getByRole('button', { name: 'Save note' }).click()
    await page.getByText('Your session has ended. Sign in again to go on').waitFor()
    t.equal(await page.locator('.ptl-nhs').count(), 0, 'nobody is named any more')
    await page.getByRole('button', { name: 'Sign in as Alex Bramley (synthetic)' }).click()
    await page.getByLabel('New note').waitFor()
    t.equal(page.url(), at)
    t.equal(await page.getByLabel('New note').inputValue(), 'Rang the ward, and')
    t.equal(await page.getByLabel('What is to happen next').inputValue(), 'Ring again')
    await page.getByRole('button', { name: 'Save note' }).click()
    await page.locator('.ptl-notes', { hasText: 'Rang the ward, and' }).waitFor()
    t.equal(await page.getByLabel('New note').inputValue(), '', 'sent')

    await context.clearCookies()
    await page.getByRole('button', { name: 'Set next action' }).click()
    const other = service.sample?.people.find(
      (one) => one.role === 'clinician' && one.organisation === 'ZT1',
    )
    await page.getByRole('button', { name: `Sign in as ${other?.name ?? ''}` }).click()
    await page.locator('.ptl-live--on').waitFor()
    await page.goto(at)
    await page.getByLabel('What is to happen next').waitFor()
    t.equal(await page.getByLabel('What is to happen next').inputValue(), '')
  },
)

t.test('where no socket comes through the list and the suggestions are read instead', async (t) => {
  const context = await openContext()
  t.teardown(() => context.close())
  const page = await signIn(context, 'coordinator', 'ZT1')
  let isCut = true
  await page.routeWebSocket('**/live', async (socket) => {
    if (isCut) await socket.close({ code: 1013 })
    else socket.connectToServer()
  })
  await page.goto(`${service.url}/list`)
  await page.getByText('What you see may be old; the list and the suggestions are read').waitFor()
  await page.locator('.ptl-list .ptl-nhs', { hasText: /^999/ }).first().waitFor()
  const total = page.locator('.ptl-title__sum strong')
  const all = Number(await total.textContent())
  await page.getByLabel('Days waited').selectOption('d29to62')
  await page.locator('.ptl-list[aria-busy=false]').waitFor()
  const some = Number(await total.textContent())
  t.ok(some > 0 && some < all, `${some} of ${all}`)
  await look(page, 'trouble-no-socket', false)
  await page.getByRole('link', { name: /^Suggestions/ }).click()
  await page.getByText(/waiting for you, \d+ with others/).waitFor()
  t.equal(await page.getByText('Loading').count(), 0)
  isCut = false
  await page.locator('.ptl-live--on').waitFor()
  await page.locator('.ptl-not-live').waitFor({ state: 'detached' })
})

/** A form of each kind: where it is, how it is filled, what sends it, and where what was typed must still stand. */
const FORMS: readonly {
  readonly who: readonly [role: string, organisation: string]
  readonly path: string
  readonly fill: (page: Page) => Promise<void>
  readonly button: string
  readonly kept: readonly [label: string, value: string]
}[] = [
  {
    who: ['coordinator', 'ZT1'],
    path: 'entry',
    fill: (page) => page.getByLabel('New note').fill('Trouble note'),
    button: 'Save note',
    kept: ['New note', 'Trouble note'],
  },
  {
    who: ['coordinator', 'ZT1'],
    path: 'entry',
    fill: (page) => page.getByLabel('What is to happen next').fill('Trouble action'),
    button: 'Set next action',
    kept: ['What is to happen next', 'Trouble action'],
  },
  {
    who: ['coordinator', 'ZT1'],
    path: '/capacity',
    fill: (page) => page.getByLabel('Slots a day').fill('7'),
    button: 'Save slots',
    kept: ['Slots a day', '7'],
  },
  {
    who: ['trustAdmin', 'ZT1'],
    path: '/governance',
    async fill(page) {
      await page.getByLabel('Name', { exact: true }).fill('Trouble Person')
      await page.getByLabel('Role', { exact: true }).selectOption('clinician')
      await page.getByLabel(/^Signs in as/).fill('trouble-person')
    },
    button: 'Add',
    kept: ['Name', 'Trouble Person'],
  },
  {
    who: ['trustAdmin', 'ZT1'],
    path: '/feeds',
    fill: (page) => page.getByLabel('What the key is for').fill('Trouble key'),
    button: 'Make key',
    kept: ['What the key is for', 'Trouble key'],
  },
]
const NOT_KNOWN = 'It is not known whether it was saved: look, then try again. What you entered is'
const REFUSALS: readonly (readonly [status: number, detail: string, said: string])[] = [
  [403, 'Your role may not.', 'Your role may not.'],
  [409, 'Somebody made it before you.', 'Somebody made it before you.'],
  [412, 'Changed since you looked: Dr Holt.', 'Changed since you looked: Dr Holt.'],
  [422, 'The name is too long.', 'The name is too long.'],
  [429, 'Too many. Wait a minute.', 'Too many. Wait a minute.'],
  [500, 'Quote req-9.', `Quote req-9. ${NOT_KNOWN}`],
  [503, 'The service is stopping.', 'The service is stopping.'],
  [0, '', `The service cannot be reached. ${NOT_KNOWN}`],
]

t.test(
  'what is refused or lost on its way is told where it was typed, and stays typed',
  async (t) => {
    for (const { who, path, fill, button, kept } of FORMS) {
      const context = await openContext()
      const page = await signIn(context, ...who)
      await page.goto(`${service.url}${await addressOf(context, path)}`)
      await page.getByRole('button', { name: button, exact: true }).waitFor()
      await fill(page)
      for (const [status, detail, said] of REFUSALS) {
        await page.route('**/api/**', (route) => {
          if (route.request().method() === 'GET' || /look$|identities$/.test(route.request().url()))
            return route.fallback()
          return status === 0 ? route.abort() : problem(route, status, 'x', detail)
        })
        await page.getByRole('button', { name: button, exact: true }).click()
        const alert = page.getByRole('alert').filter({ hasText: said })
        await alert.waitFor()
        t.match(await alert.innerText(), /^That did not work\. /, `${path} ${String(status)}`)
        const [label, value] = kept
        const field = page.getByLabel(label, { exact: true })
        t.equal(await field.inputValue(), value, `${path} ${String(status)}: still typed`)
        await page.unrouteAll()
      }
      await context.close()
    }
  },
)

t.test('nothing was wrong in any console but what was put into the network', (t) => {
  const meant = /status of (4\d\d|50\d)|ERR_FAILED|WebSocket/
  t.same(
    complaints.filter((one) => !meant.test(one)),
    [],
  )
  t.end()
})

/** Breaks every read of the views, not who is signed in; resolves to the mending of it. */
async function breakReads(
  page: Page,
  come: (route: Route) => Promise<void>,
): Promise<() => Promise<void>> {
  const isOfView = (url: URL): boolean =>
    url.pathname.startsWith('/api/') && !/^\/api\/(session|alliance)/.test(url.pathname)
  await page.route(isOfView, come)
  return () => page.unrouteAll({ behavior: 'ignoreErrors' })
}

/** Presses the button where it still is: the page may have asked again by itself. */
async function tryAgain(page: Page): Promise<void> {
  const button = page.getByRole('button', { name: 'Try again now' })
  await button.evaluateAll((found) => {
    for (const one of found) (one as unknown as { click: () => void }).click()
  })
}

function problem(route: Route, status: number, code: string, detail: string): Promise<void> {
  const type = `urn:ptl:problem:${code}`
  return route.fulfill({
    status,
    contentType: 'application/problem+json',
    body: JSON.stringify({ type, title: 'Something went wrong here', status, code, detail }),
  })
}

async function addressOf(context: BrowserContext, path: string): Promise<string> {
  if (path !== 'entry') return path
  const read = await context.request.get(`${service.url}/api/list?limit=1`)
  const { rows } = (await read.json()) as { rows: { id: number }[] }
  return `/entries/${rows[0]?.id ?? 0}`
}
