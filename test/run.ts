/*
 * `npm test`: every check in turn, one line each with its time, then the tests. What fails is shown whole; the rest
 * goes to a file. The last line counts: `N passed, N failed`, a check counting like a test.
 */
import { spawn } from 'node:child_process'
import { createWriteStream, mkdirSync } from 'node:fs'

interface Check {
  readonly name: string
  readonly command: readonly string[]
}

const CHECKS: readonly Check[] = [
  { name: 'types', command: ['tsc', '-p', '.'] },
  { name: 'types of the page', command: ['tsc', '-p', 'server/web'] },
  { name: 'lint', command: ['eslint', '-c', '.eslint.config.js', '--max-warnings', '0', '.'] },
  { name: 'format', command: ['prettier', '--check', '--log-level', 'warn', '.'] },
  { name: 'nothing unused', command: ['knip', '--config', '.knip.json'] },
]

const LOG_FOLDER = '.tap'

async function run(check: Check): Promise<{ ok: boolean; output: string; seconds: number }> {
  const startedAt = performance.now()
  const [program, ...args] = check.command
  const child = spawn('npx', ['--no-install', program ?? '', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const kept: Buffer[] = []
  const log = createWriteStream(`${LOG_FOLDER}/${check.name.replaceAll(' ', '-')}.log`)
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      kept.push(chunk)
      log.write(chunk)
    })
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  log.end()
  return {
    ok: code === 0,
    output: Buffer.concat(kept).toString('utf8'),
    seconds: (performance.now() - startedAt) / 1000,
  }
}

/** The last total tap printed: `# { total: 9, pass: 8, fail: 1 }`. */
function counts(tap: string): { passed: number; failed: number } {
  const totals = [
    ...tap.matchAll(/^# \{ total: (\d+)(?:, pass: (\d+))?(?:, fail: (\d+))?.*\}$/gm),
  ].at(-1)
  return { passed: Number(totals?.[2] ?? 0), failed: Number(totals?.[3] ?? 0) }
}

/** The failed assertions, each with what stands under it, out of thousands of lines that passed. */
function failures(tap: string): string {
  const lines = tap.split('\n')
  const shown: string[] = []
  let depth = -1
  for (const line of lines) {
    const indent = line.search(/\S/)
    if (/^\s*not ok /.test(line)) depth = indent
    else if (depth >= 0 && indent >= 0 && indent <= depth) depth = -1
    if (depth >= 0) shown.push(line)
  }
  return shown.slice(0, 200).join('\n')
}

async function main(): Promise<void> {
  mkdirSync(LOG_FOLDER, { recursive: true })
  let passed = 0
  let failed = 0
  for (const check of CHECKS) {
    const result = await run(check)
    console.log(`${result.ok ? 'ok    ' : 'FAILED'} ${check.name} (${result.seconds.toFixed(1)} s)`)
    if (result.ok) passed += 1
    else {
      failed += 1
      console.log(result.output.split('\n').slice(0, 100).join('\n'))
    }
  }
  const files = process.argv.slice(2)
  const tests = await run({ name: 'tests', command: ['tap', '--reporter=tap', ...files] })
  const counted = counts(tests.output)
  console.log(
    `${tests.ok ? 'ok    ' : 'FAILED'} tests (${tests.seconds.toFixed(1)} s): ${counted.passed} assertions held`,
  )
  if (!tests.ok) {
    console.log(failures(tests.output))
    if (counted.failed === 0) failed += 1
  }
  passed += counted.passed
  failed += counted.failed
  console.log(`${passed} passed, ${failed} failed`)
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1
}

await main()
