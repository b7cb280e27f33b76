// Where this machine has Vulkan drivers that run on the CPU: SwiftShader comes with Chromium, lavapipe with Mesa.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

const places = [
  {
    folders: ["/usr/lib/chromium", "/usr/lib64/chromium-browser", "/opt/google/chrome"],
    name: /^vk_swiftshader_icd\.json$/,
  },
  {
    folders: ["/usr/share/vulkan/icd.d", "/usr/local/share/vulkan/icd.d", "/etc/vulkan/icd.d"],
    name: /^lvp_icd.*\.json$/,
  },
];

/** Files that describe the drivers, as VK_DRIVER_FILES lists them. */
export function softwareVulkanDrivers() {
  return places.flatMap(({ folders, name }) => {
    const found = folders.filter(existsSync).flatMap((folder) =>
      readdirSync(folder)
        .filter((file) => name.test(file))
        .map((file) => join(folder, file)),
    );
    return found.slice(0, 1);
  });
}
