// What the kernels of a training step took, summed up: by phase, and by kind and layer.
import type { StepProfile } from "@tandem/core";

export type Phase = "forward" | "backward" | "update";
export const phases: readonly Phase[] = ["forward", "backward", "update"];

/** As models and optimisers name the scopes that phases begin with. */
const [LOSS, UPDATE] = ["loss", "update"];

/**
 * Milliseconds of each phase; of several devices, which work at the same time, the longest. The loss counts as the beginning of the
 * backward pass. `undefined` where nothing was measured.
 */
export function phasesOf(profiles: readonly (readonly StepProfile[])[]): Readonly<Record<Phase, number>> | undefined {
  const all = profiles.flat();
  if (all.length === 0) return undefined;
  const boundary = Math.min(...all.filter(({ scope }) => isWithin(scope, LOSS)).map(({ stepId }) => stepId));
  const phaseOf = ({ scope, stepId }: StepProfile): Phase => {
    if (isWithin(scope, UPDATE)) return "update";
    return stepId < boundary ? "forward" : "backward";
  };
  const longest = (phase: Phase): number =>
    Math.max(...profiles.map((profile) => sumOf(profile.filter((step) => phaseOf(step) === phase)).milliseconds));
  return { forward: longest("forward"), backward: longest("backward"), update: longest("update") };
}

export interface KernelGroup {
  /** Op and outermost scope: `conv2d in conv1`. */
  readonly name: string;
  readonly kernels: number;
  readonly milliseconds: number;
  readonly flops: number;
  readonly bytesMoved: number;
}

/** Kernels of one op in one layer together, the longest first; beyond the first `most`, one group of the others. */
export function kernelGroups(profiles: readonly (readonly StepProfile[])[], most: number): readonly KernelGroup[] {
  const byName = new Map<string, StepProfile[]>();
  for (const step of profiles.flat()) {
    const name = step.scope === "" ? step.op : `${step.op} in ${outermost(step.scope)}`;
    byName.set(name, [...(byName.get(name) ?? []), step]);
  }
  const groups = [...byName]
    .map(([name, steps]) => ({ name, ...sumOf(steps) }))
    .toSorted((a, b) => b.milliseconds - a.milliseconds);
  if (groups.length <= most) return groups;
  const rest = new Set(groups.slice(most).map(({ name }) => name));
  const others = [...byName].flatMap(([name, steps]) => (rest.has(name) ? steps : []));
  return [...groups.slice(0, most), { name: "all others", ...sumOf(others) }];
}

function sumOf(steps: readonly StepProfile[]): Omit<KernelGroup, "name"> {
  const sum = (of: "milliseconds" | "flops" | "bytesMoved"): number =>
    steps.reduce((total, step) => total + step[of], 0);
  return {
    kernels: steps.length,
    milliseconds: sum("milliseconds"),
    flops: sum("flops"),
    bytesMoved: sum("bytesMoved"),
  };
}

function outermost(scope: string): string {
  return scope.split("/")[0] ?? scope;
}

function isWithin(scope: string, name: string | undefined): boolean {
  return outermost(scope) === name;
}
