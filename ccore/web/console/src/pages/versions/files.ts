/** The operators' files as a list of folders, and what the linter says of each. */

export interface Named {
  path: string;
  state: "same" | "changed" | "added" | "removed";
}

export interface Said {
  path: string;
  line: number;
  code: string;
  message: string;
}

export interface Folder<F extends Named> {
  /** "" is the directory itself. */
  name: string;
  files: F[];
}

/** Folders in the order of their names, the directory itself first; only files with `find` in their path. */
export function folders<F extends Named>(files: readonly F[], find: string): Folder<F>[] {
  const wanted = find.trim().toLowerCase();
  const found = new Map<string, F[]>();
  for (const file of files) {
    if (!file.path.toLowerCase().includes(wanted)) continue;
    const at = file.path.lastIndexOf("/");
    const folder = at < 0 ? "" : file.path.slice(0, at);
    found.set(folder, [...(found.get(folder) ?? []), file]);
  }
  return [...found.entries()].sort(([one], [other]) => (one < other ? -1 : 1)).map(([name, inside]) => ({ name, files: inside }));
}

/** A file's name without its folder. */
export function base(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** How many faults each file has. */
export function counted(faults: readonly Said[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const { path } of faults) found.set(path, (found.get(path) ?? 0) + 1);
  return found;
}

/** The faults of one file by the line at which they are shown: one of the whole file (line 0) stands at its first. */
export function byLine(faults: readonly Said[], path: string): Map<number, Said[]> {
  const found = new Map<number, Said[]>();
  for (const fault of faults) {
    if (fault.path !== path) continue;
    const line = Math.max(1, fault.line);
    found.set(line, [...(found.get(line) ?? []), fault]);
  }
  return found;
}
