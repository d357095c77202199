/** Whether a host's name or address is this very machine, which the network does not reach. */
export const isLoopback = (host: string): boolean => /^(?:localhost|::1|127(?:\.\d{1,3}){3})$/.test(host);
