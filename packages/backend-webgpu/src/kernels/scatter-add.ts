// Adding at positions that are data, in the order of the data: first each position lists the updates that are its own, then each
// element of the result adds up those of its list. An index out of range adds nothing.
import { byteLength, elementCount, operand, type ScatterAddAttributes } from "@tandem/core";
import type { Capabilities } from "../capabilities.ts";
import { areStorable, type KernelDefinition, type StepShape } from "../kernel.ts";
import { coordinatesOf } from "../shader/broadcast.ts";
import { type Dispatch, linearDispatch } from "../shader/dispatch.ts";
import { enables } from "../shader/enables.ts";
import { storageElement } from "../shader/scalar.ts";
import { bindingCount, declareStorage } from "../shader/storage.ts";

/** Where a list ends. */
const END = 0xffffffff;

export const scatterAddKernel: KernelDefinition = {
  supports({ inputs, outputs, attributes }, capabilities) {
    const [indices, updates, result] = [operand(inputs, 0), operand(inputs, 1), operand(outputs, 0)];
    const { size } = attributes as ScatterAddAttributes;
    const lists = 4 * (size + elementCount(indices.shape));
    return (
      updates.dtype !== "bool" &&
      areStorable([updates], capabilities) &&
      bindingCount([byteLength(indices), lists], capabilities) <= capabilities.limits.storageBindings &&
      bindingCount([lists, byteLength(updates), byteLength(result)], capabilities) <=
        capabilities.limits.storageBindings
    );
  },
  scratchBytes(step) {
    const { size } = step.attributes as ScatterAddAttributes;
    return 4 * listWords(step, size);
  },
  dispatches(step, capabilities) {
    if (elementCount(operand(step.outputs, 0).type.shape) === 0) return [];
    return [listUpdates(step, capabilities), addLists(step, capabilities)];
  },
};

/** For each position the first of its updates, then for each update the one after it. */
function listWords(step: StepShape, size: number): number {
  return size + elementCount(operand(step.inputs, 0).type.shape);
}

function listUpdates(step: StepShape, capabilities: Capabilities): Dispatch {
  const { size } = step.attributes as ScatterAddAttributes;
  const entries = elementCount(operand(step.inputs, 0).type.shape);
  const { wgsl: storage, bindings } = declareStorage(
    step,
    [
      { name: "indices", storage: { kind: "input", index: 0 }, element: "i32", access: "read", count: entries },
      { name: "lists", storage: { kind: "scratch" }, element: "u32", access: "write", count: listWords(step, size) },
    ],
    capabilities,
  );
  const { workgroups, opening } = linearDispatch(size, capabilities);
  const wgsl = `${storage}

${opening}
  var first = ${END}u;
  for (var left = ${entries}u; left > 0u; left--) {
    let update = left - 1u;
    if (read_indices(update) == i32(position)) {
      write_lists(${size}u + update, first);
      first = update;
    }
  }
  write_lists(position, first);
}`;
  return { wgsl, bindings, workgroups };
}

function addLists(step: StepShape, capabilities: Capabilities): Dispatch {
  const { axis, size } = step.attributes as ScatterAddAttributes;
  const { type } = operand(step.outputs, 0);
  const updates = operand(step.inputs, 1).type;
  const entries = elementCount(operand(step.inputs, 0).type.shape);
  const [outer, inner] = [elementCount(type.shape.slice(0, axis)), elementCount(type.shape.slice(axis + 1))];
  const element = storageElement(type.dtype);
  const accumulator = element === "f16" ? "f32" : element;
  const count = elementCount(type.shape);
  const { wgsl: storage, bindings } = declareStorage(
    step,
    [
      { name: "lists", storage: { kind: "scratch" }, element: "u32", access: "read", count: listWords(step, size) },
      {
        name: "updates",
        storage: { kind: "input", index: 1 },
        element,
        access: "read",
        count: elementCount(updates.shape),
      },
      { name: "result", storage: { kind: "output", index: 0 }, element, access: "write", count },
    ],
    capabilities,
  );
  const { workgroups, opening } = linearDispatch(count, capabilities);
  const { statements, coordinates } = coordinatesOf([outer, size, inner], "position", "at");
  const [block = "", place = "", within = ""] = coordinates;
  const wgsl = `${enables({ f16: type.dtype === "f16" })}${storage}

${opening}
${statements}
  var sum = ${accumulator}(0);
  for (var update = read_lists(${place}); update != ${END}u; update = read_lists(${size}u + update)) {
    sum += ${accumulator}(read_updates((${block} * ${entries}u + update) * ${inner}u + ${within}));
  }
  write_result(position, ${element}(sum));
}`;
  return { wgsl, bindings, workgroups };
}
