import { randomBytes } from 'node:crypto'
import {
  chmod,
  chown,
  lstat,
  mkdir,
  mkdtemp,
  readlink,
  realpath,
  rmdir,
  stat,
  symlink,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'

const ROOT = 0
/** An account that exists nearly everywhere and owns nothing: PostgreSQL refuses to run as root. */
const NOBODY: User = { uid: 65_534, gid: 65_534 }
/** Where the cluster goes when root's data directory cannot be entered by anybody else. */
const SHARED_STATE_DIRECTORY = '/var/lib/shared-ptl'
const OTHERS_MAY_ENTER = 0o001
/** The kernel takes 107 bytes, macOS 103; the server adds `/.s.PGSQL.5432` and a suffix for its lock file. */
const LONGEST_SOCKET_DIRECTORY = 80

export interface User {
  readonly uid: number
  readonly gid: number
}

/** Where everything of one embedded server lies, and as whom it runs. */
export interface Home {
  /** Holds `cluster`, `binaries-*`, `postgres.log`; the server's user can enter it. */
  readonly directory: string
  /** PGDATA. */
  readonly dataDirectory: string
  readonly logFile: string
  /** The user to drop to; undefined when not root. */
  readonly user: User | undefined
}

/**
 * Makes the data directory usable by the user the server will run as.
 * @throws one clear line when it cannot be written to
 */
export async function readyHome(dataDir: string, progress: (line: string) => void): Promise<Home> {
  const wanted = resolve(dataDir)
  try {
    await mkdir(wanted, { recursive: true })
    await probeWritable(wanted)
    const { directory, user } =
      process.getuid?.() === ROOT ? await homeOfRoot(wanted, progress) : await plainHome(wanted)
    return {
      directory,
      dataDirectory: join(directory, 'cluster'),
      logFile: join(directory, 'postgres.log'),
      user,
    }
  } catch (cause) {
    throw new Error(
      `Cannot write to the data directory ${wanted} (${codeOf(cause)}). ` +
        'Set DATA_DIR to a directory this user may write to, or DATABASE_URL to a server.',
      { cause },
    )
  }
}

/** A directory for the socket that only the server's user (and root) can enter, with a short enough path. */
export async function readySocketDirectory(
  home: Home,
): Promise<{ directory: string; temporary: boolean }> {
  const own = join(home.directory, 'socket')
  const temporary = Buffer.byteLength(own) > LONGEST_SOCKET_DIRECTORY
  const directory = temporary ? await mkdtemp(join(shortTemporary(), 'ptl-')) : own
  await mkdir(directory, { recursive: true, mode: 0o700 })
  await chmod(directory, 0o700)
  await give(home, directory)
  return { directory, temporary }
}

/** Hands a directory to the server's user; nothing to do when that is ourselves. */
export async function give(home: Home, directory: string): Promise<void> {
  if (home.user !== undefined) await chown(directory, home.user.uid, home.user.gid)
}

/** True when any user of the machine can enter `directory`: every directory on the way lets others pass. */
export async function reachableByAll(directory: string): Promise<boolean> {
  for (let at = directory; ; at = dirname(at)) {
    const { mode } = await stat(at)
    if ((mode & OTHERS_MAY_ENTER) === 0) return false
    if (at === dirname(at)) return true
  }
}

function shortTemporary(): string {
  const usual = tmpdir()
  return Buffer.byteLength(usual) > LONGEST_SOCKET_DIRECTORY - 12 ? '/tmp' : usual
}

async function probeWritable(directory: string): Promise<void> {
  const probe = join(directory, `.probe-${randomBytes(6).toString('hex')}`)
  await mkdir(probe)
  await rmdir(probe)
}

type Place = Pick<Home, 'directory' | 'user'>

async function plainHome(wanted: string): Promise<Place> {
  const directory = join(wanted, 'postgres')
  await mkdir(directory, { recursive: true, mode: 0o700 })
  // Another user may have started here first, root above all.
  await probeWritable(directory)
  return { directory, user: undefined }
}

/**
 * A cluster that is there keeps its owner. A new one is nobody's, and root's data directory often lies under a closed
 * home: then a link is left in it, the only pointer to the cluster under /var/lib, so that whoever deletes the data
 * directory starts afresh, as they would expect.
 */
async function homeOfRoot(wanted: string, progress: (line: string) => void): Promise<Place> {
  const link = join(wanted, 'postgres')
  const cluster = await stat(join(link, 'cluster')).catch(() => undefined)
  if (cluster !== undefined && cluster.uid !== ROOT) {
    return { directory: await realpath(link), user: { uid: cluster.uid, gid: cluster.gid } }
  }
  const there = await lstat(link).catch(() => undefined)
  if (there?.isSymbolicLink() === true) {
    const target = await readlink(link)
    await mkdir(target, { recursive: true, mode: 0o711 })
    return { directory: target, user: NOBODY }
  }
  const { mode } = await stat(wanted)
  if ((mode & OTHERS_MAY_ENTER) === 0) await chmod(wanted, (mode & 0o777) | OTHERS_MAY_ENTER)
  if (await reachableByAll(wanted)) {
    await mkdir(link, { recursive: true, mode: 0o711 })
    return { directory: link, user: NOBODY }
  }
  const target = join(SHARED_STATE_DIRECTORY, randomBytes(6).toString('hex'))
  await mkdir(target, { recursive: true, mode: 0o711 })
  await symlink(target, link)
  progress(`The database's user cannot enter ${wanted}; the database is kept in ${target}`)
  return { directory: target, user: NOBODY }
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
}
