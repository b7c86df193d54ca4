import type { Database, TransactionSql } from '../../../db/client.ts'
import type { KeptPerson } from '../../../shared/governance.ts'
import { Refusal } from '../../../shared/problem.ts'
import { ROLES } from '../../../shared/vocabulary.ts'
import type { Role } from '../../../shared/vocabulary.ts'

/** Somebody who may sign in, acting for one organisation in one role. */
export interface Person {
  readonly id: string
  readonly name: string
  readonly role: Role
  readonly organisation: string
}

const SYSTEM = { kind: 'system', name: 'access' } as const

/**
 * Adds a person, or brings the one with this id up to date.
 * @param person.sample a sign-in without a password: only in a database that holds nothing but synthetic data
 */
export async function createPerson(
  db: Database,
  person: {
    readonly id?: string
    readonly name: string
    readonly role: Role
    readonly organisation: string
    /** Subject at the identity provider. */
    readonly subject?: string
    readonly sample?: boolean
  },
): Promise<Person> {
  const { name, role, organisation } = person
  const [row] = await db.scoped(
    SYSTEM,
    (tx) => tx<{ id: string }[]>`
      insert into person (id, name, role, organisation, subject, sample)
      values (coalesce(${person.id ?? null}::uuid, gen_random_uuid()), ${name}, ${role}, ${organisation},
        ${person.subject ?? null}, ${person.sample ?? false})
      on conflict (id) do update set name = excluded.name, role = excluded.role,
        organisation = excluded.organisation, subject = excluded.subject, sample = excluded.sample
      returning id
    `,
  )
  if (row === undefined) throw new Error('the person was not written')
  return { id: row.id, name, role, organisation }
}

/** A sign-in to choose from, with its organisation's name. */
export interface SamplePerson extends Person {
  readonly organisationName: string
}

/** The sample sign-ins, by organisation and role. */
export async function samplePeople(db: Database): Promise<SamplePerson[]> {
  const rows = await db.scoped(
    SYSTEM,
    (tx) => tx<SamplePerson[]>`
      select p.id, p.name, p.role, p.organisation, o.name as "organisationName"
      from person p join organisation o on o.code = p.organisation
      where p.sample and p.active
      order by p.organisation, p.role, p.name, p.id
    `,
  )
  return [...rows]
}

/** A sample sign-in by id; undefined for anybody else. */
export async function samplePerson(db: Database, id: string): Promise<Person | undefined> {
  const [row] = await db.scoped(
    SYSTEM,
    (tx) => tx<Person[]>`
      select id, name, role, organisation from person where id = ${id} and sample and active
    `,
  )
  return row
}

/** Whom the provider's subject names; undefined for nobody, somebody who left, and sample sign-ins alike. [IG-2] */
export async function personOfSubject(db: Database, subject: string): Promise<Person | undefined> {
  const [row] = await db.scoped(
    SYSTEM,
    (tx) => tx<Person[]>`
      select id, name, role, organisation from person
      where subject = ${subject} and active and not sample and role = any(${Object.keys(ROLES)})
    `,
  )
  return row
}

/** People of an organisation, or of all with null, by organisation and name; one of them with `id`. */
export async function readPeople(
  db: Database,
  organisation: string | null,
  id: string | null = null,
): Promise<KeptPerson[]> {
  const rows = await db.scoped(
    SYSTEM,
    (tx) => tx<KeptPerson[]>`
      select id, name, role, organisation, subject, active from person
      where (${organisation}::text is null or organisation = ${organisation})
        and (${id}::uuid is null or id = ${id})
      order by organisation, name, id
    `,
  )
  return [...rows]
}

/**
 * Adds a person, or writes over the one with this id.
 * @throws Refusal `conflict` when somebody has this subject already
 */
export async function savePerson(
  tx: TransactionSql,
  person: Omit<Person, 'id'> & { readonly id?: string; readonly subject: string | null },
): Promise<KeptPerson> {
  const { id = null, name, role, organisation, subject } = person
  const [taken] = await tx`
    select id from person where subject = ${subject} and id is distinct from ${id}::uuid
  `
  if (taken !== undefined)
    throw new Refusal('conflict', 'subject: somebody is signed in by this subject already')
  const [row] = await tx<KeptPerson[]>`
    insert into person (id, name, role, organisation, subject)
    values (coalesce(${id}::uuid, gen_random_uuid()), ${name}, ${role}, ${organisation}, ${subject})
    on conflict (id) do update set name = excluded.name, role = excluded.role, subject = excluded.subject
    returning id, name, role, organisation, subject, active
  `
  if (row === undefined) throw new Error('the person was not written')
  return row
}

/** From now on nobody signs in as this person; what they did keeps their name. */
export async function endPerson(tx: TransactionSql, id: string, at: string): Promise<void> {
  await tx`update person set active = false, ended_at = ${at} where id = ${id}`
}

/** What kind of organisation an open one is; null for a code that is none. */
export async function organisationKind(db: Database, code: string): Promise<string | null> {
  const [row] = await db.sql<{ kind: string }[]>`
    select kind from organisation where code = ${code} and closed_on is null
  `
  return row?.kind ?? null
}
