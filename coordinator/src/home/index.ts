export { type CoordinatorHome, homeFiles, makeNextKey, openCoordinatorHome, textIfThere } from './home.js';
export { type Keeper, keeperOf, type NextKeeper } from './keeper.js';
export { type OwnKey, ownKey } from './own-key.js';
