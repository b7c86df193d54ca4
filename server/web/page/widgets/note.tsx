import type { ComponentChildren } from 'preact'
import type { Band, Escalation } from '../../../../shared/vocabulary.ts'
import { BAND_WORDS, withDateWords } from '../words.ts'

/** Why something did not work, where it was tried; read out at once. */
export function ProblemNote(props: { readonly problem: string | null }) {
  if (props.problem === null) return null
  return (
    <div class="ptl-problem" role="alert">
      <strong>That did not work.</strong> {withDateWords(props.problem)}
    </div>
  )
}

export function DoneNote(props: { readonly words: string | null }) {
  return (
    <div role="status" class={props.words === null ? '' : 'ptl-done'}>
      {props.words}
    </div>
  )
}

export type TagColour = 'white' | 'grey' | 'green' | 'blue' | 'yellow' | 'orange' | 'red' | 'purple'

export function Tag(props: {
  readonly colour: TagColour
  readonly children: ComponentChildren
  readonly title?: string
}) {
  return (
    <strong
      class={`nhsuk-tag nhsuk-tag--${props.colour} ptl-tag`}
      {...(props.title === undefined ? {} : { title: props.title })}
    >
      {props.children}
    </strong>
  )
}

const BAND_COLOURS: Readonly<Record<Band, TagColour>> = {
  d0to28: 'green',
  d29to62: 'blue',
  d63to104: 'orange',
  over104: 'red',
}

/** The band in words, with a colour that only repeats them. */
export function BandTag(props: { readonly band: Band }) {
  return <Tag colour={BAND_COLOURS[props.band]}>{BAND_WORDS[props.band]}</Tag>
}

/** Nothing for who is not escalated. */
export function EscalationTag(props: { readonly escalation: Escalation }) {
  if (props.escalation === 'none') return null
  const isWaiting = props.escalation === 'waiting'
  return (
    <Tag colour={isWaiting ? 'red' : 'orange'}>
      {isWaiting ? 'Escalated' : 'Escalated, acknowledged'}
    </Tag>
  )
}

/** A figure that stands for itself, with what it counts beneath. */
export function Figure(props: { readonly value: string; readonly label: string }) {
  return (
    <div class="ptl-figure">
      <span class="ptl-figure__value">{props.value}</span>
      <span class="ptl-figure__label">{props.label}</span>
    </div>
  )
}
