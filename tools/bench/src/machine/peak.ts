// The most multiply-adds that this machine's cores can make: what shares of the peak are shares of.
import { nativePeak } from "./native-peak.ts";
import { wasmPeak } from "./wasm-peak.ts";

/** GFLOP/s, a multiply-add counted as two. */
export interface PeakRate {
  readonly oneThread: number;
  readonly allThreads: number;
}

export interface Peak {
  /** How it was measured. */
  readonly source: string;
  readonly threads: number;
  /** By the width of the vectors in bits; 128 is always there, and is what WebAssembly has. */
  readonly byBits: { readonly "128": PeakRate; readonly [bits: string]: PeakRate };
}

/** Measured natively where there is a C compiler, else by a loop in WebAssembly. */
export async function measurePeak(threads: number, compilers?: readonly string[]): Promise<Peak> {
  return (await nativePeak(threads, compilers)) ?? (await wasmPeak(threads));
}

/** All threads' rate at the widest vectors there are. */
export function widestRate({ byBits }: Peak): number {
  return Math.max(...Object.values(byBits).map(({ allThreads }) => allThreads));
}
