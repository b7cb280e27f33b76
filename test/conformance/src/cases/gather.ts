// Positions that are data: repeated, out of range, along every axis.
import { gather, oneHot, scatterAdd } from "@tandem/core";
import { type ConformanceCase, testCase } from "../case.ts";
import { exactly, integers, normal, words } from "../inputs.ts";

const repeated = exactly("i32", [5], [2, 0, 2, 2, 1]);
const outOfRange = exactly("i32", [2, 3], [-1, 3, 1, 0, 1000, 2]);

export const gatherCases: readonly ConformanceCase[] = [
  ...[0, 1, 2].map((axis) =>
    testCase(
      `gather along ${axis}`,
      { table: normal([4, 5, 3]), at: repeated },
      ({ table, at }) => gather(table, at, axis),
      {
        secondOrder: axis === 1,
      },
    ),
  ),
  testCase("gather with indices out of range", { table: normal([3, 4]), at: outOfRange }, ({ table, at }) =>
    gather(table, at),
  ),
  testCase("gather at one index", { table: normal([4, 3]), at: exactly("i32", [], [2]) }, ({ table, at }) =>
    gather(table, at),
  ),
  testCase("gather of u32", { table: words([4, 3]), at: repeated }, ({ table, at }) => gather(table, at, 1)),
  testCase("scatterAdd with repeated indices", { updates: normal([5, 3]), at: repeated }, ({ updates, at }) =>
    scatterAdd(at, updates, 4),
  ),
  testCase("scatterAdd with indices out of range", { updates: normal([2, 3, 4]), at: outOfRange }, ({ updates, at }) =>
    scatterAdd(at, updates, 3),
  ),
  testCase("scatterAdd along the last axis", { updates: normal([2, 5]), at: repeated }, ({ updates, at }) =>
    scatterAdd(at, updates, 3, -1),
  ),
  testCase("scatterAdd of i32", { updates: integers("i32", [5, 2], -9, 9), at: repeated }, ({ updates, at }) =>
    scatterAdd(at, updates, 3),
  ),
  testCase("oneHot", { at: repeated, outOfRange }, (t) => ({
    plain: oneHot(t.at, 3),
    integers: oneHot(t.outOfRange, 4, "i32"),
  })),
];
