// What a step becomes when a program is loaded: launches in order, each a function that runs once for every tile of its work.
// Plain data: threads get copies, and whichever thread is free takes the next tile.

/** What an argument stands for is known to the device only when a segment is submitted; all are passed as i32. */
export type LaunchArgument =
  /** The address of an operand of the step, plus an offset. */
  | { readonly kind: "input" | "output"; readonly index: number; readonly byteOffset: number }
  /** An address in the workspace that all threads share, which the step asked for with `scratchBytes`. */
  | { readonly kind: "scratch"; readonly byteOffset: number }
  /**
   * The address of the workspace that the calling thread has to itself. It begins with these words (i32), which the device writes
   * there before a thread's first tile; of what functions write after them, nothing outlives the call.
   */
  | { readonly kind: "threadWorkspace"; readonly words: readonly number[] }
  | { readonly kind: "integer"; readonly value: number };

export type LaunchFunction =
  /** The export `run` of a module that imports `environment.memory` and functions of Math. Equal keys mean equal modules. */
  | { readonly kind: "generated"; readonly key: string; readonly module: Uint8Array<ArrayBuffer> }
  /** An export of the library of kernels that the backend brings along. */
  | { readonly kind: "library"; readonly name: string };

export interface Launch {
  /** Called as f(tile, ...arguments). */
  readonly function: LaunchFunction;
  readonly arguments: readonly LaunchArgument[];
  /**
   * The function is called once with each tile from 0 to here (exclusive), in any order and by several threads at once. What is
   * in a tile depends on the step's shapes alone, so that results do not depend on the number of threads.
   */
  readonly tiles: number;
}
