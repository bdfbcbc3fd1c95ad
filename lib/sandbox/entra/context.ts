import type { Directory } from '../directory.js';
import type { AccessTokens } from './access-tokens.js';
import type { SignIns } from './sign-ins.js';

/** What the sign-in service knows. */
export interface EntraContext {
  directory: Directory;
  tokens: AccessTokens;
  tokenLifetime: number;
  signIns: SignIns;
  /** A policy blocks sign-ins by device code. */
  deviceCodeBlocked: boolean;
  origin(): string;
  graphOrigin(): string;
}
