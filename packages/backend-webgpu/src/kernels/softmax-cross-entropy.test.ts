// Softmax cross-entropy on software adapters against its decomposition: rows of an invocation and of a workgroup, extreme logits.
import { beforeAll, expect, test } from "vitest";
import { describeOnAdapters, on } from "../adapter/test-adapters.test-support.ts";
import { value } from "../against-reference.test-support.ts";
import {
  type Compared,
  relativeDifference,
  runBesideDecomposition,
  waves,
} from "../beside-decomposition.test-support.ts";
import { type Capabilities, leastCapabilities } from "../capabilities.ts";
import { openTestDevice } from "../run-kernel.test-support.ts";
import { softmaxCrossEntropyGradientKernel, softmaxCrossEntropyKernel } from "./softmax-cross-entropy.ts";

interface Rows {
  readonly rows: number;
  readonly classes: number;
  readonly logits: readonly number[];
  readonly labels?: readonly number[];
}

interface Losses {
  readonly losses: Compared;
  readonly gradients: Compared;
}

async function lossesOf(
  device: GPUDevice,
  { rows, classes, logits, labels }: Rows,
  capabilities?: Capabilities,
): Promise<Losses> {
  const chosen = labels ?? Array.from({ length: rows }, (_, row) => (row * 7) % classes);
  const inputs = [value("f32", [rows, classes], logits), value("i32", [rows], chosen)];
  const run = runBesideDecomposition;
  const cotangent = value("f32", [rows], waves([rows], 1, 3));
  return {
    losses: await run(device, softmaxCrossEntropyKernel, "softmaxCrossEntropy", inputs, {}, capabilities),
    gradients: await run(
      device,
      softmaxCrossEntropyGradientKernel,
      "softmaxCrossEntropyGradient",
      [...inputs, cotangent],
      {},
      capabilities,
    ),
  };
}

function expectClose({ losses, gradients }: Losses): void {
  expect(relativeDifference(losses)).toBeLessThan(1e-6);
  expect(relativeDifference(gradients)).toBeLessThan(1e-6);
}

const drawn = (rows: number, classes: number): Rows => ({ rows, classes, logits: waves([rows, classes], 6, 1) });

describeOnAdapters("softmax cross-entropy", (adapter) => {
  let device: GPUDevice;
  beforeAll(async () => {
    device = await openTestDevice(adapter);
  });

  test.each([
    [1, 1],
    [5, 10],
    [70, 64],
    [3, 65],
    [4, 300],
    [3, 1000],
  ])("%i rows of %i classes", async (rows, classes) => expectClose(await lossesOf(device, drawn(rows, classes))));

  test.each([1, 30])("large logits, in %i times as many classes", async (times) => {
    const pattern = [
      [1000, 0, -1000, 999],
      [-1000, -1000, -1000, -1000],
      [1e6, -1e6, 0, 1],
    ];
    const logits = pattern.flatMap((row) => Array<readonly number[]>(times).fill(row).flat());
    expectClose(await lossesOf(device, { rows: 3, classes: 4 * times, logits, labels: [2, 1, 0] }));
  });

  test("a label out of range is no class", async () => {
    expectClose(await lossesOf(device, { ...drawn(3, 5), labels: [-1, 5, 2] }));
  });

  test.each([4, 100])("NaN among %i logits makes the row's loss and gradient NaN", async (classes) => {
    const logits = waves([2, classes], 1, 1).with(1, Number.NaN);
    const { losses, gradients } = await lossesOf(device, { rows: 2, classes, logits, labels: [0, 0] });
    expect(losses.found.map(Number.isNaN)).toEqual([true, false]);
    expect(gradients.found.map(Number.isNaN)).toEqual(
      Array.from({ length: 2 * classes }, (_, index) => index < classes),
    );
  });
});

on("SwiftShader").describe("on SwiftShader", () => {
  let device: GPUDevice;
  beforeAll(async () => {
    device = await openTestDevice("SwiftShader");
  });

  test.each([
    { name: "several windows of each operand", bindingBytes: 1024, storageBindings: 10, rows: 40, classes: 12 },
    { name: "rows in chunks", bindingBytes: 4096, storageBindings: 5, rows: 200, classes: 12 },
    { name: "long rows in chunks", bindingBytes: 32768, storageBindings: 5, rows: 130, classes: 100 },
  ])("$name", async ({ rows, classes, bindingBytes, storageBindings }) => {
    const limits = { ...leastCapabilities.limits, bindingBytes, storageBindings };
    expectClose(await lossesOf(device, drawn(rows, classes), { ...leastCapabilities, limits }));
  });

  test("more rows than one axis has workgroups", async () => {
    const limits = { ...leastCapabilities.limits, workgroupsPerAxis: 3 };
    expectClose(await lossesOf(device, drawn(7, 70), { ...leastCapabilities, limits }));
  });
});
