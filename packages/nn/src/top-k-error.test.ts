import { openReference } from "@tandem/backend-reference";
import { DeviceGroup, evaluate, type HostTensor, hostTensor } from "@tandem/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { labelRank, topKErrors } from "./top-k-error.ts";

const devices = new DeviceGroup(await openReference());

async function rankOf(scores: readonly number[], label: number): Promise<number> {
  const { rank } = await evaluate(
    (inputs) => ({ rank: labelRank(inputs.scores, inputs.labels) }),
    { scores: hostTensor("f32", [1, scores.length], scores), labels: hostTensor("i32", [1], [label]) },
    { devices },
  );
  return rank.data[0] ?? -1;
}

describe("labelRank", () => {
  test.each([
    { title: "the largest score is first", scores: [3, 1, 2], label: 0, rank: 0 },
    { title: "larger scores come before", scores: [3, 1, 2], label: 1, rank: 2 },
    { title: "an equal score of smaller index comes before", scores: [2, 2, 2], label: 2, rank: 2 },
    { title: "an equal score of larger index comes after", scores: [2, 2, 2], label: 0, rank: 0 },
    {
      title: "scores may be infinite",
      scores: [Number.POSITIVE_INFINITY, 1, Number.NEGATIVE_INFINITY],
      label: 1,
      rank: 1,
    },
    { title: "NaN comes before the label", scores: [1, Number.NaN, 0], label: 0, rank: 1 },
    { title: "a label whose score is NaN is last", scores: [1, Number.NaN, 0], label: 1, rank: 3 },
  ])("$title", async ({ scores, label, rank }) => {
    expect(await rankOf(scores, label)).toBe(rank);
  });

  test("is the label's place in a stable sort", async () => {
    const cases = fc.integer({ min: 1, max: 8 }).chain((classes) =>
      fc.record({
        scores: fc.array(fc.integer({ min: -3, max: 3 }), { minLength: classes, maxLength: classes }),
        label: fc.integer({ min: 0, max: classes - 1 }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(cases, async ({ scores, label }) => {
        const order = [...scores.keys()].sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0));
        expect(await rankOf(scores, label)).toBe(order.indexOf(label));
      }),
      { numRuns: 40 },
    );
  });

  test("says what it expects of shapes", async () => {
    const wrong = evaluate(
      ({ scores, labels }) => ({ rank: labelRank(scores, labels) }),
      { scores: hostTensor("f32", [2, 3], 0), labels: hostTensor("i32", [3], 0) },
      { devices },
    );
    await expect(wrong).rejects.toThrow(/expects scores \[n, classes\] and labels \[n\], found .*f32\[2,3\].*i32\[3\]/);
  });
});

describe("topKErrors", () => {
  const scores = hostTensor("f32", [3, 4], [4, 3, 2, 1, 4, 3, 2, 1, 4, 3, 2, 1]);
  const labels = hostTensor("i32", [3], [0, 1, 3]);
  const errors = async (weights?: HostTensor): Promise<(number | undefined)[]> => {
    const outputs = await evaluate(
      (inputs) => ({ errors: topKErrors(inputs.scores, inputs.labels, [1, 2, 5], inputs.options?.weights) }),
      { scores, labels, options: weights === undefined ? {} : { weights } },
      { devices },
    );
    return outputs.errors.map(({ data }) => data[0]);
  };

  test("counts samples without weights; no label is beyond the number of classes", async () => {
    expect(await errors()).toEqual([2, 1, 0]);
  });

  test("sums weights, so that padding counts for nothing", async () => {
    expect(await errors(hostTensor("f32", [3], [1, 0.5, 0]))).toEqual([0.5, 0, 0]);
  });
});
