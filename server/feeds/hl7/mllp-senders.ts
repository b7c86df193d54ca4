import { readFile } from 'node:fs/promises'
import { BlockList, isIP, isIPv6 } from 'node:net'
import { z } from 'zod'
import { odsOrganisation } from '../../../shared/vocabulary.ts'
import type { Hl7Header } from '../formats/hl7-header.ts'

const network = z.string().refine(isNetwork, { message: 'wants an address, or address/prefix' })
const fingerprint = z.string().regex(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/)

/** One line of the allow list: who may send, from where, and under whose key. */
const sender = z.strictObject({
  /** MSH-3, first component, exactly. */
  application: z.string().min(1).max(100),
  /** MSH-4, first component, exactly. */
  facility: z.string().min(1).max(100),
  peers: z.array(network).min(1).max(50),
  trust: odsOrganisation,
  /** A feed key of that trust, with which every message is brought in. */
  key: z.string().startsWith('ptl_'),
  /** SHA-256 of the certificate the sender must show, in hex with colons. */
  certificate: fingerprint.optional(),
})

/** Who is on the other end of a connection, as far as a connection tells. */
export interface Peer {
  readonly address: string
  /** SHA-256 of its certificate, as node writes it; null where it showed none that is trusted. */
  readonly certificate: string | null
}

export interface MllpSender {
  readonly trust: string
  readonly key: string
}

/** MLLP carries no credential: a sender is who it says it is in MSH, where it says so from. [FEED-59] */
export interface SenderList {
  /** Whether anybody on the list may connect from there. */
  admits(peer: Peer): boolean
  find(peer: Peer, header: Pick<Hl7Header, 'application' | 'facility'>): MllpSender | null
}

/**
 * Reads the allow list, a JSON array.
 * @throws one line that names what is wrong by its place and repeats no key
 */
export async function readSenders(path: string): Promise<SenderList> {
  const text = await readFile(path, 'utf8').catch(() => {
    throw new Error(`MLLP_SENDERS: ${path} cannot be read.`)
  })
  let said: unknown
  try {
    said = JSON.parse(text)
  } catch {
    throw new Error(`MLLP_SENDERS: ${path} is not JSON.`)
  }
  return senderList(said, `MLLP_SENDERS: ${path}`)
}

/** @param source what to call the list in an error */
export function senderList(said: unknown, source: string): SenderList {
  const parsed = z.array(sender).min(1).safeParse(said)
  if (!parsed.success) {
    const wrong = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
    throw new Error(`${source} is not a list of senders. ${wrong.slice(0, 5).join('; ')}`)
  }
  const entries = parsed.data.map((one) => ({ ...one, networks: networksOf(one.peers) }))
  const admitted = (peer: Peer) =>
    entries.filter(
      ({ networks, certificate }) =>
        holds(networks, peer.address) &&
        (certificate === undefined || certificate === peer.certificate),
    )
  return {
    admits: (peer) => admitted(peer).length > 0,
    find: (peer, { application, facility }) =>
      admitted(peer).find((one) => one.application === application && one.facility === facility) ??
      null,
  }
}

/** An address without the form that a socket of both families gives it. */
export function plainAddress(address: string | undefined): string {
  return (address ?? '').replace(/^::ffff:(?=\d+\.)/, '')
}

function isNetwork(text: string): boolean {
  const [address = '', prefix, more] = text.split('/')
  if (isIP(address) === 0 || more !== undefined) return false
  if (prefix === undefined) return true
  return /^\d{1,3}$/.test(prefix) && Number(prefix) <= (isIPv6(address) ? 128 : 32)
}

function networksOf(peers: readonly string[]): BlockList {
  const list = new BlockList()
  for (const peer of peers) {
    const [address = '', prefix] = peer.split('/')
    const family = isIPv6(address) ? 'ipv6' : 'ipv4'
    if (prefix === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(prefix), family)
  }
  return list
}

function holds(networks: BlockList, address: string): boolean {
  return isIP(address) !== 0 && networks.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}
