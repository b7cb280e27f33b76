// What the archive says of itself.
import { programs } from "./launcher.ts";

export function readmeText(available: readonly string[]): string {
  const lines = Object.entries(programs)
    .filter(([name]) => available.includes(name))
    .map(([name, { about }]) => `  ./tandem ${name.padEnd(10)} ${about}`);
  return `Tandem for Linux on x86-64 with glibc 2.34 or newer. It needs no network, no Node and no installation.

${lines.join("\n")}

Begin with ./tandem doctor: it says which GPUs are found, computes something on each backend, and names what is missing.
A GPU needs its vendor's driver with Vulkan (NVIDIA: nvidia-driver; AMD, Intel: mesa-vulkan-drivers) and libvulkan.so.1.
In a container, NVIDIA's driver gives Vulkan only with NVIDIA_DRIVER_CAPABILITIES=all (or graphics).

Examples:
  ./tandem start --data fashion-mnist
  TANDEM_BACKEND=webgpu ./tandem start
  ./tandem bench step --backend webgpu --batch 128 --peers tfjs-webgpu,torch-cuda

Results are written to runs/ in this folder. LICENSE and NOTICE are those of Tandem; each package in node_modules
brings its own licence, bin/LICENSE is that of Node.
`;
}
