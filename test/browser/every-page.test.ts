import t from 'tap'
import type { Page } from 'playwright-core'
import { instantWords } from '../../server/web/page/words.ts'
import { look, openVisit, stumbles } from './visit.ts'

/*
 * Every page as the person who uses it, on the windows and the paper they use it on.
 */

const SYSTEM = { kind: 'system', name: 'test' } as const
const { service, complaints, openContext, signIn } = await openVisit(t)
await service.sample?.history

/** Whoever else there is sees the same pages as one of these. */
const WHO = [
  ['coordinator', 'ZT1'],
  ['trustAdmin', 'ZT1'],
  ['clinician', 'ZT1'],
  ['mdt', 'ZT1'],
  ['readOnly', 'ZT1'],
  ['lead', 'ZAL'],
  ['allianceAdmin', 'ZAL'],
  ['auditor', 'ZAL'],
] as const
const OTHER_PAGES = ['/weekly', '/flow', '/effect']
/** What no reader should meet: a date as machines write it, a value that is none, one of many. */
const UNREADABLE =
  /\b\d{4}-\d{2}-\d{2}|\bundefined\b|\bNaN\b|\bnull\b|\[object|(?<![\d.,])1 (days|weeks|people|pathways|rows|patients|minutes|hours|breaches|moves|slots|issues)\b/
const TELEPHONE = { width: 390, height: 844 }
const LAPTOP = { width: 819, height: 614 }
const DESK = { width: 1280, height: 900 }
/** A4 landscape less its margins. */
const SHEET = { width: 1047, height: 720 }

t.test(
  'every page can be read by whoever opens it, at a desk, on a telephone, on paper',
  async (t) => {
    for (const [role, organisation] of WHO) {
      const context = await openContext({ timezoneId: 'America/New_York', viewport: DESK })
      const page = await signIn(context, role, organisation)
      for (const path of [...(await offered(page)), ...OTHER_PAGES]) {
        await page.goto(`${service.url}${path}`)
        await page.locator('main h1').waitFor()
        await page.waitForLoadState('networkidle')
        const text = await page.locator('main').innerText()
        t.notMatch(text, UNREADABLE, `${role} ${path}: ${UNREADABLE.exec(text)?.[0] ?? 'readable'}`)
        t.ok(text.length > 100, `${role} ${path} is not empty`)

        await page.setViewportSize(TELEPHONE)
        t.ok((await widthOf(page)) <= TELEPHONE.width, `${role} ${path} fits a telephone`)
        await page.emulateMedia({ media: 'print' })
        await page.setViewportSize(SHEET)
        t.ok((await widthOf(page)) <= SHEET.width, `${role} ${path} fits its paper`)
        const choices = 'main button:visible, main .ptl-filters:visible, main .ptl-form:visible'
        t.equal(
          await page.locator(choices).count(),
          0,
          `${role} ${path}: nothing to press on paper`,
        )
        t.match(await page.locator('main .ptl-printed').first().innerText(), /^Printed .*\d by \w/)
        await look(page, `paper-${role}-${path.slice(1)}`)
        await page.emulateMedia({ media: 'screen' })
        await page.setViewportSize(DESK)
      }
      await context.close()
    }
  },
)

t.test('on a telephone and a small laptop the work begins on the first screen', async (t) => {
  for (const viewport of [TELEPHONE, LAPTOP]) {
    const context = await openContext({ viewport })
    const page = await signIn(context, 'coordinator', 'ZT1')
    const header = await page.locator('header').boundingBox()
    t.ok((header?.height ?? 999) <= 120, `header ${header?.height ?? 0} px`)
    const first = page.locator('a.ptl-who').first()
    await first.waitFor()
    const box = await first.boundingBox()
    t.ok((box?.y ?? 999) + (box?.height ?? 0) < viewport.height, `first patient at ${box?.y ?? 0}`)
    const hidden = await page.locator('.ptl-scroll').first().evaluate(hiddenPixels)
    t.ok(hidden <= 0, 'nothing of a row is pushed out of sight')
    t.same(await stumbles(page), [], 'list')
    await page.getByRole('button', { name: 'More filters' }).click()
    await page.getByLabel('Route').selectOption('screening')
    await page.getByRole('button', { name: 'Fewer filters (1 chosen)' }).click()
    t.ok(await page.getByLabel('Route').isVisible(), 'what is chosen stays in sight')
    await look(page, `list-${viewport.width}`, false)
    await page.getByRole('link', { name: 'Performance' }).click()
    t.ok(await page.locator('[aria-current=page]').isVisible(), 'where one is stays in sight')
    await context.close()
  }
})

t.test('a printed list says on each sheet which list it is, of when and whose', async (t) => {
  const context = await openContext({ timezoneId: 'America/New_York' })
  t.teardown(() => context.close())
  const before = londonHour()
  const page = await signIn(context, 'coordinator', 'ZT1')
  await page.locator('.ptl-list .ptl-nhs', { hasText: /^999/ }).first().waitFor()
  await page.getByLabel('Days waited').selectOption('d29to62')
  await page.getByLabel('Find in the list').fill('chase')
  await page
    .locator('.ptl-list thead .ptl-printed', { hasText: 'Found by: chase' })
    .waitFor({ state: 'attached' })
  const total = await page.locator('.ptl-title__sum strong').textContent()
  await page.emulateMedia({ media: 'print' })
  const sheet = await page.locator('.ptl-list thead .ptl-printed').innerText()
  t.match(sheet, 'Days waited: 29-62; Found by: chase.')
  t.match(sheet, `rows 1 to ${total ?? ''} of ${total ?? ''}`)
  t.match(sheet, /In order of priority on \d+ \w{3} \d{4}/)
  t.match(sheet, 'by Alex Bramley, MDT coordinator')
  t.match(sheet, 'Names patients: confidential. Synthetic data.')
  t.match(
    sheet,
    new RegExp(`Printed (${before}|${londonHour()})`),
    'London time, wherever it is printed',
  )
  await look(page, 'list-print')
  const pdf = (await page.pdf({ preferCSSPageSize: true })).toString('latin1')
  t.ok(pdf.length > 10_000)
  await page.emulateMedia({ media: 'screen' })
  t.notOk(await page.locator('.ptl-list thead .ptl-printed').isVisible(), 'on paper alone')

  const elsewhere = await openContext()
  t.teardown(() => elsewhere.close())
  const lead = await signIn(elsewhere, 'lead', 'ZAL')
  await lead.getByRole('link', { name: 'Patient list' }).click()
  await lead.locator('a.ptl-who', { hasText: /^P-/ }).first().waitFor()
  await lead.emulateMedia({ media: 'print' })
  const unnamed = await lead.locator('.ptl-list thead .ptl-printed').innerText()
  t.match(unnamed, /^No filter\./)
  t.notMatch(unnamed, /Names patients/)
})

t.test('a lead gets from a number to the patients behind it, and prints every part', async (t) => {
  const context = await openContext()
  t.teardown(() => context.close())
  const page = await signIn(context, 'lead', 'ZAL')
  const total = page.locator('.ptl-title__sum strong')
  for (const [path, table] of [
    ['/lead?part=waits', /^Open pathways by trust and days waited/],
    ['/lead?part=waits&tumour=lung', /^Open pathways by trust and days waited/],
    ['/lead?part=steps', /^People waiting, by step and trust/],
    ['/flow?trust=ZT2', /^The next 28 days/],
  ] as const) {
    await page.goto(`${service.url}${path}`)
    const links = page.getByRole('table', { name: table }).locator('a.ptl-behind')
    await links.first().waitFor()
    for (const link of [links.nth(0), links.nth(1), links.last()]) {
      const told = (await link.textContent()) ?? ''
      const href = (await link.getAttribute('href')) ?? ''
      await link.click()
      await page.getByRole('heading', { name: 'Patient list' }).waitFor()
      await total.filter({ hasText: new RegExp(`^${told}$`) }).waitFor()
      t.pass(`${path} to ${href}: ${told}`)
      await page.goBack()
      await links.first().waitFor()
    }
  }
  t.equal(new URL(page.url()).search, '?trust=ZT2', 'and back where one was')

  await page.goto(`${service.url}/lead?part=steps&trust=ZT1`)
  await page.getByLabel('Tumour group').selectOption('lung')
  t.equal(new URL(page.url()).search, '?trust=ZT1&tumour=lung&part=steps', 'the part stays')
  const headings = page.locator('main h2')
  await headings.filter({ visible: true }).first().waitFor()
  t.equal(await headings.filter({ visible: true }).count(), 1, 'one part on the screen')
  await page.emulateMedia({ media: 'print' })
  // of the standards, the days waited, the best slots, the steps, the suggestions, the year
  await headings.filter({ visible: true }).nth(5).waitFor()
  await look(page, 'performance-print')
  await page.emulateMedia({ media: 'screen' })

  const elsewhere = await openContext()
  t.teardown(() => elsewhere.close())
  const own = await signIn(elsewhere, 'coordinator', 'ZT1')
  await own.goto(`${service.url}/lead?part=waits`)
  await own.locator('a.ptl-behind').first().waitFor()
  const hrefs = await own.locator('a.ptl-behind').all()
  for (const link of hrefs) t.match(await link.getAttribute('href'), 'trust=ZT1', 'of their trust')
})

t.test('figures stay, dimmed, until those of another choice have come', async (t) => {
  const context = await openContext()
  t.teardown(() => context.close())
  const page = await signIn(context, 'lead', 'ZAL')
  for (const [path, table] of [
    ['/lead?part=waits', /^Open pathways by trust/],
    ['/lead?part=steps', /^People waiting, by step and trust/],
    ['/flow', /^The next 28 days/],
    ['/weekly', /^Waiting with a decision to treat, Eskerdale/],
  ] as const) {
    await page.goto(`${service.url}${path}`)
    const figures = page.getByRole('table', { name: table })
    await figures.waitFor()
    const waiting: (() => void)[] = []
    let isSlow = true
    await page.route('**/api/measures/**', async (route) => {
      if (isSlow) await new Promise<void>((come) => waiting.push(come))
      await route.continue()
    })
    await page.getByLabel('Trust', { exact: true }).selectOption('ZT2')
    const busy = page.locator('[aria-busy=true]', { has: figures })
    await busy.waitFor()
    t.ok(await figures.isVisible(), `${path}: what was there is there`)
    t.equal(await page.locator('main').getByText('Loading').count(), 0, 'and nothing blinks')
    t.equal(await busy.evaluate(opacityOf), '0.55', 'dimmed')
    isSlow = false
    for (const come of waiting) come()
    await busy.waitFor({ state: 'detached' })
    t.ok(await figures.isVisible(), 'and those of the choice')
    await page.unrouteAll({ behavior: 'wait' })
  }
})

t.test('a number says what it counts, where another counts otherwise', async (t) => {
  const context = await openContext()
  t.teardown(() => context.close())
  const page = await signIn(context, 'lead', 'ZAL')
  await page.goto(`${service.url}/lead?part=waits`)
  const all = page.getByRole('table', { name: /^Open pathways by trust/ }).locator('tfoot strong')
  const once = Number((await all.textContent())?.replaceAll(',', ''))
  await page.getByText('and once among all: all are fewer than').waitFor()
  await page.getByRole('link', { name: 'Patient list' }).click()
  const rows = page.locator('.ptl-title__sum strong')
  await rows.waitFor()
  const each = Number((await rows.textContent())?.replaceAll(',', ''))
  t.ok(each > once, `${each} rows, ${once} pathways`)
  await page.getByText('A pathway that two trusts track has a row of each;').waitFor()
})

t.test('MEA-4 a missing week is told in words people use', async (t) => {
  await service.db.scoped(
    SYSTEM,
    (tx) => tx`update delivery set extract_at = '2026-01-05T09:00:00Z' where trust = 'ZT8'`,
  )
  const context = await openContext()
  t.teardown(() => context.close())
  const page = await signIn(context, 'lead', 'ZAL')
  await page.goto(`${service.url}/weekly?trust=ZT8`)
  await page.getByText('The last delivery was extracted on 5 Jan 2026, before').waitFor()
})

t.test('nothing was wrong in any console and nothing left the origin', (t) => {
  t.same(complaints, [])
  t.end()
})

/** Pages in the menu of whoever is signed in. */
async function offered(page: Page): Promise<string[]> {
  const links = await page.locator('.nhsuk-header__navigation-link').all()
  return Promise.all(links.map(async (link) => (await link.getAttribute('href')) ?? ''))
}

/** Runs in the page. */
function hiddenPixels(element: object): number {
  const { scrollWidth, clientWidth } = element as { scrollWidth: number; clientWidth: number }
  return scrollWidth - clientWidth
}

/** Runs in the page. */
function opacityOf(element: object): string {
  const { getComputedStyle } = globalThis as unknown as {
    getComputedStyle: (of: object) => { opacity: string }
  }
  return getComputedStyle(element).opacity
}

/** Pixels across, scrolled out of sight or not. */
function widthOf(page: Page): Promise<number> {
  return page.evaluate(() => {
    const { document } = globalThis as unknown as { document: { body: { scrollWidth: number } } }
    return document.body.scrollWidth
  })
}

/** `23 Nov 2026, 04` in London. */
function londonHour(): string {
  const at = new Date().toISOString()
  return instantWords(at).slice(0, -3)
}
