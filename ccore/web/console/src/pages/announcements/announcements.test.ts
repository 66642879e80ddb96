import { describe, expect, it } from "vitest";
import { standing, wav } from "./wav";

describe("a WAV file", () => {
  it("has a head that says what it is, and every sample", () => {
    const view = new DataView(wav(new Float32Array([0, 1, -1, 2]), 16_000));
    expect(view.byteLength).toBe(44 + 8);
    expect([view.getUint16(22, true), view.getUint32(24, true), view.getUint16(34, true), view.getUint32(40, true)]).toEqual([1, 16_000, 16, 8]);
    expect([0, 2, 4, 6].map((at) => view.getInt16(44 + at, true))).toEqual([0, 32_767, -32_768, 32_767]);
  });
});

describe("an announcement", () => {
  const of = { starts_at: "2026-11-23T08:00:00Z", ends_at: "2026-11-23T10:00:00Z", ended_at: null };
  const at = (time: string) => Date.parse(`2026-11-23T${time}Z`);

  it("is heard from its beginning to its end, or until somebody ends it", () => {
    expect([at("07:59:59"), at("08:00:00"), at("09:59:59"), at("10:00:00")].map((ms) => standing(of, ms))).toEqual(["soon", "now", "now", "over"]);
    expect(standing({ ...of, ended_at: "2026-11-23T09:00:00Z" }, at("09:30:00"))).toBe("over");
  });
});
