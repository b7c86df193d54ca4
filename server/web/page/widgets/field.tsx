import type { ComponentChildren } from 'preact'

interface Labelled {
  readonly id: string
  readonly label: string
}

/** A label and what it names. */
function Field(props: Labelled & { readonly children: ComponentChildren }) {
  return (
    <div>
      <label for={props.id}>{props.label}</label>
      {props.children}
    </div>
  )
}

/** A line of text, or a date, written down as it is typed. */
export function TextField(
  props: Labelled & {
    readonly value: string
    readonly onChange: (value: string) => void
    readonly type?: 'text' | 'date'
    readonly minLength?: number
    readonly maxLength?: number
    readonly isRequired?: boolean
    readonly inputMode?: 'numeric'
  },
) {
  const { id, label, value, onChange, type = 'text', minLength, maxLength, inputMode } = props
  const typed = {
    id,
    class: 'nhsuk-input',
    autocomplete: 'off',
    required: props.isRequired === true,
    value,
    onInput: (event: Event) => {
      if (event.currentTarget instanceof HTMLInputElement) onChange(event.currentTarget.value)
    },
    ...(minLength === undefined ? {} : { minLength }),
    ...(maxLength === undefined ? {} : { maxLength }),
    ...(inputMode === undefined ? {} : { inputMode }),
  } as const
  return (
    <Field id={id} label={label}>
      {type === 'date' ? <input type="date" {...typed} /> : <input type="text" {...typed} />}
    </Field>
  )
}

/** Some lines of text. */
export function LinesField(
  props: Labelled & {
    readonly value: string
    readonly onChange: (value: string) => void
    readonly maxLength?: number
    readonly rows?: number
    /** No language: nothing in it is spelt wrongly. */
    readonly isCode?: boolean
  },
) {
  const { id, label, value, onChange, maxLength, rows = 2, isCode = false } = props
  return (
    <Field id={id} label={label}>
      <textarea
        id={id}
        class="nhsuk-textarea"
        rows={rows}
        spellcheck={!isCode}
        autocomplete="off"
        value={value}
        onInput={(event) => onChange(event.currentTarget.value)}
        {...(maxLength === undefined ? {} : { maxLength })}
      />
    </Field>
  )
}

/** One of some choices; `none` is the words of choosing nothing, ''. */
export function ChoiceField<Value extends string>(
  props: Labelled & {
    readonly value: Value | ''
    readonly onChange: (value: Value | '') => void
    readonly choices: readonly (readonly [Value, string])[]
    readonly none?: string
  },
) {
  const { id, label, value, onChange, choices, none } = props
  return (
    <Field id={id} label={label}>
      <select
        id={id}
        class="nhsuk-select"
        value={value}
        onChange={(event) => onChange(event.currentTarget.value as Value | '')}
      >
        {none !== undefined && <option value="">{none}</option>}
        {choices.map(([code, words]) => (
          <option key={code} value={code}>
            {words}
          </option>
        ))}
      </select>
    </Field>
  )
}

/** What a form is sent with, or what begins a piece of work. */
export function Button(props: {
  readonly children: ComponentChildren
  readonly isDisabled?: boolean
  readonly isSecondary?: boolean
  /** Absent: sends its form. */
  readonly onClick?: () => void
}) {
  const { children, isDisabled = false, isSecondary = false, onClick } = props
  return (
    <button
      type={onClick === undefined ? 'submit' : 'button'}
      class={`nhsuk-button nhsuk-button--small${isSecondary ? ' nhsuk-button--secondary' : ''} ptl-button`}
      disabled={isDisabled}
      {...(onClick === undefined ? {} : { onClick })}
    >
      {children}
    </button>
  )
}
