import type { Sight } from './role.js';

/** A person who may look at the page. */
export interface PageUser {
  readonly name: string;
  readonly sight: Sight;
  /** As `hashPassword` writes it; null until the user has set one. */
  readonly password: string | null;
  /** The link that sets the password, by the SHA-256 of its token. */
  readonly setup: { readonly hash: string; readonly until: Date } | null;
  readonly created: Date;
}

export interface StoredSession {
  readonly user: string;
  readonly expires: Date;
  /** When a call came last, give or take a minute. */
  readonly used: Date;
}

/** What the API keeps on disk beside the journals. */
export interface ApiRecords {
  readonly users: {
    list(): Promise<readonly PageUser[]>;
    find(name: string): Promise<PageUser | null>;
    /** False when the name is taken. */
    add(user: PageUser): Promise<boolean>;
    /** Changes the password and the link of a user. False when there is none. */
    change(name: string, to: Pick<PageUser, 'password' | 'setup'>): Promise<boolean>;
    /** Spends a link: sets the password of its user. Null when no link has this hash now. */
    redeem(setupHash: string, password: string): Promise<PageUser | null>;
    /** False when there is none. Ends the user's sessions, too. */
    remove(name: string): Promise<boolean>;
  };
  /** By the SHA-256 of the session's token: who reads the disk cannot sign in with it. */
  readonly sessions: {
    find(tokenHash: string): Promise<StoredSession | null>;
    add(tokenHash: string, session: StoredSession): Promise<void>;
    touch(tokenHash: string, used: Date): Promise<void>;
    remove(tokenHash: string): Promise<void>;
    removeOf(user: string): Promise<void>;
  };
  readonly nonces: {
    /** False when the nonce is known. Nonces past their end may be forgotten. */
    use(nonce: string, expires: Date, now: Date): Promise<boolean>;
  };
}
