import { openReference, referenceBackend } from "@tandem/backend-reference";
import { DeviceGroup, evaluate, hostTensor, logicalDevice, type Program, plan, spec, type Tensor } from "@tandem/core";
import { describe, expect, test } from "vitest";
import { allReduce } from "./all-reduce.ts";

/** On each device: `large` [64], `middle` [32], `small` [16], `least` [8]. */
const shapes = { large: [64], middle: [32], small: [16], least: [8] } as const;
type Tensors<L> = { readonly [name in keyof typeof shapes]: L };

function planFor(replicas: number): Program {
  const parts = Array.from({ length: replicas }, (_, replica) => {
    const on = (shape: readonly number[]) => spec("f32", shape, logicalDevice(replica));
    return { large: on(shapes.large), middle: on(shapes.middle), small: on(shapes.small), least: on(shapes.least) };
  });
  return plan(
    ({ given }: { readonly given: readonly Tensors<Tensor>[] }) => ({ sums: allReduce(given) }),
    { given: parts },
    { backends: parts.map(() => referenceBackend), borrow: ["given"] },
  );
}

describe("allReduce", () => {
  test("gives every device the sums, of the same bits whoever owns them", async () => {
    await using devices = new DeviceGroup(await openReference({ count: 3 }));
    const partsOf = (x: Tensor): Tensor[] =>
      [0.1, 0.7, -1e-7].map((factor, replica) => x.to(logicalDevice(replica)).mul(factor));
    const { sums } = await evaluate(
      ({ x, y }) => {
        const [xs, ys] = [partsOf(x), partsOf(y)];
        return { sums: allReduce(xs.flatMap((part, replica) => (ys[replica] ? [{ x: part, y: ys[replica] }] : []))) };
      },
      { x: hostTensor("f32", [3], [1, 2, 3]), y: hostTensor("f32", [2], [5, 7]) },
      { devices },
    );
    const { fround } = Math;
    const sumOf = (value: number): number => {
      const [a, b, c] = [0.1, 0.7, -1e-7].map((factor) => fround(value * fround(factor)));
      return fround(fround((a ?? 0) + (b ?? 0)) + (c ?? 0));
    };
    expect(sums.length).toBe(3);
    for (const { x, y } of sums) {
      expect(Array.from(x.data)).toEqual([1, 2, 3].map(sumOf));
      expect(Array.from(y.data)).toEqual([5, 7].map(sumOf));
    }
  });

  test.each([2, 3, 4])("moves 2 (n - 1) times the tensors for %i devices", (replicas) => {
    const { transfers } = planFor(replicas);
    const whole = 4 * (64 + 32 + 16 + 8);
    expect(transfers.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(2 * (replicas - 1) * whole);
    expect(transfers.length).toBe(2 * (replicas - 1) * 4);
  });

  test("divides the sums between their owners by bytes", () => {
    const { devices } = planFor(2);
    const added = devices.map(({ stream }) =>
      stream.flatMap((item) =>
        item.kind === "segment" ? item.steps.flatMap(({ outputs }) => outputs.map(({ type }) => type.shape[0])) : [],
      ),
    );
    expect(added.map((sizes) => sizes.toSorted())).toEqual([[64], [16, 32, 8]]);
  });

  test("of one device is nothing", () => {
    const { devices, transfers } = planFor(1);
    expect(transfers).toEqual([]);
    expect(devices.flatMap(({ stream }) => stream).filter(({ kind }) => kind === "segment")).toEqual([]);
  });
});
