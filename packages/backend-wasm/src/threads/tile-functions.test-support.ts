// Functions of (tile, address, address) small enough to write down as bytes: what pools are tested with.
import { type WasmModule, webAssembly } from "../webassembly.ts";

const [tile, first, second] = [0, 1, 2].map((index) => [0x20, index]);
const constant = (value: number): readonly number[] => [0x41, value];
const [load, store, add, shiftLeft, equal, notEqual] = [[0x28, 2, 0], [0x36, 2, 0], [0x6a], [0x74], [0x46], [0x47]];
type Part = readonly number[] | undefined;
const flat = (...parts: readonly Part[]): readonly number[] => parts.flatMap((part) => part ?? []);
const wordAt = (address: Part): readonly number[] => flat(address, tile, constant(2), shiftLeft, add);
const trapIf = (condition: readonly number[]): readonly number[] => flat(condition, [0x04, 0x40, 0x00, 0x0b]);

export type TileFunction = "increment" | "fill" | "firstWord" | "trapAtThree" | "trapWhereDifferent";

const bodies: Readonly<Record<TileFunction, readonly number[]>> = {
  /** first[tile] += 1 */
  increment: flat(wordAt(first), wordAt(first), load, constant(1), add, store),
  /** first[tile] = 0x07070707, by a bulk operation, whose bounds the engine checks in software. */
  fill: flat(wordAt(first), constant(7), constant(4), [0xfc, 0x0b, 0]),
  /** first[tile] = second[0] */
  firstWord: flat(wordAt(first), second, load, store),
  /** Traps at tile 3. */
  trapAtThree: trapIf(flat(tile, constant(3), equal)),
  /** Traps where the first address is not the second one. */
  trapWhereDifferent: trapIf(flat(first, second, notEqual)),
};

/** The modules of all of them, by name. */
export async function tileFunctions(): Promise<ReadonlyMap<TileFunction, WasmModule>> {
  const names = Object.keys(bodies) as TileFunction[];
  return new Map(
    await Promise.all(names.map(async (name) => [name, await webAssembly.compile(moduleOf(bodies[name]))] as const)),
  );
}

/** A library of kernels without kernels. */
export function emptyLibrary(): Promise<WasmModule> {
  return webAssembly.compile(Uint8Array.from(header));
}

const header = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const text = (name: string): readonly number[] => [name.length, ...new TextEncoder().encode(name)];
const section = (id: number, content: readonly number[]): readonly number[] => [id, content.length, ...content];
/** Shared, from one page to 65536. */
const memoryImport = [...text("environment"), ...text("memory"), 0x02, 0x03, 1, 0x80, 0x80, 0x04];

function moduleOf(body: readonly number[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([
    ...header,
    ...section(1, [1, 0x60, 3, 0x7f, 0x7f, 0x7f, 0]),
    ...section(2, [1, ...memoryImport]),
    ...section(3, [1, 0]),
    ...section(7, [1, ...text("run"), 0x00, 0]),
    ...section(10, [1, body.length + 2, 0, ...body, 0x0b]),
  ]);
}
