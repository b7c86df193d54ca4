import { readFileSync } from 'node:fs'
import t from 'tap'
import { RIGHTS } from '../../server/access/rights.ts'
import * as page from '../../server/web/page/session/may.ts'
import { addDays, londonDate } from '../../shared/date.ts'
import { ROLES } from '../../shared/vocabulary.ts'
import type { Role } from '../../shared/vocabulary.ts'
import { look, openVisit, stumbles } from './visit.ts'

/*
 * What information governance is done with on the page: openings, people, audit, subject access, erasure, retention.
 */

const SYSTEM = { kind: 'system', name: 'test' } as const
const today = londonDate(Date.now())
const { service, complaints, openContext, signIn, deliver } = await openVisit(t)

t.test('the page offers to each role what the table of rights gives it, and no more', async (t) => {
  for (const role of Object.keys(ROLES) as Role[]) {
    const person = { id: '', name: '', role, organisation: 'ZT1' }
    const has = (action: keyof (typeof RIGHTS)[Role]) => RIGHTS[role][action] !== undefined
    t.equal(page.mayKnowNames(person), has('identity:read'), `${role}: names`)
    t.equal(page.mayKnowNames(person), has('identity:breakGlass'), `${role}: breaking the glass`)
    t.equal(page.mayKeepPeople(person), has('person:write'), `${role}: people`)
    t.equal(page.mayAudit(person), has('audit:read'), `${role}: audit`)
    t.equal(page.mayAudit(person), has('breakGlass:review'), `${role}: review`)
    t.equal(page.mayAudit(person), has('subject:erase'), `${role}: erasure`)
    t.equal(page.mayKeepKeys(person), has('feedKey:write'), `${role}: keys`)
    t.equal(page.mayWritePolicy(person), has('policy:write'), `${role}: policy`)
    t.equal(page.mayAnswer(person), has('suggestion:answer'), `${role}: answers`)
    t.equal(page.mayVeto(person), has('suggestion:veto'), `${role}: vetoes`)
    t.equal(page.mayMend(person), has('refusedRow:write'), `${role}: mending`)
    t.equal(page.mayMend(person), has('delivery:settle'), `${role}: held deliveries`)
    t.equal(page.mayOpenSlots(person), has('capacity:write'), `${role}: slots`)
    t.equal(page.seesFeeds(person), has('delivery:read'), `${role}: feeds`)
    t.equal(page.mayReadText(person), has('note:read'), `${role}: free text`)
    t.equal(page.mayReadHistory(person), has('history:read'), `${role}: history`)
    t.equal(page.mayExport(person), has('list:export'), `${role}: export`)
  }
})

t.test('IG-5 in an emergency a name is opened for a reason, seen, and reviewed', async (t) => {
  const [entry] = await service.db.scoped(
    SYSTEM,
    (tx) => tx<{ id: number }[]>`
      select e.id from entry e join identity i on i.entry_id = e.id
      where e.organisations = array['ZT1'] and e.state = 'open' order by e.id limit 1`,
  )
  const id = entry?.id ?? 0
  const context = await openContext()
  t.teardown(() => context.close())
  const doctor = await signIn(context, 'clinician', 'ZT2')
  await doctor.goto(`${service.url}/entries/${id}`)
  await doctor.getByRole('heading', { name: `Pathway ${id}` }).waitFor()
  const glass = doctor.getByRole('button', { name: 'Break the glass' })
  await glass.waitFor()
  await doctor.getByLabel(/^Why you must know now/).fill('Too short')
  t.equal(await glass.isDisabled(), true, 'not without a reason')
  t.same(await stumbles(doctor), [], 'asking')
  await look(doctor, 'glass-asking', false)
  await doctor.getByLabel(/^Why you must know now/).fill('Collapsed in our emergency department')
  await glass.click()
  await doctor.getByText(/\b(59|60) minutes left/).waitFor()
  const opened = doctor.locator('.ptl-opened')
  await opened.getByText(/^999 \d{3} \d{4}$/).waitFor()
  t.same(await stumbles(doctor), [], 'opened')
  await look(doctor, 'glass-opened', false)
  await doctor.getByRole('link', { name: 'Governance' }).click()
  const own = doctor.locator('tr', { hasText: `Pathway ${id}` })
  await own.getByText('Open', { exact: true }).waitFor()

  const elsewhere = await openContext()
  t.teardown(() => elsewhere.close())
  const auditor = await signIn(elsewhere, 'auditor', 'ZAL')
  await auditor.getByRole('link', { name: 'Governance' }).click()
  await auditor.getByRole('heading', { name: 'Glass broken (1 to review)' }).waitFor()
  const told = auditor.locator('tr', { hasText: 'Collapsed in our emergency department' }).first()
  t.match(await told.textContent(), /Clinician/)
  await told.getByRole('button', { name: /^Review/ }).click()
  const write = auditor.getByRole('button', { name: 'Write it down' })
  await auditor.getByLabel('It was').selectOption('notJustified')
  t.equal(await write.isDisabled(), true, 'wants words')
  t.same(await stumbles(auditor), [], 'reviewing')
  await auditor.getByLabel('What you found').fill('Their ward knew of nobody')
  await write.click()
  await auditor.getByRole('heading', { name: 'Glass broken (0 to review)' }).waitFor()
  await told.getByText('Not justified').waitFor()
  await told.getByText('Ended', { exact: true }).waitFor()

  await doctor.goto(`${service.url}/entries/${id}`)
  await glass.waitFor()
  t.equal(await opened.count(), 0, 'the name is gone with it')
})

t.test('IG-2 a trust administrator adds, changes and ends people of their trust', async (t) => {
  const context = await openContext()
  t.teardown(() => context.close())
  const admin = await signIn(context, 'trustAdmin', 'ZT3')
  await admin.getByRole('link', { name: 'Governance' }).click()
  await admin.getByRole('heading', { name: 'People (4)' }).waitFor()
  t.equal(await admin.locator('tr', { hasText: 'ZT4' }).count(), 0)
  await admin.getByLabel('Name', { exact: true }).fill('Wren Ashby')
  await admin.getByLabel('Role').selectOption('readOnly')
  const add = admin.getByRole('button', { name: 'Add', exact: true })
  t.equal(await add.isDisabled(), true, 'not without what they sign in as')
  t.equal(await admin.getByLabel('Role').locator('[value=auditor]').count(), 0, 'nobody overseeing')
  await admin.getByLabel(/^Signs in as/).fill('wren.ashby')
  await add.click()
  await admin.getByText('Wren Ashby may sign in as read only.').waitFor()
  await admin.getByRole('heading', { name: 'People (5)' }).waitFor()

  await admin.getByRole('button', { name: 'Change Wren Ashby' }).click()
  await admin.getByLabel('Role').selectOption('coordinator')
  t.same(await stumbles(admin), [], 'changing')
  await admin.getByRole('button', { name: 'Save changes' }).click()
  await admin
    .getByText('Wren Ashby is now MDT coordinator, and signs in anew everywhere.')
    .waitFor()
  await look(admin, 'governance-people')

  await admin.getByRole('button', { name: 'End Wren Ashby' }).click()
  await admin.getByRole('button', { name: 'Keep Wren Ashby' }).click()
  await admin.getByRole('button', { name: 'End Wren Ashby' }).click()
  await admin.getByRole('button', { name: 'Yes, sign out and end Wren Ashby' }).click()
  await admin.getByText('Wren Ashby is signed out everywhere').waitFor()
  await admin.getByRole('heading', { name: 'People (4)' }).waitFor()
  await admin.getByRole('button', { name: 'Show 1 who ended' }).click()
  await admin.locator('tr', { hasText: 'Wren Ashby' }).getByText('Ended').waitFor()
  await admin.getByLabel('Name', { exact: true }).fill('Wren Ashby Again')
  await admin.getByLabel('Role').selectOption('mdt')
  await admin.getByLabel(/^Signs in as/).fill('wren.ashby')
  await admin.getByRole('button', { name: 'Add', exact: true }).click()
  await admin.getByRole('alert').getByText('signed in by this subject already').waitFor()
})

t.test('IG-9 the auditor finds, proves and takes away the audit', async (t) => {
  const context = await openContext()
  t.teardown(() => context.close())
  const auditor = await signIn(context, 'auditor', 'ZAL')
  await auditor.getByRole('link', { name: 'Governance' }).click()
  const lines = auditor.getByRole('table', { name: 'Audit, the newest first' }).locator('tbody tr')
  await lines.first().waitFor()
  t.match(await lines.first().textContent(), /Signed in/, 'the newest first')
  await auditor.getByLabel('What', { exact: true }).selectOption('identity:breakGlass')
  await lines.filter({ hasText: 'Signed in' }).first().waitFor({ state: 'detached' })
  await lines.filter({ hasText: 'Collapsed in our emergency department' }).waitFor()
  t.equal(await lines.count(), 1)
  await lines.first().locator('.ptl-entry-number').click()
  await auditor.getByLabel('What', { exact: true }).selectOption('')
  await lines.filter({ hasText: 'Read who somebody is' }).first().waitFor()
  const subjects = await lines.allTextContents()
  t.ok(subjects.length >= 2 && !subjects.some((one) => one.includes('Signed in')), 'of one pathway')
  await auditor.getByLabel(/^Who/).fill('nobody of this name')
  await auditor.getByText('Nothing in the audit matches.').waitFor()
  await auditor.getByRole('button', { name: 'Clear' }).click()
  await lines.filter({ hasText: 'Signed in' }).first().waitFor()
  await auditor.getByRole('button', { name: 'Verify the chain' }).click()
  await auditor.getByText(/^The chain holds: [\d,]+ events/).waitFor()
  t.same(await stumbles(auditor), [], 'governance of an auditor')
  await look(auditor, 'governance-audit')

  await auditor.getByLabel(/^Who/).fill('Nell')
  const link = auditor.getByRole('link', { name: 'Export CSV' })
  await auditor.locator('a[href="/api/audit/export.csv?by=Nell"]').waitFor()
  const href = (await link.getAttribute('href')) ?? ''
  const csv = await (await auditor.request.get(`${service.url}${href}`)).text()
  t.match(csv, /session:begin/)
  t.notMatch(csv, /Collapsed/, 'the export is exactly the filter')
})

t.test(
  'IG-11 IG-12 IG-14 all that is held on somebody is saved, erased once it is closed, and lifted',
  async (t) => {
    const entry = {
      localId: 'ERASE-1',
      ppid: 'ERASE1',
      ppidIssuer: 'ZT8',
      nhsNumberStatus: '01',
      referralSource: '03',
      priorityType: '3',
      referralType: '03',
      receivedOn: addDays(today, -90),
      identity: { nhsNumber: '9990000026', name: 'Zzerase, Sage', dateOfBirth: '1950-02-01' },
    }
    await deliver('ZT8', [entry])
    const context = await openContext()
    t.teardown(() => context.close())
    const auditor = await signIn(context, 'auditor', 'ZAL')
    await auditor.getByRole('link', { name: 'Governance' }).click()
    const number = auditor.getByLabel('NHS number')
    const why = auditor.getByLabel(/^Why, such as/)
    const exportAll = auditor.getByRole('button', { name: 'Export all that is held' })
    const erase = auditor.getByRole('button', { name: 'Erase this person' })
    await number.fill('999 000 0034')
    t.equal(await exportAll.isDisabled(), true, 'not without a reason')
    await why.fill('SAR 12')
    await exportAll.click()
    await auditor.getByText('Nothing is held on this number.').waitFor()

    await number.fill('999 000 0026')
    const saved = auditor.waitForEvent('download')
    await exportAll.click()
    const file = await saved
    t.equal(file.suggestedFilename(), 'subject-access.csv')
    t.match(readFileSync(await file.path(), 'utf8'), /Zzerase, Sage/)
    await auditor.getByText('Saved as subject-access.csv').waitFor()
    t.notMatch(auditor.url(), /999/, 'no number in the address')

    await erase.click()
    await auditor.getByRole('button', { name: 'Yes, erase all of it for ever' }).click()
    await auditor.getByText('an open pathway is not erased').waitFor()
    await deliver('ZT8', [{ ...entry, closedOn: today, closedReason: 'treated' }])
    await erase.click()
    t.same(await stumbles(auditor), [], 'before it is erased')
    await auditor.getByRole('button', { name: 'Yes, erase all of it for ever' }).click()
    await auditor.getByText('Erased. The certificate says what went').waitFor()
    await auditor.getByRole('heading', { name: 'Certificates of erasure (1)' }).waitFor()
    t.equal(await auditor.getByText('Certificate of erasure').count(), 2, 'shown and listed')
    t.equal(await number.inputValue(), '', 'the number is gone from the form')
    await auditor.getByText('Nothing overdue').first().waitFor()
    await look(auditor, 'governance-erased')

    // IG-14 care is taken up again: refused while it stands, taken once it is lifted
    const again = { ...entry, receivedOn: today }
    await t.rejects(deliver('ZT8', [again]), 'the erasure stands')
    await auditor.getByRole('button', { name: /^Lift this erasure/ }).click()
    const lift = auditor.getByRole('button', { name: 'Lift it' })
    t.equal(await lift.isDisabled(), true, 'not without a reason')
    await auditor.getByLabel('Why, such as a new referral').fill('Referred again')
    t.same(await stumbles(auditor), [], 'lifting')
    await lift.click()
    await auditor.getByText('records are taken in again.').waitFor()
    t.equal(await auditor.getByRole('button', { name: /^Lift this erasure/ }).count(), 0, 'once')
    await deliver('ZT8', [again])
    await look(auditor, 'governance-lifted')
  },
)

t.test('who has nothing to govern is not offered it', async (t) => {
  const context = await openContext()
  t.teardown(() => context.close())
  const lead = await signIn(context, 'lead', 'ZAL')
  await lead.getByRole('link', { name: 'Performance' }).waitFor()
  t.equal(await lead.getByRole('link', { name: 'Governance' }).count(), 0)
  await lead.goto(`${service.url}/governance`)
  await lead.getByText('Your role has nothing to do here.').waitFor()
})

t.test('nothing was wrong in any console but what the service refused on purpose', async (t) => {
  t.same(
    complaints.filter((one) => !/status of (404|409)/.test(one)),
    [],
  )
})
