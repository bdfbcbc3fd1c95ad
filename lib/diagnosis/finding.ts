/** What the doctor looks at, in this order. */
export type CheckName =
  | 'configuration'
  | 'proxy'
  | 'sign-in'
  | 'token'
  | 'permission'
  | 'mailbox'
  | 'other mailbox'
  | 'large attachments'
  | 'clock'
  | 'expiry'
  | 'test message';

/** The result of one check. Carries no secret and no token. */
export interface Finding {
  check: CheckName;
  /** `warn` does not stop mail; `skip`: could not be checked. */
  status: 'pass' | 'warn' | 'fail' | 'skip';
  message: string;
  /** What to do about it. */
  remedy?: string | undefined;
  /** What to search for: `AADSTS7000215`, `ErrorAccessDenied`, … */
  code?: string | undefined;
}
