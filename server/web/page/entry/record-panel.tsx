import type { EntryDetail } from '../../../../shared/entry-detail.ts'
import { Panel } from '../widgets/panel.tsx'
import { instantWords } from '../words.ts'

/** What the record lacks of the national scenario it is in, one line an item, and where its facts came from. */
export function RecordPanel(props: {
  readonly quality: EntryDetail['quality']
  readonly provenance: EntryDetail['provenance']
}) {
  const { scenario, findings } = props.quality
  const { deliveryId, rowNumber, extractAt, format, receivedAt } = props.provenance
  return (
    <Panel title="Record quality">
      {scenario === null ? (
        <p>The record is in no national scenario yet.</p>
      ) : (
        <p>
          <strong>Scenario {scenario.code}.</strong> {scenario.label}.{' '}
          {findings.length === 0 && 'Nothing it asks for is absent.'}
        </p>
      )}
      {findings.length > 0 && (
        <details>
          <summary class="ptl-link">
            Show {findings.length} {findings.length === 1 ? 'finding' : 'findings'}
          </summary>
          <ul class="ptl-why">
            {findings.map((finding) => (
              <li key={`${finding.code} ${finding.field}`}>
                <strong>{finding.field}</strong>{' '}
                {finding.code === 'DQ-13' ? 'is absent' : 'is not part of it'}: {finding.fix}{' '}
                <span class="ptl-rule">{finding.code}</span>
              </li>
            ))}
          </ul>
        </details>
      )}
      <p class="ptl-hint">
        From {rowNumber === 0 ? 'the absence of its row' : `row ${rowNumber}`} of delivery{' '}
        {deliveryId.slice(0, 8)}
        {format !== null && ` (${format})`}
        {receivedAt !== null && `, received ${instantWords(receivedAt)}`}; extract of{' '}
        {instantWords(extractAt)}.
      </p>
    </Panel>
  )
}
