// The scalar program that fusion appended to a product, as WGSL.
import { type ArrayType, type EpilogueAttributes, elementCount, operand, sameShape } from "@tandem/core";
import type { StepShape } from "../kernel.ts";
import { broadcastIndex } from "../shader/broadcast.ts";
import { scalarFunctions, scalarStatements, storageElement, usesF16 } from "../shader/scalar.ts";
import type { StorageDeclaration } from "../shader/storage.ts";

/** Operands of matmul and convolution proper; further ones are read by the epilogue alone. */
const OWN_OPERANDS = 2;

export interface EpilogueCode {
  /** Operands that only the epilogue reads. */
  readonly storage: readonly StorageDeclaration[];
  /**
   * Defines `finish(sum: f32, position: u32, c0: u32, ...)`, which gives what is stored at an element of the result, told its linear
   * position and, where `needsCoordinates`, its coordinate along each axis.
   */
  readonly functions: string;
  readonly needsCoordinates: boolean;
  readonly usesF16: boolean;
}

/** Sums are rounded to the operands' type before they go into the program. */
export function epilogueOf(step: StepShape): EpilogueCode {
  const { epilogue } = step.attributes as EpilogueAttributes;
  const result = operand(step.outputs, 0).type;
  const isHalf = operand(step.inputs, 0).type.dtype === "f16";
  const sum = isHalf ? "f16(sum)" : "sum";
  const define = (parameters: readonly string[], body: string): string => {
    const list = ["sum: f32", "position: u32", ...parameters.map((name) => `${name}: u32`)];
    return `fn finish(${list.join(", ")}) -> ${storageElement(result.dtype)} {\n${body}\n}`;
  };
  if (epilogue === undefined) {
    const functions = define([], `  return ${sum};`);
    return { storage: [], functions, needsCoordinates: false, usesF16: isHalf };
  }
  const extras = step.inputs.slice(OWN_OPERANDS).map(({ type }) => type);
  const coordinates = result.shape.map((_, axis) => `c${axis}`);
  const { statements, outputs } = scalarStatements(epilogue, {
    inputs: [sum, ...extras.map((type, index) => `read_extra_${index}(${indexOf(type, result, coordinates)})`)],
    coordinates,
    prefix: "e",
  });
  const reads = epilogue.instructions.flatMap((each) => (each.op === "input" ? [each.index - 1] : []));
  const needsCoordinates =
    extras.some(({ shape }) => !sameShape(shape, result.shape)) ||
    epilogue.instructions.some(({ op }) => op === "coordinate");
  return {
    storage: extras.flatMap(({ dtype, shape }, index): StorageDeclaration[] => {
      if (!reads.includes(index)) return [];
      const storage = { kind: "input", index: OWN_OPERANDS + index } as const;
      const element = storageElement(dtype);
      return [{ name: `extra_${index}`, storage, element, access: "read", count: elementCount(shape) }];
    }),
    functions: `${scalarFunctions(epilogue)}\n${define(
      needsCoordinates ? coordinates : [],
      `${statements}\n  return ${operand(outputs, 0)};`,
    )}`,
    needsCoordinates,
    usesF16: isHalf || result.dtype === "f16" || usesF16(epilogue),
  };
}

function indexOf({ shape }: ArrayType, result: ArrayType, coordinates: readonly string[]): string {
  return sameShape(shape, result.shape) ? "position" : broadcastIndex(shape, coordinates);
}
