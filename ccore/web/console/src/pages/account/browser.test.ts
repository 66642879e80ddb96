import { expect, test } from "vitest";
import { browser } from "./browser";

const SAFARI = "AppleWebKit/537.36 (KHTML, like Gecko)";

test.each([
  [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${SAFARI} Chrome/140.0.0.0 Safari/537.36`, "Chrome 140 · Windows"],
  [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${SAFARI} Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0`, "Edge 140 · Windows"],
  ["Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0", "Firefox 143 · Linux"],
  [`Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) ${SAFARI} Version/18.0 Mobile/15E148 Safari/604.1`, "Safari 18 · iOS"],
  [`Mozilla/5.0 (X11; Linux x86_64) ${SAFARI} HeadlessChrome/140.0 Safari/537.36`, "Chrome 140 · Linux"],
  ["curl/8.5.0", "curl/8.5.0"],
])("%s is %s", (agent, name) => {
  expect(browser(agent)).toBe(name);
});
