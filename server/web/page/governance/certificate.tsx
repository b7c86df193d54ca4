import type { ErasureCertificate } from '../../../../shared/governance.ts'
import { Tag } from '../widgets/note.tsx'
import { instantWords, number } from '../words.ts'

/** What was erased, when, by which rule, and whether that still stands. */
export function Certificate(props: { readonly certificate: ErasureCertificate }) {
  const { id, at, rule, reason, pathways, rows, digest, liftedAt } = props.certificate
  const tables = Object.entries(rows).filter(([, count]) => count > 0)
  return (
    <div class="ptl-certificate">
      <p>
        <strong>Certificate of erasure {id}</strong>
        <small>
          {instantWords(at)}, rule: {rule}; {reason}
        </small>
      </p>
      <p>
        {number(pathways)} {pathways === 1 ? 'pathway' : 'pathways'} of one or more people:{' '}
        {tables.map(([table, count]) => `${table} ${number(count)}`).join(', ')}.
      </p>
      <small class="ptl-key-text">Digest of the pathways: {digest}</small>
      {liftedAt !== null && (
        <p>
          <Tag colour="grey">Lifted</Tag> {instantWords(liftedAt)}: records are taken in again.
        </p>
      )}
    </div>
  )
}
