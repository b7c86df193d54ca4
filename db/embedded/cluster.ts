import { spawn } from 'node:child_process'
import { mkdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Binaries } from './binaries.ts'
import { give } from './home.ts'
import type { Home } from './home.ts'

const MAJOR = '18'

/**
 * Makes the cluster unless there is one. It is made beside its place and moved in whole, so that a start
 * killed half-way leaves nothing that looks like a database.
 */
export async function initialise(options: {
  readonly home: Home
  readonly binaries: Binaries
  readonly user: string
  readonly testing: boolean
  readonly progress: (line: string) => void
}): Promise<void> {
  const { home, binaries, testing } = options
  const version = await readFile(join(home.dataDirectory, 'PG_VERSION'), 'utf8').catch(() => '')
  if (version !== '') {
    if (version.trim() === MAJOR) return
    throw new Error(
      `${home.dataDirectory} was made by PostgreSQL ${version.trim()}, and this is ${MAJOR}: ` +
        'move its contents over with pg_dump, or set DATA_DIR to a new directory.',
    )
  }
  options.progress('Making the database')
  const draft = `${home.dataDirectory}.new`
  await rm(draft, { recursive: true, force: true })
  await mkdir(draft, { mode: 0o700 })
  await give(home, draft)
  await run(
    binaries.initdb,
    [
      `--pgdata=${draft}`,
      `--username=${options.user}`,
      // The socket's directory is the lock on the door: only this user and root can enter it.
      '--auth=trust',
      '--encoding=UTF8',
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--no-instructions',
      ...(testing ? ['--no-sync'] : []),
    ],
    home,
  )
  await rename(draft, home.dataDirectory)
}

async function run(program: string, args: readonly string[], home: Home): Promise<void> {
  const child = spawn(program, args, {
    cwd: home.directory,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: '/usr/bin:/bin', TZ: 'UTC', LC_ALL: 'C' },
    ...home.user,
  })
  let complaint = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-4_000)
  })
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      if (code === 0) resolve()
      else reject(new Error(`initdb failed: ${errorLine(complaint)}`))
    })
  })
}

function errorLine(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  return lines.find((line) => /error|fatal/i.test(line)) ?? lines.at(-1) ?? 'it said nothing'
}
