// How a batch is divided between replicas.
import { UsageError } from "@tandem/core";

/** The part of a batch that one replica sees. */
export interface Shard {
  /** Index of its first sample in the batch. */
  readonly start: number;
  readonly count: number;
}

/** Consecutive parts as equal as they can be, the larger ones first. Throws UsageError if a replica would have no sample. */
export function shardsOf(samples: number, replicas: number): readonly Shard[] {
  if (samples < replicas) {
    throw new UsageError(`a batch of ${samples} cannot be divided between ${replicas} devices`, {
      hint: "use a larger batch, or fewer devices",
    });
  }
  const [least, larger] = [Math.floor(samples / replicas), samples % replicas];
  return Array.from({ length: replicas }, (_, replica) => ({
    start: replica * least + Math.min(replica, larger),
    count: least + (replica < larger ? 1 : 0),
  }));
}
