import type { Step } from "@tandem/core";
import { expect, test } from "vitest";
import { StepClock } from "./step-clock.ts";

const step = (id: number): Step => ({
  id,
  op: "map",
  attributes: {},
  inputs: [],
  outputs: [],
  scope: "",
  flops: 0,
  bytesMoved: 0,
  releases: [],
});
/** Nanoseconds of a GPU's clock from milliseconds since its start. */
const stamps = (...milliseconds: number[]): BigUint64Array =>
  BigUint64Array.from(milliseconds, (each) => BigInt(each * 1e6));

test("steps are where the GPU's clock says, in the host's time", () => {
  const timings = new StepClock().timingsOf([step(7), step(9)], stamps(10, 12, 12, 15), {
    submitted: 1000,
    ended: 1020,
  });
  expect(timings).toEqual([
    { step: 7, thread: 0, start: 1015, end: 1017 },
    { step: 9, thread: 0, start: 1017, end: 1020 },
  ]);
});

test("a segment whose end was noticed late is placed as the segments before it tell", () => {
  const clock = new StepClock();
  clock.timingsOf([step(0)], stamps(0, 10), { submitted: 1000, ended: 1010 });
  const late = clock.timingsOf([step(0)], stamps(20, 30), { submitted: 1015, ended: 1090 });
  expect(late).toEqual([{ step: 0, thread: 0, start: 1020, end: 1030 }]);
});

test("nothing starts before it was submitted or ends after it was found to have ended, however the clocks drift", () => {
  const clock = new StepClock();
  clock.timingsOf([step(0)], stamps(0, 10), { submitted: 1000, ended: 1010 });
  const ahead = clock.timingsOf([step(0)], stamps(20, 30), { submitted: 1025, ended: 1090 });
  expect(ahead).toMatchObject([{ start: 1025, end: 1035 }]);
  const behind = clock.timingsOf([step(0)], stamps(40, 50), { submitted: 1000, ended: 1040 });
  expect(behind).toMatchObject([{ start: 1030, end: 1040 }]);
});
