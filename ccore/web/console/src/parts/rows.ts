/** What tables and lists of the console show. */

export interface Column {
  key: string;
  title: string;
  align?: "start" | "end" | "center";
  /** CSS width. */
  width?: string;
  /** Left out where the screen is narrow. */
  wide?: boolean;
}

/** A page of a long list; `next` asks for the one after it, null: there is none. */
export interface Rows<R> {
  rows: R[];
  next: string | number | null;
}

/** What stands in a cell that no slot draws. */
export function cell(row: object, key: string): unknown {
  return (row as Record<string, unknown>)[key] ?? "—";
}
