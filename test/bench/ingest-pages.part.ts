import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'
import { percentile } from './figures.part.ts'

/** Between one page and the next: about what fifty people turning pages come to. */
const PAUSE_MS = 20
const QUIET_PAGES = 200
/** As `npm start` runs it. */
const AS_STARTED = ['--max-semi-space-size=32', '--import', 'tsx']

export interface PagesDuringLoad {
  /** Of a list page of 50 over HTTP, before and during the load. */
  readonly quietP99Ms: number
  readonly p99Ms: number
  readonly worstMs: number
  readonly pages: number
  /** Resident memory that the service grew by until the receipt; null where the system does not tell it. */
  readonly grownBytes: number | null
}

/**
 * Pages of the list, turned while a whole service takes a load in: the service is a process of its own, so that neither
 * its answers nor its memory are those of the bench.
 */
export async function pagesDuringLoad(options: {
  readonly databaseUrl: string
  /** In hex. */
  readonly identityKey: string
  readonly load: (port: number) => Promise<void>
}): Promise<PagesDuringLoad> {
  const dataDir = await mkdtemp(join(tmpdir(), 'ptl-bench-'))
  const service = spawn(process.execPath, [...AS_STARTED, 'server/main.ts'], {
    env: {
      ...process.env,
      PORT: '0',
      DATABASE_URL: options.databaseUrl,
      DATA_DIR: dataDir,
      PTL_IDENTITY_KEY: options.identityKey,
      SAMPLE: 'force',
      SAMPLE_PATHWAYS: '6000',
      SAMPLE_HISTORY: 'off',
      LOG_LEVEL: 'error',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const url = await addressOf(service)
    const cookie = await leadsCookie(url)
    const turn = async (): Promise<number> => {
      const startedAt = performance.now()
      const answer = await fetch(`${url}/api/list?limit=50`, { headers: { cookie } })
      await answer.arrayBuffer()
      if (answer.status !== 200) throw new Error(`a page was answered ${String(answer.status)}`)
      return performance.now() - startedAt
    }
    const quiet: number[] = []
    while (quiet.length < QUIET_PAGES) quiet.push(await turn())
    const base = residentBytes(service.pid)
    let most = base
    const times: number[] = []
    let loading = true
    const loaded = options.load(Number(new URL(url).port)).finally(() => (loading = false))
    while (isTrue(loading)) {
      times.push(await turn())
      most = Math.max(most ?? 0, residentBytes(service.pid) ?? 0)
      await pause(PAUSE_MS)
    }
    await loaded
    return {
      quietP99Ms: percentile(quiet, 0.99),
      p99Ms: percentile(times, 0.99),
      worstMs: Math.max(...times),
      pages: times.length,
      grownBytes: base === null || most === null ? null : most - base,
    }
  } finally {
    service.kill('SIGTERM')
    if (service.exitCode === null) await once(service, 'exit')
    await rm(dataDir, { recursive: true, force: true })
  }
}

/** Changed by another turn of the loop, which the compiler does not see. */
function isTrue(value: boolean): boolean {
  return value
}

function addressOf(service: ReturnType<typeof spawn>): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = ''
    service.once('exit', () => reject(new Error(`the service ended: ${output}`)))
    service.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString()
      const found = /list: (http:\S+) /.exec(output)?.[1]
      if (found !== undefined) resolve(found)
    })
  })
}

async function leadsCookie(url: string): Promise<string> {
  const { people } = z
    .object({ people: z.array(z.object({ id: z.string(), role: z.string() })) })
    .parse(await (await fetch(`${url}/api/sample-people`)).json())
  const answer = await fetch(`${url}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ personId: people.find(({ role }) => role === 'lead')?.id }),
  })
  return answer.headers.get('set-cookie')?.split(';')[0] ?? ''
}

function residentBytes(pid: number | undefined): number | null {
  try {
    const kilobytes = /^VmRSS:\s+(\d+)/m.exec(
      readFileSync(`/proc/${String(pid)}/status`, 'utf8'),
    )?.[1]
    return kilobytes === undefined ? null : Number(kilobytes) * 1024
  } catch {
    return null
  }
}
