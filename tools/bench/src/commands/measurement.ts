// What all measurements share: contenders that are opened, rows that are printed as they come, and the file that is left.
import { alexnet, type Model, miniAlexnet, type Precision } from "@tandem/models";
import type { BenchOptions, ModelChoice } from "../command-line.ts";
import type { Contender } from "../contender.ts";
import { type Adapter, adapterLines, describeAdapter } from "../machine/adapter.ts";
import { describeMachine, type Machine } from "../machine/machine.ts";
import { type MissingPeer, peersFor, startPeers } from "../peers/catalog.ts";
import { type BenchFile, hasShare, type Row } from "../report/bench-file.ts";
import { ratiosOf } from "../report/compare.ts";
import { type Shares, sharesOfAdapter, sharesOfCpu } from "../report/shares.ts";
import type { TandemChoice } from "../tandem/chosen-devices.ts";
import { TandemContender } from "../tandem/tandem-contender.ts";

/** Called with each row as soon as it is measured, and with lines about what is going on. */
export interface Audience {
  row(row: Row): void;
  note(line: string): void;
}

export interface Setting extends AsyncDisposable {
  readonly machine: Machine;
  /** Where ours run on one. */
  readonly adapter?: Adapter;
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

export function modelOf(name: ModelChoice, towers: 1 | 2, precision: Precision = "f32"): Model {
  return name === "alexnet" ? alexnet({ towers, precision }) : miniAlexnet({ towers, precision, classes: 10 });
}

/** What part of the peak a rate of ours is. */
export function sharesIn(
  { adapter, machine }: Pick<Setting, "adapter" | "machine">,
  precision: Precision,
): (rate: number) => Shares {
  return adapter === undefined ? sharesOfCpu(machine.peak) : sharesOfAdapter(adapter, precision);
}

/** Measures the peak of the machine and of ours' adapter, and starts who takes part. */
export async function openSetting(
  options: BenchOptions,
  audience: Audience,
  { model, patienceSeconds }: SettingOptions,
): Promise<Setting> {
  const machine = await describeMachine(options.threads);
  const ours = await TandemContender.open(choiceOf(options, model === undefined ? 1 : options.towers), model);
  const adapter = ours.capabilities === undefined ? undefined : await describeAdapter(ours.capabilities);
  const { contenders, missing } = await startPeers(options.peers ?? peersFor(adapter !== undefined), {
    threads: options.threads,
    adapter: adapter?.name,
    patienceSeconds,
  });
  for (const line of introduction(machine, [ours, ...contenders], missing, adapter)) audience.note(line);
  return {
    machine,
    ...(adapter !== undefined && { adapter }),
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
  adapter?: Adapter,
): readonly string[] {
  const rates = Object.entries(peak.byBits).map(
    ([bits, { oneThread, allThreads }]) => `${bits} bits ${oneThread.toFixed(0)} / ${allThreads.toFixed(0)}`,
  );
  return [
    `${processor}, ${cores} cores, ${system}, Node ${node}`,
    `Peak in GFLOP/s with 1 / ${peak.threads} threads: ${rates.join(", ")} (${peak.source})`,
    ...(adapter === undefined ? [] : adapterLines(adapter)),
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
  { machine, adapter, contenders, missing }: Pick<Setting, "machine" | "adapter" | "contenders" | "missing">,
  rows: readonly Row[],
): BenchFile {
  const [ours, ...peers] = contenders;
  const compared = rows.filter(hasShare);
  return {
    command,
    machine,
    date: new Date().toISOString(),
    devices: Object.values(ours.details).join("; "),
    ...(adapter !== undefined && { adapter }),
    threads: options.threads,
    peers: peers.map(({ name, library, details }) => ({ name, library, details })),
    missing,
    rows,
    ratios: ratiosOf(compared, peers),
  };
}
