import type { Database } from '../../db/client.ts'
import type { Role } from '../../shared/vocabulary.ts'

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
