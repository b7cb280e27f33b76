// Which values share memory: a reshape is another view of its input, and a replacement of state takes over the state's memory
// where it can. Everything else has storage of its own.
import { type Graph, type GraphNode, typeOf, type ValueId } from "../graph.ts";
import { operand } from "../op.ts";
import { type MapAttributes, mapOp } from "../ops/map.ts";
import { reshapeOp } from "../ops/movement.ts";
import { sameShape } from "../shape.ts";

/** The value whose memory each value lives in. */
export interface Storage {
  readonly rootOf: (value: ValueId) => ValueId;
  /** Outputs that could not be computed in the memory they replace, and have to be copied there at the end. */
  readonly copies: readonly { readonly from: ValueId; readonly to: ValueId }[];
}

/** Assigns storage for a graph whose nodes are in the order they will run. */
export function assignStorage(graph: Graph): Storage {
  const roots = new Map<ValueId, ValueId>();
  const rootOf = (value: ValueId): ValueId => {
    const parent = roots.get(value);
    return parent === undefined ? value : rootOf(parent);
  };
  for (const node of graph.nodes) {
    if (node.op === reshapeOp.name) roots.set(operand(node.outputs, 0), operand(node.inputs, 0));
  }

  const inputs = new Map(graph.inputs.map(({ name, value }) => [name, value]));
  const fixed = new Set<ValueId>([...inputs.values(), ...graph.constants.map(({ value }) => value)]);
  const copies: { from: ValueId; to: ValueId }[] = [];
  for (const { value, replaces } of graph.outputs) {
    const replaced = replaces === undefined ? undefined : inputs.get(replaces);
    if (replaced === undefined || rootOf(value) === replaced) continue;
    const root = rootOf(value);
    if (!fixed.has(root) && canUpdateInPlace(graph, rootOf, root, replaced)) {
      roots.set(root, replaced);
      fixed.add(root);
    } else {
      copies.push({ from: value, to: replaced });
    }
  }
  return { rootOf, copies };
}

/**
 * Whether the node that computes `root` may write where `replaced` is: nothing reads the old value later, nothing outside
 * needs it, and the node itself reads it, if at all, only at the position it is about to write.
 */
function canUpdateInPlace(
  graph: Graph,
  rootOf: (value: ValueId) => ValueId,
  root: ValueId,
  replaced: ValueId,
): boolean {
  const update = graph.nodes.findIndex((node) => node.outputs.includes(root));
  const node = graph.nodes[update];
  if (node === undefined) return false;
  const readLater = graph.nodes
    .slice(update + 1)
    .some((later) => later.inputs.some((value) => rootOf(value) === replaced));
  const readOutside = graph.outputs.some((output) => rootOf(output.value) === replaced);
  if (readLater || readOutside) return false;
  return node.inputs.every((value) => rootOf(value) !== replaced || readsAtSamePosition(graph, node, value));
}

function readsAtSamePosition(graph: Graph, node: GraphNode, input: ValueId): boolean {
  return node.op === mapOp.name && sameShape(typeOf(graph, input).shape, (node.attributes as MapAttributes).shape);
}
