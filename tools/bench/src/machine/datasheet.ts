// What makers say of their GPUs: f32 multiply-adds without tensor cores, at the highest clock.

export interface Datasheet {
  /** GFLOP/s in f32. */
  readonly f32: number;
  /** GB/s of the GPU's memory. */
  readonly memory: number;
  readonly source: string;
}

/** By how drivers name the GPU; the first that fits. */
const datasheets: readonly (readonly [RegExp, Datasheet])[] = [
  [/H200/, { f32: 67_000, memory: 4800, source: "NVIDIA H200 datasheet, SXM" }],
  [/H100 NVL/, { f32: 60_000, memory: 3900, source: "NVIDIA H100 datasheet, NVL" }],
  [/H100 PCIe/, { f32: 51_000, memory: 2000, source: "NVIDIA H100 PCIe product brief" }],
  [/H100/, { f32: 67_000, memory: 3350, source: "NVIDIA H100 datasheet, SXM" }],
  [/A100.*80GB/, { f32: 19_500, memory: 2039, source: "NVIDIA A100 datasheet, 80GB SXM" }],
  [/A100/, { f32: 19_500, memory: 1555, source: "NVIDIA A100 datasheet, 40GB" }],
  [/L40S/, { f32: 91_600, memory: 864, source: "NVIDIA L40S datasheet" }],
  [/\bL4\b/, { f32: 30_300, memory: 300, source: "NVIDIA L4 datasheet" }],
  [/\bA10\b/, { f32: 31_200, memory: 600, source: "NVIDIA A10 datasheet" }],
  [/\bT4\b/, { f32: 8100, memory: 320, source: "NVIDIA T4 datasheet" }],
  [/V100.*SXM2/, { f32: 15_700, memory: 900, source: "NVIDIA V100 datasheet, SXM2" }],
  [/V100.*PCIE/i, { f32: 14_000, memory: 900, source: "NVIDIA V100 datasheet, PCIe" }],
];

/** `undefined` for GPUs that are not in the table. */
export function datasheetOf(adapter: string): Datasheet | undefined {
  return datasheets.find(([name]) => name.test(adapter))?.[1];
}
