// The real peers in JavaScript, as built, with tasks small enough to be nothing to them.
import { describe, expect, test } from "vitest";
import { softwareAdapter } from "../software-adapter.test-support.ts";
import type { StepTask, Task } from "../task.ts";
import { type PeerCircumstances, type PeerName, peersFor, startPeers } from "./catalog.ts";

const adapter = await softwareAdapter();

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

const circumstances: PeerCircumstances = { threads: 1, patienceSeconds: 60 };

const unable: readonly (readonly [PeerName, readonly string[]])[] = [
  ["tfjs", ["filter gradient", "grouped"]],
  ["ort", ["input gradient", "filter gradient"]],
  ["ort-web", ["input gradient", "filter gradient"]],
  ["jaxjs", []],
];

describe.each(unable)("%s", (name, withoutResult) => {
  test(`runs everything but ${withoutResult.join(", ") || "nothing"}`, async () => {
    const { contenders, missing } = await startPeers([name], circumstances);
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

describe("on GPUs", () => {
  test("other peers take part than on the CPU", () => {
    expect(peersFor(true)).toEqual(["tfjs-webgpu", "torch-cuda"]);
    expect(peersFor(false)).toEqual(["torch", "tfjs", "ort", "ort-web", "jaxjs"]);
  });

  test.runIf(adapter !== undefined)("tfjs runs everything on the adapter, training too", async () => {
    const { contenders, missing } = await startPeers(["tfjs-webgpu"], { ...circumstances, adapter });
    expect(missing).toEqual([]);
    const [peer] = contenders;
    const layer = { normalization: null, pool: null, kernel: 3, stride: 2, padding: [0, 1] } as const;
    const normalization = { columns: 2, size: 5, k: 2, alpha: 1e-4, beta: 0.75 };
    const pool = { window: 3, stride: 2, padding: [0, 1] } as const;
    const step: StepTask = {
      kind: "step",
      batch: 2,
      size: 15,
      channels: 3,
      layers: [
        { kind: "convolution", ...layer, maps: 8, groups: 1, normalization, pool },
        { kind: "convolution", ...layer, maps: 8, groups: 2 },
        { kind: "linear", units: 6, relu: true, dropout: 0.5 },
        { kind: "linear", units: 4, relu: false, dropout: 0 },
      ],
      update: { learningRate: 0.01, momentum: 0.9, weightDecay: 5e-4 },
    };
    for (const [title, task] of Object.entries({ ...tasks, step })) {
      expect(await peer?.measure(task, 1), title).toMatchObject({ kind: "measured" });
    }
    await peer?.[Symbol.asyncDispose]();
  });

  test("tfjs is missing where ours run on no adapter, and where there is none of that name", async () => {
    const { missing } = await startPeers(["tfjs-webgpu"], circumstances);
    expect(missing).toMatchObject([{ name: "tfjs-webgpu", reason: "ours are on no adapter that it could run on" }]);
    const other = await startPeers(["tfjs-webgpu"], { ...circumstances, adapter: "Abacus" });
    expect(other.contenders).toEqual([]);
    expect(other.missing[0]?.reason).toContain("tfjs-webgpu does not answer");
  });
});

test("nobody asked for: nobody started", async () => {
  expect(await startPeers([], circumstances)).toEqual({ contenders: [], missing: [] });
});
