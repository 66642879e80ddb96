import { expect, test } from "vitest";
import { empty, productOf, type Draft, type Product } from "./draft";
import { faultsOf } from "./together";

const product = (code: string, parts: string[] = []): Product => productOf({ ...empty(), code, combo: parts.length > 0, parts }, null, String);
const POOL = [product("10"), product("11"), product("30", ["10", "11"])];
const why = (over: Partial<Draft>): string[] => faultsOf({ ...empty(), code: "20", ...over }, POOL, ["beijing"]).map((fault) => `${fault.key} ${fault.why} ${fault.names}`.trim());

test.each<[Partial<Draft>, string[]]>([
  [{}, []],
  [{ parts: ["99"] }, []],
  [{ combo: true, parts: ["10", "11"] }, []],
  [{ combo: true, parts: ["10"] }, ["parts partsFew"]],
  [{ combo: true, parts: ["10", "20", "98"] }, ["parts itself 20", "parts unknown 20, 98"]],
  [{ combo: true, parts: ["10", "30"] }, ["parts partsCombo 30"]],
  [{ needs: "10, 11", excludes: "11" }, ["needs needsBoth 11"]],
  [{ needs: "20", excludes: "97" }, ["needs itself 20", "needs unknown 97"]],
  [{ beginnings: "86139" }, ["beginnings beginnings"]],
  [{ newRegions: [{ name: "hainan", beginnings: "+86898" }] }, []],
  [{ newRegions: [{ name: "海南", beginnings: "+86898" }] }, ["newRegions regionName"]],
  [{ newRegions: [{ name: "beijing", beginnings: "" }] }, ["newRegions regionKnown beijing", "newRegions beginnings"]],
])("%o: %o", (over, expected) => expect(why(over)).toEqual(expected));
