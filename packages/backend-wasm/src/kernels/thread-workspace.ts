// How much workspace each thread has to itself.
export const THREAD_WORKSPACE_BYTES: number = 2 * 1024 ** 2;
