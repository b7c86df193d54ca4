import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { chromium } from 'playwright-core'
import type { Browser } from 'playwright-core'

const run = promisify(execFile)
const require = createRequire(import.meta.url)

/**
 * A real Chromium out of an npm package, so that `npm ci && npm test` needs no system browser. The first
 * call on a machine unpacks it into the temporary folder (about 3 s); later ones find it there. It calls
 * nobody: background networking is off and only the pages of the test are loaded.
 */
export async function launchChromium(): Promise<Browser> {
  const home = await unpacked()
  const executablePath = join(home, 'chromium')
  return chromium.launch({
    executablePath,
    env: { ...process.env, ...(await libraryPath(home)), FONTCONFIG_PATH: join(home, 'fonts') },
    args: [
      '--headless=shell',
      '--no-sandbox',
      '--no-zygote',
      '--disable-gpu',
      '--disable-webgl',
      '--disable-dev-shm-usage',
      '--disable-background-networking',
      '--disable-domain-reliability',
      '--disable-component-update',
      '--no-pings',
      '--font-render-hinting=none',
      '--lang=en-GB',
    ],
  })
}

/**
 * The folder with the browser, its fonts and its libraries. Unpacked beside and renamed into place, so an
 * interrupted or a parallel unpacking never leaves half a browser under the final name.
 */
async function unpacked(): Promise<string> {
  const packageJson = join(require.resolve('@sparticuz/chromium'), '../../../package.json')
  const { version } = JSON.parse(await readFile(packageJson, 'utf8')) as { version: string }
  const home = join(tmpdir(), `ptl-chromium-${version}-${process.getuid?.() ?? 0}`)
  if (existsSync(home)) return home
  const staging = await mkdtemp(join(tmpdir(), 'ptl-chromium-unpack-'))
  try {
    // In a child process: the package reads where to unpack, and whether to unpack its libraries too,
    // from the environment, and this process's own environment is not ours to change.
    await run(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        'const { default: c } = await import("@sparticuz/chromium"); await c.executablePath()',
      ],
      {
        cwd: import.meta.dirname,
        env: { ...process.env, TMPDIR: staging, AWS_LAMBDA_JS_RUNTIME: 'nodejs20.x' },
      },
    )
    await writeFile(join(staging, 'fonts', 'fonts.conf'), fontsConf(home))
    await rename(staging, home).catch((error: unknown) => {
      if (!existsSync(home)) throw error
    })
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
  return home
}

/** The package's own file looks for its fonts in fixed folders, and without any font no text is drawn. */
function fontsConf(home: string): string {
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${join(home, 'fonts', 'fonts')}</dir>
  <cachedir>${join(home, 'fonts', 'cache')}</cachedir>
  <config></config>
</fontconfig>
`
}

/** Where the machine lacks the browser's libraries (libnss3), the ones its package ships; else nothing. */
async function libraryPath(home: string): Promise<Record<string, string>> {
  try {
    await run(join(home, 'chromium'), ['--version', '--no-sandbox'])
    return {}
  } catch {
    return { LD_LIBRARY_PATH: join(home, 'al2023', 'lib') }
  }
}
