// What one device would compute from the whole batch, and when gradients travel.
import { openReference, referenceBackend } from "@tandem/backend-reference";
import {
  compile,
  conv2d,
  DeviceError,
  DeviceGroup,
  dropout,
  type HostTensor,
  hostTensor,
  logicalDevice,
  mean,
  operand,
  type Program,
  plan,
  spec,
  type Tensor,
  type TensorType,
} from "@tandem/core";
import { describe, expect, test } from "vitest";
import { dataParallelGradients, replicate } from "./data-parallel.ts";
import { sgd } from "./sgd.ts";
import { shardsOf } from "./shards.ts";

const LAYERS = ["first", "second", "third", "fourth"] as const;
type Weights<L> = { readonly [layer in (typeof LAYERS)[number]]: L };
const [BATCH, SIDE, CHANNELS] = [6, 5, 3];
const optimizer = sgd({ momentum: 0.9 });

const filter = spec("f32", [3, 3, CHANNELS, CHANNELS]);
const types: Weights<TensorType> = { first: filter, second: filter, third: filter, fourth: filter };

type Inputs<L> = {
  readonly state: readonly { readonly parameters: Weights<L>; readonly velocities: Weights<L> }[];
  readonly x: readonly L[];
  readonly learningRate: L;
  readonly random: { readonly seed: L; readonly step: L };
};

function specsFor(replicas: number): Inputs<TensorType> {
  return {
    state: replicate(types, replicas).map((own) => optimizer.specs(own)),
    x: shardsOf(BATCH, replicas).map(({ count }, replica) =>
      spec("f32", [count, SIDE, SIDE, CHANNELS], logicalDevice(replica)),
    ),
    learningRate: spec("f32", []),
    random: { seed: spec("u32", []), step: spec("u32", []) },
  };
}

/** Four convolutions with dropout; the loss is the mean square. */
function lossOf(
  weights: Weights<Tensor>,
  x: Tensor,
  { seed, step }: Inputs<Tensor>["random"],
  sampleOffset: number,
): Tensor {
  const random = { seed: seed.to(x.device), step: step.to(x.device) };
  const options = { rate: 0.25, training: true, scaling: "inverted", sampleOffset } as const;
  const last = LAYERS.reduce((before, layer) => {
    const sum = conv2d(before, weights[layer], { padding: "same" }).relu();
    return dropout(sum, random, { ...options, path: layer });
  }, x);
  return mean(last.square());
}

const stepFor =
  (replicas: number) =>
  ({ state, x, learningRate, random }: Inputs<Tensor>) => {
    const results = dataParallelGradients(
      shardsOf(BATCH, replicas).map(({ start, count }, replica) => ({
        parameters: operand(state, replica).parameters,
        samples: count,
        loss: (parameters: Weights<Tensor>) => ({
          value: lossOf(parameters, operand(x, replica), random, start),
          aux: undefined,
        }),
      })),
    );
    return {
      state: results.map(({ gradients }, replica) =>
        optimizer.update(operand(state, replica), gradients, learningRate),
      ),
      loss: results.map(({ value }) => value),
    };
  };

const waves = (count: number, seed: number): number[] =>
  Array.from({ length: count }, (_, index) => Math.sin(index * 1.3 + seed));

async function train(
  replicas: number,
  steps: number,
): Promise<{ losses: number[]; parameters: Weights<HostTensor>[] }> {
  await using devices = new DeviceGroup(await openReference({ count: replicas }));
  const program = await compile(stepFor(replicas), specsFor(replicas), { devices, donate: ["state"] });
  const filterOf = (seed: number): HostTensor =>
    hostTensor(
      "f32",
      filter.shape,
      waves(9 * CHANNELS * CHANNELS, seed).map((wave) => wave / 3),
    );
  const initial = optimizer.initialize({
    first: filterOf(1),
    second: filterOf(2),
    third: filterOf(3),
    fourth: filterOf(4),
  });
  const everywhere = Array.from({ length: replicas }, () => initial);
  let state = await devices.place<readonly (typeof initial)[]>(everywhere, (name) =>
    logicalDevice(Number(name.split(".")[0])),
  );
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    const picture = SIDE * SIDE * CHANNELS;
    const pixels = waves(BATCH * picture, step);
    const x = shardsOf(BATCH, replicas).map(({ start, count }) =>
      hostTensor("f32", [count, SIDE, SIDE, CHANNELS], pixels.slice(start * picture, (start + count) * picture)),
    );
    const run = program.run({ state, x, learningRate: 0.05, random: { seed: 7, step } });
    state = run.state.state;
    losses.push((await run.outputs).loss.reduce((sum, { data }) => sum + (data[0] ?? Number.NaN), 0));
  }
  return { losses, parameters: (await state.read()).map(({ parameters }) => parameters) };
}

describe("a batch divided between devices", () => {
  // Four devices have two samples or one.
  test.each([2, 3, 4])("trains on %i what one device trains, with the same dropout", async (replicas) => {
    const [one, several] = [await train(1, 5), await train(replicas, 5)];
    for (const [step, loss] of one.losses.entries()) expect(several.losses[step]).toBeCloseTo(loss, 5);
    for (const layer of LAYERS) {
      const expected = Array.from(operand(one.parameters, 0)[layer].data);
      for (const parameters of several.parameters) {
        expect(parameters[layer]).toEqual(operand(several.parameters, 0)[layer]);
        for (const [index, value] of parameters[layer].data.entries())
          expect(value).toBeCloseTo(expected[index] ?? Number.NaN, 5);
      }
    }
  });

  test("has masks of its own places in the batch: without the offset the second half would repeat the first", async () => {
    await using devices = new DeviceGroup(await openReference());
    const program = await compile(
      ({ random }: Pick<Inputs<Tensor>, "random">) => {
        const ones = random.seed.cast("f32").mul(0).add(1).broadcastTo([6, 50]);
        const options = { rate: 0.5, training: true, scaling: "inverted", path: "mask" } as const;
        const half = ones.sliceAxis(0, 0, 3);
        return {
          whole: dropout(ones, random, options),
          second: dropout(half, random, { ...options, sampleOffset: 3 }),
        };
      },
      { random: { seed: spec("u32", []), step: spec("u32", []) } },
      { devices },
    );
    const { whole, second } = await program.run({ random: { seed: 1, step: 0 } }).outputs;
    expect(Array.from(second.data)).toEqual(Array.from(whole.data).slice(150));
    expect(Array.from(second.data)).not.toEqual(Array.from(whole.data).slice(0, 150));
  });
});

describe("in the plan of a step", () => {
  const replicas = 2;
  const program: Program = plan(stepFor(replicas), specsFor(replicas), {
    backends: Array.from({ length: replicas }, () => referenceBackend),
    donate: ["state"],
  });
  /** What a device does, in order: steps by op and scope, transfers by their kind. */
  const happenings = program.devices.map(({ stream }) =>
    stream.flatMap((item) => (item.kind === "segment" ? item.steps.map(({ op }) => op) : [item.kind])),
  );

  test("a gradient leaves as soon as it is computed, and all but the last while others are", () => {
    for (const own of happenings) {
      const sends = own.flatMap((kind, position) => (kind === "send" ? [position] : []));
      expect(sends.length).toBe(LAYERS.length);
      const lastGradient = own.lastIndexOf("conv2dFilterGradient");
      expect(sends.filter((position) => position < lastGradient).length).toBeGreaterThan(0);
    }
    // Sent right after the gradient, or after the sum that its owner made.
    for (const own of happenings) {
      for (const [position, kind] of own.entries()) {
        if (kind !== "send") continue;
        expect(["conv2dFilterGradient", "map"]).toContain(own.slice(0, position).findLast((each) => each !== "send"));
      }
    }
  });

  test("no device waits for another before its backward pass needs nothing more of it", () => {
    for (const own of happenings) {
      const firstReceive = own.indexOf("receive");
      const gradientsBefore = own.slice(0, firstReceive).filter((kind) => kind === "conv2dFilterGradient").length;
      expect(gradientsBefore).toBeGreaterThanOrEqual(2);
    }
  });
});

test("only what lives on one device can be replicated", () => {
  expect(replicate({ a: spec("f32", [2]) }, 2)).toEqual([
    { a: { dtype: "f32", shape: [2], device: "device:0" } },
    { a: { dtype: "f32", shape: [2], device: "device:1" } },
  ]);
  const divided = { a: spec("f32", [2]), b: spec("f32", [2], logicalDevice(1)) };
  expect(replicate(divided, 1)).toEqual([divided]);
  expect(() => replicate(divided, 2)).toThrow(DeviceError);
  expect(() => replicate(divided, 2)).toThrow(/b is on device:1; only what lives on device:0 can be replicated/);
});
