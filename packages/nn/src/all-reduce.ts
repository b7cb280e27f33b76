// Sums over replicas: each tensor's parts, one a device, become their sum, one a device.
import {
  byteLength,
  isTensor,
  leaves,
  type MapTree,
  mapTree,
  type NamedLeaf,
  operand,
  scope,
  type Tensor,
} from "@tandem/core";

/**
 * Adds up trees that are nested alike and live on a device each. Every device gets the sums, all of the same bits.
 *
 * Each tensor has an owner, which adds the parts in the replicas' order and sends the sum back; owners are chosen so that devices
 * own about as many bytes each. That moves as much as a ring does, 2 (n - 1) times the tensors, in two hops instead of 2 (n - 1)
 * and without cutting tensors to pieces; rings pay where neighbours have wires of their own, and here transfers go through the
 * host. A tensor's transfers depend on nothing but its parts, so they can start while the next gradients are computed.
 */
export function allReduce<T>(replicas: readonly T[]): readonly MapTree<T, Tensor, Tensor>[] {
  return scope("allReduce", () => {
    const named = replicas.map((tree) => leaves<Tensor>(tree, isTensor));
    const owners = ownersOf(operand(named, 0), replicas.length);
    const sums = new Map(
      operand(named, 0).map(({ name }, index) => {
        const parts = named.map((replica) => operand(replica, index).leaf);
        return [name, sumOn(parts, operand(parts, owners.get(name) ?? 0).device)] as const;
      }),
    );
    return replicas.map((tree) => mapTree(tree, isTensor, (part, name) => sums.get(name)?.to(part.device) ?? part));
  });
}

function sumOn(parts: readonly Tensor[], device: string): Tensor {
  return parts.map((part) => part.to(device)).reduce((sum, part) => sum.add(part));
}

/** Largest first, each to the replica that owns the fewest bytes so far. */
function ownersOf(tensors: readonly NamedLeaf<Tensor>[], replicas: number): ReadonlyMap<string, number> {
  const owned = new Array<number>(replicas).fill(0);
  const bySize = [...tensors].sort((a, b) => byteLength(b.leaf.type) - byteLength(a.leaf.type));
  const owners = new Map<string, number>();
  for (const { name, leaf } of bySize) {
    const owner = owned.indexOf(Math.min(...owned));
    owned[owner] = operand(owned, owner) + byteLength(leaf.type);
    owners.set(name, owner);
  }
  return owners;
}
