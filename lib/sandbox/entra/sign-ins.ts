import { randomBytes } from 'node:crypto';
import type { Mailbox } from '../settings.js';

/** What a person allowed an app to do. */
export interface Grant {
  clientId: string;
  user: Mailbox;
  /** Without the resource; those of OpenID are not among them. */
  scopes: string[];
  /** Whether a refresh token was asked for. */
  offline: boolean;
  nonce: string | undefined;
}

/** An authorization code on its way back to the app. */
export interface AuthorizationCode extends Grant {
  redirectUri: string;
  challenge: string | undefined;
  tenant: string;
  expiresAt: number;
}

/** A device that waits for its person. */
export interface DeviceSignIn {
  clientId: string;
  scopes: string[];
  offline: boolean;
  userCode: string;
  expiresAt: number;
  /** Set once a person has answered: who, or that he declined. */
  answer: Mailbox | 'declined' | undefined;
}

interface RefreshToken extends Grant {
  /** Milliseconds; a token that is used begins anew, unless it is of a single-page app. */
  expiresAt: number;
  state: 'valid' | 'revoked' | 'replaced';
}

/** How long the person's sign-ins last. */
export interface SignInLifetimes {
  /** Milliseconds without use. */
  refreshToken: number;
  /** Whether a refresh token that was used stops working at once; Microsoft's keep working for a while. */
  revokesUsed: boolean;
}

const CODE_LIFETIME = 10 * 60_000;
const DEVICE_LIFETIME = 15 * 60_000;
/** Refresh tokens of single-page apps end after a day, used or not. */
export const SPA_LIFETIME = 24 * 60 * 60_000;

/** Codes and refresh tokens of persons. */
export class SignIns {
  readonly #codes = new Map<string, AuthorizationCode>();
  readonly #devices = new Map<string, DeviceSignIn>();
  readonly #refreshTokens = new Map<string, RefreshToken>();

  constructor(private readonly lifetimes: SignInLifetimes) {}

  issueCode(code: Omit<AuthorizationCode, 'expiresAt'>): string {
    const value = `0.${randomBytes(48).toString('base64url')}`;
    this.#codes.set(value, { ...code, expiresAt: Date.now() + CODE_LIFETIME });
    return value;
  }

  /** A code works once. */
  redeemCode(value: string): AuthorizationCode | undefined {
    const code = this.#codes.get(value);
    this.#codes.delete(value);
    return code && code.expiresAt > Date.now() ? code : undefined;
  }

  startDevice(device: Pick<DeviceSignIn, 'clientId' | 'scopes' | 'offline'>): { deviceCode: string; userCode: string; expiresIn: number } {
    const deviceCode = randomBytes(40).toString('base64url');
    const letters = 'BCDFGHJKLMNPQRSTVWXZ';
    const userCode = [...randomBytes(9)].map((byte) => letters[byte % letters.length]).join('');
    this.#devices.set(deviceCode, { ...device, userCode, expiresAt: Date.now() + DEVICE_LIFETIME, answer: undefined });
    return { deviceCode, userCode, expiresIn: DEVICE_LIFETIME / 1000 };
  }

  device(deviceCode: string): DeviceSignIn | undefined {
    return this.#devices.get(deviceCode);
  }

  endDevice(deviceCode: string): void {
    this.#devices.delete(deviceCode);
  }

  /** @returns whether a device waits with this code */
  answerDevice(userCode: string, answer: Mailbox | 'declined'): boolean {
    const device = [...this.#devices.values()].find((candidate) => candidate.userCode === userCode.trim().toUpperCase());
    if (!device || device.expiresAt <= Date.now()) return false;
    device.answer = answer;
    return true;
  }

  issueRefreshToken(grant: Grant, lifetime = this.lifetimes.refreshToken): string {
    const value = `1.${randomBytes(48).toString('base64url')}`;
    this.#refreshTokens.set(value, { ...grant, expiresAt: Date.now() + lifetime, state: 'valid' });
    return value;
  }

  refreshToken(value: string): RefreshToken | undefined {
    return this.#refreshTokens.get(value);
  }

  /** The token that takes the place of one that was used. */
  rotate(value: string, grant: RefreshToken, isSpa: boolean): string {
    if (this.lifetimes.revokesUsed) grant.state = 'replaced';
    // a single-page app's new token ends when the first one would have
    return this.issueRefreshToken(grant, isSpa ? grant.expiresAt - Date.now() : undefined);
  }

  /** All of one person's, or everybody's. */
  revoke(user?: Mailbox): void {
    for (const token of this.#refreshTokens.values()) if (!user || token.user === user) token.state = 'revoked';
  }

  /** Refresh tokens that still work. */
  get validRefreshTokens(): number {
    return [...this.#refreshTokens.values()].filter(({ state, expiresAt }) => state === 'valid' && expiresAt > Date.now()).length;
  }

  clear(): void {
    this.#codes.clear();
    this.#devices.clear();
  }
}
