// State lives on the devices and moves by donation: in place where it can, never observable where it cannot.
import { openReference } from "@tandem/backend-reference";
import {
  compile,
  DeviceGroup,
  DonationError,
  type HostTensor,
  hostTensor,
  logicalDevice,
  spec,
  type Tensor,
  UsageError,
} from "@tandem/core";
import { describe, expect, it } from "vitest";

const vector = (...values: number[]): HostTensor => hostTensor("f32", [values.length], values);
const list = (tensor: HostTensor): number[] => [...tensor.data];
const pair = spec("f32", [2]);

async function group(count = 1): Promise<DeviceGroup> {
  return new DeviceGroup(await openReference({ count }));
}

type Pair = { a: Tensor; b: Tensor };
const pairSpec = { a: pair, b: pair };

describe("donated state", () => {
  it.each<[string, (state: Pair) => Pair, [number[], number[]]]>([
    [
      "an update of each tensor",
      ({ a, b }) => ({ a: a.add(1), b: b.mul(2) }),
      [
        [2, 3],
        [20, 40],
      ],
    ],
    [
      "nothing changed",
      (state) => state,
      [
        [1, 2],
        [10, 20],
      ],
    ],
    [
      "the two exchanged",
      ({ a, b }) => ({ a: b, b: a }),
      [
        [10, 20],
        [1, 2],
      ],
    ],
    [
      "one copied over the other",
      ({ b }) => ({ a: b, b }),
      [
        [10, 20],
        [10, 20],
      ],
    ],
    [
      "each computed from both old values",
      ({ a, b }) => ({ a: a.add(b), b: a.sub(b) }),
      [
        [11, 22],
        [-9, -18],
      ],
    ],
    [
      "a value that reads the old state at other positions",
      ({ a, b }) => ({ a: a.flip(0), b: b.flip(0).add(a) }),
      [
        [2, 1],
        [21, 12],
      ],
    ],
    [
      "a reduction of the old state",
      ({ a, b }) => ({ a: a.sub(a.sum()), b: b.add(a.max()) }),
      [
        [-2, -1],
        [12, 22],
      ],
    ],
    [
      "a reshaped value",
      ({ b }) => ({ a: b.reshape([2, 1]).mul(1).reshape([2]), b }),
      [
        [10, 20],
        [10, 20],
      ],
    ],
  ])("holds %s after a run", async (_, update, [a, b]) => {
    await using devices = await group();
    const step = await compile(
      ({ state }) => ({ state: update(state) }),
      { state: pairSpec },
      { devices, donate: ["state"] },
    );
    const state = await devices.place({ a: vector(1, 2), b: vector(10, 20) });
    const { state: next, outputs } = step.run({ state });
    await outputs;
    const result = (await next.state.read()) as { a: HostTensor; b: HostTensor };
    expect([list(result.a), list(result.b)]).toEqual([a, b]);
  });

  it("can be read back as it was before the update, and as it is after", async () => {
    await using devices = await group();
    const step = await compile(
      ({ state }) => ({ state: state.add(1), before: state, viewedBefore: state.reshape([1, 2]), after: state.add(1) }),
      { state: pair },
      { devices, donate: ["state"] },
    );
    const { outputs } = step.run({ state: await devices.place(vector(1, 2)) });
    const { before, viewedBefore, after } = await outputs;
    expect([list(before), list(viewedBefore), list(after)]).toEqual([
      [1, 2],
      [1, 2],
      [2, 3],
    ]);
  });

  it("is gone once donated, and the error says to whom", async () => {
    await using devices = await group();
    const step = await compile(
      ({ state }) => ({ state: state.add(1) }),
      { state: pair },
      { devices, donate: ["state"] },
    );
    const state = await devices.place(vector(1, 2));
    step.run({ state });
    await expect(state.read()).rejects.toThrow(DonationError);
    expect(() => step.run({ state })).toThrow(
      /donated to the run that took it as "state"[\s\S]*use the state that the run returned/,
    );
  });

  it("can be borrowed any number of times", async () => {
    await using devices = await group();
    const sum = await compile(({ state }) => ({ sum: state.sum() }), { state: pair }, { devices, borrow: ["state"] });
    const state = await devices.place(vector(1, 2));
    for (let run = 0; run < 3; run++) expect(list((await sum.run({ state }).outputs).sum)).toEqual([3]);
  });

  it("keeps its own memory: the bytes allocated are the plan's, and stay so", async () => {
    await using devices = await group();
    const step = await compile(
      ({ state, x }) => ({ state: { a: state.a.add(x.exp().sum()), b: state.b.mul(state.a) }, loss: x.sum() }),
      { state: pairSpec, x: spec("f32", [64]) },
      { devices, donate: ["state"] },
    );
    let state: Awaited<ReturnType<typeof devices.place>> = await devices.place({ a: vector(0, 0), b: vector(1, 1) });
    for (let run = 0; run < 3; run++) {
      const next = step.run({ state, x: hostTensor("f32", [64], 0) });
      await next.outputs;
      state = next.state.state;
      const [use] = await devices.memoryUse();
      expect(use).toEqual({ allocatedBytes: step.peakBytes[0], peakBytes: step.peakBytes[0] });
    }
  });

  it("must fit the program", async () => {
    await using devices = await group(2);
    const step = await compile(
      ({ state }) => ({ state: state.add(1) }),
      { state: pair },
      { devices, donate: ["state"] },
    );
    const wrongShape = await devices.place(vector(1, 2, 3));
    expect(() => step.run({ state: wrongShape })).toThrow(
      /state state should be f32\[2\] on device:0, found f32\[3\] on device:0/,
    );
    const wrongDevice = await devices.place(vector(1, 2), () => logicalDevice(1));
    expect(() => step.run({ state: wrongDevice })).toThrow(/on device:0, found f32\[2\] on device:1/);
    expect(() => step.run({ state: vector(1, 2) })).toThrow(UsageError);
  });

  it.each<[string, () => Promise<unknown>, RegExp]>([
    [
      "a replacement of another type",
      async () =>
        compile(
          ({ state }) => ({ state: state.sum() }),
          { state: pair },
          { devices: await group(), donate: ["state"] },
        ),
      /donated input state is f32\[2\] on device:0, but the output that replaces it is f32\[\]/,
    ],
    [
      "a missing replacement",
      async () =>
        compile(({ state }) => ({ loss: state.sum() }), { state: pair }, { devices: await group(), donate: ["state"] }),
      /the output that replaces it is missing/,
    ],
    [
      "a name that is not an input",
      async () => compile(({ state }) => ({ state }), { state: pair }, { devices: await group(), donate: ["weights"] }),
      /"weights"/,
    ],
  ])("is refused with %s", async (_, attempt, message) => {
    await expect(attempt()).rejects.toThrow(message);
  });
});
