import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { create, globals } from 'webgpu';

/** What WebGPU says about a device, and what one of its buffers may hold. */
export interface AdapterDescription {
  /** A processor that plays a GPU (llvmpipe, SwiftShader) is `cpu`. */
  readonly kind: 'gpu' | 'cpu';
  readonly name: string;
  readonly vendor: string;
  /** Name and version of the driver, as it gives them. */
  readonly driver: string;
  /** The largest buffer that a kernel can be given. */
  readonly bindingBytes: number;
  /** The largest buffer there can be. */
  readonly bufferBytes: number;
}

export interface Adapter {
  readonly adapter: GPUAdapter;
  readonly description: AdapterDescription;
}

/** Dawn, once for the process: a device lives only as long as somebody holds the object that it came from. */
let gpu: GPU | null = null;

/** The best adapter of a kind; null where there is none. Dawn may write to stderr what it thinks of a driver. */
export async function requestAdapter(kind: 'gpu' | 'cpu'): Promise<Adapter | null> {
  if (gpu === null) {
    // The kernels know buffers and their usage by WebGPU's global names.
    for (const [name, value] of Object.entries(Object.getOwnPropertyDescriptors(globals))) {
      if (!(name in globalThis)) Object.defineProperty(globalThis, name, value);
    }
    gpu = create([]);
  }
  const best = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  // Dawn finds a processor's driver only when it has looked for all of them before.
  const adapter = kind === 'gpu' || best === null || isProcessor(best.info) ? best : await fallback(gpu);
  return adapter && { adapter, description: describe(adapter) };
}

const fallback = (from: GPU): Promise<GPUAdapter | null> => from.requestAdapter({ forceFallbackAdapter: true });

function describe({ info, limits }: GPUAdapter): AdapterDescription {
  const name = info.device.replaceAll(/^-+|-+$/g, '') || info.description || info.architecture || info.vendor;
  return {
    kind: isProcessor(info) ? 'cpu' : 'gpu',
    name,
    vendor: info.vendor,
    driver: info.description,
    bindingBytes: limits.maxStorageBufferBindingSize,
    bufferBytes: limits.maxBufferSize,
  };
}

/** Known by its flag; by name, too, should a version of Dawn not set it. */
export const isProcessor = (info: Pick<GPUAdapterInfo, 'isFallbackAdapter' | 'device' | 'description'>): boolean =>
  info.isFallbackAdapter ||
  /llvmpipe|lavapipe|swiftshader|software rasterizer/i.test(`${info.device} ${info.description}`);

/** Why there is no adapter at all, as far as it can be seen from files. */
export function reasonForNone(env: Readonly<Record<string, string | undefined>> = process.env): string {
  if (process.platform !== 'linux') return 'no GPU with a driver for it was found';
  const named = env.VK_DRIVER_FILES ?? env.VK_ICD_FILENAMES;
  const drivers = named?.split(delimiter).filter(existsSync) ?? driverFolders.flatMap(manifests);
  const libraries = [...(env.LD_LIBRARY_PATH?.split(delimiter) ?? []), ...libraryFolders];
  if (!libraries.some((folder) => existsSync(join(folder, 'libvulkan.so.1'))))
    return 'the Vulkan loader is not installed';
  if (drivers.length === 0) return 'no Vulkan driver is installed';
  return 'no Vulkan driver here offers a device that WebGPU can use';
}

const driverFolders = ['/usr/share/vulkan/icd.d', '/etc/vulkan/icd.d', '/usr/local/share/vulkan/icd.d'];
const libraryFolders = [
  ...['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib64', '/usr/lib', '/lib64', '/usr/local/lib'],
];

function manifests(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.json'));
  } catch {
    return [];
  }
}
