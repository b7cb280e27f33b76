// Where the two towers talk: forward into conv3, fc6, fc7 (both ways) and fc8 (to device 0), backward the mirror images.
import { referenceBackend } from "@tandem/backend-reference";
import {
  type Graph,
  type GraphNode,
  type Program,
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

const planOnTwo = (model: Model, batch: number): Program =>
  plan(trainStep(model), specsOf(model, batch), { backends: [referenceBackend, referenceBackend], donate: ["state"] });

/** What one tower has of each layer's input, f32, in bytes for a picture. */
const halves = {
  // The paper's sizes: pool2 gives 13x13 of 2 x 128 maps, pool5 6x6 of 2 x 128, fc6 and fc7 2 x 2048 units.
  paper: { conv3: 4 * 13 * 13 * 128, fc6: 4 * 6 * 6 * 128, fc7: 4 * 2048, fc8: 4 * 2048 },
  mini: { conv3: 4 * 5 * 5 * 16, fc6: 4 * 2 * 2 * 16, fc7: 4 * 128, fc8: 4 * 128 },
};

test.each([
  {
    name: "AlexNet",
    model: alexnet({ recipe: "paper", towers: 2 }),
    batch: 128,
    half: halves.paper,
    total: 60_030_976,
  },
  { name: "mini AlexNet", model: miniAlexnet({ classes: 10, towers: 2 }), batch: 4, half: halves.mini, total: 41_984 },
])(
  "the program of $name moves the bytes of those values and no others: $total a step",
  ({ model, batch, half, total }) => {
    const { transfers } = planOnTwo(model, batch);
    const described = ({ scope, from, to, bytes }: ProgramTransfer): string =>
      `${scope} ${from} -> ${to}: ${bytes} bytes`;
    const expected = [...forwardTransfers, ...backwardTransfers].map((line) => {
      const [layer = ""] = line.split(" ");
      return `${line}: ${batch * (half[layer as keyof typeof half] ?? 0)} bytes`;
    });
    expect(transfers.map(described).sort()).toEqual(expected.sort());
    expect(transfers.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(total);
  },
);

describe("while cotangents travel", () => {
  const program = planOnTwo(alexnet({ recipe: "paper", towers: 2 }), 128);

  test.each([0, 1].flatMap((device) => ["fc7", "fc6", "conv3"].map((layer) => ({ device, layer }))))(
    "device $device computes the gradient of $layer's weights",
    ({ device, layer }) => {
      const happenings = (program.devices[device]?.stream ?? []).flatMap((item) =>
        item.kind === "segment"
          ? item.steps.map(({ op, scope }) => `${op} ${scope}`)
          : [`${item.kind} ${program.transfers[item.transfer]?.scope}`],
      );
      // Forward ones come first, so that the last of each kind is backward.
      const sent = happenings.lastIndexOf(`send ${layer}`);
      const received = happenings.lastIndexOf(`receive ${layer}`);
      const between = happenings.slice(sent, received);
      expect(between).toContain(layer === "conv3" ? "conv2dFilterGradient conv3" : `matmul ${layer}`);
    },
  );
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
