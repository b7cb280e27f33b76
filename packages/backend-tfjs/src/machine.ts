// Where kernels run: a heap, tfjs's kernels over it, and the functions that were compiled for it.
import { type GeneratedFunction, type LaunchTarget, moduleImports } from "@tandem/wasm-codegen";
import type { Heap } from "./heap.ts";
import type { Tfjs } from "./tfjs.ts";

/** Takes the address of each operand, and does all the work there is. */
export type CompiledFunction = (...addresses: readonly number[]) => void;

type Run = (tile: number, ...addresses: readonly number[]) => void;
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: { readonly run: Run } };
}
/** Neither Node's types nor the ES library declare WebAssembly. */
const { Module, Instance } = (globalThis as unknown as { readonly WebAssembly: WebAssemblyApi }).WebAssembly;

export class Machine {
  /** What functions are generated for. */
  readonly target: LaunchTarget = { sharedMemory: false };
  readonly heap: Heap;
  readonly tfjs: Tfjs;
  readonly #functions = new Map<string, Run>();

  constructor(heap: Heap, tfjs: Tfjs) {
    this.heap = heap;
    this.tfjs = tfjs;
  }

  /** Compiles a function, if it is the first with its key. Its tiles run one after the other. */
  compiled({ function: generated, tiles }: GeneratedFunction): CompiledFunction {
    const run = this.#functions.get(generated.key) ?? this.#instantiate(generated.module);
    this.#functions.set(generated.key, run);
    return (...addresses) => {
      for (let tile = 0; tile < tiles; tile++) run(tile, ...addresses);
    };
  }

  #instantiate(module: Uint8Array<ArrayBuffer>): Run {
    return new Instance(new Module(module), moduleImports(this.heap.memory)).exports.run;
  }
}
