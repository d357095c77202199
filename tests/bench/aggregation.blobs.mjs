import { openBlobFolder } from '@consilium/coordinator/store';

/** The coordinator's own blob folder, sealed at rest. The key seals made-up numbers for the length of a bench. */
export const openPlace = (folder) => openBlobFolder({ folder, dataKey: new Uint8Array(32).fill(7) });
