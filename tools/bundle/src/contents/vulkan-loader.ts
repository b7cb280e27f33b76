// Vulkan's loader, for hosts whose driver came without one.
import { execFile } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { UsageError } from "@tandem/core";

const run = promisify(execFile);

export const VULKAN_LOADER = "libvulkan.so.1";
const folders = ["/usr/lib/x86_64-linux-gnu", "/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib"];

/** The path of this machine's. Throws UsageError where it has none. */
export async function findVulkanLoader(among: readonly string[] = folders): Promise<string> {
  const here = among.map((folder) => join(folder, VULKAN_LOADER)).find((path) => existsSync(path));
  if (here !== undefined) return realpathSync(here);
  throw new UsageError(`${VULKAN_LOADER} is in none of ${among.join(", ")}`, {
    hint: "Debian, Ubuntu: apt install libvulkan1; Fedora: dnf install vulkan-loader; or leave --with-vulkan out",
  });
}

/** What Debian says of its licence, where this is a Debian. */
export async function vulkanLoaderLicence(loader: string): Promise<string | undefined> {
  const owner = await run("dpkg", ["-S", loader]).then(
    ({ stdout }) => stdout.split(":", 1)[0],
    () => undefined,
  );
  const path = owner === undefined ? undefined : `/usr/share/doc/${owner}/copyright`;
  return path !== undefined && existsSync(path) ? path : undefined;
}
