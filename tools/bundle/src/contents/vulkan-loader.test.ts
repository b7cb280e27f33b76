import { mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findVulkanLoader, vulkanLoaderLicence } from "./vulkan-loader.ts";

test("Vulkan's loader is the file behind the link, or an error that says how to get it", async () => {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "tandem-bundle-vulkan-")));
  try {
    await expect(findVulkanLoader([folder])).rejects.toThrow("apt install libvulkan1");
    await writeFile(join(folder, "libvulkan.so.1.3.239"), "");
    await symlink("libvulkan.so.1.3.239", join(folder, "libvulkan.so.1"));
    const loader = await findVulkanLoader([join(folder, "none"), folder]);
    expect(loader).toBe(join(folder, "libvulkan.so.1.3.239"));
    expect(await vulkanLoaderLicence(loader)).toBeUndefined();
  } finally {
    await rm(folder, { recursive: true });
  }
});
