// The peak as WebAssembly reaches it: fused multiply-adds in registers, with relaxed SIMD where the engine has it.
import { setFlagsFromString } from "node:v8";
import { Worker } from "node:worker_threads";
import type { Peak } from "./peak.ts";

const ACCUMULATORS = 12;
const ROUNDS = 5_000_000;
const TRIES = 8;
const FLOPS_OF_ROUND = ACCUMULATORS * 4 * 2;

/** Says whether it has fused multiply-adds, then runs the rounds each time it is told to. */
const thread = `
const { parentPort, workerData: { fused, plain, rounds } } = require("node:worker_threads");
const isFused = WebAssembly.validate(fused);
const { run } = new WebAssembly.Instance(new WebAssembly.Module(isFused ? fused : plain)).exports;
run(1000);
parentPort.on("message", () => parentPort.postMessage(run(rounds)));
parentPort.postMessage(isFused);
`;

export async function wasmPeak(threads: number): Promise<Peak> {
  setFlagsFromString("--experimental-wasm-relaxed-simd");
  const one = await gigaflops(1);
  const all = threads === 1 ? one : await gigaflops(threads);
  return {
    source: `a loop in WebAssembly, ${one.isFused ? "relaxed" : "strict"} SIMD, for want of a C compiler`,
    threads,
    byBits: { "128": { oneThread: one.rate, allThreads: all.rate } },
  };
}

async function gigaflops(threads: number): Promise<{ readonly rate: number; readonly isFused: boolean }> {
  const workerData = { fused: peakModule({ fused: true }), plain: peakModule({ fused: false }), rounds: ROUNDS };
  const workers = Array.from({ length: threads }, () => new Worker(thread, { eval: true, execArgv: [], workerData }));
  try {
    const [isFused] = await Promise.all(workers.map(answer));
    let rate = 0;
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const start = performance.now();
      const answers = workers.map(answer);
      for (const worker of workers) worker.postMessage(0);
      await Promise.all(answers);
      rate = Math.max(rate, (FLOPS_OF_ROUND * ROUNDS * threads) / (performance.now() - start) / 1e6);
    }
    return { rate, isFused: isFused === true };
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

function answer(worker: Worker): Promise<unknown> {
  return new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
}

/** A module whose `run(rounds)` makes each of the accumulators x into x * 0.5 + 1 so often, and returns their sum's first lane. */
function peakModule({ fused }: { readonly fused: boolean }): Uint8Array<ArrayBuffer> {
  const [half, one, first] = [1, 2, 3];
  const all = Array.from({ length: ACCUMULATORS }, (_, index) => first + index);
  const get = (local: number): number[] => [0x20, local];
  const set = (local: number): number[] => [0x21, local];
  const splat = (value: number): number[] => [0x43, ...new Uint8Array(Float32Array.of(value).buffer), 0xfd, 0x13];
  const add = [0xfd, 0xe4, 0x01];
  const multiply = [0xfd, 0xe6, 0x01];
  const relaxedMultiplyAdd = [0xfd, 0x85, 0x02];
  const multiplyAdd = fused
    ? [...get(half), ...get(one), ...relaxedMultiplyAdd]
    : [...get(half), ...multiply, ...get(one), ...add];
  const body = [
    ...[1, 2 + ACCUMULATORS, 0x7b],
    ...[...splat(0.5), ...set(half), ...splat(1), ...set(one)],
    ...all.flatMap((x) => [...splat(x), ...set(x)]),
    ...[0x03, 0x40],
    ...all.flatMap((x) => [...get(x), ...multiplyAdd, ...set(x)]),
    // rounds -= 1, and on to the next if there is one.
    ...[...get(0), 0x41, 0x01, 0x6b, 0x22, 0, 0x0d, 0, 0x0b],
    ...get(first),
    ...all.slice(1).flatMap((x) => [...get(x), ...add]),
    ...[0xfd, 0x1f, 0, 0x0b],
  ];
  const section = (id: number, content: readonly number[]): number[] => [id, ...leb128(content.length), ...content];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 1, 0x7f, 1, 0x7d]),
    ...section(3, [1, 0]),
    ...section(7, [1, 3, ...[..."run"].map((letter) => letter.charCodeAt(0)), 0, 0]),
    ...section(10, [1, ...leb128(body.length), ...body]),
  ]);
}

function leb128(value: number): number[] {
  return value < 0x80 ? [value] : [(value % 0x80) | 0x80, ...leb128(Math.floor(value / 0x80))];
}
