// tfjs's own kernels, as its engine would call them: what there is to compare with.
import type { Shape } from "@tandem/core";
import {
  findBackendFactory,
  getKernel,
  getKernelsForBackend,
  type KernelBackend,
  type TensorInfo,
} from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-wasm";

interface WasmBackend extends KernelBackend {
  write(values: Float32Array, shape: number[], dtype: "float32"): object;
}

export class TfjsKernels {
  readonly #backend: WasmBackend;

  private constructor(backend: WasmBackend) {
    this.#backend = backend;
  }

  static async open(): Promise<TfjsKernels> {
    const backend = (await findBackendFactory("wasm")()) as WasmBackend;
    for (const { setupFunc } of getKernelsForBackend("wasm")) setupFunc?.(backend);
    return new TfjsKernels(backend);
  }

  tensor(shape: Shape, values: Float32Array): TensorInfo {
    return { dataId: this.#backend.write(values, [...shape], "float32"), shape: [...shape], dtype: "float32" };
  }

  call(name: string, inputs: Readonly<Record<string, TensorInfo>>, attributes: object = {}): TensorInfo {
    const result = getKernel(name, "wasm").kernelFunc({
      inputs,
      attrs: { ...attributes },
      backend: this.#backend,
    });
    return result as TensorInfo;
  }

  free(...tensors: readonly TensorInfo[]): void {
    for (const { dataId } of tensors) this.#backend.disposeData(dataId);
  }
}
