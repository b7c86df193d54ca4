const WIDTH = 760
const ROW = 26
const MIDDLE = 480
const REACH = 220

/** People moved out of each trust to the left, into it to the right. The figures stand in a table beside it. */
export function InOut(props: {
  readonly trusts: readonly { readonly name: string; readonly out: number; readonly in: number }[]
}) {
  const { trusts } = props
  const most = Math.max(1, ...trusts.flatMap((one) => [one.out, one.in]))
  const long = (count: number): number => (REACH * count) / most
  return (
    <svg
      class="ptl-line-chart"
      viewBox={`0 0 ${WIDTH} ${ROW * (trusts.length + 1)}`}
      role="img"
      aria-label="Moves out of and into each trust. The figures are in the table."
    >
      <text x={MIDDLE - 8} y={16} text-anchor="end">
        Out
      </text>
      <text x={MIDDLE + 8} y={16}>
        In
      </text>
      {trusts.map((one, at) => {
        const y = ROW * (at + 1)
        return (
          <g key={one.name}>
            <text x={0} y={y + 16}>
              {one.name}
            </text>
            <rect
              class="ptl-bar--d63to104"
              x={MIDDLE - 2 - long(one.out)}
              y={y + 3}
              width={long(one.out)}
              height={ROW - 8}
            />
            <text x={MIDDLE - 8 - long(one.out)} y={y + 16} text-anchor="end">
              {one.out}
            </text>
            <text x={MIDDLE + 8 + long(one.in)} y={y + 16}>
              {one.in}
            </text>
            <rect
              class="ptl-bar--d0to28"
              x={MIDDLE + 2}
              y={y + 3}
              width={long(one.in)}
              height={ROW - 8}
            />
          </g>
        )
      })}
    </svg>
  )
}
