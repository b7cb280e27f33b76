// The library of kernels that `assembly/` is built to: with relaxed SIMD where the engine has it, else strict.
import { host } from "#host";
import { type WasmModule, webAssembly } from "./webassembly.ts";

/** `auto`: relaxed SIMD where the engine has it. */
export type SimdChoice = "auto" | "strict";

export interface Library {
  readonly simd: "relaxed" | "strict";
  readonly module: WasmModule;
}

const compiled = new Map<Library["simd"], Promise<WasmModule>>();

/** Compiled once in a process. Rejects with a BackendError where it was not built. */
export async function openLibrary(choice: SimdChoice): Promise<Library> {
  const simd = choice === "auto" && hasRelaxedSimd() ? "relaxed" : "strict";
  const compiling = compiled.get(simd) ?? compileLibrary(simd);
  compiled.set(simd, compiling);
  return { simd, module: await compiling };
}

async function compileLibrary(simd: Library["simd"]): Promise<WasmModule> {
  // Found from sources and from built files alike.
  const files = {
    relaxed: new URL("../dist/wasm/relaxed.wasm", import.meta.url),
    strict: new URL("../dist/wasm/strict.wasm", import.meta.url),
  };
  try {
    return await webAssembly.compile(await host.readFile(files[simd]));
  } catch (error) {
    compiled.delete(simd);
    throw error;
  }
}

/** Asks for it where it is not there at once, and believes only what the engine then accepts. */
function hasRelaxedSimd(): boolean {
  if (webAssembly.validate(relaxedModule)) return true;
  host.enableRelaxedSimd();
  return webAssembly.validate(relaxedModule);
}

const v128Const = [0xfd, 0x0c, ...Array<number>(16).fill(0)];
const relaxedMultiplyAdd = [0xfd, 0x85, 0x02];
const body = [0, ...v128Const, ...v128Const, ...v128Const, ...relaxedMultiplyAdd, 0x0b];

/** A function of no parameters that returns a v128 which `f32x4.relaxed_madd` made. */
const relaxedModule = Uint8Array.from([
  ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...[1, 5, 1, 0x60, 0, 1, 0x7b],
  ...[3, 2, 1, 0],
  ...[10, body.length + 2, 1, body.length, ...body],
]);
