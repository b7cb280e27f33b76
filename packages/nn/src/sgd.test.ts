import { openReference } from "@tandem/backend-reference";
import { DeviceGroup, evaluate, hostTensor, spec, trace, UsageError } from "@tandem/core";
import { describe, expect, test } from "vitest";
import { type SgdOptions, sgd } from "./sgd.ts";

const devices = new DeviceGroup(await openReference());

const weights = [1, -2, 0.5];
const gradients = [0.1, 0.2, -0.3];

/** Three updates with the same gradient. */
async function threeUpdates(options: SgdOptions, learningRate: number): Promise<Record<"w" | "v", number[]>> {
  const optimizer = sgd(options);
  let state = optimizer.initialize({ layer: { weight: hostTensor("f32", [3], weights) } });
  for (let step = 0; step < 3; step++) {
    const outputs = await evaluate(
      (inputs) => ({ state: optimizer.update(inputs.state, inputs.gradients, inputs.learningRate) }),
      {
        state,
        gradients: { layer: { weight: hostTensor("f32", [3], gradients) } },
        learningRate: hostTensor("f32", [], learningRate),
      },
      { devices },
    );
    state = outputs.state;
  }
  const read = ({ layer }: typeof state.parameters): number[] => Array.from(layer.weight.data);
  return { w: read(state.parameters), v: read(state.velocities) };
}

describe("sgd", () => {
  const paper = { momentum: 0.9, weightDecay: 0.0005 };
  const cases: { title: string; options: SgdOptions; multiplier: number; decay: number }[] = [
    { title: "plain", options: {}, multiplier: 1, decay: 0 },
    { title: "as the paper has it", options: paper, multiplier: 1, decay: 0.0005 },
    {
      title: "a rule's learning rate",
      options: { ...paper, ruleOf: () => ({ learningRate: 2, decay: 0 }) },
      multiplier: 2,
      decay: 0,
    },
    { title: "nesterov", options: { ...paper, nesterov: true }, multiplier: 1, decay: 0.0005 },
  ];
  test.each(cases)("$title", async ({ options, multiplier, decay }) => {
    const rate = 0.5;
    const expected = weights.map((initial, index) => {
      let [w, v] = [initial, 0];
      const momentum = options.momentum ?? 0;
      for (let step = 0; step < 3; step++) {
        const descent = decay * rate * multiplier * w + rate * multiplier * (gradients[index] ?? 0);
        v = momentum * v - descent;
        w += options.nesterov ? momentum * v - descent : v;
      }
      return { w, v };
    });
    const { w, v } = await threeUpdates(options, rate);
    for (const [index, one] of expected.entries()) {
      expect(w[index]).toBeCloseTo(one.w, 5);
      expect(v[index]).toBeCloseTo(one.v, 5);
    }
  });

  test("asks for each parameter's rule by its dotted name", () => {
    const asked: string[] = [];
    const optimizer = sgd({
      ruleOf: (name) => {
        asked.push(name);
        return { learningRate: 1, decay: 1 };
      },
    });
    const parameters = { tower0: { conv1: { weight: spec("f32", [2]), bias: spec("f32", [1]) } } };
    trace(
      (inputs) => ({ state: optimizer.update(inputs.state, inputs.gradients, inputs.learningRate) }),
      { state: optimizer.specs(parameters), gradients: parameters, learningRate: spec("f32", []) },
      ["state"],
    );
    expect(asked).toEqual(["tower0.conv1.weight", "tower0.conv1.bias"]);
  });

  test("writes parameter and velocity in one pass", () => {
    const optimizer = sgd({ momentum: 0.9, weightDecay: 0.0005 });
    const parameters = { weight: spec("f32", [3, 4]), bias: spec("f32", [4]) };
    const { graph } = trace(
      (inputs) => ({ state: optimizer.update(inputs.state, inputs.gradients, inputs.learningRate) }),
      { state: optimizer.specs(parameters), gradients: parameters, learningRate: spec("f32", []) },
      ["state"],
    );
    expect(graph.nodes.map(({ op, outputs }) => [op, outputs.length])).toEqual([
      ["map", 2],
      ["map", 2],
    ]);
  });

  test("names the parameter that has no gradient", () => {
    const optimizer = sgd();
    const parameters = { weight: spec("f32", [2]), bias: spec("f32", [2]) };
    const update = (): unknown =>
      trace(
        (inputs) => ({
          state: optimizer.update(inputs.state, { weight: inputs.gradients.weight }, inputs.learningRate),
        }),
        { state: optimizer.specs(parameters), gradients: parameters, learningRate: spec("f32", []) },
      );
    expect(update).toThrow(UsageError);
    expect(update).toThrow("gradients has nothing for parameter bias");
  });
});
