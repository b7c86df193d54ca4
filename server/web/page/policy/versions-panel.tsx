import { Panel } from '../widgets/panel.tsx'
import { instantWords, plainName } from '../words.ts'

export interface Version {
  readonly version: number
  readonly reason: string
  readonly by: string | null
  readonly at: string | null
}

/** Every version there was, the newest first, each to be opened. */
export function VersionsPanel(props: {
  readonly path: string
  readonly versions: readonly Version[]
  /** The one that is shown below. */
  readonly shown: number
  readonly inForce: number
}) {
  const { path, versions, shown, inForce } = props
  return (
    <Panel title="Versions">
      <ul class="ptl-notes ptl-versions">
        {versions.map((one) => (
          <li key={one.version}>
            <p>
              <a
                href={`${path}?version=${one.version}`}
                {...(one.version === shown ? { 'aria-current': 'true' as const } : {})}
              >
                Version {one.version}
              </a>
              {one.version === inForce && <strong> (in force)</strong>}: {one.reason}
            </p>
            <small>
              {[
                one.by === null || one.by === '' ? null : plainName(one.by),
                one.at === null ? null : instantWords(one.at),
              ]
                .filter((part) => part !== null)
                .join(', ')}
            </small>
          </li>
        ))}
      </ul>
    </Panel>
  )
}
