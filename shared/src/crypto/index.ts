// All of the room; what runs in a page as well stands in a list of its own.
export * from './browser.js';
export * from './channel.js';
export * from './chunk.js';
export * from './handshake.js';
