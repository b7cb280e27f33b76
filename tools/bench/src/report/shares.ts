// What part of the peak a rate is, of whatever ours ran on.
import type { Adapter } from "../machine/adapter.ts";
import { type Peak, widestRate } from "../machine/peak.ts";
import type { Row } from "./bench-file.ts";

export type Shares = Pick<Row, "peakShare" | "adapterShare">;

/** Of GFLOP/s on the CPU's threads. */
export function sharesOfCpu(peak: Peak): (rate: number) => Shares {
  return (rate) => ({ peakShare: { bits128: rate / peak.byBits["128"].allThreads, widest: rate / widestRate(peak) } });
}

/** Of GFLOP/s on an adapter, in a precision that it has a measured peak for. The maker's peak is of f32. */
export function sharesOfAdapter({ peak, datasheet }: Adapter, precision: "f32" | "f16"): (rate: number) => Shares {
  const measured = peak[precision] ?? peak.f32;
  return (rate) => ({
    adapterShare: {
      measured: rate / measured,
      ...(datasheet !== undefined && precision === "f32" && { datasheet: rate / datasheet.f32 }),
    },
  });
}
