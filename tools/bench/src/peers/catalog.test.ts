// The real peers in JavaScript, as built, with tasks small enough to be nothing to them.
import { describe, expect, test } from "vitest";
import type { Task } from "../task.ts";
import { type PeerName, startPeers } from "./catalog.ts";

const product = { kind: "matmul", m: 4, k: 8, n: 12 } as const;
const convolution = {
  kind: "convolution",
  batch: 2,
  size: 8,
  channels: 4,
  maps: 8,
  kernel: 3,
  stride: 2,
  padding: [0, 1],
  groups: 1,
} as const;

const tasks: Readonly<Record<string, Task>> = {
  "a b": { ...product, transposeA: false, transposeB: false },
  "a' b": { ...product, transposeA: true, transposeB: false },
  "a b'": { ...product, transposeA: false, transposeB: true },
  forward: { ...convolution, pass: "forward" },
  "input gradient": { ...convolution, pass: "input gradient" },
  "filter gradient": { ...convolution, pass: "filter gradient" },
  grouped: { ...convolution, groups: 2, pass: "forward" },
};

const unable: readonly (readonly [PeerName, readonly string[]])[] = [
  ["tfjs", ["filter gradient", "grouped"]],
  ["ort", ["input gradient", "filter gradient"]],
  ["ort-web", ["input gradient", "filter gradient"]],
  ["jaxjs", []],
];

describe.each(unable)("%s", (name, withoutResult) => {
  test(`runs everything but ${withoutResult.join(", ") || "nothing"}`, async () => {
    const { contenders, missing } = await startPeers([name], 1, 60);
    expect(missing).toEqual([]);
    const [peer] = contenders;
    const unmeasured: string[] = [];
    for (const [title, task] of Object.entries(tasks)) {
      const outcome = await peer?.measure(task, 1);
      if (outcome?.kind !== "measured") unmeasured.push(title);
    }
    await peer?.[Symbol.asyncDispose]();
    expect(unmeasured).toEqual(withoutResult);
  });
});

test("nobody asked for: nobody started", async () => {
  expect(await startPeers([], 1, 60)).toEqual({ contenders: [], missing: [] });
});
