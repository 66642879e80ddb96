/** Durations and money as text: pure. */

/** `0:07`, `12:05`, `1:02:03`. */
export function clockwise(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (part: number): string => String(part).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3_600), Math.floor((whole % 3_600) / 60)];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** `¥1,234.05` of 123405 fen; whole fen only, so nothing is rounded. */
export function yuan(fen: number): string {
  const cents = Math.abs(Math.trunc(fen));
  const whole = Math.floor(cents / 100).toString().replace(/\B(?=(\d{3})+$)/g, ",");
  return `${fen < 0 ? "−" : ""}¥${whole}.${String(cents % 100).padStart(2, "0")}`;
}

/** `98.5%` of 985. */
export function percent(permille: number): string {
  return `${(permille / 10).toFixed(1)}%`;
}

/** `138 1234 5678`, `138 **** 5678`, `+86 138 1234 5678`; others as they are. */
export function spaced(number: string): string {
  return number.replace(/^(\+86)?(1[\d*]{2})([\d*]{4})([\d*]{4})$/, (_all, country: string | undefined, ...rest) =>
    [country, ...(rest as string[]).slice(0, 3)].filter(Boolean).join(" "),
  );
}

/** `0:07 – 1:12` of milliseconds. */
export function passage(fromMs: number, untilMs: number): string {
  return `${clockwise(fromMs / 1_000)} – ${clockwise(untilMs / 1_000)}`;
}
