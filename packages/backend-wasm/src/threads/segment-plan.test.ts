import { type DeviceProgram, type Step, scalarProgram } from "@tandem/core";
import { describe, expect, test } from "vitest";
import { planSegment } from "./segment-plan.ts";

const doubled = scalarProgram(["f32"], ([a]) => (a === undefined ? [] : [a.mul(2)]));

const doublingOf = (count: number): Step => {
  const type = { dtype: "f32" as const, shape: [count] };
  return {
    id: 3,
    op: "map",
    attributes: { body: doubled, shape: [count] },
    inputs: [{ slot: 1, type }],
    outputs: [{ slot: 0, type }],
    scope: "",
    flops: count,
    bytesMoved: 8 * count,
    releases: [],
  };
};

function plannedLaunches(step: Step) {
  const program: DeviceProgram = { device: 0, slots: [], constants: [], stream: [], peakBytes: 0 };
  const modules = new Map<string, Uint8Array<ArrayBuffer>>();
  return { launches: planSegment("wasm:0", program, [step], modules).plan.launches, modules };
}

describe("threads share the tiles of a launch", () => {
  test.each([
    ["of four elements", 4, false],
    ["of a million elements", 2 ** 20, true],
  ])("%s: %s", (_, count, isShared) => {
    expect(plannedLaunches(doublingOf(count)).launches.map((launch) => launch.isShared)).toEqual([isShared]);
  });
});

test("operands become slots of the program, and generated modules are named by their keys", () => {
  const { launches, modules } = plannedLaunches(doublingOf(4));
  expect(launches[0]?.addresses.map(({ slot }) => slot).sort()).toEqual([0, 1]);
  expect(launches[0]?.step).toBe(0);
  expect(launches[0]?.function).toEqual({ kind: "generated", key: [...modules.keys()][0] });
});
