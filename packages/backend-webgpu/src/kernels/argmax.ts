// The position of the maximum along an axis. The first of equal elements wins, and NaN wins only in the first position.
import { type ArgmaxAttributes, byteLength, elementCount, operand } from "@tandem/core";
import { areStorable, type KernelDefinition } from "../kernel.ts";
import { enables } from "../shader/enables.ts";
import { storageElement } from "../shader/scalar.ts";
import { bindingCount, declareStorage } from "../shader/storage.ts";
import {
  indexOfElement,
  placeInWorkgroup,
  REDUCTION_WORKGROUP,
  reductionOf,
  startOfResult,
  treeOverRows,
} from "./reduction.ts";

export const argmaxKernel: KernelDefinition = {
  supports: ({ inputs, outputs }, capabilities) =>
    areStorable(inputs, capabilities) &&
    bindingCount([...inputs, ...outputs].map(byteLength), capabilities) <= capabilities.limits.storageBindings,
  dispatches(step, capabilities) {
    const { axis } = step.attributes as ArgmaxAttributes;
    const { dtype, shape } = operand(step.inputs, 0).type;
    const reduction = reductionOf(shape, [axis]);
    const { results, length, columns, rows } = reduction;
    if (results === 0) return [];
    const element = storageElement(dtype);
    const { wgsl: storage, bindings } = declareStorage(
      step,
      [
        { name: "source", storage: { kind: "input", index: 0 }, element, access: "read", count: elementCount(shape) },
        { name: "target", storage: { kind: "output", index: 0 }, element: "i32", access: "write", count: results },
      ],
      capabilities,
    );
    const tiles = Math.ceil(results / columns);
    const { workgroupsPerAxis } = capabilities.limits;
    const workgroups = [Math.min(tiles, workgroupsPerAxis), Math.ceil(tiles / workgroupsPerAxis), 1] as const;
    const tree = treeOverRows(reduction, (other) => `places[lane] = better(places[lane], places[${other}]);`);
    const wgsl = `${enables({ f16: dtype === "f16" })}${storage}

struct Place {
  value: ${element},
  index: u32,
}

var<workgroup> places: array<Place, ${REDUCTION_WORKGROUP}>;

fn better(a: Place, b: Place) -> Place {
  if (b.value > a.value || (b.value == a.value && b.index < a.index)) { return b; }
  return a;
}

fn bestOf(result: u32, row: u32) -> Place {
${startOfResult(reduction)}
  var best = Place(read_source(start), 0u);
  for (var element = row; element < ${length}u; element += ${rows}u) {
${indexOfElement(reduction)}
    let value = read_source(index);
    if (value > best.value) { best = Place(value, element); }
  }
  return best;
}

@compute @workgroup_size(${REDUCTION_WORKGROUP})
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
${placeInWorkgroup(reduction)}
  let result = (workgroup.y * ${workgroups[0]}u + workgroup.x) * ${columns}u + column;
  if (result < ${results}u) { places[lane] = bestOf(result, row); }
${tree}
  if (row == 0u && result < ${results}u) { write_target(result, i32(places[lane].index)); }
}`;
    return [{ wgsl, bindings, workgroups }];
  },
};
