// Reading at positions that are data. The table is seen as [outer, size, inner]; an index out of range reads 0.
import { byteLength, elementCount, extent, type GatherAttributes, operand } from "@tandem/core";
import { areStorable, type KernelDefinition } from "../kernel.ts";
import { coordinatesOf } from "../shader/broadcast.ts";
import { linearDispatch } from "../shader/dispatch.ts";
import { elementRanges } from "../shader/element-ranges.ts";
import { enables } from "../shader/enables.ts";
import { storageElement, storageVector } from "../shader/scalar.ts";
import { bindingCount, declareStorage } from "../shader/storage.ts";

/** Invocations of a workgroup. */
const WORKGROUP = 256;

export const gatherKernel: KernelDefinition = {
  supports: ({ inputs }, capabilities) =>
    areStorable(inputs, capabilities) &&
    bindingCount(inputs.map(byteLength), capabilities) + 1 <= capabilities.limits.storageBindings,
  dispatches(step, capabilities) {
    const { axis } = step.attributes as GatherAttributes;
    const { dtype, shape } = operand(step.inputs, 0).type;
    const entries = elementCount(operand(step.inputs, 1).type.shape);
    const inner = elementCount(shape.slice(axis + 1));
    const width = inner % 4 === 0 ? 4 : 1;
    const element = width === 4 ? storageVector(dtype) : storageElement(dtype);
    const [outer, size, row] = [elementCount(shape.slice(0, axis)), extent(shape, axis), inner / width];
    return elementRanges(outer * entries * inner, capabilities).map(({ first, count }) => {
      const { wgsl: storage, bindings } = declareStorage(
        step,
        [
          { name: "table", storage: { kind: "input", index: 0 }, element, access: "read", count: outer * size * row },
          { name: "indices", storage: { kind: "input", index: 1 }, element: "i32", access: "read", count: entries },
          {
            name: "result",
            storage: { kind: "output", index: 0 },
            element,
            access: "write",
            first: first / width,
            count: count / width,
          },
        ],
        capabilities,
      );
      const { workgroups, opening } = linearDispatch(count / width, capabilities, WORKGROUP);
      const { statements, coordinates } = coordinatesOf([outer, entries, row], "at", "at");
      const [block = "", entry = "", within = ""] = coordinates;
      const wgsl = `${enables({ f16: dtype === "f16" })}${storage}

${opening}
  let at = position + ${first / width}u;
${statements}
  let chosen = read_indices(${entry});
  var value = ${element}();
  if (chosen >= 0 && chosen < ${size}) {
    value = read_table((${block} * ${size}u + u32(chosen)) * ${row}u + ${within});
  }
  write_result(position, value);
}`;
      return { wgsl, bindings, workgroups };
    });
  },
};
