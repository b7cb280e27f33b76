// The text of AlexNet's training step after each pass, so that what a pass changes shows as a readable diff.
// `pnpm test test/golden -u` rewrites the files.
import { referenceBackend } from "@tandem/backend-reference";
import {
  type Backend,
  explainProgram,
  planProgram,
  printGraph,
  runPasses,
  spec,
  type Tensor,
  trace,
  valueAndGrad,
} from "@tandem/core";
import { alexnet, type Model } from "@tandem/models";
import { sgd } from "@tandem/nn";
import { describe, expect, it } from "vitest";

/** A made-up backend: kernels for a few composites and for bias and ReLU in the epilogue, and none for grouped convolution. */
const modest: Backend = {
  name: "modest",
  memory: "slots",
  supports(op, inputs, outputs, attributes) {
    switch (op) {
      case "localResponseNormalization":
      case "localResponseNormalizationGradient":
        return true;
      case "map":
        return inputs.length + outputs.length <= 8;
      case "conv2d":
        return inputs.length <= 3;
      case "matmul":
        return inputs.length === 2;
      default:
        return referenceBackend.supports(op, inputs, outputs, attributes);
    }
  },
  scratchBytes: ({ op }) => (op === "conv2d" ? 1 << 20 : 0),
};

function trainingStep(model: Model) {
  const optimizer = sgd({ momentum: 0.9, weightDecay: 0.0005, ruleOf: model.ruleOf });
  const { height, width, channels } = model.architecture.input;
  const specs = {
    state: optimizer.specs(model.types),
    images: spec("f32", [128, height, width, channels]),
    labels: spec("i32", [128]),
    learningRate: spec("f32", []),
    seed: spec("u32", []),
    step: spec("u32", []),
  };
  const { graph } = trace(
    ({
      state,
      images,
      labels,
      learningRate,
      seed,
      step,
    }: Record<Exclude<keyof typeof specs, "state">, Tensor> & { state: Parameters<typeof optimizer.update>[0] }) => {
      const parameters = state.parameters as Parameters<Model["loss"]>[0];
      const { value, gradients } = valueAndGrad(model.loss)(
        parameters,
        { images, labels },
        { training: true, random: { seed, step } },
      );
      return { state: optimizer.update({ ...state, parameters }, gradients, learningRate), loss: value };
    },
    specs,
    ["state"],
  );
  return graph;
}

const graph = trainingStep(alexnet({ recipe: "paper", towers: 2, classes: 1000 }));
const stateInputs = new Set(graph.inputs.map(({ name }) => name).filter((name) => name.startsWith("state.")));

describe.each([
  ["reference-on-two-devices", [referenceBackend, referenceBackend]],
  ["modest-on-one-device", [modest]],
])("AlexNet for %s", (target, backends) => {
  const passes = runPasses(graph, { backends, stateInputs });

  it.each(passes.map(({ pass, graph: result }, index) => [pass, index + 1, result] as const))(
    "after %s",
    async (pass, order, result) => {
      await expect(`${printGraph(result)}\n`).toMatchFileSnapshot(
        `passes/${target}/${order}-${pass.replaceAll(" ", "-")}.txt`,
      );
    },
  );

  it("as a program", async () => {
    const last = passes.at(-1)?.graph ?? graph;
    const program = planProgram(last, { backends, stateInputs });
    await expect(`${explainProgram(program, [])}\n`).toMatchFileSnapshot(`passes/${target}/6-program.txt`);
  });
});
