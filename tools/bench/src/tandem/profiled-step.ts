// A training step on devices that measure: what its kernels took, and what it took beside them.
import { type DeviceProgram, profileByStep, type SegmentTimings, type StepProfile } from "@tandem/core";
import type { Model } from "@tandem/models";
import { type Summary, summarize } from "../statistics.ts";
import { openChosen, type TandemChoice } from "./chosen-devices.ts";
import { pipelinedSeconds } from "./pipelined.ts";
import { prepareStep, trainingOptions } from "./training.ts";

export interface ProfiledStep {
  /** Of a whole step, with everything around its kernels. */
  readonly wall: Summary;
  readonly kernels: number;
  readonly plannedBytes: number;
  /** Of each device, its kernels in order; empty where devices do not measure. */
  readonly profiles: readonly (readonly StepProfile[])[];
}

export async function profileStep(
  choice: TandemChoice,
  model: Model,
  batch: number,
  milliseconds: number,
): Promise<ProfiledStep> {
  await using devices = await openChosen(choice, { measure: true });
  const runs = new Map<DeviceProgram, SegmentTimings[]>();
  devices.profileListener = ({ program, timings }) => {
    runs.set(program, [...(runs.get(program) ?? []), timings]);
  };
  const step = await prepareStep(trainingOptions(model, batch), devices);
  const seconds = await pipelinedSeconds(() => step.run(), milliseconds);
  return {
    wall: summarize(seconds),
    kernels: step.kernels,
    plannedBytes: step.plannedBytes,
    profiles: [...runs].map(([program, timings]) => profileByStep(program, timings)),
  };
}
