// Times one variant of a step on buffers of its own.
import { byteLength, type DeviceProgram, type Operand, type Step } from "@tandem/core";
import type { Capabilities } from "../capabilities.ts";
import type { KernelTable } from "../kernel.ts";
import { loadProgram, type ProgramSetting } from "../programs/loaded-program.ts";
import { planSegments } from "../programs/planned-program.ts";
import { now, StepClock } from "../programs/step-clock.ts";

/** Runs of which the median counts, after as many that do not. */
const RUNS = 5;

export interface MeasureSetting extends Omit<ProgramSetting, "clock"> {
  readonly kernels: KernelTable;
  readonly capabilities: Capabilities;
}

/**
 * Milliseconds of one run, by the adapter's timestamps or else by the host's clock. `setting.memory` holds nothing else. Rejects
 * where the variant does not compile or there is no memory for it.
 */
export async function measureVariant(setting: MeasureSetting, step: Step, variant: string): Promise<number> {
  const { name: deviceName, kernels, capabilities, memory } = setting;
  const program = programOf(step, kernels.get(step.op)?.scratchBytes?.(step, capabilities) ?? 0);
  const planned = planSegments(program, { deviceName, kernels, capabilities, variantOf: () => variant });
  await memory.reserve(program.slots.map(({ bytes }, id) => ({ id, bytes })));
  try {
    const clock = capabilities.timestamps ? new StepClock() : undefined;
    using executable = await loadProgram({ ...setting, clock }, planned);
    const bindings = program.slots.map((_, id) => id);
    await executable.submit(0, bindings);
    const start = now();
    const timings = await executable.submit(0, bindings);
    const elapsed = (now() - start) / RUNS;
    return timings === undefined ? elapsed : medianOf(timings.map((each) => each.end - each.start));
  } finally {
    memory.releaseAll();
  }
}

/** The step again and again, on slots from 0 on; operands that share one go on to. */
function programOf(step: Step, scratchBytes: number): DeviceProgram {
  const numbers = new Map<number, number>();
  const sizes: number[] = [];
  const renumbered = ({ slot, type }: Operand): Operand => {
    const number = numbers.get(slot) ?? numbers.size;
    numbers.set(slot, number);
    sizes[number] = Math.max(sizes[number] ?? 0, byteLength(type));
    return { slot: number, type };
  };
  const own: Step = { ...step, inputs: step.inputs.map(renumbered), outputs: step.outputs.map(renumbered) };
  return {
    device: 0,
    slots: [...sizes, scratchBytes].map((bytes) => ({ kind: "temporary", bytes })),
    constants: [],
    stream: [{ kind: "segment", steps: Array.from({ length: RUNS }, (_, id): Step => ({ ...own, id })) }],
    scratchSlot: sizes.length,
    peakBytes: sizes.reduce((sum, bytes) => sum + bytes, scratchBytes),
  };
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
