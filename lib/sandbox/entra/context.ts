import type { Directory } from '../directory.js';
import type { AccessTokens } from './access-tokens.js';

/** What the sign-in service knows. */
export interface EntraContext {
  directory: Directory;
  tokens: AccessTokens;
  tokenLifetime: number;
  origin(): string;
  graphOrigin(): string;
}
