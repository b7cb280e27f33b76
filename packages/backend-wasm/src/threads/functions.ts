// The functions that launches call, instantiated by one thread over the memory that all threads share.
import { type SharedMemory, type WasmFunction, type WasmModule, webAssembly } from "../webassembly.ts";
import type { FunctionReference } from "./segment-plan.ts";

export class Functions {
  readonly #memory: SharedMemory;
  readonly #library: Readonly<Record<string, WasmFunction | undefined>>;
  readonly #generated = new Map<string, WasmFunction>();

  constructor(memory: SharedMemory, library: WasmModule) {
    this.#memory = memory;
    this.#library = new webAssembly.Instance(library, { env: { memory, abort } }).exports;
  }

  add(modules: ReadonlyMap<string, WasmModule>): void {
    for (const [key, module] of modules) {
      const { run } = new webAssembly.Instance(module, { environment: { memory: this.#memory }, math: Math }).exports;
      if (run !== undefined) this.#generated.set(key, run);
    }
  }

  get(reference: FunctionReference): WasmFunction {
    const found = reference.kind === "library" ? this.#library[reference.name] : this.#generated.get(reference.key);
    if (found !== undefined) return found;
    throw new Error(
      reference.kind === "library"
        ? `the library of kernels exports no function "${reference.name}": is it older than the sources? (pnpm build)`
        : `there is no module for the generated function ${reference.key}`,
    );
  }
}

/** What AssemblyScript calls where an assertion does not hold. */
function abort(_message: number, _file: number, line: number, column: number): never {
  throw new Error(`an assertion of a kernel failed (line ${line}, column ${column})`);
}
