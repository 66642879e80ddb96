/** One tick a second for all that counts, by the server's clock. */
import { onScopeDispose, readonly, ref, type Ref } from "vue";

const TICK_MS = 1_000;
const REMEMBERED = 32; // facts by which the clocks are compared

const now = ref(Date.now());
const lags: number[] = [];
let ahead = 0; // ms of this machine's clock, before the server's
let users = 0;
let timer = 0;

/** The time by the server's clock, moved once a second while somebody looks. */
export function useNow(): Readonly<Ref<number>> {
  users += 1;
  if (users === 1) timer = window.setInterval(tick, TICK_MS);
  tick();
  onScopeDispose(() => {
    users -= 1;
    if (users === 0) window.clearInterval(timer);
  });
  return readonly(now);
}

/** What the server says the time is: the least late of the last such words sets the clock. */
export function heard(at: string): void {
  const lag = Date.now() - Date.parse(at);
  if (Number.isNaN(lag)) return;
  lags.push(lag);
  if (lags.length > REMEMBERED) lags.shift();
  ahead = Math.min(...lags);
}

function tick(): void {
  now.value = Date.now() - ahead;
}
