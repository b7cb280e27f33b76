// Where things lie in a device's memory: the library's static data, a workspace for each thread, then the slots.
import { THREAD_WORKSPACE_BYTES } from "../kernels/thread-workspace.ts";

export const PAGE_BYTES = 65536;
/** The most that addresses of 32 bits reach, and what every module that imports the memory declares. */
export const MAXIMUM_PAGES = 65536;
/** Slots begin on a cache line. */
export const SLOT_ALIGNMENT = 64;

const STATIC_BYTES = PAGE_BYTES;

export function workspaceAddress(thread: number): number {
  return STATIC_BYTES + thread * THREAD_WORKSPACE_BYTES;
}

/** Bytes before the first slot. */
export function fixedBytesFor(threads: number): number {
  return workspaceAddress(threads);
}
