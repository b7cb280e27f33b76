// Networks in f16: what is converted, what moves between towers, and that they learn as in f32.
import { openReference, referenceBackend } from "@tandem/backend-reference";
import {
  type Backend,
  compile,
  DeviceGroup,
  deriveKey,
  type HostTensor,
  hostTensor,
  lowerToProgram,
  normalAt,
  type Program,
  printGraph,
  runPasses,
  type State,
  spec,
  type TensorsOf,
  trace,
} from "@tandem/core";
import { type LossScale, lossScaling, type OptimizerState, sgd } from "@tandem/nn";
import { describe, expect, test } from "vitest";
import type { Precision } from "./forward.ts";
import { miniAlexnet } from "./mini-alexnet.ts";
import type { ModelParameters } from "./parameters.ts";

const [SAMPLES, SIDE, CLASSES] = [4, 20, 4];
const scaling = lossScaling();

function trainingStep(towers: 1 | 2, precision: Precision) {
  const model = miniAlexnet({
    classes: CLASSES,
    inputSize: SIDE,
    maps: [4, 8, 8],
    units: [16, 12],
    towers,
    precision,
  });
  const optimizer = sgd({ momentum: 0.9, ruleOf: model.ruleOf });
  const specs = {
    state: optimizer.specs(model.types),
    lossScale: scaling.specs(),
    images: spec("f32", [SAMPLES, SIDE, SIDE, 3]),
    labels: spec("i32", [SAMPLES]),
    learningRate: spec("f32", []),
    random: { seed: spec("u32", []), step: spec("u32", []) },
  };
  const step = ({ state, lossScale, images, labels, learningRate, random }: TensorsOf<typeof specs>) => {
    const differentiated = scaling.valueAndGrad(model.loss, lossScale);
    const { value, gradients, guard } = differentiated(
      state.parameters,
      { images, labels },
      { training: true, random },
    );
    return {
      state: optimizer.update(state, gradients, learningRate, { guard }),
      lossScale: scaling.update(lossScale, guard),
      loss: value,
    };
  };
  return { model, optimizer, specs, step };
}

/** The reference, with kernels of its own for what decomposes. */
const fused: Backend = {
  ...referenceBackend,
  supports: (op, ...types) => /^(localResponse|softmax)/.test(op) || referenceBackend.supports(op, ...types),
};

function lowered(towers: 1 | 2, precision: Precision): { readonly program: Program; readonly text: string } {
  const { specs, step } = trainingStep(towers, precision);
  const { graph } = trace(step, specs, ["state", "lossScale"]);
  const stateInputs = new Set(graph.inputs.flatMap(({ name }) => (/^(state|lossScale)/.test(name) ? [name] : [])));
  const options = { backends: [fused, fused].slice(0, towers), stateInputs };
  const final = runPasses(graph, options).at(-1)?.graph ?? graph;
  return { program: lowerToProgram(graph, options), text: printGraph(final) };
}

const linesWith = (text: string, pattern: RegExp): string[] => text.split("\n").filter((line) => pattern.test(line));

describe("a training step in f16", () => {
  test("converts each parameter once, the pictures, and the classifier's cotangent", () => {
    const { text } = lowered(1, "f16");
    const converted = linesWith(text, /^%\d+: f16.*= map .*\(cast<f16>\(a\)\)/);
    expect(converted.map((line) => line.split("# ")[1]?.split(",")[0])).toEqual([
      ...["conv1", "conv1", "conv1", "conv2", "conv2", "conv3", "conv3"],
      ...["fc6", "fc6", "fc7", "fc7", "fc8", "fc8", "fc8"],
    ]);
  });

  test("multiplies in f16, summing in f32, and nowhere else in the layers is there f32 but in parameters' gradients", () => {
    const { text } = lowered(1, "f16");
    const products = linesWith(text, /= (conv2d\w*|matmul) /);
    expect(products.filter((line) => !line.includes('accumulate "f32"'))).toEqual([]);
    const single = linesWith(text, /^%\d+: f32.*# (conv|fc)/).map((line) =>
      line.replace(/^%\d+: |{.*# |, device.*/g, ""),
    );
    const parameters = trainingStep(1, "f16").model.parameters;
    // The scores are in f32 too.
    expect(single).toHaveLength(2 * Object.keys(parameters).length + 1);
  });

  test("gives products of gradients as f32 without a pass of their own", () => {
    const { text } = lowered(1, "f16");
    expect(linesWith(text, /^%\d+: f32\[8,16\] = matmul .*epilogue \(cast<f32>\(a\)\)/)).toHaveLength(1);
  });

  test("moves half the bytes between towers, and pictures as in f32", () => {
    const moved = (precision: Precision): Map<string, number> => {
      const bytes = new Map<string, number>();
      for (const { from, to, scope: where, bytes: count } of lowered(2, precision).program.transfers) {
        const key = `${where} ${from}->${to}`;
        bytes.set(key, (bytes.get(key) ?? 0) + count);
      }
      return bytes;
    };
    const [half, single] = [moved("f16"), moved("f32")];
    expect([...half.keys()]).toEqual([...single.keys()]);
    const layers = [...single].filter(([where]) => /^(conv|fc)/.test(where));
    expect(layers.length).toBeGreaterThan(0);
    for (const [where, bytes] of layers) expect([where, half.get(where)]).toEqual([where, bytes / 2]);
    const images = lowered(2, "f16").program.inputs.find(({ name }) => name === "images");
    expect(images?.targets.map(({ device, operand }) => [device, operand.type.dtype])).toEqual([
      [0, "f32"],
      [1, "f32"],
    ]);
  });
});

describe("training in f16", () => {
  async function losses(towers: 1 | 2, precision: Precision, steps: number): Promise<number[]> {
    const { model, optimizer, specs, step } = trainingStep(towers, precision);
    const devices = new DeviceGroup(await openReference({ count: towers }));
    await using compiled = await compile(step, specs, { devices, donate: ["state", "lossScale"] });
    const initial = optimizer.initialize(model.initialize(4));
    let state: State<OptimizerState<ModelParameters<HostTensor>, "velocities">> = await devices.place(
      initial,
      model.deviceOf,
    );
    let lossScale: State<LossScale<HostTensor>> = await devices.place(scaling.initialize());
    const key = deriveKey(9, 0, "pictures");
    const count = SAMPLES * SIDE * SIDE * 3;
    const images = hostTensor(
      "f32",
      specs.images.shape,
      Array.from({ length: count }, (_, index) => normalAt(key, 0, index)),
    );
    const labels = hostTensor("i32", [SAMPLES], [0, 1, 2, 3]);
    const found: number[] = [];
    for (let index = 0; index < steps; index++) {
      const random = { seed: 1, step: index };
      const run = compiled.run({ state, lossScale, images, labels, learningRate: 0.02, random });
      ({ state, lossScale } = run.state);
      found.push((await run.outputs).loss.data[0] ?? Number.NaN);
    }
    return found;
  }

  test.each([1, 2] as const)(
    "gives f32's losses within 2 percent over 15 steps, dropout on, in %i tower(s)",
    async (towers) => {
      const [half, single] = [await losses(towers, "f16", 15), await losses(towers, "f32", 15)];
      const difference = Math.max(...single.map((loss, index) => Math.abs((half[index] ?? 0) - loss) / loss));
      expect(difference).toBeLessThan(0.02);
      expect(half).not.toEqual(single);
    },
  );
});
