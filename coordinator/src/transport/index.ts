export { type Gateway, type GatewayOptions, openGateway } from './gateway.js';
export type {
  Admitted,
  BlobSource,
  GatewayHandlers,
  Moved,
  OpenSpool,
  SiteTraffic,
  SpoolPlace,
  UploadClaim,
} from './ports.js';
export { attachToUpgrades } from './upgrades.js';
