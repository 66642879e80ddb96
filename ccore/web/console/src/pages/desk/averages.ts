/** What an agent's figures of a day come to: pure. */

export interface Day {
  answered: number;
  talk_s: number;
  wrap_up_s: number;
  paused_s: number;
  signed_in_s: number;
}

/** `handled`: seconds a call takes, with what is written after it; `busy`: of the time not paused, in permille. */
export function averages(day: Day): { handled: number | null; busy: number | null } {
  const work = day.talk_s + day.wrap_up_s;
  const there = day.signed_in_s - day.paused_s;
  return {
    handled: day.answered > 0 ? work / day.answered : null,
    busy: there > 0 ? Math.min(1_000, (work / there) * 1_000) : null,
  };
}
