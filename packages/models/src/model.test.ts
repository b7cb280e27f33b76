import { openReference } from "@tandem/backend-reference";
import {
  compile,
  DeviceGroup,
  deriveKey,
  evaluate,
  type HostTensor,
  hostTensor,
  normalAt,
  ShapeError,
  type State,
  spec,
  trace,
  UsageError,
  valueAndGrad,
} from "@tandem/core";
import { sgd } from "@tandem/nn";
import { describe, expect, test } from "vitest";
import { alexnet } from "./alexnet.ts";
import { fourLayer } from "./four-layer.ts";
import { miniAlexnet } from "./mini-alexnet.ts";
import type { Model } from "./model.ts";

const small = (towers: 1 | 2, dropout?: number): Model =>
  miniAlexnet({
    classes: 4,
    inputSize: 20,
    maps: [4, 8, 8],
    units: [16, 12],
    towers,
    ...(dropout !== undefined && { dropout }),
  });

/** Noise of the given deviation, another for each picture. */
function pictures(count: number, side: number, deviation = 50): HostTensor {
  const key = deriveKey(9, 0, "pictures");
  const size = side * side * 3;
  const values = Array.from(
    { length: count * size },
    (_, index) => deviation * normalAt(key, Math.floor(index / size), index % size),
  );
  return hostTensor("f32", [count, side, side, 3], values);
}

describe("what a model computes", () => {
  const testing = { training: false } as const;

  test("logits are the classifier's multiplication of the features", async () => {
    const model = small(1);
    const devices = new DeviceGroup(await openReference());
    const parameters = model.initialize(1);
    const outputs = await evaluate(
      (inputs) => {
        const features = model.features(inputs.parameters, inputs.images, testing);
        const { fc8 } = inputs.parameters as { fc8?: { weight: typeof features; bias: typeof features } };
        if (fc8 === undefined) throw new Error("no fc8");
        return {
          features,
          logits: model.logits(inputs.parameters, inputs.images, testing),
          product: features.matmul(fc8.weight).add(fc8.bias),
        };
      },
      { parameters, images: pictures(2, 20) },
      { devices },
    );
    expect(outputs.features.shape).toEqual([2, 12]);
    expect(outputs.logits).toEqual(outputs.product);
  });

  test("activations name every layer and stage", () => {
    const model = small(2);
    const { outputNames } = trace(
      ({ parameters, images }) => ({ activations: model.activations(parameters, images, testing) }),
      { parameters: model.types, images: spec("f32", [2, 20, 20, 3]) },
    );
    expect(Object.keys(outputNames.activations)).toEqual(
      "conv1 relu1 norm1 pool1 conv2 relu2 norm2 pool2 conv3 relu3 pool3 fc6 relu6 dropout6 fc7 relu7 dropout7 fc8".split(
        " ",
      ),
    );
  });

  test("at test time the outputs of dropped layers are halved", async () => {
    const model = small(1);
    const { activations } = await evaluate(
      (inputs) => ({ activations: model.activations(inputs.parameters, inputs.images, testing) }),
      { parameters: model.initialize(1), images: pictures(2, 20) },
      { devices: new DeviceGroup(await openReference()) },
    );
    const halved = Array.from(activations.relu6?.data ?? [], (value) => value / 2);
    expect(Array.from(activations.dropout6?.data ?? [])).toEqual(halved);
  });

  test("samples of weight 0 change neither loss nor errors", async () => {
    const model = small(1);
    const devices = new DeviceGroup(await openReference());
    const lossOf = async (count: number, weights: number[]): Promise<unknown> => {
      const all = pictures(3, 20);
      const size = all.data.length / 3;
      const outputs = await evaluate(
        (inputs) => {
          const { value, aux } = model.loss(inputs.parameters, inputs.batch, testing);
          return { value, aux };
        },
        {
          parameters: model.initialize(2),
          batch: {
            images: hostTensor("f32", [count, 20, 20, 3], Array.from(all.data.subarray(0, count * size))),
            labels: hostTensor("i32", [count], [1, 3, 0].slice(0, count)),
            weights: hostTensor("f32", [count], weights),
          },
        },
        { devices },
      );
      return [outputs.value.data[0], outputs.aux.top1.data[0], outputs.aux.top5.data[0], outputs.aux.weight.data[0]];
    };
    const padded = await lossOf(3, [1, 1, 0]);
    expect(padded).toEqual(await lossOf(2, [1, 1]));
    expect(padded).toMatchObject({ 2: 0, 3: 2 });
  });
});

describe("training", () => {
  test.each([
    { name: "mini AlexNet in one tower", model: small(1, 0), rate: 0.02, deviation: 1, steps: 25 },
    { name: "mini AlexNet in two towers", model: small(2, 0), rate: 0.02, deviation: 1, steps: 25 },
    {
      name: "the four-layer network",
      model: fourLayer({ activation: "relu", classes: 4, inputSize: 20, maps: [4, 4, 8] }),
      rate: 0.01,
      deviation: 60,
      steps: 60,
    },
  ])("$name learns four pictures by heart", async ({ model, rate, deviation, steps }) => {
    const devices = new DeviceGroup(await openReference({ count: 2 }));
    const optimizer = sgd({ momentum: 0.9, ruleOf: model.ruleOf });
    const step = await compile(
      ({ state, images, labels, learningRate, random }) => {
        const mode = { training: true, random } as const;
        const { value: loss, gradients, aux } = valueAndGrad(model.loss)(state.parameters, { images, labels }, mode);
        return { state: optimizer.update(state, gradients, learningRate), loss, errors: aux.top1 };
      },
      {
        state: optimizer.specs(model.types),
        images: spec("f32", [4, 20, 20, 3]),
        labels: spec("i32", [4]),
        learningRate: spec("f32", []),
        random: { seed: spec("u32", []), step: spec("u32", []) },
      },
      { devices, donate: ["state"] },
    );
    const images = pictures(4, 20, deviation);
    const labels = hostTensor("i32", [4], [0, 1, 2, 3]);
    const initial = optimizer.initialize(model.initialize(4));
    let state: State<typeof initial> = await devices.place(initial, model.deviceOf);
    const losses: number[] = [];
    for (let index = 0; index < steps; index++) {
      const run = step.run({ state, images, labels, learningRate: rate, random: { seed: 1, step: index } });
      state = run.state.state;
      losses.push((await run.outputs).loss.data[0] ?? Number.NaN);
    }
    expect(losses.at(-1)).toBeLessThan(0.5 * (losses[0] ?? 0));
  });
});

describe("what a model refuses", () => {
  test("pictures of another size", () => {
    const model = alexnet({ towers: 1 });
    const wrong = (): unknown =>
      trace(({ parameters, images }) => ({ logits: model.logits(parameters, images, { training: false }) }), {
        parameters: model.types,
        images: spec("f32", [8, 256, 256, 3]),
      });
    expect(wrong).toThrow(ShapeError);
    expect(wrong).toThrow("alexnet (paper) takes images f32[n,224,224,3], found f32[8,256,256,3]");
  });

  test.each([
    { built: 1, given: 2, message: "a model of one tower needs undivided parameters, found those of two towers" },
    {
      built: 2,
      given: 1,
      message: "a model of two towers needs parameters divided between them, found conv1, conv2, conv3",
    },
  ] as const)("parameters of $given towers in a model of $built", ({ built, given, message }) => {
    const model = small(built);
    const wrong = (): unknown =>
      trace(({ parameters, images }) => ({ logits: model.logits(parameters, images, { training: false }) }), {
        parameters: small(given).types,
        images: spec("f32", [1, 20, 20, 3]),
      });
    expect(wrong).toThrow(UsageError);
    expect(wrong).toThrow(message);
  });

  test("a layer without parameters", () => {
    const model = small(1);
    const { conv2: _, ...others } = model.types as Record<string, never>;
    const wrong = (): unknown =>
      trace(({ parameters, images }) => ({ logits: model.logits(parameters, images, { training: false }) }), {
        parameters: others as typeof model.types,
        images: spec("f32", [1, 20, 20, 3]),
      });
    expect(wrong).toThrow(/no parameters for conv2.*\n.*conv1, conv3, fc6, fc7, fc8/);
  });

  test("the rule of a parameter that does not exist", () => {
    expect(() => small(2).ruleOf("tower0.conv9.weight")).toThrow("there is no parameter tower0.conv9.weight");
  });
});
