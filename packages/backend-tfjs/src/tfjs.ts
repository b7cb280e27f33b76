// The WebAssembly module of tfjs and the two of its kernels that carry the FLOPs, called without tfjs's engine: operands are
// addresses in the heap, registered for the length of one call. (XNNPACK keeps packed weights for as long as a tensor is
// registered, and would not notice that they were updated.)
import { operand, type Shape, UsageError } from "@tandem/core";
import type { HeapMemory } from "./heap.ts";

/** `FusedConv2D` and `_FusedMatMul`, which without activation are plain products. */
export type TfjsKernelName = "FusedConv2D" | "_FusedMatMul";
const kernelNames: readonly TfjsKernelName[] = ["FusedConv2D", "_FusedMatMul"];

/** An f32 tensor in the heap. */
export interface HeapTensor {
  readonly address: number;
  readonly shape: Shape;
}

interface RegisteredTensor {
  readonly id: number;
  readonly shape: Shape;
}

interface TensorInfo {
  readonly dataId: RegisteredTensor;
  readonly shape: Shape;
  readonly dtype: "float32";
}

/** What the kernels ask of their backend when they run. */
interface KernelHost {
  readonly dataIdMap: { get(dataId: RegisteredTensor): RegisteredTensor };
  makeOutput(): TensorInfo;
}

interface TfjsKernel {
  readonly setupFunc?: (backend: TfjsBackend) => void;
  readonly kernelFunc: (parameters: {
    readonly inputs: Readonly<Record<string, TensorInfo>>;
    readonly attrs: object;
    readonly backend: KernelHost;
  }) => TensorInfo;
}

interface TfjsBackend {
  readonly wasm: {
    readonly asm: { readonly memory: { readonly buffer: ArrayBuffer } };
    _malloc(bytes: number): number;
    _free(address: number): void;
    readonly tfjs: {
      registerTensor(id: number, elements: number, address: number): void;
      disposeData(id: number): void;
    };
  };
}

export class Tfjs implements HeapMemory {
  /** Kernels find their module through variables that `setupFunc` sets: it has to be called again when another module takes over. */
  static #active: Tfjs | undefined;
  readonly #backend: TfjsBackend;
  readonly #kernels: ReadonlyMap<TfjsKernelName, TfjsKernel>;
  #nextId = 1;

  private constructor(backend: TfjsBackend, kernels: ReadonlyMap<TfjsKernelName, TfjsKernel>) {
    this.#backend = backend;
    this.#kernels = kernels;
  }

  /** Instantiates a module of its own, with a heap of its own. */
  static async open(): Promise<Tfjs> {
    const restoreListeners = rememberListeners();
    try {
      const core = await import("@tensorflow/tfjs-core");
      await import("@tensorflow/tfjs-backend-wasm");
      const backend = await core.findBackendFactory("wasm")();
      const kernels = kernelNames.map((name) => {
        const kernel = core.getKernel(name, "wasm");
        if (kernel === undefined) throw new UsageError(`@tensorflow/tfjs-backend-wasm has no kernel ${name}`);
        return [name, kernel as unknown as TfjsKernel] as const;
      });
      return new Tfjs(backend as unknown as TfjsBackend, new Map(kernels));
    } finally {
      restoreListeners();
    }
  }

  get memory(): { readonly buffer: ArrayBuffer } {
    return this.#backend.wasm.asm.memory;
  }

  malloc(bytes: number): number {
    return this.#backend.wasm._malloc(bytes) >>> 0;
  }

  free(address: number): void {
    this.#backend.wasm._free(address);
  }

  /** Runs a kernel from and to memory of the heap. Trap: it has no way to say that it found no memory for packed operands. */
  run(
    name: TfjsKernelName,
    inputs: Readonly<Record<string, HeapTensor>>,
    attributes: object,
    output: HeapTensor,
  ): void {
    this.#activate();
    const registered: RegisteredTensor[] = [];
    const register = ({ address, shape }: HeapTensor): TensorInfo => {
      const dataId = { id: this.#nextId++, shape };
      const elements = shape.reduce((product, size) => product * size, 1);
      this.#backend.wasm.tfjs.registerTensor(dataId.id, elements, address);
      registered.push(dataId);
      return { dataId, shape, dtype: "float32" };
    };
    try {
      const target = register(output);
      this.#kernels.get(name)?.kernelFunc({
        inputs: Object.fromEntries(Object.entries(inputs).map(([role, tensor]) => [role, register(tensor)])),
        attrs: attributes,
        backend: { dataIdMap: { get: (dataId) => dataId }, makeOutput: () => target },
      });
    } finally {
      for (const { id } of registered) this.#backend.wasm.tfjs.disposeData(id);
    }
  }

  #activate(): void {
    if (Tfjs.#active === this) return;
    for (const { setupFunc } of this.#kernels.values()) setupFunc?.(this.#backend);
    Tfjs.#active = this;
  }
}

/** The module installs handlers of its own for uncaught errors, which would change how the whole process treats them. */
function rememberListeners(): () => void {
  const events = ["uncaughtException", "unhandledRejection"] as const;
  const before = events.map((event) => new Set<unknown>(process.listeners(event as "uncaughtException")));
  return () => {
    for (const [index, event] of events.entries()) {
      for (const listener of process.listeners(event as "uncaughtException")) {
        if (!operand(before, index).has(listener)) process.off(event, listener);
      }
    }
  };
}
