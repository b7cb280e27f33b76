// Rows and ratios as text, for terminals and for Markdown.
import { formatBytes } from "@tandem/core";
import type { Summary } from "../statistics.ts";
import type { BenchFile, PeerResult, Row, Unit } from "./bench-file.ts";
import type { Shares } from "./shares.ts";

function formatValue(value: number, unit: Unit): string {
  return unit === "bytes" ? formatBytes(value) : `${digits(value)} ${unit}`;
}

/** The median, with the lowest and the highest where there are several: `44.1 GFLOP/s (43.0-45.2)`. */
export function formatSummary({ median, min, max, count }: Summary, unit: Unit): string {
  const middle = formatValue(median, unit);
  return count === 1 || unit === "bytes" ? middle : `${middle} (${digits(min)}-${digits(max)})`;
}

/** Two decimals. */
export function formatRatio(ratio: number): string {
  return ratio.toFixed(2);
}

/** Of the medians, and of the best where that is another: `0.50 (best 0.62)`. */
export function formatRatios({ ratio, bestRatio }: Pick<PeerResult, "ratio" | "bestRatio">): string {
  const [middle, best] = [formatRatio(ratio), formatRatio(bestRatio)];
  return middle === best ? middle : `${middle} (best ${best})`;
}

function formatShares({ peakShare, adapterShare }: Shares): readonly string[] {
  return [
    ...(peakShare === undefined
      ? []
      : [`${percent(peakShare.bits128)} of the peak at 128 bits`, `${percent(peakShare.widest)} of the widest`]),
    ...(adapterShare === undefined ? [] : [`${percent(adapterShare.measured)} of the measured peak`]),
    ...(adapterShare?.datasheet === undefined ? [] : [`${percent(adapterShare.datasheet)} of the stated one`]),
  ];
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}

/** One measured row as a paragraph: ours, then a line for each peer. */
export function rowText({ name, shape, unit, value, note, peers, unmeasured, ...shares }: Row): string {
  const lines = [
    `${name}  ${[formatSummary(value, unit), ...formatShares(shares)].join(", ")}  [${[shape, note].filter((part) => part !== undefined).join("; ")}]`,
    ...Object.entries(peers).map(
      ([peer, result]) =>
        `  ${peer}: ${formatSummary(result.value, unit)}, ratio ${formatRatios(result)}${result.note === undefined ? "" : ` [${result.note}]`}`,
    ),
    ...Object.entries(unmeasured).map(([peer, reason]) => `  ${peer}: not measured: ${firstLine(reason)}`),
  ];
  return lines.join("\n");
}

/** What a run comes to: a line for each ratio. */
export function ratioText(ratios: BenchFile["ratios"]): string {
  const entries = Object.entries(ratios);
  if (entries.length === 0) return "No peers to compare with.";
  return [
    "Our speed / the peer's (above 1 we are faster):",
    ...entries.map(([peer, ratio]) => `  ${peer}: ${formatRatio(ratio)}`),
  ].join("\n");
}

export function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}

function digits(value: number): string {
  if (value >= 100) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
