import type { ErrorTexts } from './texts.js';

/** What `consilium-site doctor` finds. */
export const doctorErrors = {
  'CSM-DOCTOR-BACKEND-LOWER': {
    message: '{described} would train; {note}.',
    remedy: 'Training on native is 1.6 to 6 times as fast. To keep wasm, write backend: wasm into site.yaml.',
  },
  'CSM-DOCTOR-BACKEND-PLAIN': {
    message: 'Plain JavaScript would train, twenty times slower than WebAssembly and more.',
    remedy: 'Choose backend auto in site.yaml; cpu is for tiny tests.',
  },
  'CSM-DOCTOR-CLOCK': {
    message: "This machine's clock is {off} {way} the coordinator's; {tolerance} is tolerated.",
    remedy:
      'Set it right and keep it so (chrony, systemd-timesyncd): contracts, one-time codes and TLS certificates count until a date.',
  },
  'CSM-DOCTOR-CLOCK-UNSURE': {
    message: "At this machine's time, {time}, the coordinator's TLS certificate does not count ({reason}).",
    remedy:
      'Compare the time with another clock and set it right; if it is right, call the operator of the coordinator.',
  },
  'CSM-DOCTOR-COORDINATOR': {
    message: 'The coordinator at {address} answers, but cannot work now (HTTP {status}).',
    remedy: 'Tell its operator: mostly its disk is full. The site tries again by itself.',
  },
  'CSM-DOCTOR-DISK': {
    message: 'Only {free} are free for {folder}; {least} or more are wise.',
    remedy:
      'Free some space, or move the folder and name it with --home: a run keeps several copies of its model there.',
  },
  'CSM-DOCTOR-GPU-ACCESS': {
    message: '{gpu} is not used: this user may not open {file}.',
    remedy: 'Add the user of the agent to the group that owns the file (render or video), and log in again.',
  },
  'CSM-DOCTOR-GPU-DRIVER': {
    message: '{gpu} cannot be used: {reason}.',
    remedy:
      'Install the driver, or restart after its update. In a container, start it with --gpus all and NVIDIA_DRIVER_CAPABILITIES=all.',
  },
  'CSM-DOCTOR-GPU-UNUSED': {
    message: '{gpu} stands idle: {reason}.',
    remedy:
      'Run consilium-site backend install native --gpu. To train on the processor on purpose, write device: cpu into site.yaml.',
  },
  'CSM-DOCTOR-GPU-VULKAN': {
    message: '{gpu} stands idle: {reason}.',
    remedy:
      'The webgpu backend can use it with its Vulkan driver (on Debian libvulkan1 and mesa-vulkan-drivers). Or write device: cpu into site.yaml.',
  },
  'CSM-DOCTOR-KEY-NEXT': {
    message:
      'The lead has approved another key of site {site}; the one that consilium-site rekey made here waits for it.',
    remedy: 'Start the agent: it puts the new key into its place by itself.',
  },
  'CSM-DOCTOR-KEY-PENDING': {
    message: 'Site {site} waits for approval by the lead.',
    remedy: "Call the lead and read the key's fingerprint, which consilium-site enrol printed.",
  },
  'CSM-DOCTOR-MEMORY': {
    message: 'Training has {memory} of memory; {least} or more are wise.',
    remedy: 'Give the machine, container or service more, or choose small presets and batches in the run file.',
  },
  'CSM-DOCTOR-NODE-OLD': {
    message: 'Node {version} is too old.',
    remedy: 'Install Node {oldest} or later.',
  },
  'CSM-DOCTOR-NODE-UNTESTED': {
    message: 'Consilium is not tested on Node {version}.',
    remedy: 'Use one of the versions {tested} if anything behaves oddly.',
  },
  'CSM-DOCTOR-SLOW': {
    message: '{what}: slower than the {expected} expected. Probably {why}.',
    remedy: 'Stop other programs, or give the agent a machine of its own; training works, but takes longer.',
  },
  'CSM-DOCTOR-THREADS': {
    message: 'This process gets the time of {cores} cores, but native training would start {started} threads.',
    remedy: 'Write threads: {fitting} into site.yaml, or raise the limit of the container or service.',
  },
  'CSM-DOCTOR-TLS-END': {
    message: 'The TLS certificate of {address} ends on {notAfter}.',
    remedy: 'Tell the operator of the coordinator to renew it; agents cannot connect after that day.',
  },
  'CSM-DOCTOR-UNASKED': {
    message: 'The connection was not examined: {settings} has to be in order first.',
    remedy: 'Correct it, then run consilium-site doctor again.',
  },
} as const satisfies ErrorTexts;
