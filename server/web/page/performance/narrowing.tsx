import type { ComponentChildren } from 'preact'
import { TUMOURS } from '../../../../shared/vocabulary.ts'
import type { Tumour } from '../../../../shared/vocabulary.ts'
import { ChoiceField } from '../widgets/field.tsx'
import { address, go } from '../router.ts'
import { trustName, useSession } from '../session/session.ts'

/** Trust and tumour group that a view of figures is narrowed to; they stand in the address. */
export function Narrowing(props: {
  readonly path: string
  readonly trust: string
  readonly tumour: string
  /** The part of the view that is shown, where it has parts. */
  readonly part?: string
  /** Links of the view, at the end. */
  readonly children?: ComponentChildren
}) {
  const { path, trust, tumour, part = '', children } = props
  const { alliance } = useSession()
  const choose = (chosen: { readonly trust?: string; readonly tumour?: string }) =>
    go(address(path, { trust, tumour, ...chosen, part }), { replace: true })
  return (
    <>
      <div class="ptl-filters">
        <TrustField value={trust} onChange={(chosen) => choose({ trust: chosen })} />
        <TumourField
          value={tumour as Tumour | ''}
          none="All tumour groups"
          onChange={(chosen) => choose({ tumour: chosen })}
        />
        {children}
      </div>
      <p class="ptl-printed">
        {trust === '' ? 'All trusts' : trustName(alliance, trust)},{' '}
        {tumour in TUMOURS ? TUMOURS[tumour as Tumour] : 'all tumour groups'}
      </p>
    </>
  )
}

/** The tumour group an address asks for; '' for all. */
export function tumourIn(query: ReadonlyMap<string, string>): Tumour | '' {
  const asked = query.get('tumour') ?? ''
  return asked in TUMOURS ? (asked as Tumour) : ''
}

/** One trust of the alliance, or all. */
export function TrustField(props: {
  readonly value: string
  readonly onChange: (trust: string) => void
}) {
  const { alliance } = useSession()
  return (
    <div class="ptl-filter ptl-filter--wide">
      <ChoiceField
        id="narrow-trust"
        label="Trust"
        none="All trusts"
        choices={alliance.trusts.map(({ code, name }) => [code, name] as const)}
        {...props}
      />
    </div>
  )
}

/** One tumour group; with `none` also all of them, under those words. */
export function TumourField(props: {
  readonly value: Tumour | ''
  readonly none?: string
  readonly onChange: (tumour: Tumour | '') => void
}) {
  return (
    <div class="ptl-filter">
      <ChoiceField
        id="narrow-tumour"
        label="Tumour group"
        choices={Object.entries(TUMOURS) as [Tumour, string][]}
        {...props}
      />
    </div>
  )
}

/** What a view can be taken away as: its files, and paper. */
export function TakeAway(props: { readonly files: Readonly<Record<string, string>> }) {
  return (
    <div class="ptl-filter ptl-filter--links">
      {Object.entries(props.files).map(([label, href]) => (
        <a key={label} href={href} download>
          {label}
        </a>
      ))}
      <button type="button" class="ptl-link" onClick={() => window.print()}>
        Print
      </button>
    </div>
  )
}
