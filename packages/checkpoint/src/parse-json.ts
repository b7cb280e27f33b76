// JSON from files that may be damaged.

/** Undefined for what is no JSON, such as the last line of a file that a process was writing when it ended. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
