import { openReference } from "@tandem/backend-reference";
import { DeviceGroup, evaluate, hostTensor } from "@tandem/core";
import { expect, test } from "vitest";
import { averageViews } from "./view-average.ts";

const devices = new DeviceGroup(await openReference());

test("averages the softmax outputs of each sample's views", async () => {
  const { average } = await evaluate(
    ({ logits }) => ({ average: averageViews(logits, 2) }),
    { logits: hostTensor("f32", [4, 2], [0, 0, 0, Math.log(3), 100, 0, 100, 0]) },
    { devices },
  );
  expect(average.shape).toEqual([2, 2]);
  const expected = [(1 / 2 + 1 / 4) / 2, (1 / 2 + 3 / 4) / 2, 1, 0];
  for (const [index, value] of expected.entries()) expect(average.data[index]).toBeCloseTo(value, 6);
});

test("refuses rows that do not divide into samples", async () => {
  const uneven = evaluate(
    ({ logits }) => ({ average: averageViews(logits, 10) }),
    { logits: hostTensor("f32", [15, 2], 0) },
    { devices },
  );
  await expect(uneven).rejects.toThrow("15 rows of logits do not divide into samples of 10 views");
});
