import { useMemo } from 'preact/hooks';
import type { ApiMessage, ApiSmtp, OutlinePart, SmtpReport } from '../../api-types.js';
import { Badge, Facts, Foreign, Notice, type Tone } from '../parts/bits.js';
import { CodeView } from '../parts/code-view.js';
import { ComparisonTable } from '../parts/comparison-table.js';
import { FieldTable } from '../parts/field-table.js';
import { Loaded } from '../parts/loaded.js';
import { NotKept } from '../parts/not-kept.js';
import { useResource } from '../parts/use-resource.js';
import { getJson, messagePath } from '../state/api.js';
import { compareOutlines, type PartChange } from '../text/compare-outlines.js';
import { count, formatBytes } from '../text/format.js';
import { tokeniseJavaScript } from '../text/tokenise-javascript.js';

/** The same mail as SMTP would have sent it, beside what came through Graph. */
export function Smtp({ message }: { message: ApiMessage }) {
  const { id, content } = message;
  const resource = useResource(`smtp ${id}`, 0, () => getJson<ApiSmtp>(messagePath(id, 'smtp')));
  if (content === 'not-kept') return <NotKept />;
  return (
    <Loaded resource={resource}>
      {({ report, delivered }) => (report ? <Comparison message={message} report={report} delivered={delivered} /> : <HowTo />)}
    </Loaded>
  );
}

function HowTo() {
  const code = `import { reportToInbox } from 'nodemailer-graph-transport/sandbox';

transporter.use('stream', reportToInbox(${JSON.stringify(new URL('./', location.href.split('#')[0]).href)}));`;
  return (
    <>
      <Notice>
        The app did not tell what it would have sent over SMTP. A plugin of Nodemailer does, while you develop: header fields, parts and
        envelope, no contents. A mail with a stream in it can be read only once and is not told.
      </Notice>
      <CodeView text={code} tokenise={tokeniseJavaScript} label="JavaScript" />
    </>
  );
}

function Comparison({ message, report, delivered }: { message: ApiMessage; report: SmtpReport; delivered: ApiSmtp['delivered'] }) {
  const { fields, parts, structure } = useMemo(() => compareOutlines(report.outline, delivered), [report, delivered]);
  const lost = fields.filter(({ kind }) => kind === 'missing' || kind === 'changed').length;
  const changed = parts.filter(({ kind }) => kind !== 'same').length;
  const { from, to } = report.envelope;
  const gets = new Set(message.recipientAddresses);
  const others = to.filter((address) => !gets.has(address.toLowerCase()));
  const isSameEnvelope = others.length === 0 && gets.size === report.envelope.count;
  const differences = [
    ...(isSameEnvelope ? [] : ['who gets it']),
    ...(lost ? [count(lost, 'header field')] : []),
    ...(changed ? [count(changed, 'part')] : []),
  ];
  return (
    <div class="smtp">
      <Notice tone={differences.length ? 'warn' : 'good'}>
        {differences.length
          ? `Other than over SMTP: ${differences.join(', ')}.`
          : 'A recipient gets what SMTP would have brought, as far as the sandbox knows Exchange.'}
      </Notice>
      <Facts
        rows={[
          [
            'Recipients',
            isSameEnvelope ? (
              `the same ${count(gets.size, 'address', 'addresses')}`
            ) : (
              <>
                {report.envelope.count} over SMTP, {gets.size} through Graph{others.length > 0 && ', without '}
                <Foreign>{others.slice(0, 20).join(', ')}</Foreign>
              </>
            ),
          ],
          [
            'Bounces go to',
            <>
              <Foreign>{from || '(nobody)'}</Foreign>
              {from.toLowerCase() !== message.mailbox.toLowerCase() && (
                <>
                  {' '}
                  over SMTP, through Graph to <Foreign>{message.mailbox}</Foreign>
                </>
              )}
            </>,
          ],
          ['Size', `${formatBytes(report.outline.bytes)} over SMTP, ${formatBytes(delivered.bytes)} through Graph`],
          [
            'Structure',
            <>
              <Foreign class="mono">{structure.smtp}</Foreign>
              {structure.smtp !== structure.graph && (
                <>
                  {' '}
                  over SMTP, <Foreign class="mono">{structure.graph}</Foreign> through Graph
                </>
              )}
            </>,
          ],
        ]}
      />
      <h3>Header fields</h3>
      <FieldTable changes={fields} before="Over SMTP" after="Through Graph" same="the same" />
      <h3>Parts</h3>
      <Parts parts={parts} />
    </div>
  );
}

const words: Record<PartChange['kind'], { text: string; tone: Tone }> = {
  same: { text: 'the same', tone: 'good' },
  changed: { text: 'changed', tone: 'warn' },
  missing: { text: 'missing', tone: 'bad' },
  added: { text: 'added', tone: 'plain' },
};

function Parts({ parts }: { parts: readonly PartChange[] }) {
  const rows = parts.map(({ kind, smtp, graph, differs }) => ({
    name: (smtp ?? graph)?.name || ((smtp ?? graph)?.type ?? ''),
    tone: words[kind].tone,
    verdict: differs.length ? `other ${differs.join(', ')}` : words[kind].text,
    before: smtp && <Part part={smtp} />,
    after: graph && kind !== 'same' && <Part part={graph} />,
  }));
  return <ComparisonTable label="Parts" what="Part" before="Over SMTP" after="Through Graph" rows={rows} />;
}

const Part = ({ part: { type, disposition, contentId, bytes } }: { part: OutlinePart }) => (
  <>
    <Foreign class="mono">{type}</Foreign> {formatBytes(bytes)} {disposition && <Badge>{disposition}</Badge>}
    {contentId && (
      <>
        {' '}
        cid:<Foreign>{contentId}</Foreign>
      </>
    )}
  </>
);
