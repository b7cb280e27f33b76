// Declares the storage of a shader. A shader reads and writes operands through functions, `read_NAME(index)` and
// `write_NAME(index, value)`, and so does not see that an operand larger than a binding may be bound in several windows, or that
// two operands may be the same memory.
import type { Capabilities } from "../capabilities.ts";
import type { StepShape } from "../kernel.ts";
import type { Binding, Storage } from "./dispatch.ts";

export type StorageElement = "f32" | "i32" | "u32" | "f16" | "vec4f" | "vec4i" | "vec4u" | "vec4h";

const elementBytes = {
  f32: 4,
  i32: 4,
  u32: 4,
  f16: 2,
  vec4f: 16,
  vec4i: 16,
  vec4u: 16,
  vec4h: 8,
} satisfies Record<StorageElement, number>;

/** Slots end at multiples of this many bytes, so that their last vec4 is whole. */
export const SLOT_ALIGNMENT = 16;

export interface StorageDeclaration {
  /** `weights` gives `read_weights` and, unless it is only read, `write_weights`. */
  readonly name: string;
  readonly storage: Storage;
  readonly element: StorageElement;
  readonly access: "read" | "write" | "read_write";
  /** Elements of it that the shader may touch, from `first` on. */
  readonly count: number;
  /** Element that index 0 means; 0 by default. Its byte must be a multiple of the adapter's offset alignment. */
  readonly first?: number;
}

export interface DeclaredStorage {
  /** The variables and the functions. */
  readonly wgsl: string;
  readonly bindings: readonly Binding[];
}

interface Placed extends StorageDeclaration {
  /** Memory that is one buffer has one key. */
  readonly key: string;
}

/** How many bindings operands of these byte sizes take. */
export function bindingCount(bytes: readonly number[], { limits }: Capabilities): number {
  return bytes.reduce((sum, size) => sum + Math.max(1, Math.ceil(size / windowBytes(limits.bindingBytes))), 0);
}

/**
 * Declares the storage of a shader that runs `step`. An operand that shares its slot with an output is the same variable as that
 * output, since a buffer may not be bound for reading and for writing in one dispatch.
 */
export function declareStorage(
  step: StepShape,
  declarations: readonly StorageDeclaration[],
  capabilities: Capabilities,
): DeclaredStorage {
  const placed = declarations.map((declaration): Placed => ({ ...declaration, key: keyOf(step, declaration.storage) }));
  const written = new Map(placed.filter(({ access }) => access !== "read").map((each) => [each.key, each]));
  const bindings: Binding[] = [];
  const lines: string[] = [];
  for (const declaration of placed) {
    const owner = written.get(declaration.key) ?? declaration;
    if (owner === declaration) {
      lines.push(...variables(declaration, bindings, capabilities));
    } else if (owner.element !== declaration.element || (owner.first ?? 0) !== (declaration.first ?? 0)) {
      throw new TypeError(`${declaration.name} shares memory with ${owner.name}, but not its elements`);
    }
    const windows = windowsOf(owner, capabilities);
    if (declaration.access !== "write") lines.push(readFunction(declaration, owner, windows));
    if (declaration.access !== "read") lines.push(writeFunction(declaration, owner, windows));
  }
  return { wgsl: lines.join("\n"), bindings };
}

function keyOf(step: StepShape, storage: Storage): string {
  switch (storage.kind) {
    case "input":
      return `slot ${step.inputs[storage.index]?.slot}`;
    case "output":
      return `slot ${step.outputs[storage.index]?.slot}`;
    case "scratch":
      return "scratch";
  }
}

/** A window that is not the last one ends where a vec4 and every adapter's alignment do. */
function windowBytes(bindingBytes: number): number {
  return Math.floor(bindingBytes / 256) * 256;
}

interface Window {
  readonly offset: number;
  readonly bytes: number;
}

function windowsOf({ element, count, first = 0 }: StorageDeclaration, { limits }: Capabilities): readonly Window[] {
  const start = first * elementBytes[element];
  const end = start + Math.max(4, Math.ceil((count * elementBytes[element]) / 4) * 4, elementBytes[element]);
  const size = windowBytes(limits.bindingBytes);
  const windows: Window[] = [];
  for (let offset = start; offset < end; offset += size) {
    windows.push({ offset, bytes: Math.min(size, end - offset) });
  }
  return windows;
}

function variables(declaration: Placed, bindings: Binding[], capabilities: Capabilities): string[] {
  const access = declaration.access === "read" ? "read" : "read_write";
  return windowsOf(declaration, capabilities).map((window, index) => {
    bindings.push({ storage: declaration.storage, ...window, access });
    return `@group(0) @binding(${bindings.length - 1}) var<storage, ${access}> ${variable(declaration, index)}: array<${declaration.element}>;`;
  });
}

function variable({ name }: StorageDeclaration, window: number): string {
  return `${name}_${window}`;
}

/** One line for each window but the last, whose elements are reached by falling through. */
function choose(
  owner: Placed,
  windows: readonly Window[],
  access: (variable: string, index: string) => string,
  leave: string,
): string {
  const [start = 0] = windows.map(({ offset }) => offset);
  return windows
    .map(({ offset, bytes }, index) => {
      const before = (offset - start) / elementBytes[owner.element];
      const end = (offset - start + bytes) / elementBytes[owner.element];
      const line = access(variable(owner, index), before === 0 ? "index" : `index - ${before}u`);
      return index === windows.length - 1 ? `  ${line}` : `  if (index < ${end}u) { ${line}${leave} }`;
    })
    .join("\n");
}

function readFunction({ name, element }: Placed, owner: Placed, windows: readonly Window[]): string {
  const body = choose(owner, windows, (from, index) => `return ${from}[${index}];`, "");
  return `fn read_${name}(index: u32) -> ${element} {\n${body}\n}`;
}

function writeFunction({ name, element }: Placed, owner: Placed, windows: readonly Window[]): string {
  const body = choose(owner, windows, (to, index) => `${to}[${index}] = value;`, " return;");
  return `fn write_${name}(index: u32, value: ${element}) {\n${body}\n}`;
}
