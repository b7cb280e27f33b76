// The workspace that each thread has to itself. assembly/workspace.ts lays it out within these limits.

export const THREAD_WORKSPACE_BYTES: number = 1.5 * 1024 ** 2;
/** The most rows of a block of results, so that there is room for those that fill up panels. */
export const MOST_ROWS = 240;
export const MOST_COLUMNS = 512;
/** The longest run of elements that is copied out to be padded. */
export const MOST_PADDED_RUN = 64;
