import { pathOf } from './line-chart.tsx'

const WIDTH = 720
const HEIGHT = 220
const LEFT = 44
const RIGHT = 96
const TOP = 12
const BOTTOM = 26
const LABELS = 9

/** One count over time, two ways of doing it: the first broken, the second drawn through. From 0 up; figures in a table beneath. */
export function TwoLines(props: {
  readonly label: string
  readonly points: readonly { readonly label: string; readonly values: readonly [number, number] }[]
  readonly names: readonly [string, string]
}) {
  const { points, names, label } = props
  if (points.length < 2) return null
  const top = roundUp(Math.max(1, ...points.flatMap(({ values }) => [...values])))
  const x = (at: number): number => LEFT + ((WIDTH - LEFT - RIGHT) * at) / (points.length - 1)
  const y = (value: number): number => TOP + ((HEIGHT - TOP - BOTTOM) * (top - value)) / top
  const every = Math.ceil(points.length / LABELS)
  const ends = names.map((name, line) => ({ name, at: y(points.at(-1)?.values[line] ?? 0) }))
  const [first, second] = ends
  // two names on one another cannot be read
  const apart = Math.abs((first?.at ?? 0) - (second?.at ?? 0)) < 16 ? 16 : 0
  return (
    <svg
      class="ptl-line-chart"
      viewBox={`0 0 ${String(WIDTH)} ${String(HEIGHT)}`}
      role="img"
      aria-label={label}
    >
      {[0, 0.5, 1].map((part) => (
        <g key={part}>
          <line
            x1={LEFT}
            x2={WIDTH - RIGHT}
            y1={y(top * part)}
            y2={y(top * part)}
            class="ptl-grid"
          />
          <text x={LEFT - 6} y={y(top * part) + 4} text-anchor="end">
            {top * part}
          </text>
        </g>
      ))}
      {points.map(
        (point, at) =>
          at % every === 0 && (
            <text key={point.label} x={x(at)} y={HEIGHT - 8} text-anchor="middle">
              {point.label}
            </text>
          ),
      )}
      {(['ptl-threshold', 'ptl-line'] as const).map((kind, line) => (
        <path
          key={kind}
          class={kind}
          d={pathOf(points.map(({ values }, at) => ({ x: x(at), y: y(values[line] ?? 0) })))}
        />
      ))}
      {ends.map(({ name, at }, line) => (
        <text key={name} x={WIDTH - RIGHT + 6} y={at + 4 + (line === 1 ? apart : 0)}>
          {name}
        </text>
      ))}
    </svg>
  )
}

/** The next 2, 4, 10, 20, 40 ... at or above: whole at its half too. */
function roundUp(value: number): number {
  let unit = 1
  while (unit * 10 < value) unit *= 10
  return [2, 4, 6, 8, 10].map((times) => times * unit).find((top) => top >= value) ?? unit * 10
}
