import type { Database } from '../../db/client.ts'

/** Roads are longer than the crow flies, and an ambulance car makes about 50 km in an hour. Used only where the table has no time. */
const ROAD_FACTOR = 1.3
const ROAD_KM_PER_HOUR = 50
const EARTH_RADIUS_KM = 6371

/** Places and times, as data that can be handed to another thread. */
export interface TravelTable {
  readonly times: readonly {
    readonly from: string
    readonly to: string
    readonly minutes: number
  }[]
  readonly places: readonly {
    readonly code: string
    readonly latitude: number
    readonly longitude: number
  }[]
}

/** Reads places and times once; they change with the organisations, not with the list. */
export async function readTravel(db: Database): Promise<TravelTable> {
  const times = await db.sql<{ from: string; to: string; minutes: number }[]>`
    select from_site as "from", to_site as "to", minutes from travel`
  const places = await db.sql<{ code: string; latitude: number; longitude: number }[]>`
    select code, latitude, longitude from site where latitude is not null and longitude is not null`
  return { times: [...times], places: [...places] }
}

/** Minutes between two sites: the travel table, else great-circle distance; null when a place is not known. [MOV-4] */
export function travelMinutes(
  travel: TravelTable,
): (fromSite: string, toSite: string) => number | null {
  const table = new Map(travel.times.map((row) => [`${row.from} ${row.to}`, row.minutes]))
  const places = new Map(travel.places.map((row) => [row.code, row]))

  return (fromSite, toSite) => {
    if (fromSite === toSite) return 0
    const known = table.get(`${fromSite} ${toSite}`) ?? table.get(`${toSite} ${fromSite}`)
    if (known !== undefined) return known
    const from = places.get(fromSite)
    const to = places.get(toSite)
    if (from === undefined || to === undefined) return null
    const km = greatCircleKm(from.latitude, from.longitude, to.latitude, to.longitude)
    return Math.round(((km * ROAD_FACTOR) / ROAD_KM_PER_HOUR) * 60)
  }
}
/** Haversine distance. Degrees in, kilometres out. */
function greatCircleKm(
  fromLatitude: number,
  fromLongitude: number,
  toLatitude: number,
  toLongitude: number,
): number {
  const rad = Math.PI / 180
  const dLatitude = (toLatitude - fromLatitude) * rad
  const dLongitude = (toLongitude - fromLongitude) * rad
  const h =
    Math.sin(dLatitude / 2) ** 2 +
    Math.cos(fromLatitude * rad) * Math.cos(toLatitude * rad) * Math.sin(dLongitude / 2) ** 2
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.sqrt(h))
}
