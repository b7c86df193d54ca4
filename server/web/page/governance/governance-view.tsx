import { useState } from 'preact/hooks'
import { AuditPanel } from './audit-panel.tsx'
import { BreakGlassPanel } from './break-glass-panel.tsx'
import { PeoplePanel } from './people-panel.tsx'
import { RetentionPanel } from './retention-panel.tsx'
import { mayAudit, mayGovern, mayKeepPeople, mayKnowNames } from '../session/may.ts'
import { useSession } from '../session/session.ts'
import { SubjectPanel } from './subject-panel.tsx'

/** Who may sign in, who opened what in an emergency, what was done, and how long it is kept: to each what they may. */
export function GovernanceView() {
  const { person } = useSession()
  const [erased, setErased] = useState(0)
  return (
    <>
      <div class="ptl-title">
        <h1 class="nhsuk-heading-l">Governance</h1>
        <p class="ptl-title__sum">
          Who may do what here, and what was done. All of it is recorded.
        </p>
      </div>
      {!mayGovern(person) && <p class="nhsuk-inset-text">Your role has nothing to do here.</p>}
      {mayKeepPeople(person) && <PeoplePanel />}
      {(mayKnowNames(person) || mayAudit(person)) && (
        <BreakGlassPanel mayReview={mayAudit(person)} />
      )}
      {mayAudit(person) && (
        <>
          <AuditPanel />
          <SubjectPanel onErased={() => setErased(erased + 1)} />
          <RetentionPanel version={erased} />
        </>
      )}
    </>
  )
}
