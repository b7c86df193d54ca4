import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import type { Test } from 'tap'
import { readConfig } from '../../server/config.ts'
import { startService } from '../../server/start.ts'
import type { Service } from '../../server/start.ts'
import { launchChromium } from './chromium.ts'

/*
 * What visits to the page have alike: the real service with a small sample, a real browser, nothing stood in for. The
 * screenshots in test/screenshots are for looking at.
 */

const SCREENSHOTS = join(import.meta.dirname, '..', 'screenshots')
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

export interface Visit {
  readonly service: Service
  /** What a page must never do: an error in the console, a request to another origin. */
  readonly complaints: readonly string[]
  /** A desk's window unless told otherwise. */
  readonly openContext: (options?: BrowserContextOptions) => Promise<BrowserContext>
  /** Signs in on the page itself as the first sample person with this role at this organisation. */
  readonly signIn: (context: BrowserContext, role: string, organisation: string) => Promise<Page>
  /** @throws when a row is not taken */
  readonly deliver: (trust: string, entries: readonly object[]) => Promise<void>
}

/** Opens service and browser for a whole test file. */
export async function openVisit(t: Test): Promise<Visit> {
  mkdirSync(SCREENSHOTS, { recursive: true })
  const dataDir = mkdtempSync(join(tmpdir(), 'ptl-page-'))
  t.teardown(() => rmSync(dataDir, { recursive: true, force: true }))
  const config = readConfig({
    PORT: '0',
    DATA_DIR: dataDir,
    SAMPLE_PATHWAYS: '300',
    LOG_LEVEL: 'fatal',
  })
  const service = await startService(config, { say: () => undefined })
  t.teardown(() => service.stop())
  await service.planned
  const browser = await launchChromium()
  t.teardown(() => browser.close())
  const complaints: string[] = []

  return {
    service,
    complaints,
    async openContext(options) {
      const context = await browser.newContext({
        viewport: { width: 1440, height: 900 },
        locale: 'en-GB',
        ...options,
      })
      context.on('console', (message) => {
        if (message.type() === 'error') complaints.push(message.text())
      })
      context.on('weberror', (error) => complaints.push(error.error().message))
      context.on('request', (request) => {
        const url = new URL(request.url())
        const isOwn =
          ['data:', 'blob:'].includes(url.protocol) || url.origin === new URL(service.url).origin
        if (!isOwn) complaints.push(`asked ${url.origin}`)
      })
      return context
    },
    async signIn(context, role, organisation) {
      const person = service.sample?.people.find(
        (one) => one.role === role && one.organisation === organisation,
      )
      if (person === undefined) throw new Error(`no ${role} at ${organisation} in the sample`)
      const page = await context.newPage()
      await page.goto(`${service.url}/sign-in`)
      await page.getByRole('button', { name: `Sign in as ${person.name}`, exact: true }).click()
      await page.locator('.ptl-live--on').waitFor()
      return page
    },
    async deliver(trust, entries) {
      const key = service.sample?.keys.find((one) => one.organisation === trust)?.key ?? ''
      const response = await fetch(`${service.url}/api/feeds/${trust}/deliveries?mode=delta`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${key}`,
          'content-type': 'application/x-ndjson',
          'idempotency-key': crypto.randomUUID(),
        },
        body: entries.map((entry) => JSON.stringify(entry)).join('\n'),
      })
      const receipt = (await response.json()) as { counts?: { accepted: number } }
      if (receipt.counts?.accepted !== entries.length) throw new Error(JSON.stringify(receipt))
    },
  }
}

/** What axe-core finds that a person would stumble over. */
export async function stumbles(page: Page): Promise<string[]> {
  // a link under the pointer is not underlined, wherever the last click has left it
  await page.mouse.move(2, 2)
  await page.evaluate(axe)
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: {
        run(): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }>
      }
    }
    const { violations } = await axe.run()
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`)
  })
}

export async function look(page: Page, name: string, fullPage = true): Promise<void> {
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage })
}
