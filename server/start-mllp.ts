import type { AppParts } from './app.ts'
import type { Config } from './config.ts'
import { readSenders } from './feeds/hl7/mllp-senders.ts'
import { openMllp, readTls, type Mllp } from './feeds/hl7/mllp.ts'

/** HL7 over MLLP as it is set; null: nowhere. @throws one clear line for a file that cannot be read or a port in use */
export async function listenMllp(
  { host, mllp }: Config,
  parts: Pick<AppParts, 'db' | 'access' | 'receiver' | 'now' | 'log'>,
): Promise<Mllp | null> {
  if (mllp === null) return null
  const { db, access, receiver, now, log } = parts
  return openMllp({
    port: mllp.port,
    host,
    tls: mllp.tls === null ? null : await readTls(mllp.tls),
    senders: await readSenders(mllp.sendersFile),
    hl7: { receiver, db, now },
    access,
    log,
  })
}
