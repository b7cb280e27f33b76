// Where the pictures that come with the package lie.
import { fileURLToPath } from "node:url";

/** The folder of an embedded dataset; the same from `src` and from `dist`. */
export function embeddedFolder(name: string): string {
  return fileURLToPath(new URL(`../../embedded/${name}/`, import.meta.url));
}
