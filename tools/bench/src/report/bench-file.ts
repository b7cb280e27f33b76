// What a run of `pnpm bench` leaves behind, as JSON.
import { z } from "zod";
import type { Adapter } from "../machine/adapter.ts";
import type { Machine } from "../machine/machine.ts";
import type { PeakRate } from "../machine/peak.ts";
import type { Summary } from "../statistics.ts";

export type Unit = "GFLOP/s" | "images/s" | "ms" | "us" | "bytes";

export interface PeerResult {
  readonly value: Summary;
  /** Our speed / its speed: above 1, we are faster. */
  readonly ratio: number;
  /** The same of each one's shortest times: what is left when the machine's other work is taken out. */
  readonly bestRatio: number;
  readonly note?: string | undefined;
}

export interface Row {
  readonly name: string;
  /** What was computed, in numbers. */
  readonly shape: string;
  readonly unit: Unit;
  readonly value: Summary;
  /** Of the machine's peak with the threads that were used, at 128 bits and at its widest vectors. */
  readonly peakShare?: { readonly bits128: number; readonly widest: number } | undefined;
  /** Of the adapter's peak, as measured in the same run and as its maker states it. */
  readonly adapterShare?: { readonly measured: number; readonly datasheet?: number | undefined } | undefined;
  readonly note?: string | undefined;
  /** By contender. */
  readonly peers: Readonly<Record<string, PeerResult>>;
  /** Contenders without a result, and why. */
  readonly unmeasured: Readonly<Record<string, string>>;
}

/** Whether it is a rate that a peak can be told of, and that libraries can be compared in. */
export function hasShare({ peakShare, adapterShare }: Pick<Row, "peakShare" | "adapterShare">): boolean {
  return peakShare !== undefined || adapterShare !== undefined;
}

export interface BenchFile {
  /** As it can be typed again. */
  readonly command: string;
  readonly machine: Machine;
  /** ISO 8601. */
  readonly date: string;
  /** What ours ran on. */
  readonly devices: string;
  /** Where they are GPUs, or software that stands for one. */
  readonly adapter?: Adapter | undefined;
  readonly threads: number;
  /** The peers that took part, with their versions and settings. */
  readonly peers: readonly {
    readonly name: string;
    readonly library: string;
    readonly details: Readonly<Record<string, string>>;
  }[];
  readonly missing: readonly { readonly name: string; readonly reason: string; readonly install: string }[];
  readonly rows: readonly Row[];
  /** Our speed / the peer's: the geometric mean over the rows that both have. */
  readonly ratios: Readonly<Record<string, number>>;
}

const texts = z.record(z.string(), z.string());
const number = z.number();
const rate: z.ZodType<PeakRate> = z.object({ oneThread: number, allThreads: number });
const summary: z.ZodType<Summary> = z.object({ median: number, min: number, max: number, count: number });

const row: z.ZodType<Row> = z.object({
  name: z.string(),
  shape: z.string(),
  unit: z.enum(["GFLOP/s", "images/s", "ms", "us", "bytes"]),
  value: summary,
  peakShare: z.object({ bits128: number, widest: number }).optional(),
  adapterShare: z.object({ measured: number, datasheet: number.optional() }).optional(),
  note: z.string().optional(),
  peers: z.record(
    z.string(),
    z.object({ value: summary, ratio: number, bestRatio: number, note: z.string().optional() }),
  ),
  unmeasured: texts,
});

const adapter: z.ZodType<Adapter> = z.object({
  name: z.string(),
  driver: z.string(),
  isSoftware: z.boolean(),
  peak: z.object({ f32: number, f16: number.optional(), copy: number }),
  datasheet: z.object({ f32: number, memory: number, source: z.string() }).optional(),
});

export const benchFileSchema: z.ZodType<BenchFile> = z.object({
  command: z.string(),
  machine: z.object({
    processor: z.string(),
    cores: number,
    memoryBytes: number,
    system: z.string(),
    node: z.string(),
    environment: texts,
    peak: z.object({ source: z.string(), threads: number, byBits: z.object({ "128": rate }).catchall(rate) }),
  }),
  date: z.string(),
  devices: z.string(),
  adapter: adapter.optional(),
  threads: number,
  peers: z.array(z.object({ name: z.string(), library: z.string(), details: texts })),
  missing: z.array(z.object({ name: z.string(), reason: z.string(), install: z.string() })),
  rows: z.array(row),
  ratios: z.record(z.string(), number),
});
