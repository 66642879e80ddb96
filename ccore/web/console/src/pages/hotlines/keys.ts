/** Keys of a telephone, typed one after another: when they are sent. */

export interface Waiting {
  most: number;
  terminator: string;
}

export const PAD = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];

/** What stands there once `key` is pressed, and whether that is all the caller is waited for. */
export function pressed(before: string, key: string, waiting: Waiting): { keys: string; send: boolean } {
  const keys = before + key;
  const ends = waiting.most <= 1 || (waiting.terminator !== "" && key === waiting.terminator) || keys.length >= waiting.most;
  return { keys, send: ends };
}
