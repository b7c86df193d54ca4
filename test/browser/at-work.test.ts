import type { Duplex } from 'node:stream'
import t from 'tap'
import type { Page } from 'playwright-core'
import { addDays, londonDate } from '../../shared/date.ts'
import { openVisit, stumbles } from './visit.ts'

/*
 * The list while people work in it: by keyboard, with others, on a line that breaks, with a session that ends.
 */

const { service, complaints, openContext, signIn, deliver } = await openVisit(t)
const today = londonDate(Date.now())
/** Connections of websockets, to be cut. */
const upgraded = new Set<Duplex>()
service.app.server.on('upgrade', (_request, socket: Duplex) => upgraded.add(socket))

function lateEntry(localId: string, trust: string, nextAction: string, daysAgo = 420): object {
  return {
    localId,
    ppid: localId,
    ppidIssuer: trust,
    referralSource: '03',
    priorityType: '3',
    referralType: '03',
    tumour: 'lung',
    receivedOn: addDays(today, -daysAgo),
    nextAction,
  }
}

t.test('who steps through the list by keyboard stays on the patient they are on', async (t) => {
  const context = await openContext()
  t.teardown(() => context.close())
  const page = await signIn(context, 'coordinator', 'ZT3')
  // names come after the rows
  await page.locator('.ptl-list .ptl-nhs', { hasText: /^999/ }).first().waitFor()
  await page.locator('h1').click()
  await page.keyboard.press('j')
  await page.keyboard.press('j')
  const focused = page.locator('a.ptl-who:focus')
  const on = (await focused.textContent()) ?? ''
  const first = await page.locator('.ptl-row').first().getAttribute('data-entry')
  // as somebody does who is still at it, however slow the machine
  const stepping = setInterval(() => {
    page.keyboard.press('Shift').catch(() => undefined)
  }, 500)
  t.teardown(() => clearInterval(stepping))
  const announced = page.locator('.ptl-changes [role=status]')
  await deliver('ZT3', [lateEntry('WORK-1', 'ZT3', 'Step aside')])
  await page.locator('.ptl-changes', { hasText: 'the order is held' }).waitFor()
  t.equal(await page.locator('.ptl-row').first().getAttribute('data-entry'), first, 'held')
  t.equal(await focused.textContent(), on)
  clearInterval(stepping)
  // a moment without a key, and the list is as it is
  const row = page.locator('.ptl-row', { hasText: 'Step aside' })
  await row.waitFor()
  t.equal(await focused.textContent(), on, 'on the same patient, a row further down')
  await announced.filter({ hasText: /^1 row changed just now\.$/ }).waitFor()
  await deliver('ZT3', [lateEntry('WORK-1', 'ZT3', 'Step aside twice')])
  await deliver('ZT3', [lateEntry('WORK-1', 'ZT3', 'Step aside thrice')])
  await page.locator('.ptl-row', { hasText: 'Step aside thrice' }).waitFor()
  t.equal(await announced.textContent(), '1 row changed just now.', 'not told of each change')
  t.equal(await focused.textContent(), on)
  await page.locator('h1').click()
  await deliver('ZT3', [lateEntry('WORK-2', 'ZT3', 'Nobody is pulled back')])
  await page.locator('.ptl-row', { hasText: 'Nobody is pulled back' }).waitFor()
  t.equal(await focused.count(), 0, 'who has left the table is left alone')
})

t.test('who is on a row stays on it when it moves, and in its place when it goes', async (t) => {
  const context = await openContext()
  t.teardown(() => context.close())
  await deliver('ZT6', [
    lateEntry('FOCUS-1', 'ZT6', 'First of them', 520),
    lateEntry('FOCUS-2', 'ZT6', 'Second of them', 510),
    lateEntry('FOCUS-3', 'ZT6', 'Third of them', 500),
  ])
  const page = await signIn(context, 'coordinator', 'ZT6')
  const row = (words: string) => page.locator('.ptl-row', { hasText: words })
  const focusedRow = page.locator('.ptl-row:has(a.ptl-who:focus)')
  const entryAt = (place: number) => page.locator('.ptl-row').nth(place).getAttribute('data-entry')
  await page.locator('.ptl-list .ptl-nhs', { hasText: /^999/ }).first().waitFor()
  await row('First of them').waitFor()
  const first = await row('First of them').getAttribute('data-entry')
  const second = await row('Second of them').getAttribute('data-entry')
  await row('Second of them').locator('a.ptl-who').focus()
  const place = (await page.locator('.ptl-row').evaluateAll(entriesOf)).indexOf(second ?? '')

  await deliver('ZT6', [lateEntry('FOCUS-2', 'ZT6', 'Second of them', 540)])
  // it stands before the other once nobody has touched anything for a moment
  await page.locator(`.ptl-row[data-entry="${second}"] + .ptl-row[data-entry="${first}"]`).waitFor()
  t.equal(await focusedRow.getAttribute('data-entry'), second, 'moved up')
  await deliver('ZT6', [lateEntry('FOCUS-2', 'ZT6', 'Second of them', 505)])
  await page.locator(`.ptl-row[data-entry="${first}"] + .ptl-row[data-entry="${second}"]`).waitFor()
  t.equal(await focusedRow.getAttribute('data-entry'), second, 'and down')
  t.equal(await entryAt(place), second)

  const gone = lateEntry('FOCUS-2', 'ZT6', 'Second of them', 505)
  await deliver('ZT6', [{ ...gone, closedOn: today, closedReason: '13' }])
  await row('Second of them').waitFor({ state: 'detached' })
  const next = await row('Third of them').getAttribute('data-entry')
  t.equal(await entryAt(place), next)
  t.equal(await focusedRow.getAttribute('data-entry'), next, 'on whoever stands there now')
})

t.test(
  'a line that stays broken is said, and what was missed is there once it is back',
  async (t) => {
    const context = await openContext()
    t.teardown(() => context.close())
    const page = await signIn(context, 'coordinator', 'ZT3')
    await page.locator('a.ptl-who').first().waitFor()
    await context.setOffline(true)
    for (const socket of upgraded) socket.destroy()
    const banner = page.locator('.ptl-not-live')
    await banner.getByText(/^Not live since \d\d:\d\d\.$/).waitFor()
    t.match(await banner.textContent(), 'It catches up by itself once connected.')
    t.same(await stumbles(page), [], 'not live')
    await deliver('ZT3', [lateEntry('WORK-3', 'ZT3', 'Came meanwhile')])
    t.equal(await page.getByText('Came meanwhile').count(), 0)
    await context.setOffline(false)
    await page.locator('.ptl-row', { hasText: 'Came meanwhile' }).waitFor()
    await banner.waitFor({ state: 'detached' })
  },
)

t.test(
  'two who set the next action of one pathway: the second is told who was first',
  async (t) => {
    const one = await openContext({ timezoneId: 'America/New_York' })
    const two = await openContext()
    t.teardown(() => Promise.all([one.close(), two.close()]))
    const slow = await signIn(one, 'coordinator', 'ZT2')
    await slow.locator('.ptl-list .ptl-nhs', { hasText: /^999/ }).first().waitFor()
    await slow.locator('a.ptl-who').first().click()
    const words = slow.getByLabel('What is to happen next')
    await words.fill('Ring the')
    const quick = await signIn(two, 'clinician', 'ZT2')
    await quick.goto(slow.url())
    await quick.getByLabel('What is to happen next').fill('Book theatre four')
    await quick.getByRole('button', { name: 'Set next action' }).click()
    // it is on the other's page too, which is no reason to write over it unasked
    await slow.locator('.ptl-next', { hasText: 'Book theatre four' }).waitFor()
    await words.fill('Ring the ward')
    await slow.getByRole('button', { name: 'Set next action' }).click()
    const alert = slow.getByRole('alert')
    await alert.getByText(/Changed since you looked: Dr Greta Holt/).waitFor()
    const told = (await alert.textContent()) ?? ''
    t.match(told, /set the next action at \d+ \w{3} \d{4}, \d\d:\d\d\. Look again, then decide\./)
    t.equal(await words.inputValue(), 'Ring the ward', 'nothing typed is lost')
    await slow.getByRole('button', { name: 'Set next action' }).click()
    await quick.locator('.ptl-next', { hasText: 'Ring the ward' }).waitFor()
  },
)

t.test('a session that ends is said, and who signs in again is where they were', async (t) => {
  const one = await openContext()
  const two = await openContext()
  t.teardown(() => Promise.all([one.close(), two.close()]))
  const page = await signIn(one, 'coordinator', 'ZT4')
  await page.goto(`${service.url}/list?band=d29to62`)
  await page.locator('a.ptl-who').first().waitFor()
  const elsewhere = await signIn(two, 'coordinator', 'ZT4')
  await elsewhere.getByRole('button', { name: 'Sign out everywhere' }).click()
  await page.getByText('Your session has ended.').waitFor()
  const name = /Dina Eastop/
  await page.getByRole('button', { name }).click()
  await page.locator('a.ptl-who').first().waitFor()
  t.equal(new URL(page.url()).search, '?band=d29to62')
})

t.test(
  'a suggestion that ends under the pointer stays there and no other takes its place',
  async (t) => {
    const two = await openContext()
    t.teardown(() => two.close())
    const { trust, ids } = await trustWithMoves()
    const one = await openContext()
    t.teardown(() => one.close())
    const slow = await signIn(one, 'coordinator', trust)
    await slow.getByRole('link', { name: /^Suggestions/ }).click()
    const cards = slow.locator('article.ptl-suggestion')
    await cards.nth(1).waitFor()
    const id = (await cards.first().getAttribute('data-suggestion')) ?? ''
    t.ok(ids.includes(id))
    await cards.first().getByRole('button', { name: 'Yes' }).hover()
    const quick = await signIn(two, 'clinician', trust)
    await quick.getByRole('link', { name: /^Suggestions/ }).click()
    const theirs = quick.locator(`article[data-suggestion="${id}"]`)
    await theirs.getByRole('button', { name: 'No', exact: true }).click()
    await theirs.getByLabel('Reason for no').selectOption('needsLocalTeam')
    await theirs.getByRole('button', { name: 'Send no' }).click()
    await cards.first().getByText('No: Needs the local team').waitFor()
    t.equal(await cards.first().getAttribute('data-suggestion'), id, 'still the same card')
    t.equal(
      await cards.first().getByRole('button', { name: 'Yes' }).count(),
      0,
      'with no yes on it',
    )
    await slow.mouse.move(2, 2)
    await slow.locator(`tr[data-suggestion="${id}"]`).waitFor()

    const next = slow.locator('article.ptl-suggestion').first()
    const nextId = (await next.getAttribute('data-suggestion')) ?? ''
    await next.getByRole('button', { name: 'Yes' }).dblclick()
    const same = slow.locator(`article[data-suggestion="${nextId}"]`)
    await same.getByText('What did the patient say').waitFor()
    await same.getByRole('button', { name: 'Yes', disabled: false }).waitFor()
    t.ok(
      await same.getByText('What did the patient say').isVisible(),
      'twice pressed, once answered',
    )
  },
)

t.test('nothing was wrong in any console but the line that was cut and the refusals', (t) => {
  t.same(
    complaints.filter((one) => !/WebSocket|ERR_INTERNET_DISCONNECTED|status of 4(01|12)/.test(one)),
    [],
  )
  t.end()
})

/** The trust with most to answer as the referring one. */
async function trustWithMoves(): Promise<{ trust: string; ids: readonly string[] }> {
  await service.settled()
  const context = await openContext()
  const lead: Page = await signIn(context, 'lead', 'ZAL')
  const read = await lead.request.get(`${service.url}/api/suggestions`)
  const { suggestions } = (await read.json()) as {
    suggestions: { id: string; state: string; fromTrust: string }[]
  }
  await context.close()
  const byTrust = new Map<string, string[]>()
  for (const { id, fromTrust } of suggestions.filter(({ state }) => state === 'suggested'))
    byTrust.set(fromTrust, [...(byTrust.get(fromTrust) ?? []), id])
  const [most] = [...byTrust].sort(([, a], [, b]) => b.length - a.length)
  if (most === undefined) throw new Error('the sample has no suggestion to answer')
  return { trust: most[0], ids: most[1] }
}

/** Runs in the page. */
function entriesOf(rows: readonly object[]): string[] {
  return rows.map((row) => (row as { dataset: { entry: string } }).dataset.entry)
}
