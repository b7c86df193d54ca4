import type { Database } from '../../db/client.ts'

/**
 * Refuses to offer sign-ins that anybody may take in a database that holds more than the sample. [IG-4]
 * @throws one line that says what was found and what to set
 */
export async function assertSampleFits(db: Database): Promise<void> {
  const [found] = await db.sql<{ count: number; one: string | null }[]>`
    select count(*)::int, min(code) as one from organisation where not synthetic
  `
  const { count = 0, one = null } = found ?? {}
  if (count === 0) return
  throw new Error(
    `SAMPLE is on, and this database holds ${String(count)} organisations that are no sample (${one ?? ''}): anybody ` +
      'could sign in to it. Set SAMPLE=off, or SAMPLE=force to do it nevertheless.',
  )
}
