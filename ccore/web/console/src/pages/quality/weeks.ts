/** ISO weeks, by which calls are drawn for review: pure. */

const DAY_MS = 86_400_000;

export interface Week {
  /** `2026-W47`. */
  week: string;
  /** Its Monday and Sunday, as `2026-11-16`. */
  first: string;
  last: string;
}

function iso(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

/** The week of a day, such as `2026-11-23`. */
export function weekOf(day: string): Week {
  const at = Date.parse(`${day}T00:00:00Z`);
  const monday = at - ((new Date(at).getUTCDay() + 6) % 7) * DAY_MS;
  const thursday = new Date(monday + 3 * DAY_MS);
  const year = thursday.getUTCFullYear();
  const number = Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / (7 * DAY_MS)) + 1;
  return { week: `${year}-W${String(number).padStart(2, "0")}`, first: iso(monday), last: iso(monday + 6 * DAY_MS) };
}

/** So many weeks, that of `day` first. */
export function weeksBefore(day: string, count: number): Week[] {
  const at = Date.parse(`${day}T00:00:00Z`);
  return Array.from({ length: count }, (_, ago) => weekOf(iso(at - ago * 7 * DAY_MS)));
}
