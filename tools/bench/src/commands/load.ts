// `pnpm bench load`: what a program costs before it runs, and beside its kernels while it runs.
import { compile, plan, trace } from "@tandem/core";
import { trainingSpecs, trainingStep } from "trainer";
import type { BenchOptions } from "../command-line.ts";
import { describeMachine } from "../machine/machine.ts";
import type { Row } from "../report/bench-file.ts";
import { plainRow } from "../report/compare.ts";
import { type Summary, summarize } from "../statistics.ts";
import { openChosen } from "../tandem/chosen-devices.ts";
import { type ProfiledStep, profileStep } from "../tandem/profiled-step.ts";
import { TandemContender } from "../tandem/tandem-contender.ts";
import { prepareStep, trainingOptions } from "../tandem/training.ts";
import { type Audience, choiceOf, introduction, modelOf, type Setting } from "./measurement.ts";

const DEFAULT_BATCH = 1;
const PROFILED_MILLISECONDS = 3000;

type Measure = "trace" | "compile" | "open devices" | "load" | "first step";

/** No peers take part. */
export async function measureLoad(
  options: BenchOptions,
  audience: Audience,
): Promise<{ readonly rows: readonly Row[]; readonly setting: Pick<Setting, "machine" | "contenders" | "missing"> }> {
  const { batch = DEFAULT_BATCH, model: name = "alexnet-mini", towers, rounds, precision } = options;
  const model = modelOf(name, towers, precision);
  const machine = await describeMachine(options.threads);
  const choice = choiceOf(options);
  const ours = await TandemContender.open(choice, model);
  for (const line of introduction(machine, [ours], [])) audience.note(line);
  const times: Record<Measure, number[]> = { trace: [], compile: [], "open devices": [], load: [], "first step": [] };
  for (let round = 0; round < rounds; round++) {
    const measured = await timesOf();
    for (const [measure, milliseconds] of Object.entries(measured)) times[measure as Measure].push(milliseconds);
  }
  const profiled = await profileStep(choice, model, batch, PROFILED_MILLISECONDS);
  const shape = `${name}, batch ${batch}, ${profiled.kernels} kernels`;
  const rows = [
    ...Object.entries(times).map(([measure, values]) => plainRow(measure, shape, "ms", summarize(values))),
    plainRow("step", shape, "ms", scaled(profiled.wall, 1000), "on devices that measure"),
    ...overheadRows(shape, profiled),
  ];
  for (const row of rows) audience.row(row);
  return { rows, setting: { machine, contenders: [ours], missing: [] } };

  /** In milliseconds. What `compile` of core does twice, to tell its parts apart, is subtracted. */
  async function timesOf(): Promise<Record<Measure, number>> {
    const training = trainingOptions(model, batch);
    const specs = trainingSpecs(training);
    const step = trainingStep(training);
    const opening = performance.now();
    await using devices = await openChosen(choice);
    const backends = devices.devices.map(({ backend }) => backend);
    const start = performance.now();
    trace(step, specs, ["state"]);
    const traced = performance.now();
    plan(step, specs, { backends, donate: ["state"] });
    const planned = performance.now();
    await using _ = await compile(step, specs, { devices, donate: ["state"] });
    const compiled = performance.now();
    const tracing = traced - start;
    const planning = planned - traced;
    const prepared = await prepareStep(training, devices);
    const ready = performance.now();
    await prepared.run();
    return {
      trace: tracing,
      compile: Math.max(0, planning - tracing),
      "open devices": start - opening,
      load: Math.max(0, compiled - planned - planning),
      "first step": performance.now() - ready,
    };
  }
}

/** Exported for its test. The step's time that no kernel accounts for, by kernel. Kernels of several devices overlap: the busiest counts. */
export function overheadRows(
  shape: string,
  { wall, kernels, profiles }: Pick<ProfiledStep, "wall" | "kernels" | "profiles">,
): Row[] {
  if (profiles.length === 0) return [];
  const busiest = Math.max(
    ...profiles.map((profile) => profile.reduce((sum, { milliseconds }) => sum + milliseconds, 0)),
  );
  const perKernel = (seconds: number): number => Math.max(0, (1e6 * seconds - 1000 * busiest) / kernels);
  const value: Summary = {
    median: perKernel(wall.median),
    min: perKernel(wall.min),
    max: perKernel(wall.max),
    count: wall.count,
  };
  return [plainRow("overhead of a kernel", shape, "us", value, `kernels alone: ${busiest.toFixed(2)} ms`)];
}

function scaled({ median, min, max, count }: Summary, factor: number): Summary {
  return { median: median * factor, min: min * factor, max: max * factor, count };
}
