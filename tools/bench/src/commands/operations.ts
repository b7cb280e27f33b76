// `pnpm bench gemm` and `pnpm bench conv`: single operations.
import { UsageError } from "@tandem/core";
import type { BenchOptions } from "../command-line.ts";
import { interleave, type Pace } from "../interleave.ts";
import { convolutions, linearMatmuls, type NamedTask, squareMatmuls } from "../network-tasks.ts";
import type { Row } from "../report/bench-file.ts";
import { compare } from "../report/compare.ts";
import { flopsOf, shapeText } from "../task.ts";
import { type Audience, modelOf, openSetting, type Setting, sharesIn } from "./measurement.ts";

const SQUARES = [512, 1024, 2048];
const DEFAULT_BATCH = 32;
const TURN = { milliseconds: 300, patienceSeconds: 3 };
const ANSWER_SECONDS = 30;

export function operationTasks(
  subject: "gemm" | "conv",
  { model = "alexnet", batch = DEFAULT_BATCH }: Pick<BenchOptions, "model" | "batch">,
): readonly NamedTask[] {
  const { architecture } = modelOf(model, 1);
  if (subject === "conv") return convolutions(architecture, batch);
  return [...squareMatmuls(SQUARES), ...linearMatmuls(architecture, batch)];
}

export async function measureOperations(
  subject: "gemm" | "conv",
  options: BenchOptions,
  audience: Audience,
): Promise<{ readonly rows: readonly Row[]; readonly setting: Setting }> {
  if (options.precision === "f16") {
    throw new UsageError(`pnpm bench ${subject} measures f32 only`, { hint: "pnpm bench step --precision f16" });
  }
  await using setting = await openSetting(options, audience, { patienceSeconds: ANSWER_SECONDS });
  const pace: Pace = { rounds: options.rounds, ...TURN };
  const rows: Row[] = [];
  for (const { name, task } of operationTasks(subject, options)) {
    const flops = flopsOf(task);
    const outcomes = await interleave(setting.contenders, task, pace);
    const head = { name, shape: shapeText(task), unit: "GFLOP/s", work: flops / 1e9, flops } as const;
    const row = compare(head, setting.contenders, outcomes, sharesIn(setting, "f32"));
    rows.push(row);
    audience.row(row);
  }
  return { rows, setting };
}
