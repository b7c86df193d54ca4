import type { ComponentChildren } from 'preact'
import { TUMOURS } from '../../../shared/vocabulary.ts'
import type { Tumour } from '../../../shared/vocabulary.ts'
import { ChoiceField } from './field.tsx'
import { address, go } from './router.ts'
import { useSession } from './session.ts'

/** Trust and tumour group that a view of figures is narrowed to; they stand in the address. */
export function Narrowing(props: {
  readonly path: string
  readonly trust: string
  readonly tumour: string
  /** Links of the view, at the end. */
  readonly children?: ComponentChildren
}) {
  const { path, trust, tumour, children } = props
  const { alliance } = useSession()
  const choose = (part: { readonly trust?: string; readonly tumour?: string }) =>
    go(address(path, { trust, tumour, ...part }), { replace: true })
  return (
    <div class="ptl-filters">
      <div class="ptl-filter ptl-filter--wide">
        <ChoiceField
          id="narrow-trust"
          label="Trust"
          value={trust}
          none="All trusts"
          choices={alliance.trusts.map(({ code, name }) => [code, name] as const)}
          onChange={(chosen) => choose({ trust: chosen })}
        />
      </div>
      <div class="ptl-filter">
        <ChoiceField
          id="narrow-tumour"
          label="Tumour group"
          value={tumour as Tumour | ''}
          none="All tumour groups"
          choices={Object.entries(TUMOURS) as [Tumour, string][]}
          onChange={(chosen) => choose({ tumour: chosen })}
        />
      </div>
      {children}
    </div>
  )
}
