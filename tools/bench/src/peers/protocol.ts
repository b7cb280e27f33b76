// What is said to peers and what they answer: one line of JSON each.
import { z } from "zod";
import type { Task } from "../task.ts";

export interface PeerRequest {
  readonly id: number;
  /** Repeat the task for about so long. */
  readonly milliseconds: number;
  readonly task: Task;
}

/** The first line of a peer that has started. */
export const readySchema: z.ZodType<PeerReady> = z.object({
  ready: z.object({ version: z.string(), details: z.record(z.string(), z.string()) }),
});

export interface PeerReady {
  readonly ready: { readonly version: string; readonly details: Readonly<Record<string, string>> };
}

export const answerSchema: z.ZodType<PeerAnswer> = z.union([
  z.object({
    id: z.number(),
    seconds: z.array(z.number()).min(1),
    phases: z.record(z.string(), z.array(z.number())).optional(),
    residentBytes: z.number().optional(),
    note: z.string().optional(),
  }),
  z.object({ id: z.number(), unsupported: z.string() }),
  z.object({ id: z.number(), error: z.string() }),
]);

export type PeerAnswer = { readonly id: number } & (
  | {
      readonly seconds: readonly number[];
      readonly phases?: Readonly<Record<string, readonly number[]>> | undefined;
      readonly residentBytes?: number | undefined;
      readonly note?: string | undefined;
    }
  /** The library has nothing for such a task. */
  | { readonly unsupported: string }
  | { readonly error: string }
);
