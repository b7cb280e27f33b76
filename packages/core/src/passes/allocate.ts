// Assigns storages to whole-buffer slots so that no two that are live at once share one: largest first, tightest slot.
import { type LiveRange, overlap } from "./liveness.ts";

export interface StorageRequest<Id> {
  readonly id: Id;
  readonly bytes: number;
  readonly live: LiveRange;
}

export interface Allocation<Id> {
  /** Slot of each storage. */
  readonly slotOf: ReadonlyMap<Id, number>;
  /** Bytes of each slot: those of the largest storage in it. */
  readonly slotBytes: readonly number[];
}

/** Greedy by size (Pisarchyk and Lee, "Efficient memory management for deep neural net inference", 2020). */
export function allocateSlots<Id>(requests: readonly StorageRequest<Id>[]): Allocation<Id> {
  const slots: { readonly bytes: number; readonly tenants: LiveRange[] }[] = [];
  const slotOf = new Map<Id, number>();
  for (const { id, bytes, live } of [...requests].sort((a, b) => b.bytes - a.bytes)) {
    let best = -1;
    for (const [index, slot] of slots.entries()) {
      const isFree = slot.tenants.every((tenant) => !overlap(tenant, live));
      if (isFree && (best < 0 || slot.bytes < (slots[best]?.bytes ?? Number.POSITIVE_INFINITY))) best = index;
    }
    if (best < 0) best = slots.push({ bytes, tenants: [] }) - 1;
    slots[best]?.tenants.push(live);
    slotOf.set(id, best);
  }
  return { slotOf, slotBytes: slots.map(({ bytes }) => bytes) };
}
