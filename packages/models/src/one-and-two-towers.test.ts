// The same network in one tower, in two on two devices and in two on one device: values, losses and gradients agree.
import { openReference } from "@tandem/backend-reference";
import {
  compile,
  DeviceGroup,
  type HostTensor,
  hostTensor,
  isHostTensor,
  leaves,
  spec,
  valueAndGrad,
} from "@tandem/core";
import { describe, expect, test } from "vitest";
import { type MiniAlexnetOptions, miniAlexnet } from "./mini-alexnet.ts";
import type { Model } from "./model.ts";
import type { LayerTree } from "./parameters.ts";

const BATCH = 3;
const options: MiniAlexnetOptions = { classes: 6, inputSize: 20, maps: [4, 8, 8, 8, 4], units: [12, 8] };

const images = hostTensor(
  "f32",
  [BATCH, 20, 20, 3],
  Array.from({ length: BATCH * 20 * 20 * 3 }, (_, index) => 60 * Math.sin(index * 0.37) + 20 * Math.cos(index * 0.011)),
);
const labels = hostTensor("i32", [BATCH], [0, 5, 2]);
const weights = hostTensor("f32", [BATCH], [1, 0.5, 1]);

interface Outcome {
  readonly loss: HostTensor;
  readonly gradients: LayerTree<HostTensor>;
  readonly logits: HostTensor;
  readonly activations: { readonly [name: string]: HostTensor };
}

async function outcome(model: Model, deviceCount: number, training: boolean): Promise<Outcome> {
  const devices = new DeviceGroup(await openReference({ count: deviceCount }));
  const step = await compile(
    ({ parameters, batch, random }) => {
      const mode = training ? ({ training, random } as const) : ({ training } as const);
      const { value: loss, gradients } = valueAndGrad(model.loss)(parameters, batch, mode);
      const logits = model.logits(parameters, batch.images, mode);
      return { loss, gradients, logits, activations: model.activations(parameters, batch.images, mode) };
    },
    {
      parameters: model.types,
      batch: { images: spec("f32", images.shape), labels: spec("i32", [BATCH]), weights: spec("f32", [BATCH]) },
      random: { seed: spec("u32", []), step: spec("u32", []) },
    },
    { devices, borrow: ["parameters"] },
  );
  const parameters = await devices.place(model.initialize(11), model.deviceOf);
  const run = step.run({ parameters, batch: { images, labels, weights }, random: { seed: 3, step: 8 } });
  const { gradients, ...rest } = await run.outputs;
  return { ...rest, gradients: model.merge(gradients) };
}

/** Largest difference of each tensor, relative to its largest value. */
function differences(found: object, expected: object): Map<string, number> {
  const other = new Map(leaves<HostTensor>(found as never, isHostTensor).map(({ name, leaf }) => [name, leaf]));
  return new Map(
    leaves<HostTensor>(expected as never, isHostTensor).map(({ name, leaf }) => {
      const values = other.get(name)?.data ?? [];
      const expectedValues = Array.from(leaf.data);
      const largest = Math.max(...expectedValues.map(Math.abs));
      const apart = Math.max(...expectedValues.map((value, at) => Math.abs(value - (values[at] ?? Number.NaN))));
      expect(largest, name).toBeGreaterThan(0);
      return [name, apart / largest];
    }),
  );
}

describe.each([{ recipe: "paper" }, { recipe: "code-2012" }] as const)("$recipe", ({ recipe }) => {
  describe.each([{ training: true }, { training: false }])("training $training", ({ training }) => {
    test("two towers are the network that one tower is", async () => {
      const one = await outcome(miniAlexnet({ ...options, recipe, towers: 1 }), 1, training);
      const two = miniAlexnet({ ...options, recipe, towers: 2 });
      for (const deviceCount of [1, 2]) {
        const apart = differences(await outcome(two, deviceCount, training), one);
        expect(apart.size).toBe(1 + 16 + 1 + Object.keys(one.activations).length);
        for (const [name, difference] of apart) expect(difference, name).toBeLessThan(1e-4);
      }
    });
  });
});

test("dropout silences the same units in one tower and in two", async () => {
  const silent = async (towers: 1 | 2): Promise<boolean[]> => {
    const { activations } = await outcome(miniAlexnet({ ...options, towers }), 2, true);
    return Array.from(activations.dropout6?.data ?? [], (value) => value === 0);
  };
  const [one, two] = [await silent(1), await silent(2)];
  expect(one).toContain(false);
  expect(one).toContain(true);
  expect(two).toEqual(one);
});
