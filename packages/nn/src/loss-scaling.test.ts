import { openReference, referenceBackend } from "@tandem/backend-reference";
import {
  compile,
  DeviceGroup,
  deriveKey,
  type HostTensor,
  hostTensor,
  logicalDevice,
  normalAt,
  plan,
  type Shape,
  type State,
  scope,
  spec,
  type Tensor,
  type TensorsOf,
  UsageError,
  valueAndGrad,
} from "@tandem/core";
import { describe, expect, test } from "vitest";
import { linear } from "./layers.ts";
import { crossEntropyLoss } from "./loss.ts";
import { type LossScale, type LossScalingOptions, lossScaling } from "./loss-scaling.ts";
import { sgd } from "./sgd.ts";

const devices = new DeviceGroup(await openReference({ count: 2 }));
const optimizer = sgd();

type Float = "f16" | "f32";

/** A step on w for the loss w * factor, whose gradient is the factor. */
function stepOn(options: LossScalingOptions, dtype: Float) {
  const scaling = lossScaling(options);
  const specs = {
    state: optimizer.specs({ w: spec("f32", []) }),
    lossScale: scaling.specs(),
    factor: spec("f32", []),
  };
  const step = ({ state, lossScale, factor }: TensorsOf<typeof specs>) => {
    const loss = ({ w }: { readonly w: Tensor }): Tensor => w.cast(dtype).mul(factor.cast(dtype)).cast("f32");
    const { value, gradients, guard } = scaling.valueAndGrad(loss, lossScale)(state.parameters);
    const one = value.mul(0).add(1);
    return {
      state: optimizer.update(state, gradients, one, { guard }),
      lossScale: scaling.update(lossScale, guard),
      loss: value,
      gradient: gradients.w,
    };
  };
  return { scaling, specs, step };
}

interface Outcome {
  readonly w: number;
  readonly loss: number;
  readonly gradient: number;
  readonly scale: number;
  readonly goodSteps: number;
}

/** What is there after each step, w starting at 1. */
async function outcomes(
  options: LossScalingOptions,
  factors: readonly number[],
  dtype: Float = "f16",
): Promise<Outcome[]> {
  const { scaling, specs, step } = stepOn(options, dtype);
  await using compiled = await compile(step, specs, { devices, donate: ["state", "lossScale"] });
  let state = await devices.place(optimizer.initialize({ w: hostTensor("f32", [], 1) }));
  let lossScale: State<LossScale<HostTensor>> = await devices.place(scaling.initialize());
  const found: Outcome[] = [];
  for (const factor of factors) {
    const run = compiled.run({ state, lossScale, factor });
    ({ state, lossScale } = run.state);
    const { loss, gradient } = await run.outputs;
    const [{ parameters }, { scale, goodSteps }] = [await state.read(), await lossScale.read()];
    const at = ({ data }: HostTensor): number => data[0] ?? Number.NaN;
    found.push({
      w: at(parameters.w),
      loss: at(loss),
      gradient: at(gradient),
      scale: at(scale),
      goodSteps: at(goodSteps),
    });
  }
  return found;
}

describe("with a scaled loss", () => {
  test("value and gradients are those of the loss itself", async () => {
    expect(await outcomes({ initialScale: 1024 }, [0.5])).toEqual([
      { w: 0.5, loss: 0.5, gradient: 0.5, scale: 1024, goodSteps: 1 },
    ]);
  });

  test("gradients that f16 has no numbers for are kept", async () => {
    const tiny = 2 ** -20;
    const lossOf = (loss: Tensor): Tensor => loss.mul(2 ** -10);
    const scaling = lossScaling({ initialScale: 2 ** 15 });
    const step = ({ w, lossScale }: { w: Tensor; lossScale: LossScale<Tensor> }) => {
      const loss = (at: { readonly w: Tensor }): Tensor => lossOf(at.w.cast("f16").mul(tiny).cast("f32"));
      return {
        scaled: scaling.valueAndGrad(loss, lossScale)({ w }).gradients.w,
        plain: valueAndGrad(loss)({ w }).gradients.w,
      };
    };
    await using compiled = await compile(step, { w: spec("f32", []), lossScale: scaling.specs() }, { devices });
    const { scaled, plain } = await compiled.run({ w: 1, lossScale: scaling.initialize() }).outputs;
    expect(plain.data[0]).toBe(0);
    expect(scaled.data[0]).toBe(2 ** -30);
  });

  test("an overflow leaves the state as it is and halves the scale, until the gradient fits", async () => {
    // 8 times the scale is more than f16's 65504 down to a scale of 2^13.
    const found = await outcomes({ initialScale: 2 ** 15 }, [8, 8, 8, 8]);
    expect(found.map(({ w, scale, goodSteps }) => [w, scale, goodSteps])).toEqual([
      [1, 2 ** 14, 0],
      [1, 2 ** 13, 0],
      [1, 2 ** 12, 0],
      [-7, 2 ** 12, 1],
    ]);
  });

  test("the scale doubles after as many good steps as were asked for, and counts anew after an overflow", async () => {
    const found = await outcomes({ initialScale: 4, growthInterval: 2 }, [1, 1, 1, 60000, 1, 1]);
    expect(found.map(({ scale, goodSteps }) => [scale, goodSteps])).toEqual([
      [4, 1],
      [8, 0],
      [8, 1],
      [4, 0],
      [4, 1],
      [8, 0],
    ]);
  });

  test.each([
    { title: "never falls below 1", initialScale: 1, factor: 1e6, dtype: "f16", scale: 1 },
    { title: "never grows above 2^24", initialScale: 2 ** 24, factor: 1, dtype: "f32", scale: 2 ** 24 },
  ] as const)("the scale $title", async ({ initialScale, factor, dtype, scale }) => {
    const found = await outcomes({ initialScale, growthInterval: 1 }, [factor], dtype);
    expect(found[0]?.scale).toBe(scale);
  });

  test.each([{ initialScale: 3 }, { initialScale: 0.5 }, { initialScale: 2 ** 25 }, { growthInterval: 0 }])(
    "%o is refused",
    (options) => {
      expect(() => lossScaling(options)).toThrow(UsageError);
    },
  );

  test("another device is sent the scale, beside what the guard exchanges", () => {
    const scaling = lossScaling();
    const specs = {
      state: optimizer.specs({ near: spec("f32", [2]), far: spec("f32", [2], logicalDevice(1)) }),
      lossScale: scaling.specs(),
    };
    const step = ({ state, lossScale }: TensorsOf<typeof specs>) => {
      const loss = ({ near, far }: { readonly near: Tensor; readonly far: Tensor }): Tensor =>
        near
          .cast("f16")
          .mul(scope("forward", () => far.cast("f16").to(logicalDevice(0))))
          .cast("f32")
          .sum();
      const { gradients, guard, value } = scaling.valueAndGrad(loss, lossScale)(state.parameters);
      return {
        state: optimizer.update(state, gradients, value, { guard }),
        lossScale: scaling.update(lossScale, guard),
      };
    };
    const { transfers } = plan(step, specs, {
      backends: [referenceBackend, referenceBackend],
      donate: ["state", "lossScale"],
    });
    expect(transfers.map(({ from, to, bytes, scope: where }) => `${from}->${to} ${bytes} ${where}`).sort()).toEqual([
      "0->1 4 forward",
      "0->1 4 guard",
      "0->1 4 loss scale",
      "0->1 4 update",
      "1->0 4 forward",
      "1->0 4 guard",
    ]);
  });
});

describe("a network trained in f16 with f32 parameters", () => {
  const [samples, inputs, hidden, classes] = [16, 6, 24, 4];
  const noise = (shape: Shape, stream: string, deviation: number): HostTensor => {
    const key = deriveKey(5, 0, stream);
    const count = shape.reduce((product, size) => product * size, 1);
    return hostTensor(
      "f32",
      shape,
      Array.from({ length: count }, (_, index) => deviation * normalAt(key, 0, index)),
    );
  };
  const initial = {
    fc1: { weight: noise([inputs, hidden], "fc1", 0.5), bias: hostTensor("f32", [hidden], 0) },
    fc2: { weight: noise([hidden, classes], "fc2", 0.3), bias: hostTensor("f32", [classes], 0) },
  };
  const types = {
    fc1: { weight: spec("f32", [inputs, hidden]), bias: spec("f32", [hidden]) },
    fc2: { weight: spec("f32", [hidden, classes]), bias: spec("f32", [classes]) },
  };
  const momentum = sgd({ momentum: 0.9, weightDecay: 0.0005 });

  async function losses(dtype: Float, steps: number): Promise<number[]> {
    const scaling = lossScaling({ initialScale: 2 ** 20, growthInterval: 10 });
    const specs = {
      state: momentum.specs(types),
      lossScale: scaling.specs(),
      x: spec("f32", [samples, inputs]),
      labels: spec("i32", [samples]),
    };
    const step = ({ state, lossScale, x, labels }: TensorsOf<typeof specs>) => {
      const loss = (parameters: TensorsOf<typeof types>): Tensor => {
        const layer = ({ weight, bias }: { readonly weight: Tensor; readonly bias: Tensor }, input: Tensor): Tensor =>
          linear(input, { weight: weight.cast(dtype), bias: bias.cast(dtype) });
        const logits = layer(parameters.fc2, layer(parameters.fc1, x.cast(dtype)).relu()).cast("f32");
        return crossEntropyLoss(logits, labels);
      };
      const { value, gradients, guard } = scaling.valueAndGrad(loss, lossScale)(state.parameters);
      const rate = value.mul(0).add(0.05);
      return {
        state: momentum.update(state, gradients, rate, { guard }),
        lossScale: scaling.update(lossScale, guard),
        loss: value,
      };
    };
    await using compiled = await compile(step, specs, { devices, donate: ["state", "lossScale"] });
    let state = await devices.place(momentum.initialize(initial));
    let lossScale: State<LossScale<HostTensor>> = await devices.place(scaling.initialize());
    const x = noise([samples, inputs], "x", 1);
    const labels = hostTensor(
      "i32",
      [samples],
      Array.from({ length: samples }, (_, index) => index % classes),
    );
    const found: number[] = [];
    for (let count = 0; count < steps; count++) {
      const run = compiled.run({ state, lossScale, x, labels });
      ({ state, lossScale } = run.state);
      found.push((await run.outputs).loss.data[0] ?? Number.NaN);
    }
    return found;
  }

  test("has the losses of f32 training within 0.5 percent, over 60 steps after the scale was found", async () => {
    const [half, single] = [await losses("f16", 70), await losses("f32", 60)];
    // Steps that overflowed were not taken: the loss stays.
    const taken = half.filter((loss, index) => loss !== half[index + 1]);
    expect(taken.length).toBeGreaterThanOrEqual(60);
    for (const [index, loss] of single.entries())
      expect(Math.abs((taken[index] ?? 0) - loss) / loss).toBeLessThan(0.005);
    expect(single.at(-1)).toBeLessThan(0.5 * (single[0] ?? 0));
  });
});
