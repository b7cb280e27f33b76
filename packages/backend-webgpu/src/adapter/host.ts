// What this package asks of the platform it runs on. `#host` is `node-host.ts` on Node and `browser-host.ts` elsewhere.

/** Which adapter: the one of exactly that name, the platform's own choice, or Dawn's, which validates and executes nothing. */
export type AdapterRequest =
  | { readonly kind: "named"; readonly name: string }
  | { readonly kind: "platform" }
  | { readonly kind: "null" };

export interface Host {
  /**
   * Names of the adapters there are, each once; `undefined` where the platform does not tell. Rejects with a BackendError where
   * WebGPU itself is missing.
   */
  adapterNames(): Promise<readonly string[] | undefined>;
  /** A fresh adapter, for one device. `null` where there is none. */
  requestAdapter(request: AdapterRequest): Promise<GPUAdapter | null>;
  /** Bytes of memory that programs on the CPU share, where the platform tells. */
  memoryBytes(): number | undefined;
  /** Where drivers were looked for, and how to get one: lines for people. */
  readonly driverAdvice: { readonly lookedFor: () => string; readonly install: readonly string[] };
  /** Text of a file, `undefined` where there is none. */
  readText(path: string): Promise<string | undefined>;
  /** Replaces a file at once: readers see the old text or the new one. */
  writeText(path: string, text: string): Promise<void>;
  /** Where measurements of adapters are kept between processes, if the platform has such a place. */
  readonly tuningFile: string | undefined;
}
