// What a user is told of an error.
import { TandemError } from "@tandem/core";

/** The message of errors that are meant for users; everything there is to know of the others, which are bugs. */
export function describeFailure(error: unknown): string {
  if (error instanceof TandemError || error instanceof RangeError) return `${error.name}: ${error.message}`;
  if (error instanceof Error) return error.stack ?? `${error.name}: ${error.message}`;
  return String(error);
}
