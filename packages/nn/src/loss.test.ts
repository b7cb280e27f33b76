import { openReference } from "@tandem/backend-reference";
import { DeviceGroup, evaluate, hostTensor, valueAndGrad } from "@tandem/core";
import { expect, test } from "vitest";
import { crossEntropyLoss } from "./loss.ts";

const devices = new DeviceGroup(await openReference());
const logits = [1, 2, 0.5, -1, 0, 3];
const rowLoss = (row: readonly number[], label: number): number =>
  Math.log(row.reduce((sum, x) => sum + Math.exp(x), 0)) - (row[label] ?? 0);
const first = rowLoss([1, 2, 0.5], 0);
const second = rowLoss([-1, 0, 3], 2);

test.each([
  { weights: undefined, expected: (first + second) / 2 },
  { weights: [1, 0], expected: first },
  { weights: [1, 3], expected: (first + 3 * second) / 4 },
])("weighs samples by $weights", async ({ weights, expected }) => {
  const { loss, gradient } = await evaluate(
    (inputs) => {
      const { value, gradients } = valueAndGrad(crossEntropyLoss)(
        inputs.logits,
        inputs.labels,
        inputs.options?.weights,
      );
      return { loss: value, gradient: gradients };
    },
    {
      logits: hostTensor("f32", [2, 3], logits),
      labels: hostTensor("i32", [2], [0, 2]),
      options: weights === undefined ? {} : { weights: hostTensor("f32", [2], weights) },
    },
    { devices },
  );
  expect(loss.data[0]).toBeCloseTo(expected, 5);
  const share =
    weights === undefined ? [0.5, 0.5] : weights.map((weight) => weight / ((weights[0] ?? 0) + (weights[1] ?? 0)));
  for (const [index, label] of [0, 2].entries()) {
    const row = logits.slice(3 * index, 3 * index + 3);
    const total = row.reduce((sum, x) => sum + Math.exp(x), 0);
    for (const [column, logit] of row.entries()) {
      const slope = (share[index] ?? 0) * (Math.exp(logit) / total - (column === label ? 1 : 0));
      expect(gradient.data[3 * index + column]).toBeCloseTo(slope, 5);
    }
  }
});
