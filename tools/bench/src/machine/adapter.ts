// The adapter that ours run on, with its peak as measured in this run and as its maker states it.
import type { Capabilities } from "@tandem/backend-webgpu";
import { type AdapterPeak, measureAdapterPeak } from "./adapter-peak.ts";
import { type Datasheet, datasheetOf } from "./datasheet.ts";

export interface Adapter {
  readonly name: string;
  readonly driver: string;
  /** A program on the CPU: its times say nothing of any GPU. */
  readonly isSoftware: boolean;
  readonly peak: AdapterPeak;
  readonly datasheet?: Datasheet | undefined;
}

export async function describeAdapter({ adapter, driver, isSoftware }: Capabilities): Promise<Adapter> {
  const datasheet = isSoftware ? undefined : datasheetOf(adapter);
  return {
    name: adapter,
    driver,
    isSoftware,
    peak: await measureAdapterPeak(adapter, { isSoftware }),
    ...(datasheet !== undefined && { datasheet }),
  };
}

/** As lines for the reader. */
export function adapterLines({ name, driver, isSoftware, peak, datasheet }: Adapter): readonly string[] {
  const f16 = peak.f16 === undefined ? "" : `, ${rounded(peak.f16)} GFLOP/s in f16`;
  return [
    `${name} (${driver})${isSoftware ? ": SOFTWARE, whose times say nothing of any GPU" : ""}`,
    `measured peak: ${rounded(peak.f32)} GFLOP/s in f32${f16}, copying ${rounded(peak.copy)} GB/s`,
    ...(datasheet === undefined
      ? []
      : [`stated peak: ${datasheet.f32} GFLOP/s in f32, memory ${datasheet.memory} GB/s (${datasheet.source})`]),
  ];
}

function rounded(rate: number): string {
  return rate >= 10 ? rate.toFixed(0) : rate.toFixed(2);
}
