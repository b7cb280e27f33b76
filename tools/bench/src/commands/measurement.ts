// What all measurements share: contenders that are opened, rows that are printed as they come, and the file that is left.
import { alexnet, type Model, miniAlexnet } from "@tandem/models";
import type { BenchOptions, ModelChoice } from "../command-line.ts";
import type { Contender } from "../contender.ts";
import { describeMachine, type Machine } from "../machine/machine.ts";
import { type MissingPeer, startPeers } from "../peers/catalog.ts";
import type { BenchFile, Row } from "../report/bench-file.ts";
import { ratiosOf } from "../report/compare.ts";
import type { TandemChoice } from "../tandem/chosen-devices.ts";
import { TandemContender } from "../tandem/tandem-contender.ts";

/** Called with each row as soon as it is measured, and with lines about what is going on. */
export interface Audience {
  row(row: Row): void;
  note(line: string): void;
}

export interface Setting extends AsyncDisposable {
  readonly machine: Machine;
  /** Ours first. */
  readonly contenders: readonly [Contender, ...(readonly Contender[])];
  readonly missing: readonly MissingPeer[];
}

export interface SettingOptions {
  readonly model?: Model;
  /** How long a peer's answer may take. */
  readonly patienceSeconds: number;
}

export function choiceOf({ backend, threads, towers }: BenchOptions, devices: number = towers): TandemChoice {
  return { backend, threads, devices };
}

export function modelOf(name: ModelChoice, towers: 1 | 2): Model {
  return name === "alexnet" ? alexnet({ towers }) : miniAlexnet({ towers, classes: 10 });
}

/** Measures the machine's peak, and starts who takes part. */
export async function openSetting(
  options: BenchOptions,
  audience: Audience,
  { model, patienceSeconds }: SettingOptions,
): Promise<Setting> {
  const machine = await describeMachine(options.threads);
  const ours = await TandemContender.open(choiceOf(options, model === undefined ? 1 : options.towers), model);
  const { contenders, missing } = await startPeers(options.peers, options.threads, patienceSeconds);
  for (const line of introduction(machine, [ours, ...contenders], missing)) audience.note(line);
  return {
    machine,
    contenders: [ours, ...contenders],
    missing,
    async [Symbol.asyncDispose]() {
      for (const contender of [ours, ...contenders]) await contender[Symbol.asyncDispose]();
    },
  };
}

/** The machine, who takes part with which settings, and who is missing. */
export function introduction(
  { processor, cores, system, node, environment, peak }: Machine,
  contenders: readonly Pick<Contender, "name" | "details">[],
  missing: readonly MissingPeer[],
): readonly string[] {
  const rates = Object.entries(peak.byBits).map(
    ([bits, { oneThread, allThreads }]) => `${bits} bits ${oneThread.toFixed(0)} / ${allThreads.toFixed(0)}`,
  );
  return [
    `${processor}, ${cores} cores, ${system}, Node ${node}`,
    `Peak in GFLOP/s with 1 / ${peak.threads} threads: ${rates.join(", ")} (${peak.source})`,
    ...(Object.keys(environment).length > 0
      ? [
          `Environment: ${Object.entries(environment)
            .map((pair) => pair.join("="))
            .join(" ")}`,
        ]
      : []),
    ...contenders.map(
      ({ name, details }) =>
        `${name}: ${Object.entries(details)
          .map(([key, value]) => `${key} ${value}`)
          .join("; ")}`,
    ),
    ...missing.map(({ name, reason, install }) => `${name} is missing: ${reason} (${install})`),
  ];
}

export function benchFile(
  command: string,
  options: BenchOptions,
  { machine, contenders, missing }: Pick<Setting, "machine" | "contenders" | "missing">,
  rows: readonly Row[],
): BenchFile {
  const [ours, ...peers] = contenders;
  const compared = rows.filter(({ peakShare }) => peakShare !== undefined);
  return {
    command,
    machine,
    date: new Date().toISOString(),
    devices: Object.values(ours.details).join("; "),
    threads: options.threads,
    peers: peers.map(({ name, library, details }) => ({ name, library, details })),
    missing,
    rows,
    ratios: ratiosOf(compared, peers),
  };
}
