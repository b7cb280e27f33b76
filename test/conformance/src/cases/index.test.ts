import { expect, test } from "vitest";
import { allCases } from "./index.ts";

test("every case has a name of its own, since its inputs are drawn from it", () => {
  const names = allCases.map(({ name }) => name);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});
