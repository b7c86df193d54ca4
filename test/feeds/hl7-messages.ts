/** A message as a patient administration system writes it: segments ended by CR. */
export function message(
  event: string,
  segments: readonly string[],
  said: {
    readonly id?: string
    readonly at?: string
    readonly from?: string
    readonly processing?: string
    readonly version?: string
    readonly charset?: string
  } = {},
): string {
  const { id = 'M1', at = '20261122100000', from = 'PAS|QAA' } = said
  const rest = `${said.processing ?? 'P'}|${said.version ?? '2.4'}||||||${said.charset ?? ''}`
  const header = `MSH|^~\\&|${from}|PTL|ALLIANCE|${at}||${event}|${id}|${rest}`
  return [header, ...segments].map((segment) => `${segment}\r`).join('')
}

/** Who it is: an NHS number of the range never issued, and the trust's own number. */
export function pid(nhsNumber = '9990000018', hospitalNumber = 'H100', more = ''): string {
  return `PID|1||${nhsNumber}^^^NHS^NH~${hospitalNumber}^^^QAA^MR||Sample^Ada^^^Ms||19510312|F|||1 Test St^^Town^^ZZ99 1AA${more}`
}

/** A visit on a pathway. */
export function pv1(ppid: string, said: { cls?: string; site?: string; on?: string } = {}): string {
  const fields = Array.from({ length: 51 }, () => '')
  fields[0] = 'PV1'
  fields[2] = said.cls ?? 'O'
  fields[3] = said.site === undefined ? '' : `WARD^^^${said.site}`
  fields[44] = said.on ?? ''
  fields[50] = ppid === '' ? '' : `${ppid}^^^QAA^PPI`
  return fields.join('|')
}

export function sch(start: string, service = 'CT', status = ''): string {
  const fields = Array.from({ length: 26 }, () => '')
  fields[0] = 'SCH'
  fields[1] = 'P1'
  fields[2] = 'F1'
  fields[8] = service
  fields[11] = `^^^${start}`
  fields[25] = status
  return fields.join('|')
}

export function rf1(ppid: string, said: { received?: string; reason?: string } = {}): string {
  return `RF1|A|USC|01^Suspected|||${ppid}^QAA|${said.received ?? '20261001'}|||${said.reason ?? 'Lung'}`
}

export function obr(service: string, status = 'F'): string {
  const fields = Array.from({ length: 26 }, () => '')
  fields[0] = 'OBR'
  fields[4] = service
  fields[25] = status
  return fields.join('|')
}

/** Segments of an ACK by name, each as its fields. */
export function ackOf(text: string): Readonly<Record<string, string[][]>> {
  const found: Record<string, string[][]> = {}
  for (const segment of text.split('\r').filter((one) => one !== '')) {
    const fields = segment.split('|')
    ;(found[fields[0] ?? ''] ??= []).push(fields)
  }
  return found
}
