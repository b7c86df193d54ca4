export interface ChartPoint {
  readonly label: string
  /** 0..100; null leaves a gap. */
  readonly value: number | null
  readonly threshold: number
  /** Not finished yet: drawn hollow. */
  readonly isRunning: boolean
}

const WIDTH = 400
const HEIGHT = 190
const LEFT = 34
const RIGHT = 22
const TOP = 12
const BOTTOM = 26

/** Per cent over time with the threshold as a broken line. The figures stand in a table beneath, so the drawing has one name. */
export function LineChart(props: {
  readonly label: string
  readonly points: readonly ChartPoint[]
}) {
  const { points } = props
  if (points.length < 2) return null
  const floor = floorOf(points)
  const x = (position: number): number =>
    LEFT + ((WIDTH - LEFT - RIGHT) * position) / (points.length - 1)
  const y = (value: number): number =>
    TOP + ((HEIGHT - TOP - BOTTOM) * (100 - value)) / (100 - floor)
  const ticks = ticksFrom(floor)
  const every = Math.ceil(points.length / 7)
  return (
    <svg
      class="ptl-line-chart"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label={props.label}
    >
      {ticks.map((tick) => (
        <g key={tick}>
          <line x1={LEFT} x2={WIDTH - RIGHT} y1={y(tick)} y2={y(tick)} class="ptl-grid" />
          <text x={LEFT - 6} y={y(tick) + 4} text-anchor="end">
            {tick}
          </text>
        </g>
      ))}
      {points.map(
        (point, position) =>
          position % every === 0 && (
            <text key={point.label} x={x(position)} y={HEIGHT - 8} text-anchor="middle">
              {point.label}
            </text>
          ),
      )}
      <path class="ptl-threshold" d={thresholdPath(points, x, y)} />
      {runs(points).map((run) => (
        <path
          key={run[0]}
          class="ptl-line"
          d={pathOf(
            run.map((position) => ({ x: x(position), y: y(points[position]?.value ?? 0) })),
          )}
        />
      ))}
      {points.map(
        (point, position) =>
          point.value !== null && (
            <circle
              key={point.label}
              class={point.isRunning ? 'ptl-dot ptl-dot--running' : 'ptl-dot'}
              cx={x(position)}
              cy={y(point.value)}
              r="3.5"
            />
          ),
      )}
    </svg>
  )
}

/** A threshold holds for whole months, so it steps half-way between two and never slopes. */
function thresholdPath(
  points: readonly ChartPoint[],
  x: (position: number) => number,
  y: (value: number) => number,
): string {
  const corners = points.flatMap((point, position) => [
    { x: x(Math.max(0, position - 0.5)), y: y(point.threshold) },
    { x: x(Math.min(points.length - 1, position + 0.5)), y: y(point.threshold) },
  ])
  return pathOf(corners)
}

/** The lowest value shown, down to the ten below, so that a few per cent can be seen and nothing falls out. */
function floorOf(points: readonly ChartPoint[]): number {
  const lowest = Math.min(...points.flatMap((point) => [point.value ?? 100, point.threshold]))
  return Math.max(0, Math.min(90, Math.floor((lowest - 3) / 10) * 10))
}

function ticksFrom(floor: number): number[] {
  const step = 100 - floor > 50 ? 20 : 10
  const ticks: number[] = []
  for (let tick = 100; tick >= floor; tick -= step) ticks.push(tick)
  return ticks
}

/** Positions with a value, split where months are missing. */
function runs(points: readonly ChartPoint[]): number[][] {
  const found: number[][] = [[]]
  for (const [position, point] of points.entries()) {
    if (point.value === null) found.push([])
    else found.at(-1)?.push(position)
  }
  return found.filter((run) => run.length > 0)
}

/** Straight lines from point to point, as an SVG path. */
export function pathOf(points: readonly { readonly x: number; readonly y: number }[]): string {
  return points
    .map(
      (point, position) =>
        `${position === 0 ? 'M' : 'L'}${point.x.toFixed(1)} ${point.y.toFixed(1)}`,
    )
    .join('')
}
