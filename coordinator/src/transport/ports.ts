import type { Certificate, EnrolmentProof, KeyChange } from '@consilium/shared/crypto';
import type { CodedError } from '@consilium/shared/errors';
import type { BlobHash, PublicKey, RunId, SiteId, StepId } from '@consilium/shared/ids';
import type { Deferred, SignedManifest, SiteStatus, Verdict } from '@consilium/shared/wire';

/** The blobs that downloads are read from. */
export interface BlobSource {
  /** Plain bytes of a blob. */
  size(hash: BlobHash): Promise<number>;
  /** The array is the caller's own. */
  read(hash: BlobHash, offset: number, length: number): Promise<Uint8Array>;
}

/** One upload as a site announced it. */
export interface UploadClaim {
  readonly site: SiteId;
  readonly run: RunId;
  readonly step: StepId;
  readonly hash: BlobHash;
  readonly bytes: number;
}

/** Where uploads are kept until they are complete; the newest handle of a claim is the one that counts. */
export interface SpoolPlace {
  /** @param onRead told again and again while what is there is read; what it throws ends the opening */
  open(claim: UploadClaim, onRead: () => void): Promise<OpenSpool>;
}

export interface OpenSpool {
  /** All bytes below this are there. */
  readonly offset: number;
  /** @returns the new offset */
  write(offset: number, bytes: Uint8Array): Promise<number>;
  /** Checks the digest and makes a blob of the bytes. */
  finish(): Promise<BlobHash>;
  close(): Promise<void>;
}

/** How far a transfer has come, either way. */
export interface Moved {
  readonly run: RunId;
  readonly step: StepId;
  readonly hash: BlobHash;
  /** All bytes below this are kept: here of an upload, at the site of a download. */
  readonly offset: number;
}

/** Who a site is to the coordinator once its key is proven. */
export interface Admitted {
  readonly standing: 'pending' | 'approved';
  readonly certificate: Certificate | null;
}

/** What the gateway asks of, and tells, the rest of the coordinator. Anything may throw a coded error. */
export interface GatewayHandlers {
  /** Whether a proven key may come in. Throwing a coded error refuses it. */
  admit(
    site: SiteId,
    publicKey: PublicKey,
    enrolment: (EnrolmentProof & { readonly transcript: Uint8Array }) | null,
  ): Promise<Admitted>;
  /** What an approved site says of itself. */
  onStatus(site: SiteId, status: SiteStatus): void;
  /** Judges a contribution. A coded error thrown here is no verdict: the site is told to come again. */
  onSubmit(site: SiteId, contribution: SignedManifest): Promise<Verdict>;
  /** `true`, or why not. Asked before the spool is touched. */
  mayUpload(site: SiteId, upload: Omit<UploadClaim, 'site'>): Promise<true | CodedError> | true | CodedError;
  mayDownload(site: SiteId, hash: BlobHash): Promise<boolean> | boolean;
  /** A site asks for another key in the place of its own. A coded error is told to the people there. */
  onRekey(site: SiteId, change: KeyChange): Promise<void>;
  /** A transfer of the site got on. */
  onMoved(site: SiteId, moved: Moved): void;
  /** The approved site's last session ended and no other took its place. */
  onGone(site: SiteId): void;
  /** Two agents use one key by turns; told of once an hour at most. */
  onTwoAgents(site: SiteId, error: CodedError): void;
}

/** What a submission is answered with. */
export type Judgement = Verdict | Deferred;

/** Bytes that passed since the gateway was opened, sealed form included. */
export interface SiteTraffic {
  readonly site: SiteId;
  readonly connected: boolean;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** Transfers that run or wait, from the site and to it. */
  readonly uploads: number;
  readonly downloads: number;
}
