import { useState } from 'preact/hooks'
import type { KeptPerson } from '../../../../shared/governance.ts'
import { ROLES } from '../../../../shared/vocabulary.ts'
import type { Role } from '../../../../shared/vocabulary.ts'
import { Arrival } from '../widgets/arrival.tsx'
import { Button, ChoiceField, TextField } from '../widgets/field.tsx'
import { seesAlliance } from '../session/may.ts'
import { useSession } from '../session/session.ts'

/** Roles that see the whole alliance belong to no trust; the others belong to one. */
const TRUST_ROLES: readonly Role[] = ['coordinator', 'clinician', 'mdt', 'trustAdmin', 'readOnly']
const ALLIANCE_ROLES: readonly Role[] = ['lead', 'allianceAdmin', 'auditor', 'readOnly']

export interface GivenPerson {
  readonly name: string
  readonly role: Role
  readonly organisation: string
  readonly subject: string
}

/** Who somebody is to the service: name, role, organisation, and what the identity provider calls them. */
export function PersonForm(props: {
  readonly title: string
  readonly person?: KeptPerson
  readonly onSave: (person: GivenPerson) => void
  readonly onClose?: () => void
}) {
  const { title, person, onSave, onClose } = props
  const { person: reader, alliance } = useSession()
  const [draft, setDraft] = useState({
    name: person?.name ?? '',
    role: person?.role ?? ('' as const),
    organisation: person?.organisation ?? reader.organisation,
    subject: person?.subject ?? '',
  })
  const isTrust = alliance.trusts.some(({ code }) => code === draft.organisation)
  const roles = isTrust ? TRUST_ROLES : ALLIANCE_ROLES
  const organisations = [
    [reader.organisation, alliance.name] as const,
    ...alliance.trusts.map(({ code, name }) => [code, name] as const),
  ]
  const name = draft.name.trim()
  const subject = draft.subject.trim()
  const lacks = name === '' || (person === undefined && subject === '')

  return (
    <form
      class="ptl-form"
      onSubmit={(event) => {
        event.preventDefault()
        if (draft.role !== '') onSave({ ...draft, role: draft.role, name, subject })
      }}
    >
      {person === undefined ? <h3 class="nhsuk-heading-s">{title}</h3> : <Arrival words={title} />}
      <div class="ptl-form__pair">
        <TextField
          id="person-name"
          label="Name"
          maxLength={200}
          value={draft.name}
          onChange={(value) => setDraft({ ...draft, name: value })}
        />
        {person === undefined && seesAlliance(reader) && (
          <ChoiceField
            id="person-organisation"
            label="Organisation"
            value={draft.organisation}
            choices={organisations}
            onChange={(organisation) => setDraft({ ...draft, organisation, role: '' })}
          />
        )}
        <ChoiceField
          id="person-role"
          label="Role"
          value={draft.role}
          none="Choose"
          choices={roles.map((role) => [role, ROLES[role]] as const)}
          onChange={(role) => setDraft({ ...draft, role })}
        />
        <TextField
          id="person-subject"
          label="Signs in as (subject at the identity provider)"
          maxLength={255}
          value={draft.subject}
          onChange={(value) => setDraft({ ...draft, subject: value })}
        />
      </div>
      <div class="ptl-buttons">
        <Button isDisabled={lacks || draft.role === ''}>
          {person === undefined ? 'Add' : 'Save changes'}
        </Button>
        {onClose !== undefined && (
          <button type="button" class="ptl-link" onClick={onClose}>
            Close
          </button>
        )}
      </div>
    </form>
  )
}
