import type { ComponentChildren } from 'preact'
import { Button } from '../widgets/field.tsx'
import { Panel } from '../widgets/panel.tsx'

/** What the draft of a new version is drawn with, whatever it is a draft of. */
export interface DraftProps<Body> {
  /** The version that is in force. */
  readonly inForce: number
  readonly draft: Body
  readonly onDraft: (draft: Body) => void
  readonly onMade: (version: number) => void
  readonly onLeave: () => void
}

/** The form of a draft, with the way out of it. */
export function DraftPanel(props: {
  /** What must be done before anything is saved. */
  readonly until: string
  /** What can be done with the draft, beside leaving it. */
  readonly buttons?: ComponentChildren
  readonly onLeave: () => void
  readonly children: ComponentChildren
}) {
  return (
    <Panel title="Draft of a new version">
      <p>Nothing is saved until you have {props.until}.</p>
      {props.children}
      <div class="ptl-buttons">
        {props.buttons}
        <button type="button" class="ptl-link" onClick={props.onLeave}>
          Leave the draft
        </button>
      </div>
    </Panel>
  )
}

/** A version as it is; with `onDraft` a new one can be drafted from it. */
export function VersionPanel(props: {
  readonly title: string
  readonly onDraft: (() => void) | null
  readonly children: ComponentChildren
}) {
  const { title, onDraft, children } = props
  return (
    <Panel title={title}>
      {onDraft !== null && <Button onClick={onDraft}>Draft a new version from this one</Button>}
      {children}
    </Panel>
  )
}
