import type { SampleSite } from './alliance.ts'

const EARTH_RADIUS_KM = 6371
/** Roads are longer than the great circle. */
const ROAD_FACTOR = 1.3
const ROAD_KM_PER_MINUTE = 0.9
/** Parking, the last mile and the walk in. */
const FIXED_MINUTES = 6

export interface SampleTravel {
  readonly fromSite: string
  readonly toSite: string
  readonly minutes: number
}

/** Minutes between every two sites, both ways; 0 to itself. */
export function travelOf(sites: readonly SampleSite[]): readonly SampleTravel[] {
  return sites.flatMap((from) =>
    sites.map((to) => ({
      fromSite: from.code,
      toSite: to.code,
      minutes: travelMinutes(from, to),
    })),
  )
}

export function travelMinutes(from: SampleSite, to: SampleSite): number {
  if (from.code === to.code) return 0
  const km = greatCircleKm(from, to) * ROAD_FACTOR
  return Math.round(km / ROAD_KM_PER_MINUTE + FIXED_MINUTES)
}

function greatCircleKm(from: SampleSite, to: SampleSite): number {
  const radians = Math.PI / 180
  const north = (to.latitude - from.latitude) * radians
  const east = (to.longitude - from.longitude) * radians
  const chord =
    Math.sin(north / 2) ** 2 +
    Math.cos(from.latitude * radians) * Math.cos(to.latitude * radians) * Math.sin(east / 2) ** 2
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.sqrt(chord))
}
