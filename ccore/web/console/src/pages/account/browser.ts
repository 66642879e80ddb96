/** What people call the browser that a User-Agent names: pure. */

const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/\bMicroMessenger\/(\d+)/, "WeChat"],
  [/\bEdg\w*\/(\d+)/, "Edge"],
  [/\bFirefox\/(\d+)/, "Firefox"],
  [/Chrom\w*\/(\d+)/, "Chrome"],
  [/\bVersion\/(\d+)[\d.]* .*Safari/, "Safari"],
];
const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/Android/, "Android"],
  [/iPhone|iPad/, "iOS"],
  [/Windows/, "Windows"],
  [/Mac OS X/, "macOS"],
  [/Linux/, "Linux"],
];

/** `Chrome 140 · Windows`; what names none of these stays as it is. */
export function browser(agent: string): string {
  const named = BROWSERS.map(([pattern, name]) => [name, pattern.exec(agent)?.[1]] as const).find(([, version]) => version);
  const system = SYSTEMS.find(([pattern]) => pattern.test(agent));
  return named ? [`${named[0]} ${named[1]}`, system?.[1]].filter(Boolean).join(" · ") : agent;
}
