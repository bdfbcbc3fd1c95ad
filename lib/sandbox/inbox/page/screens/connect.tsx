import { sendSample } from '../state/actions.js';
import { settings } from '../state/inbox.js';
import { Button, CopyButton } from '../parts/bits.js';
import { CodeView, plainText } from '../parts/code-view.js';
import { tokeniseJavaScript } from '../text/tokenise-javascript.js';

/** Everything to paste into an app, and the first thing one sees. */
export function Connect({ isEmpty = false }: { isEmpty?: boolean }) {
  const { value } = settings;
  if (!value) return <p class="notice">Loading …</p>;
  const environment = value.environment.map(({ name, value: text }) => `${name}=${text}`).join('\n');
  const certificate = environment.split('\n').at(-1) ?? '';
  return (
    <div class="page connect">
      <header>
        <h1>{isEmpty ? 'No mail yet' : 'Connect'}</h1>
        <p>
          {isEmpty ? 'Point your app here with one of these, and its mail shows at once. ' : 'Settings that point an app at this sandbox. '}
          The secret is good for nothing else.
        </p>
        <Button kind="primary" icon="sent" onClick={() => void sendSample()}>
          Send a sample
        </Button>
      </header>
      <section>
        <h2>Transport</h2>
        <CodeView text={value.code} tokenise={tokeniseJavaScript} label="JavaScript" />
      </section>
      <section>
        <h2>Address</h2>
        <p class="muted">
          For <code>createTransport(mailTransport(process.env.MAIL_URL))</code>, which sends by SMTP where the address says so.
        </p>
        <CodeView text={`MAIL_URL='${value.mailUrl}'\n${certificate}`} tokenise={plainText} label="MAIL_URL" />
      </section>
      <section>
        <h2>Environment</h2>
        <CodeView text={environment} tokenise={plainText} label="environment" />
      </section>
      <section>
        <h2>Certificate</h2>
        <p class="muted">
          {value.caFile ? (
            <>
              The sandbox wrote it to <code>{value.caFile}</code>; it is made anew at every start.
            </>
          ) : (
            'Made at every start of the sandbox; trust it in the app only.'
          )}
        </p>
        <CopyButton text={value.ca} what="certificate" />
      </section>
    </div>
  );
}
