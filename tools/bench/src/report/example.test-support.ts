// A result for tests, with made-up figures.
import type { BenchFile } from "./bench-file.ts";

const summary = (median: number): { median: number; min: number; max: number; count: number } => ({
  median,
  min: median / 2,
  max: median * 2,
  count: 9,
});

export const example: BenchFile = {
  command: "pnpm bench gemm --peers torch,ort",
  machine: {
    processor: "Abacus",
    cores: 2,
    memoryBytes: 2 ** 34,
    system: "Linux x64",
    node: "v20.19.0",
    environment: { OPENBLAS_CORETYPE: "Haswell" },
    peak: {
      source: "cc -O3",
      threads: 2,
      byBits: { "128": { oneThread: 50, allThreads: 100 }, "256": { oneThread: 100, allThreads: 200 } },
    },
  },
  date: "2026-01-02T03:04:05.000Z",
  devices: "wasm:0 with 2 threads",
  threads: 2,
  peers: [{ name: "torch", library: "torch", details: { version: "1.13", BLAS: "libopenblas.so" } }],
  missing: [{ name: "ort", reason: "it is not installed\nat all", install: "pnpm install" }],
  rows: [
    {
      name: "square 512",
      shape: "512 x 512 x 512",
      unit: "GFLOP/s",
      value: summary(80),
      peakShare: { bits128: 0.8, widest: 0.4 },
      note: "matmul",
      peers: { torch: { value: summary(160), ratio: 0.5, bestRatio: 0.6 } },
      unmeasured: {},
    },
    { name: "load", shape: "alexnet", unit: "ms", value: summary(12), peers: {}, unmeasured: {} },
  ],
  ratios: { torch: 0.5 },
};
