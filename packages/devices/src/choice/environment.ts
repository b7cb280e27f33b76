// The variables that this package reads, and the values that several of them take.
import { UsageError } from "@tandem/core";

export interface DeviceEnvironment {
  /** `auto` (the default), or the name of a backend. */
  readonly TANDEM_BACKEND?: string | undefined;
  /**
   * How many devices, or which: `2`, `wasm:0,tfjs:1`, `webgpu:NVIDIA,wasm`, `webgpu{DRI_PRIME=pci-0000_65_00_0}`. By default one for
   * each thread or GPU, and at most the paper's two.
   */
  readonly TANDEM_DEVICES?: string | undefined;
  /** Threads of all devices together; the cores by default. */
  readonly TANDEM_THREADS?: string | undefined;
  /** `auto` (the default): kernels with relaxed SIMD where the engine has it; `strict`: never. */
  readonly TANDEM_WASM?: string | undefined;
  /** `on` (the default): a GPU's kernels are measured when a shape is new; `off`: never; `force`: always. */
  readonly TANDEM_TUNE?: string | undefined;
  /** `1`, or the path of the file to write a profile to; `0` by default. */
  readonly TANDEM_PROFILE?: string | undefined;
  /** The folder that relative paths mean, where that is not the process's own. npm sets it. */
  readonly INIT_CWD?: string | undefined;
}

/** An empty variable is one that is not set. */
export function given(text: string | undefined): string | undefined {
  const trimmed = text?.trim();
  return trimmed === "" ? undefined : trimmed;
}

/** Throws UsageError for anything but a whole number from 1 to `most`. */
export function parseCount(variable: string, text: string, what: string, most: number): number {
  const count = /^\d+$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= most) return count;
  throw new UsageError(`${variable}=${text} is not a number of ${what} from 1 to ${most}`);
}

/** The first of `choices` where nothing is given. Throws UsageError for what is not among them. */
export function parseChoice<Choice extends string>(
  variable: string,
  text: string | undefined,
  choices: readonly [Choice, ...Choice[]],
): Choice {
  if (text === undefined) return choices[0];
  const choice = choices.find((each) => each === text);
  if (choice !== undefined) return choice;
  const [last, ...others] = choices.toReversed();
  throw new UsageError(`${variable}=${text} is not one of ${others.toReversed().join(", ")} and ${last}`);
}
