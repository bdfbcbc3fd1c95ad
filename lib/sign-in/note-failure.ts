import type { SignInTrace } from '../errors/from-sign-in.js';

/** Keeps why no request could be made at all: MSAL and @azure/identity make an error of it that says less. */
export function noteFailure(trace: SignInTrace) {
  return (error: unknown): never => {
    trace.error = error as Error;
    throw error;
  };
}
