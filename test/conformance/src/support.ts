// Which backend runs which op how, found by asking each backend about every node that the cases and their gradients lead to.
import {
  type Attributes,
  allOps,
  type Backend,
  type DType,
  type EpilogueAttributes,
  type Graph,
  isPrimitive,
  mapOp,
  operand,
  reshapeOp,
  runPasses,
  type ScalarOp,
  type ScalarProgram,
  scalarOps,
  scalarProgram,
  scalarRule,
  type TensorType,
  trace,
  transferOp,
  typeOf,
} from "@tandem/core";
import type { ConformanceCase } from "./case.ts";
import { gradientFunction } from "./gradients.ts";
import { hostInputs, specsOf } from "./run.ts";

/** A node as a backend is asked about it. */
export interface Form {
  readonly op: string;
  readonly inputs: readonly TensorType[];
  readonly outputs: readonly TensorType[];
  readonly attributes: Attributes;
}

/** Every different node of the cases and their gradients: before decomposition, after it, and after fusion, for a backend that runs all primitives and epilogues. */
export function formsOf(cases: readonly ConformanceCase[], complete: Backend): readonly Form[] {
  const forms = new Map<string, Form>();
  for (const graph of cases.flatMap(tracedGraphs)) {
    const passes = runPasses(graph, { backends: [complete, complete], stateInputs: new Set() });
    for (const { graph: after } of passes) {
      for (const { op, inputs, outputs, attributes } of after.nodes) {
        const form = {
          op,
          inputs: inputs.map((value) => typeOf(after, value)),
          outputs: outputs.map((value) => typeOf(after, value)),
          attributes,
        };
        forms.set(JSON.stringify(form), form);
      }
    }
  }
  return [...forms.values()];
}

/** The case and, where it has any, its gradients, as they are traced. */
export function tracedGraphs(testCase: ConformanceCase): readonly Graph[] {
  const forward = trace(testCase.compute, specsOf(hostInputs(testCase, "f32"))).graph;
  if (testCase.differentiable.length === 0) return [forward];
  const { compute, specs } = gradientFunction(testCase, "f32", testCase.secondOrder ? 2 : 1);
  return [forward, trace(compute, specs).graph];
}

const hasEpilogue = ({ attributes }: Form): boolean => (attributes as EpilogueAttributes).epilogue !== undefined;

function cell(backend: Backend, forms: readonly Form[], otherwise: string): string {
  const native = forms.filter(({ op, inputs, outputs, attributes }) =>
    backend.supports(op, inputs, outputs, attributes),
  );
  if (native.length === forms.length) return "native";
  return native.length === 0 ? otherwise : `native, some forms ${otherwise}`;
}

function opRows(backends: readonly Backend[], forms: readonly Form[]): string[][] {
  return allOps()
    .filter(({ name }) => name !== transferOp.name && name !== reshapeOp.name)
    .flatMap((op) => {
      const own = forms.filter((form) => form.op === op.name);
      const otherwise = isPrimitive(op) ? "rewritten" : "decomposed";
      const [plain, fused] = [own.filter((form) => !hasEpilogue(form)), own.filter(hasEpilogue)];
      const rows = [
        [
          `\`${op.name}\`${isPrimitive(op) ? "" : " *"}`,

          ...backends.map((backend) => cell(backend, plain, otherwise)),
        ],
      ];
      if (fused.length > 0)
        rows.push([
          `\`${op.name}\` + epilogue`,

          ...backends.map((backend) => cell(backend, fused, "apart")),
        ]);
      return rows;
    });
}

/** The program that applies one scalar function to elements of a type, or `undefined` where it takes no such elements. */
function programOf(op: ScalarOp, dtype: DType): ScalarProgram | undefined {
  const { arity, domain } = scalarRule(op);
  const types = Array.from({ length: arity }, (_, index): DType => (op === "select" && index === 0 ? "bool" : dtype));
  const accepts = {
    any: true,
    float: dtype === "f32",
    number: dtype !== "bool",
    integer: dtype !== "f32",
    bool: dtype === "bool",
  }[domain];
  return accepts ? scalarProgram(types, (operands, builder) => [builder.apply(op, operands)]) : undefined;
}

const elementTypes: readonly DType[] = ["f32", "i32", "u32", "bool"];

function scalarRows(backends: readonly Backend[]): string[][] {
  return scalarOps.map((op) => {
    const forms = elementTypes.flatMap((dtype): Form[] => {
      const body = programOf(op, dtype);
      if (body === undefined) return [];
      const typed = (type: DType): TensorType => ({ dtype: type, shape: [2, 3], device: "device:0" });
      const result = operand(body.instructions, operand(body.outputs, 0)).dtype;
      return [
        {
          op: mapOp.name,
          inputs: body.inputs.map(typed),
          outputs: [typed(result)],
          attributes: { body, shape: [2, 3] },
        },
      ];
    });
    const types = forms.map(({ inputs }) => inputs.at(-1)?.dtype).join(" ");
    return [`\`${op}\``, types, ...backends.map((backend) => cell(backend, forms, "rewritten"))];
  });
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(header), line(header.map(() => "---")), ...rows.map(line)].join("\n");
}

/** The text of docs/op-support.md. */
export function supportDocument(backends: readonly Backend[], forms: readonly Form[]): string {
  const names = backends.map(({ name }) => name);
  return `# Which backend runs which op how

Written by \`pnpm op-support\` from the cases of \`test/conformance\`; a test fails where this file is out of date.

- **native**: the backend has a kernel.
- **rewritten**, **decomposed**: the backend's own rewriting, or the op's decomposition, replaces it before the program is planned. Ops marked * have a decomposition; the others are primitives.
- **apart**: what follows the op is not fused into it but runs as a \`map\` of its own.

A form is an op with shapes, types and attributes, as the cases and their gradients have it.

## Ops

${table(["op", ...names], opRows(backends, forms))}

\`transfer\` is carried out by the executor on every backend, and \`reshape\` is a view that no kernel has to make.

## Scalar functions, inside \`map\` and epilogues

${table(["function", "types", ...names], scalarRows(backends))}
`;
}
