// Where the two towers talk: forward into conv3, fc6, fc7 (both ways) and fc8 (to device 0), backward the mirror images.
import { referenceBackend } from "@tandem/backend-reference";
import {
  type Graph,
  type GraphNode,
  type ProgramTransfer,
  plan,
  spec,
  type TensorsOf,
  type TransferAttributes,
  trace,
  typeOf,
  valueAndGrad,
} from "@tandem/core";
import { sgd } from "@tandem/nn";
import { describe, expect, test } from "vitest";
import { alexnet } from "./alexnet.ts";
import { miniAlexnet } from "./mini-alexnet.ts";
import type { Model } from "./model.ts";

const optimizer = sgd({ momentum: 0.9, weightDecay: 0.0005 });

function specsOf(model: Model, batch: number) {
  const { height, width, channels } = model.architecture.input;
  return {
    state: optimizer.specs(model.types),
    images: spec("f32", [batch, height, width, channels]),
    labels: spec("i32", [batch]),
    weights: spec("f32", [batch]),
    learningRate: spec("f32", []),
    random: { seed: spec("u32", []), step: spec("u32", []) },
  };
}
type StepInputs = TensorsOf<ReturnType<typeof specsOf>>;

const trainStep =
  (model: Model) =>
  ({ state, images, labels, weights, learningRate, random }: StepInputs) => {
    const mode = { training: true, random } as const;
    const { value, gradients } = valueAndGrad(model.loss)(state.parameters, { images, labels, weights }, mode);
    return { state: optimizer.update(state, gradients, learningRate), loss: value };
  };

const forwardTransfers = [
  "conv3 0 -> 1",
  "conv3 1 -> 0",
  "fc6 0 -> 1",
  "fc6 1 -> 0",
  "fc7 0 -> 1",
  "fc7 1 -> 0",
  "fc8 1 -> 0",
];
const backwardTransfers = [
  "conv3 0 -> 1",
  "conv3 1 -> 0",
  "fc6 0 -> 1",
  "fc6 1 -> 0",
  "fc7 0 -> 1",
  "fc7 1 -> 0",
  "fc8 0 -> 1",
];

/** Values that are moved, without the inputs that the host feeds to both devices. */
function transfersBetweenTowers(graph: Graph): string[] {
  const inputs = new Set(graph.inputs.map(({ value }) => value));
  const isMove = ({ op, inputs: [moved] }: GraphNode): boolean =>
    op === "transfer" && moved !== undefined && !inputs.has(moved);
  return graph.nodes.filter(isMove).map(({ inputs: [moved = -1], attributes, scope }) => {
    const to = (attributes as TransferAttributes).device;
    return `${scope} ${typeOf(graph, moved).device} -> ${to}`.replaceAll("device:", "");
  });
}

const models = [
  { name: "AlexNet (paper)", model: alexnet({ recipe: "paper", towers: 2 }), batch: 128 },
  { name: "AlexNet (code-2012)", model: alexnet({ recipe: "code-2012", towers: 2 }), batch: 128 },
  { name: "mini AlexNet", model: miniAlexnet({ classes: 10, towers: 2 }), batch: 32 },
];

describe.each(models)("two towers of $name", ({ model, batch }) => {
  test("exchange what the paper's exchange, forward", () => {
    const specs = { parameters: model.types, images: specsOf(model, batch).images };
    const { graph } = trace(
      ({ parameters, images }) => ({ logits: model.logits(parameters, images, { training: false }) }),
      specs,
    );
    expect(transfersBetweenTowers(graph).sort()).toEqual(forwardTransfers);
  });

  test("exchange the mirror images backward, and nothing else in a training step", () => {
    const { graph } = trace(trainStep(model), specsOf(model, batch), ["state"]);
    expect(transfersBetweenTowers(graph).sort()).toEqual([...forwardTransfers, ...backwardTransfers].sort());
  });

  test("keep the loss on device 0", () => {
    const { graph } = trace(trainStep(model), specsOf(model, batch), ["state"]);
    const lossNodes = graph.nodes.filter(({ scope }) => scope === "loss");
    expect(lossNodes.length).toBeGreaterThan(0);
    const devices = lossNodes.flatMap(({ outputs }) => outputs.map((value) => typeOf(graph, value).device));
    expect(new Set(devices)).toEqual(new Set(["device:0"]));
  });
});

test("the program moves the bytes of those values and no others", () => {
  const batch = 4;
  const model = miniAlexnet({ classes: 10, towers: 2 });
  const { transfers } = plan(trainStep(model), specsOf(model, batch), {
    backends: [referenceBackend, referenceBackend],
    donate: ["state"],
  });
  const half = { conv3: 5 * 5 * 16, fc6: 2 * 2 * 16, fc7: 128, fc8: 128 };
  const described = ({ scope, from, to, bytes }: ProgramTransfer): string =>
    `${scope} ${from} -> ${to}: ${bytes} bytes`;
  const expected = [...forwardTransfers, ...backwardTransfers].map((line) => {
    const [layer = ""] = line.split(" ");
    return `${line}: ${4 * batch * (half[layer as keyof typeof half] ?? 0)} bytes`;
  });
  expect(transfers.map(described).sort()).toEqual(expected.sort());
});

test("one tower exchanges nothing", () => {
  const model = miniAlexnet({ classes: 10, towers: 1 });
  const { graph } = trace(trainStep(model), specsOf(model, 4), ["state"]);
  expect(graph.nodes.filter(({ op }) => op === "transfer")).toEqual([]);
});

test("two towers on one device exchange nothing", () => {
  const model = miniAlexnet({ classes: 10, towers: 2 });
  const { transfers } = plan(trainStep(model), specsOf(model, 4), { backends: [referenceBackend], donate: ["state"] });
  expect(transfers).toEqual([]);
});
