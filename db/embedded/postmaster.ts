import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Binaries } from './binaries.ts'
import { readySocketDirectory } from './home.ts'
import type { Home } from './home.ts'

const POLL_MS = 5
const START_DEADLINE_MS = 120_000
const STOP_DEADLINE_MS = 30_000

/** Settings of the server; the log never repeats a statement or a row, which may hold a patient's values. */
const SETTINGS = [
  'listen_addresses=',
  'unix_socket_permissions=0700',
  'max_connections=80',
  'shared_buffers=128MB',
  'max_wal_size=2GB',
  'random_page_cost=1.1',
  'jit=off',
  'timezone=UTC',
  'log_timezone=UTC',
  'log_min_error_statement=panic',
  'log_error_verbosity=terse',
]
const TESTING_SETTINGS = [
  'fsync=off',
  'synchronous_commit=off',
  'full_page_writes=off',
  'shared_buffers=64MB',
]

export interface Postmaster {
  readonly socketDirectory: string
  stop(): Promise<void>
}

/**
 * Starts the server and waits until it takes connections.
 * @throws one line, the server's own last complaint, when it does not come up
 */
export async function launch(options: {
  readonly home: Home
  readonly binaries: Binaries
  readonly testing: boolean
}): Promise<Postmaster> {
  const { home, binaries, testing } = options
  const socket = await readySocketDirectory(home)
  const log = await open(home.logFile, 'w', 0o600)
  const settings = testing ? [...SETTINGS, ...TESTING_SETTINGS] : SETTINGS
  const child = spawn(
    binaries.postgres,
    [
      '-D',
      home.dataDirectory,
      '-k',
      socket.directory,
      ...settings.flatMap((setting) => ['-c', setting]),
    ],
    {
      cwd: home.directory,
      // A session of its own: Ctrl-C reaches us, and we stop the server after our own work.
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      env: { PATH: '/usr/bin:/bin', TZ: 'UTC', LC_ALL: 'C' },
      ...home.user,
    },
  )
  const gone = new Promise<void>((resolve) => {
    child.once('error', () => resolve())
    child.once('exit', () => resolve())
  })
  await log.close()

  async function stop(): Promise<void> {
    if (running(child)) {
      child.kill('SIGINT')
      const patience = AbortSignal.timeout(STOP_DEADLINE_MS)
      patience.addEventListener('abort', () => child.kill('SIGQUIT'))
      await gone
    }
    if (socket.temporary) await rm(socket.directory, { recursive: true, force: true })
  }

  const deadline = Date.now() + START_DEADLINE_MS
  while (!(await isReady(home, child.pid))) {
    if (!running(child) || Date.now() > deadline) {
      await stop()
      throw new Error(`The embedded PostgreSQL did not start: ${await lastComplaint(home)}`)
    }
    await Promise.race([gone, pause(POLL_MS)])
  }
  const watchdog = watch(home, child, testing)
  return {
    socketDirectory: socket.directory,
    async stop() {
      watchdog.kill('SIGKILL')
      await stop()
    },
  }
}

/**
 * Stops a server that a killed run left behind. `isOwned` is asked whether another process is using it.
 * @throws when it is
 */
export async function stopOrphan(
  home: Home,
  isOwned: (socketDirectory: string) => Promise<boolean | undefined>,
): Promise<void> {
  const found = await readPidFile(home)
  if (found === undefined) return
  const owned = await isOwned(found.socketDirectory)
  // Nobody answers at its socket: a file left by a crash, which the server itself clears away.
  if (owned === undefined) return
  if (owned) {
    throw new Error(
      `Another process is using the data directory ${home.dataDirectory}: stop it, or set DATA_DIR to another.`,
    )
  }
  signal(found.pid, 'SIGINT')
  const deadline = Date.now() + STOP_DEADLINE_MS
  while (signal(found.pid, 0)) {
    if (Date.now() > deadline) signal(found.pid, 'SIGQUIT')
    await pause(POLL_MS)
  }
}

/** Line 1 of postmaster.pid is the process, line 5 its socket directory, line 8 its state. */
async function readPidFile(
  home: Home,
): Promise<{ pid: number; socketDirectory: string; state: string } | undefined> {
  const text = await readFile(join(home.dataDirectory, 'postmaster.pid'), 'utf8').catch(() => '')
  const lines = text.split('\n')
  const pid = Number(lines[0])
  if (!Number.isInteger(pid) || pid <= 0) return undefined
  return { pid, socketDirectory: lines[4] ?? '', state: (lines[7] ?? '').trim() }
}

async function isReady(home: Home, pid: number | undefined): Promise<boolean> {
  const found = await readPidFile(home)
  return found !== undefined && found.pid === pid && found.state === 'ready'
}

/**
 * A small process that reads from us until we are gone, killed outright included, and then stops the server:
 * no run leaves one behind. It runs as the server's user and needs nothing but a shell; without one, the
 * next start stops the orphan.
 */
function watch(home: Home, server: ChildProcess, testing: boolean): ChildProcess {
  const child = spawn(
    '/bin/sh',
    ['-c', 'read -r line; kill -s "$1" "$2"', 'sh', testing ? 'QUIT' : 'INT', String(server.pid)],
    {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
      ...home.user,
    },
  )
  child.on('error', () => undefined)
  child.unref()
  return child
}

function running(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null
}

function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name)
  } catch {
    return false
  }
}

async function lastComplaint(home: Home): Promise<string> {
  const text = await readFile(home.logFile, 'utf8').catch(() => '')
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  const line = lines.findLast((one) => /FATAL|PANIC|error/i.test(one)) ?? lines.at(-1)
  return line?.replace(/^.*?(FATAL|PANIC|LOG):\s*/, '') ?? 'it said nothing'
}
