// From what contenders measured to a row, and from rows to ratios.
import type { Contender, Outcome } from "../contender.ts";
import { geometricMean, rates, type Summary, summarize } from "../statistics.ts";
import type { BenchFile, PeerResult, Row, Unit } from "./bench-file.ts";
import type { Shares } from "./shares.ts";

export interface RowHead {
  readonly name: string;
  readonly shape: string;
  readonly unit: Extract<Unit, "GFLOP/s" | "images/s">;
  /** In units: GFLOP, or images. */
  readonly work: number;
  /** FLOPs of the work, for the share of the peak. */
  readonly flops: number;
}

/** The first contender is ours; `sharesOf` says what part of the peak its GFLOP/s are. */
export function compare(
  { name, shape, unit, work, flops }: RowHead,
  contenders: readonly Pick<Contender, "name">[],
  outcomes: readonly Outcome[],
  sharesOf: (rate: number) => Shares,
): Row {
  const [ours, ...others] = outcomes;
  if (ours?.kind !== "measured") throw new TypeError(`${name}: ours was not measured: ${ours?.reason}`);
  const times = summarize(ours.seconds);
  const peers: Record<string, PeerResult> = {};
  const unmeasured: Record<string, string> = {};
  for (const [index, outcome] of others.entries()) {
    const peer = contenders[index + 1]?.name ?? "";
    if (outcome.kind === "unmeasured") {
      unmeasured[peer] = outcome.reason;
    } else {
      const theirs = summarize(outcome.seconds);
      const ratio = theirs.median / times.median;
      const bestRatio = theirs.min / times.min;
      const { note } = outcome;
      peers[peer] = { value: rates(theirs, work), ratio, bestRatio, ...(note !== undefined && { note }) };
    }
  }
  const rate = flops / times.median / 1e9;
  return {
    name,
    shape,
    unit,
    value: rates(times, work),
    ...sharesOf(rate),
    ...(ours.note !== undefined && { note: ours.note }),
    peers,
    unmeasured,
  };
}

/** A row of something that only takes time or memory. */
export function plainRow(name: string, shape: string, unit: Unit, value: Summary, note?: string): Row {
  return { name, shape, unit, value, ...(note !== undefined && { note }), peers: {}, unmeasured: {} };
}

/** By peer: geometric means over the rows that have a ratio to it. */
export function ratiosOf(rows: readonly Row[], contenders: readonly Pick<Contender, "name">[]): BenchFile["ratios"] {
  const ratios: Record<string, number> = {};
  for (const { name } of contenders) {
    const values = rows.flatMap(({ peers }) => peers[name]?.ratio ?? []);
    if (values.length > 0) ratios[name] = geometricMean(values);
  }
  return ratios;
}
