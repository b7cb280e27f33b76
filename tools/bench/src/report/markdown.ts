// Results as Markdown: what docs/performance.md says between its two marks.
import { adapterLines } from "../machine/adapter.ts";
import type { Machine } from "../machine/machine.ts";
import { type BenchFile, hasShare, type Row } from "./bench-file.ts";
import { firstLine, formatRatio, formatRatios, formatSummary, percent } from "./format.ts";

const BEGIN = "<!-- Written by pnpm bench report: what stands between this mark and the next is replaced. -->";
/** A page of compiler flags, which the run itself prints. */
const BUILD_SETTINGS = "torch.__config__";
const END = "<!-- The end of what pnpm bench report writes. -->";

const preamble = `# Performance

How fast this project's backends are, against the machine's peak and against other libraries that run the same thing in the same
minutes. \`pnpm bench --help\` says what can be measured.
`;

/** The document with these tables in the place of its old ones; a new document where there is none. */
export function replaceTables(document: string, tables: string): string {
  const block = `${BEGIN}\n\n${tables.trim()}\n\n${END}`;
  const [begin, end] = [document.indexOf(BEGIN), document.indexOf(END)];
  if (begin < 0 || end < begin) return `${document.trim() === "" ? preamble : document.trimEnd()}\n${block}\n`;
  return `${document.slice(0, begin)}${block}${document.slice(end + END.length)}`;
}

/** A section for each result: machine, command, rows, ratios. */
export function reportTables(results: readonly BenchFile[]): string {
  return [
    `The figures are from a machine that others used at the same time: believe the ratios, whose turns were interleaved, before the
rates. A figure is the median, with the lowest and the highest of all repetitions. A ratio is our speed divided by the peer's:
above 1, we are faster; of the medians, and of the shortest times of each where that is another figure.`,
    ...results.map(section),
  ].join("\n\n");
}

function section(result: BenchFile): string {
  const { command, date, devices, adapter, machine, peers, missing, rows, ratios } = result;
  return [
    `## \`${command}\``,
    `${date.slice(0, 10)}, ${devices}.`,
    ...machineLines(machine),
    ...(adapter === undefined ? [] : adapterLines(adapter).map((line) => `- ${line}`)),
    ...peers.map(
      ({ name, details }) =>
        `- ${name}: ${Object.entries(details)
          .filter(([key]) => key !== BUILD_SETTINGS)
          .map(([key, text]) => `${key} ${text}`)
          .join("; ")}`,
    ),
    ...missing.map(({ name, reason, install }) => `- ${name} did not take part: ${firstLine(reason)} (${install})`),
    "",
    ...tables(
      rows,
      peers.map(({ name }) => name),
    ),
    ...(Object.keys(ratios).length === 0
      ? []
      : [
          "",
          `Ratios: ${Object.entries(ratios)
            .map(([peer, ratio]) => `${peer} **${formatRatio(ratio)}**`)
            .join(", ")}.`,
        ]),
  ].join("\n");
}

function machineLines({ processor, cores, memoryBytes, system, node, environment, peak }: Machine): readonly string[] {
  const rates = Object.entries(peak.byBits).map(
    ([bits, { oneThread, allThreads }]) => `${bits} bits ${oneThread.toFixed(0)} / ${allThreads.toFixed(0)}`,
  );
  const variables = Object.entries(environment).map((pair) => `\`${pair.join("=")}\``);
  return [
    "",
    `- ${processor}, ${cores} cores, ${(memoryBytes / 2 ** 30).toFixed(0)} GiB, ${system}, Node ${node}`,
    `- peak in GFLOP/s with 1 / ${peak.threads} threads: ${rates.join(", ")} (${peak.source})`,
    ...(variables.length === 0 ? [] : [`- environment: ${variables.join(", ")}`]),
  ];
}

const shareColumns: readonly { readonly title: string; readonly of: (row: Row) => number | undefined }[] = [
  { title: "of the peak at 128 bits", of: ({ peakShare }) => peakShare?.bits128 },
  { title: "of the widest", of: ({ peakShare }) => peakShare?.widest },
  { title: "of the measured peak", of: ({ adapterShare }) => adapterShare?.measured },
  { title: "of the stated peak", of: ({ adapterShare }) => adapterShare?.datasheet },
];

/** What was compared in one table, what only ours has in another. */
function tables(rows: readonly Row[], peers: readonly string[]): readonly string[] {
  const compared = rows.filter((row) => hasShare(row) || Object.keys(row.peers).length > 0);
  const shares = shareColumns.filter(({ of }) => rows.some((row) => of(row) !== undefined));
  const alone = rows.filter((row) => !compared.includes(row));
  const present = peers.filter((peer) => compared.some((row) => peer in row.peers));
  return [
    ...(compared.length === 0
      ? []
      : table(
          ["", "", "ours", ...shares.map(({ title }) => title), ...present.flatMap((peer) => [peer, "ratio"])],
          compared.map((row) => [
            row.name,
            row.shape,
            formatSummary(row.value, row.unit),
            ...shares.map(({ of }) => {
              const share = of(row);
              return share === undefined ? "" : percent(share);
            }),
            ...present.flatMap((peer) => {
              const result = row.peers[peer];
              if (result === undefined) return ["", ""];
              return [formatSummary(result.value, row.unit), formatRatios(result)];
            }),
          ]),
        )),
    ...(compared.length > 0 && alone.length > 0 ? [""] : []),
    ...(alone.length === 0
      ? []
      : table(
          ["", "", "ours", "note"],
          alone.map(({ name, shape, value, unit, note = "" }) => [name, shape, formatSummary(value, unit), note]),
        )),
  ];
}

function table(columns: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  const rule = columns.map((column, position) => (position < 2 || column === "note" ? "---" : "---:"));
  return [line(columns), line(rule), ...rows.map(line)];
}
