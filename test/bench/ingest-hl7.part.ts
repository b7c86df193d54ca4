import { request } from 'node:http'
import type { Access } from '../../server/access/access.ts'
import type { Database } from '../../db/client.ts'
import { openMllp } from '../../server/feeds/hl7/mllp.ts'
import { senderList } from '../../server/feeds/hl7/mllp-senders.ts'
import { openReceiver } from '../../server/feeds/delivery/receive.ts'
import { message, pid, pv1, rf1, sch } from '../feeds/hl7-messages.ts'
import { mllpClient } from '../feeds/mllp-client.ts'

/** Messages in a batch: the most that one may hold. */
const A_BATCH = 20_000

export interface Referred {
  readonly ppid: string
  readonly nhsNumber: string
  readonly receivedOn: string
}

/** Batches of referrals of these pathways, and batches of an appointment for each. */
export function hl7Batches(pathways: readonly Referred[]): {
  readonly referrals: readonly Buffer[]
  readonly appointments: readonly Buffer[]
} {
  const at = new Date(Date.now() - 60_000).toISOString().replaceAll(/[-:T]/g, '').slice(0, 14)
  const referral = ({ ppid, nhsNumber, receivedOn }: Referred): string => {
    const received = receivedOn.replaceAll('-', '')
    return message('REF^I12', [rf1(ppid, { received }), pid(nhsNumber)], {
      id: `R${ppid}`,
      at: `${at}+0000`,
    })
  }
  const appointment = ({ ppid, nhsNumber }: Referred): string =>
    message('SIU^S12', [sch('20271201', 'CT'), pid(nhsNumber), pv1(ppid, { site: 'QAA01' })], {
      id: `S${ppid}`,
      at: `${at.slice(0, 12)}59+0000`,
    })
  const batches = (write: (pathway: Referred) => string): Buffer[] => {
    const made: Buffer[] = []
    for (let from = 0; from < pathways.length; from += A_BATCH) {
      made.push(
        Buffer.from(
          pathways
            .slice(from, from + A_BATCH)
            .map(write)
            .join(''),
        ),
      )
    }
    return made
  }
  return { referrals: batches(referral), appointments: batches(appointment) }
}

/** Posts batches one after another. @throws unless every message is answered AA */
export async function postBatches(
  to: { readonly port: number; readonly trust: string; readonly key: string },
  batches: readonly Buffer[],
  messages: number,
): Promise<void> {
  let taken = 0
  for (const batch of batches) {
    const answer = await new Promise<string>((resolve, reject) => {
      const headers = {
        'content-type': 'application/hl7-v2',
        authorization: `Bearer ${to.key}`,
        'content-length': batch.length,
      }
      const path = `/api/feeds/${to.trust}/deliveries`
      const sent = request({ port: to.port, method: 'POST', path, headers }, (response) => {
        const parts: Buffer[] = []
        response.on('data', (part: Buffer) => parts.push(part))
        response.on('end', () => resolve(Buffer.concat(parts).toString()))
      })
      sent.on('error', reject)
      sent.end(batch)
    })
    taken += answer.split('\rMSA|AA|').length - 1
  }
  if (taken !== messages) throw new Error(`not as expected: ${String(taken)} messages taken`)
}

/** Milliseconds for so many referrals over MLLP, each waited for, on so many connections at once. */
export async function mllpMs(
  parts: {
    readonly db: Database
    readonly access: Access
    readonly trust: string
    readonly key: string
  },
  pathways: readonly Referred[],
  connections: number,
): Promise<number> {
  const { db, access, trust, key } = parts
  const receiver = openReceiver({
    db,
    seal: (identity) => access.seal(identity),
    unseal: (row) => access.unseal(row),
    now: Date.now,
  })
  const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined }
  const senders = senderList(
    [{ application: 'PAS', facility: 'QAA', peers: ['127.0.0.1'], trust, key }],
    'bench',
  )
  const options = { port: 0, host: '127.0.0.1', tls: null, senders, access, log: quiet }
  const mllp = await openMllp({ ...options, hl7: { receiver, db, now: Date.now } })
  const clients = await Promise.all(
    Array.from({ length: connections }, () => mllpClient(mllp.port)),
  )
  const texts = pathways.flatMap((pathway) => hl7Batches([pathway]).referrals.map(String))
  const startedAt = performance.now()
  await Promise.all(
    clients.map(async (client, lane) => {
      for (let at = lane; at < texts.length; at += connections) {
        const ack = await client.ask(texts[at] ?? '')
        if (!ack.includes('\rMSA|AA|')) throw new Error(`not as expected: ${ack}`)
      }
    }),
  )
  const ms = performance.now() - startedAt
  for (const { socket } of clients) socket.destroy()
  await mllp.close()
  return ms
}
