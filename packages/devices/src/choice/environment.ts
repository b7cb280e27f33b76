// The variables that this package reads, and the values that several of them take.
import { UsageError } from "@tandem/core";

export interface DeviceEnvironment {
  /** `auto` (the default), or the name of a backend. */
  readonly TANDEM_BACKEND?: string | undefined;
  /** How many devices, or which: `2`, `wasm:0,tfjs:1`. By default one for each thread, and at most the paper's two. */
  readonly TANDEM_DEVICES?: string | undefined;
  /** Threads of all devices together; the cores by default. */
  readonly TANDEM_THREADS?: string | undefined;
  /** `auto` (the default): kernels with relaxed SIMD where the engine has it; `strict`: never. */
  readonly TANDEM_WASM?: string | undefined;
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
