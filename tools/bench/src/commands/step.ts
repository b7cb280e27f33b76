// `pnpm bench step`: a training step, by phase and by kernel, and the memory it takes.
import type { Precision } from "@tandem/models";
import type { BenchOptions } from "../command-line.ts";
import type { Contender, Outcome } from "../contender.ts";
import { interleave, type Pace } from "../interleave.ts";
import type { AdapterPeak } from "../machine/adapter-peak.ts";
import { stepFlops, stepTask } from "../network-tasks.ts";
import type { PeerResult, Row, Unit } from "../report/bench-file.ts";
import { compare, plainRow } from "../report/compare.ts";
import { percent } from "../report/format.ts";
import { kernelGroups, type Phase, phases, phasesOf } from "../report/step-profile.ts";
import { type Summary, summarize } from "../statistics.ts";
import { type ProfiledStep, profileStep } from "../tandem/profiled-step.ts";
import { type Audience, choiceOf, modelOf, openSetting, type Setting, sharesIn } from "./measurement.ts";

const DEFAULT_BATCH = 32;
const TURN = { milliseconds: 2000, patienceSeconds: Number.POSITIVE_INFINITY };
const ANSWER_SECONDS = 900;
const PROFILED_MILLISECONDS = 3000;
const MOST_KERNEL_GROUPS = 24;

export async function measureStep(
  options: BenchOptions,
  audience: Audience,
): Promise<{ readonly rows: readonly Row[]; readonly setting: Setting }> {
  const { batch = DEFAULT_BATCH, model: name = "alexnet", towers, rounds, precision } = options;
  const model = modelOf(name, towers, precision);
  const rows: Row[] = [];
  const add = (row: Row): void => {
    rows.push(row);
    audience.row(row);
  };
  await using setting = await openSetting(options, audience, { model, patienceSeconds: ANSWER_SECONDS });
  const { contenders } = setting;
  const pace: Pace = { rounds, ...TURN };
  const outcomes = await interleave(contenders, stepTask(model.architecture, batch), pace);
  const shape = `${name}, batch ${batch}, ${towers === 1 ? "one device" : "two towers on two devices"}${precision === "f16" ? ", f16" : ""}`;
  const flops = stepFlops(model.architecture, batch);
  add(
    compare(
      { name: "step", shape, unit: "images/s", work: batch, flops },
      contenders,
      outcomes,
      sharesIn(setting, precision),
    ),
  );
  const resident = residentRow(shape, contenders, outcomes);
  if (resident !== undefined) add(resident);
  // The contender's devices are closed first: two steps may not fit into memory.
  for (const contender of contenders) await contender[Symbol.asyncDispose]();
  const profiled = await profileStep(choiceOf(options), model, batch, PROFILED_MILLISECONDS);
  add(plainRow("planned memory", shape, "bytes", exactly(profiled.plannedBytes)));
  for (const row of phaseRows(shape, profiled, contenders, outcomes)) add(row);
  for (const row of kernelRows(profiled, setting.adapter?.peak, precision)) add(row);
  return { rows, setting };
}

/** The most memory that each one's process ever held. */
function residentRow(
  shape: string,
  contenders: readonly Pick<Contender, "name">[],
  outcomes: readonly Outcome[],
): Row | undefined {
  const [ours] = outcomes.map(residentBytes);
  if (ours === undefined) return undefined;
  const peers = peersOf(contenders, outcomes, residentBytes, (theirs) => theirs / ours);
  return { ...plainRow("resident memory", shape, "bytes", exactly(ours)), peers };
}

function residentBytes(outcome: Outcome): number | undefined {
  return outcome.kind === "measured" ? outcome.residentBytes : undefined;
}

/** Exported for its test. Without rows where our devices do not measure. */
export function phaseRows(
  shape: string,
  { profiles }: Pick<ProfiledStep, "profiles">,
  contenders: readonly Pick<Contender, "name">[],
  outcomes: readonly Outcome[],
): readonly Row[] {
  const ours = phasesOf(profiles);
  if (ours === undefined) return [];
  return phases.map((phase) => {
    const theirs = (outcome: Outcome): number | undefined => phaseMilliseconds(outcome, phase);
    const peers = peersOf(contenders, outcomes, theirs, (milliseconds) => milliseconds / ours[phase]);
    return { ...plainRow(phase, shape, "ms", exactly(ours[phase])), peers };
  });
}

function phaseMilliseconds(outcome: Outcome, phase: Phase): number | undefined {
  const seconds = outcome.kind === "measured" ? outcome.phases?.[phase] : undefined;
  return seconds === undefined ? undefined : 1000 * summarize(seconds).median;
}

function peersOf(
  contenders: readonly Pick<Contender, "name">[],
  outcomes: readonly Outcome[],
  measureOf: (outcome: Outcome) => number | undefined,
  ratioOf: (value: number) => number,
): Readonly<Record<string, PeerResult>> {
  const entries = outcomes.slice(1).flatMap((outcome, index): readonly (readonly [string, PeerResult])[] => {
    const value = measureOf(outcome);
    const name = contenders[index + 1]?.name;
    if (value === undefined || name === undefined) return [];
    return [[name, { value: exactly(value), ratio: ratioOf(value), bestRatio: ratioOf(value) }]];
  });
  return Object.fromEntries(entries);
}

/** Exported for its test. With shares of the adapter's measured peak, where ours ran on one. */
export function kernelRows(
  { profiles }: Pick<ProfiledStep, "profiles">,
  peak: AdapterPeak | undefined,
  precision: Precision,
): readonly Row[] {
  const total = profiles.flat().reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  return kernelGroups(profiles, MOST_KERNEL_GROUPS).map(({ name, kernels, milliseconds, flops, bytesMoved }) => {
    const unit: Unit = "ms";
    const rate = flops / milliseconds / 1e6;
    const traffic = bytesMoved / milliseconds / 1e6;
    const ofPeak = peak === undefined ? "" : ` (${percent(rate / (peak[precision] ?? peak.f32))} of the peak)`;
    const ofCopy = peak === undefined ? "" : ` (${percent(traffic / peak.copy)} of a copy)`;
    const note = [
      `${((100 * milliseconds) / total).toFixed(1)} %`,
      `${rate.toFixed(1)} GFLOP/s${ofPeak}`,
      `${traffic.toFixed(1)} GB/s${ofCopy}`,
    ].join(", ");
    return plainRow(
      `kernel: ${name}`,
      `${kernels} kernel${kernels === 1 ? "" : "s"}`,
      unit,
      exactly(milliseconds),
      note,
    );
  });
}

function exactly(value: number): Summary {
  return { median: value, min: value, max: value, count: 1 };
}
