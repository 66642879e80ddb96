/** Tabs of one browser share one phone: the tab with the lock has it, the others see it, and may take it over. */

const LOCK = "ccore-phone";
const CHANNEL = "ccore-phone";

export type Order =
  | { do: "answer" }
  | { do: "hang-up" }
  | { do: "mute"; on: boolean }
  | { do: "key"; key: string }
  | { do: "tell" };
type Said<S> = { state: S } | { order: Order };

export interface Tabs<S> {
  /** Tell the other tabs how the phone is. */
  tell: (state: S) => void;
  /** Have the tab with the phone do something. */
  order: (order: Order) => void;
  /** Take the phone away from the tab that has it. */
  takeOver: () => void;
  end: () => void;
}

/** `has`: this tab has the phone from now on, or no more. `seen`: how it is in the tab that has it. */
export function share<S>(has: (mine: boolean) => void, seen: (state: S) => void, told: (order: Order) => void): Tabs<S> {
  const channel = new BroadcastChannel(CHANNEL);
  let mine = false;
  let release: () => void = () => undefined;
  let over = false;

  channel.onmessage = ({ data }: MessageEvent<Said<S>>) => {
    if ("state" in data && !mine) seen(data.state);
    else if ("order" in data && mine) told(data.order);
  };

  /** Hold the lock until the tab ends or another one takes it; then wait in line for it again. */
  function hold(steal: boolean): void {
    if (over) return;
    navigator.locks
      .request(LOCK, steal ? { steal: true } : {}, () => {
        if (over) return Promise.resolve();
        mine = true;
        has(true);
        return new Promise<void>((resolve) => (release = resolve));
      })
      .catch(() => undefined) // another tab has taken it
      .then(() => {
        if (mine) {
          mine = false;
          has(false);
        }
        hold(false);
      });
  }
  hold(false);
  channel.postMessage({ order: { do: "tell" } } satisfies Said<S>);

  return {
    tell: (state) => channel.postMessage({ state } satisfies Said<S>),
    order: (order) => channel.postMessage({ order } satisfies Said<S>),
    takeOver: () => hold(true),
    end: () => {
      over = true;
      release();
      channel.close();
    },
  };
}
