import { nvidiaTool, parseNvidiaGpus } from '@consilium/models/hardware';
import { coded } from '@consilium/shared/errors';
import { printable } from '@consilium/shared/terminal';
import type { RunningBackend } from '../backends/index.js';
import { type Finding, fine, warning } from './finding.js';
import type { Host } from './host.js';
import type { Demand } from './trial.js';

/** A GPU of this machine, as far as the system shows it. */
export interface GraphicsCard {
  readonly vendor: 'NVIDIA' | 'AMD' | 'Intel';
  /** What its driver calls it; null without an answer. */
  readonly name: string | null;
  readonly memoryBytes: number | null;
}

/** What the system shows of its GPUs. */
export interface Graphics {
  readonly cards: readonly GraphicsCard[];
  /** Version of NVIDIA's driver; null where there is none. */
  readonly driver: string | null;
  /** What NVIDIA's own program said when it failed; null when it did not, or is not there. */
  readonly trouble: string | null;
  /** Device files of GPUs, and those of them that this user may not use. */
  readonly files: readonly string[];
  readonly barred: readonly string[];
}

const vendors: Readonly<Record<string, GraphicsCard['vendor']>> = {
  '0x10de': 'NVIDIA',
  '0x1002': 'AMD',
  '0x8086': 'Intel',
};
const devices = '/sys/bus/pci/devices';
const shownTrouble = 160;

/** Looks for GPUs without starting any: the PCI bus, device files, and NVIDIA's own program where it is installed. */
export async function graphicsOf(host: Host): Promise<Graphics> {
  const onBus: GraphicsCard[] = [];
  for (const device of await host.list(devices)) {
    const kind = (await host.read(`${devices}/${device}/class`))?.trim() ?? '';
    const vendor = vendors[(await host.read(`${devices}/${device}/vendor`))?.trim() ?? ''];
    // Class 03 of the PCI list is a display controller, with a screen or without.
    if (vendor !== undefined && kind.startsWith('0x03')) onBus.push({ vendor, name: null, memoryBytes: null });
  }
  const files = [
    ...(await host.list('/dev')).filter((name) => /^nvidia(?:\d+|ctl|-uvm)$/.test(name)).map((name) => `/dev/${name}`),
    ...(await host.list('/dev/dri')).filter((name) => /^renderD\d+$/.test(name)).map((name) => `/dev/dri/${name}`),
  ];
  const barred: string[] = [];
  for (const file of files) if (!(await host.mayUse(file))) barred.push(file);

  const answered = await host.ask(nvidiaTool.program, nvidiaTool.words);
  const told = answered?.succeeded === true ? parseNvidiaGpus(answered.output) : [];
  const module = /Module\s+(?:for \S+\s+)?(\d+(?:\.\d+)+)/.exec((await host.read('/proc/driver/nvidia/version')) ?? '');
  const others = onBus.filter(({ vendor }) => told.length === 0 || vendor !== 'NVIDIA');
  const unnamed = told.length === 0 && others.every(({ vendor }) => vendor !== 'NVIDIA');
  const byFile = unnamed ? files.filter((file) => /nvidia\d+$/.test(file)) : [];
  return {
    cards: [
      ...told.map(({ name, memoryBytes }) => ({ vendor: 'NVIDIA' as const, name: printable(name), memoryBytes })),
      ...byFile.map(() => ({ vendor: 'NVIDIA' as const, name: null, memoryBytes: null })),
      ...others,
    ],
    driver: told[0]?.driver ?? module?.[1] ?? null,
    trouble:
      answered?.succeeded === false ? printable(answered.output.split('\n')[0] ?? '').slice(0, shownTrouble) : null,
    files,
    barred,
  };
}

/** Whether a GPU of this machine trains, and if not, why and what to do. */
export function examineGraphics(graphics: Graphics, backend: RunningBackend | null, { device }: Demand): Finding {
  const { cards, driver, trouble, files, barred } = graphics;
  const gpu = names(cards);
  const nvidia = cards.some(({ vendor }) => vendor === 'NVIDIA');
  const withDriver = driver === null ? gpu : `${gpu}, driver ${driver}`;
  const facts = {
    cards: cards.map((card) => ({ ...card })),
    driver,
    files: [...files],
    inUse: backend?.kind === 'gpu',
  };
  if (backend?.kind === 'gpu') {
    return fine('GPU', cards.length === 0 ? backend.device : withDriver, { facts });
  }
  if (cards.length === 0) return fine('GPU', 'none on this machine', { facts });
  if (device === 'cpu') {
    return fine('GPU', `${withDriver}; not in use, as site.yaml asks for device cpu`, { facts });
  }
  if (trouble !== null) return warning('GPU', coded('CSM-DOCTOR-GPU-DRIVER', { gpu, reason: trouble }), { facts });
  if (nvidia && driver === null) {
    return warning('GPU', coded('CSM-DOCTOR-GPU-DRIVER', { gpu, reason: 'no driver of NVIDIA is loaded' }), { facts });
  }
  const [closed] = barred;
  if (closed !== undefined) return warning('GPU', coded('CSM-DOCTOR-GPU-ACCESS', { gpu, file: closed }), { facts });
  const reason = backend?.note ?? 'it is not used';
  return nvidia
    ? warning('GPU', coded('CSM-DOCTOR-GPU-UNUSED', { gpu: withDriver, reason }), { facts })
    : warning('GPU', coded('CSM-DOCTOR-GPU-VULKAN', { gpu, reason }), { facts });
}

function names(cards: readonly GraphicsCard[]): string {
  const counted = new Map<string, number>();
  for (const { vendor, name } of cards) {
    const shown = name ?? `a GPU of ${vendor}`;
    counted.set(shown, (counted.get(shown) ?? 0) + 1);
  }
  return [...counted].map(([name, count]) => (count === 1 ? name : `${count} × ${name}`)).join(', ');
}
