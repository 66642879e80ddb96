/** Moments for fields of forms, in the site's zone. */
import { zone } from "@/zone";

export { instant } from "@/zone";

/** `2026-11-23T08:00`, as the site's clocks show it. */
export function local(iso: string): string {
  const parts = { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" } as const;
  return new Intl.DateTimeFormat("sv-SE", { ...parts, timeZone: zone() }).format(new Date(iso)).replace(" ", "T");
}
