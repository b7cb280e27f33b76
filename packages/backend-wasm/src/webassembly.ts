// The WebAssembly API, which neither Node's types nor the ES library declare.

/** A compiled module. Threads get it by message and share its code. */
export interface WasmModule {
  readonly [Symbol.toStringTag]: string;
}

export interface SharedMemory {
  /** Replaced by a longer one when the memory grows; views of the old one stay valid. */
  readonly buffer: SharedArrayBuffer;
  /** Throws a RangeError where the host has no more. */
  grow(pages: number): number;
}

/** All parameters are i32. */
export type WasmFunction = (...parameters: number[]) => unknown;

interface WebAssemblyApi {
  readonly Memory: new (limits: {
    readonly initial: number;
    readonly maximum: number;
    readonly shared: true;
  }) => SharedMemory;
  readonly Instance: new (
    module: WasmModule,
    imports: object,
  ) => { readonly exports: Readonly<Record<string, WasmFunction | undefined>> };
  compile(bytes: Uint8Array<ArrayBuffer>): Promise<WasmModule>;
  validate(bytes: Uint8Array<ArrayBuffer>): boolean;
}

export const webAssembly: WebAssemblyApi = (globalThis as unknown as { readonly WebAssembly: WebAssemblyApi })
  .WebAssembly;
