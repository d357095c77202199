/** A person who may look at the page. */
export interface PageUser {
  readonly name: string;
  /** As `hashPassword` writes it. */
  readonly password: string;
}

export interface StoredSession {
  readonly user: string;
  readonly expires: Date;
}

/** What the API keeps on disk beside the journals. One implementation lies over the store, one in memory. */
export interface ApiRecords {
  readonly users: {
    count(): Promise<number>;
    find(name: string): Promise<PageUser | null>;
    /** False when the name is taken. */
    add(user: PageUser): Promise<boolean>;
  };
  /** By the SHA-256 of the session's token: who reads the disk cannot sign in with it. */
  readonly sessions: {
    find(tokenHash: string): Promise<StoredSession | null>;
    add(tokenHash: string, session: StoredSession): Promise<void>;
    remove(tokenHash: string): Promise<void>;
  };
  readonly nonces: {
    /** False when the nonce is known. Nonces past their end may be forgotten. */
    use(nonce: string, expires: Date, now: Date): Promise<boolean>;
  };
}

/** Records that last as long as the process: for tests and throw-away coordinators. */
export function recordsInMemory(): ApiRecords {
  const users = new Map<string, PageUser>();
  const sessions = new Map<string, StoredSession>();
  const nonces = new Map<string, Date>();
  return {
    users: {
      count: async () => users.size,
      find: async (name) => users.get(name) ?? null,
      async add(user) {
        if (users.has(user.name)) return false;
        users.set(user.name, user);
        return true;
      },
    },
    sessions: {
      find: async (hash) => sessions.get(hash) ?? null,
      add: async (hash, session) => void sessions.set(hash, session),
      remove: async (hash) => void sessions.delete(hash),
    },
    nonces: {
      async use(nonce, expires, now) {
        for (const [known, until] of nonces) if (until < now) nonces.delete(known);
        if (nonces.has(nonce)) return false;
        nonces.set(nonce, expires);
        return true;
      },
    },
  };
}
