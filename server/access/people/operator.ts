import { openDatabase } from '../../../db/client.ts'
import type { Database } from '../../../db/client.ts'
import { startEmbedded } from '../../../db/embedded.ts'
import { migrate } from '../../../db/migrate.ts'
import { odsOrganisation, role } from '../../../shared/vocabulary.ts'
import { appendAudit, verifyAudit } from '../audit/audit.ts'
import { exportAudit } from '../audit/audit-export.ts'
import { savePerson } from './people.ts'

/*
 * `npm run access -- <command>`: what is done beside the running service, on its database: prove and export the audit,
 * and begin a real deployment, which has no organisation and nobody who could sign in. Reads DATABASE_URL; without it
 * the embedded database of DATA_DIR, while no service runs on it.
 */
const HELP = `npm run access -- verify                                    proves the audit; status 1 when it is broken
npm run access -- export ndjson|csv                         the audit, on standard output
npm run access -- organisation CODE trust|alliance|icb NAME adds an organisation
npm run access -- person SUBJECT ROLE ORGANISATION NAME     adds who may sign in; SUBJECT as the provider says it`
const SYSTEM = { kind: 'system', name: 'operator' } as const

async function main([command, ...args]: readonly string[]): Promise<void> {
  switch (command) {
    case 'verify':
      return withDatabase(verify)
    case 'export':
      return withDatabase((db) => exportTo(db, args[0] === 'csv' ? 'csv' : 'ndjson'))
    case 'organisation':
      return withDatabase((db) => addOrganisation(db, args))
    case 'person':
      return withDatabase((db) => addPerson(db, args))
    default:
      say(HELP)
      if (command !== '--help') process.exitCode = 2
  }
}

async function verify(db: Database): Promise<void> {
  const verdict = await verifyAudit(db)
  if (verdict.ok) {
    const cut =
      verdict.cutThrough === 0 ? '' : `, ${String(verdict.cutThrough)} cut off by rule before`
    say(`The audit holds: ${String(verdict.events)} events${cut}.`)
    return
  }
  complain(`The audit is broken at event ${String(verdict.brokenAt)}: ${verdict.why}.`)
  process.exitCode = 1
}

async function exportTo(db: Database, format: 'csv' | 'ndjson'): Promise<void> {
  await db.scoped(SYSTEM, (tx) =>
    appendAudit(
      tx,
      [{ action: 'audit:export', subject: 'audit', reason: `operator, ${format}` }],
      now(),
    ),
  )
  for await (const part of exportAudit(db, SYSTEM, {}, format)) process.stdout.write(part)
}

async function addOrganisation(db: Database, args: readonly string[]): Promise<void> {
  const [given = '', kind = '', ...words] = args
  const code = odsOrganisation.parse(given)
  if (!['trust', 'alliance', 'icb'].includes(kind) || words.length === 0) throw new Error(HELP)
  await db.scoped(SYSTEM, async (tx) => {
    await tx`insert into organisation (code, name, kind) values (${code}, ${words.join(' ')}, ${kind})`
    const event = {
      action: 'organisation:write',
      subject: `organisation:${code}`,
      reason: 'operator',
    }
    await appendAudit(tx, [event], now())
  })
  say(`${code} added.`)
}

async function addPerson(db: Database, args: readonly string[]): Promise<void> {
  const [subject = '', given = '', organisation = '', ...words] = args
  if (subject === '' || words.length === 0) throw new Error(HELP)
  const known = role.safeParse(given)
  if (!known.success) throw new Error(`${given} is no role. ${role.options.join(', ')} are.`)
  const made = { subject, role: known.data, organisation, name: words.join(' ') }
  await db.scoped(SYSTEM, async (tx) => {
    const { id } = await savePerson(tx, made)
    const reason = `operator: ${made.role} at ${organisation}`
    await appendAudit(tx, [{ action: 'person:write', subject: `person:${id}`, reason }], now())
  })
  say(`Added: ${made.role} at ${organisation}.`)
}

async function withDatabase(work: (db: Database) => Promise<void>): Promise<void> {
  const given = process.env['DATABASE_URL']
  const embedded =
    given === undefined
      ? await startEmbedded({ dataDir: process.env['DATA_DIR'] ?? '.data' })
      : null
  try {
    const url = given ?? embedded?.url ?? ''
    await migrate(url)
    const db = await openDatabase({ url, max: 2 })
    await work(db).finally(() => db.close())
  } finally {
    await embedded?.stop()
  }
}

function now(): string {
  return new Date().toISOString()
}

main(process.argv.slice(2)).catch((error: unknown) => {
  complain(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
})

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

function complain(line: string): void {
  process.stderr.write(`${line}\n`)
}
