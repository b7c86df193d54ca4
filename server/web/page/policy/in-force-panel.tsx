import { useState } from 'preact/hooks'
import { Button, LinesField } from '../widgets/field.tsx'
import { Panel } from '../widgets/panel.tsx'

/** The last step of a draft: why, and the button that puts it in force. */
export function InForcePanel(props: {
  readonly title: string
  readonly isBusy: boolean
  readonly onMake: (reason: string) => void
}) {
  const [reason, setReason] = useState('')
  const why = reason.trim()
  return (
    <Panel title={props.title}>
      <form
        class="ptl-form"
        onSubmit={(event) => {
          event.preventDefault()
          props.onMake(why)
        }}
      >
        <LinesField id="why" label="Why" maxLength={500} value={reason} onChange={setReason} />
        <Button isDisabled={props.isBusy || why.length < 5}>Put it in force</Button>
      </form>
    </Panel>
  )
}
