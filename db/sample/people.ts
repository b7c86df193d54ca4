import { createHash } from 'node:crypto'
import type { Role } from '../../shared/vocabulary.ts'
import type { Alliance } from './alliance.ts'

/** A sample sign-in. The id is the same for the same seed. */
export interface SampleSignIn {
  readonly id: string
  readonly name: string
  readonly role: Role
  readonly organisation: string
}

const COORDINATORS = [
  'Alex Bramley',
  'Bilal Croft',
  'Carys Dunn',
  'Dina Eastop',
  'Ewan Firth',
] as const
const CLINICIANS = [
  'Dr Femi Garth',
  'Dr Greta Holt',
  'Dr Hugo Inch',
  'Dr Iona Jessop',
  'Dr Jay Kell',
] as const

const MEMBERS = ['Pip Ashdown', 'Quinn Beck', 'Remy Colne', 'Sasha Dale', 'Toni Eskdale'] as const
const ADMINISTRATORS = ['Kit Penrose', 'Lou Quill', 'Mo Rowan', 'Nat Sorrel', 'Oli Tarn'] as const

/**
 * For each trust a coordinator, a clinician, an MDT member and an administrator; for the first also somebody who only
 * reads; a lead, an administrator and an auditor for the alliance.
 */
export function signInsOf(alliance: Alliance, seed: number): readonly SampleSignIn[] {
  const signIn = (name: string, role: Role, organisation: string): SampleSignIn => ({
    id: stableUuid(`${String(seed)} ${organisation} ${role}`),
    name: `${name} (synthetic)`,
    role,
    organisation,
  })
  return [
    ...alliance.trusts.flatMap(({ code }, index) => [
      signIn(nameAt(COORDINATORS, index), 'coordinator', code),
      signIn(nameAt(CLINICIANS, index), 'clinician', code),
      signIn(nameAt(MEMBERS, index), 'mdt', code),
      signIn(nameAt(ADMINISTRATORS, index), 'trustAdmin', code),
      ...(index === 0 ? [signIn('Uma Fell', 'readOnly', code)] : []),
    ]),
    signIn('Leena Marsh', 'lead', alliance.code),
    signIn('Max Nairn', 'allianceAdmin', alliance.code),
    signIn('Nell Orton', 'auditor', alliance.code),
  ]
}

function nameAt(names: readonly [string, ...string[]], index: number): string {
  const round = Math.floor(index / names.length)
  const name = names[index % names.length] ?? names[0]
  return round === 0 ? name : `${name} ${'I'.repeat(round + 1)}`
}

/** A uuid (version 8: of our own making) from a text. */
export function stableUuid(text: string): string {
  const hex = createHash('sha256').update(`ptl sample ${text}`).digest('hex').slice(0, 32)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`
}
