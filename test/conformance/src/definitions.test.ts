// Composite ops against their definitions, written out in plain loops.
import { openReference } from "@tandem/backend-reference";
import { averagePool2d, crossEntropy, DeviceGroup, evaluate, type HostTensor, hostTensor } from "@tandem/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { draws } from "./gradients.ts";

let devices: DeviceGroup;
beforeAll(async () => {
  devices = new DeviceGroup(await openReference());
});
afterAll(() => devices[Symbol.asyncDispose]());

function expectClose(found: HostTensor, expected: readonly number[]): void {
  expect(found.data.length).toBe(expected.length);
  for (const [index, want] of expected.entries()) expect(found.data[index]).toBeCloseTo(want, 10);
}

const range = (count: number): number[] => [...Array(count).keys()];

test("crossEntropy is the logarithm of the probabilities' sum over the label's probability", async () => {
  const logits = draws("logits", [4, 5], "f64");
  const labels = [0, 4, 2, 2];
  const { loss } = await evaluate(
    (t) => ({ loss: crossEntropy(t.logits, t.labels) }),
    { logits, labels: hostTensor("i32", [4], labels) },
    { devices },
  );
  const exponential = (row: number, column: number): number => Math.exp(logits.data[row * 5 + column] ?? 0);
  expectClose(
    loss,
    labels.map((label, row) => {
      const total = range(5).reduce((sum, column) => sum + exponential(row, column), 0);
      return -Math.log(exponential(row, label) / total);
    }),
  );
});

test("crossEntropy of extreme logits is their distance to the largest", async () => {
  const { loss } = await evaluate(
    (t) => ({ loss: crossEntropy(t.logits, t.labels) }),
    { logits: hostTensor("f32", [2, 3], [1000, -1000, 0, -1000, -1000, 1000]), labels: hostTensor("i32", [2], [1, 2]) },
    { devices },
  );
  expect([...loss.data]).toEqual([2000, 0]);
});

describe("softmax", () => {
  test("is the exponentials over their sum, along any axis", async () => {
    const x = draws("x", [3, 4], "f64");
    const { columns, logarithm } = await evaluate(
      (t) => ({ columns: t.x.softmax(0), logarithm: t.x.logSoftmax(0) }),
      { x },
      { devices },
    );
    const total = (column: number): number =>
      range(3).reduce((sum, row) => sum + Math.exp(x.data[row * 4 + column] ?? 0), 0);
    const expected = range(12).map((index) => Math.exp(x.data[index] ?? 0) / total(index % 4));
    expectClose(columns, expected);
    expectClose(logarithm, expected.map(Math.log));
  });
});

test.each([
  { size: 5, k: 2, alpha: 1e-1, beta: 0.75, groups: 1 },
  { size: 4, k: 1, alpha: 0.3, beta: 0.5, groups: 1 },
  { size: 5, k: 2, alpha: 0.2, beta: 0.75, groups: 2 },
  { size: 2, k: 1.5, alpha: 0.5, beta: 1, groups: 4 },
])("localResponseNormalization $size of groups $groups divides by the neighbours' squares", async (options) => {
  const { size, k, alpha, beta, groups } = options;
  const channels = 8;
  const x = draws("x", [3, channels], "f64");
  const { y } = await evaluate((t) => ({ y: t.x.localResponseNormalization(options) }), { x }, { devices });
  const perGroup = channels / groups;
  expectClose(
    y,
    Array.from(x.data, (value, index) => {
      const channel = index % channels;
      const first = Math.max(channel - Math.floor(size / 2), channel - (channel % perGroup));
      const last = Math.min(channel + Math.floor((size - 1) / 2), channel - (channel % perGroup) + perGroup - 1);
      let squares = 0;
      for (let other = first; other <= last; other++) squares += (x.data[index - channel + other] ?? 0) ** 2;
      return value / (k + alpha * squares) ** beta;
    }),
  );
});

test("averagePool2d counts the padding, or only the picture", async () => {
  const x = hostTensor("f64", [1, 2, 2, 1], [1, 2, 3, 4]);
  const options = { window: 2, strides: 1, padding: 1 };
  const { all, inside } = await evaluate(
    (t) => ({ all: averagePool2d(t.x, options), inside: averagePool2d(t.x, { ...options, countPadding: false }) }),
    { x },
    { devices },
  );
  expectClose(
    all,
    [1, 3, 2, 4, 10, 6, 3, 7, 4].map((sum) => sum / 4),
  );
  expectClose(inside, [1, 1.5, 2, 2, 2.5, 3, 3, 3.5, 4]);
});
