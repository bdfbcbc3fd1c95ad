import type { App, Mailbox, Settings } from './settings.js';

/** The tenant's mailboxes and apps, looked up as Graph and Entra do. */
export class Directory {
  readonly #mailboxes = new Map<string, Mailbox>();
  readonly #addresses = new Map<string, Mailbox>();
  readonly #apps: Map<string, App>;
  readonly #domains: Set<string>;
  readonly #tenantId: string;

  constructor({ mailboxes, apps, tenantId }: Settings) {
    for (const mailbox of mailboxes) {
      this.#mailboxes.set(mailbox.userPrincipalName.toLowerCase(), mailbox);
      this.#mailboxes.set(mailbox.id.toLowerCase(), mailbox);
      for (const address of [mailbox.userPrincipalName.toLowerCase(), ...mailbox.aliases]) this.#addresses.set(address, mailbox);
    }
    this.#apps = new Map(apps.map((app) => [app.clientId.toLowerCase(), app]));
    this.#tenantId = tenantId.toLowerCase();
    this.#domains = new Set(mailboxes.map(({ userPrincipalName }) => domainOf(userPrincipalName).toLowerCase()));
  }

  /** By object id or user principal name. An alias is not found, as at Microsoft. */
  mailbox(idOrName: string): Mailbox | undefined {
    return this.#mailboxes.get(idOrName.toLowerCase());
  }

  /** The mailbox with this primary address or alias. */
  ownerOf(address: string): Mailbox | undefined {
    return this.#addresses.get(address.toLowerCase());
  }

  app(clientId: string): App | undefined {
    return this.#apps.get(clientId.toLowerCase());
  }

  /** Everybody who can sign in. */
  get users(): readonly Mailbox[] {
    return [...new Set(this.#mailboxes.values())];
  }

  get tenantId(): string {
    return this.#tenantId;
  }

  /** Whether a tenant id or a domain names this tenant. */
  isTenant(idOrDomain: string): boolean {
    const name = idOrDomain.toLowerCase();
    return name === this.#tenantId || this.#domains.has(name);
  }
}

/** What stands behind the last `@`. */
export const domainOf = (address: string): string => address.slice(address.lastIndexOf('@') + 1);
