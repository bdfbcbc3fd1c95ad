import { useState } from 'preact/hooks';
import type { ApiFault, ApiFaultRule, ApiOperation } from '../../api-types.js';
import { write } from '../state/api.js';
import { faults, presets, status } from '../state/inbox.js';
import { linkTo } from '../state/route.js';
import { announce, complain } from '../state/toasts.js';
import { Badge, Button, Foreign, Notice } from '../parts/bits.js';
import { count } from '../text/format.js';

async function arm(rule: ApiFaultRule): Promise<void> {
  try {
    const { label } = await write<ApiFault>('POST', 'faults', rule);
    announce(`Armed: ${label}`);
  } catch (error) {
    complain(error);
  }
}

const remove = (path: string): void => void write('DELETE', path).catch(complain);

/** What goes wrong next, one deterministic click. */
export function Faults() {
  const list = faults.value;
  return (
    <div class="page faults">
      <header>
        <h1>Faults</h1>
        <p class="muted">Let the next request go wrong and see in the Timeline what your app does about it.</p>
      </header>
      <section>
        <h2>Armed</h2>
        {list.length === 0 ? (
          <Notice>None: every request is answered as Graph would.</Notice>
        ) : (
          <>
            <ul class="cards" role="list">
              {list.map((fault) => (
                <Armed key={fault.id} fault={fault} />
              ))}
            </ul>
            {list.length > 1 && (
              <Button icon="bin" onClick={() => remove('faults')}>
                Remove all
              </Button>
            )}
          </>
        )}
      </section>
      <section>
        <h2>One click</h2>
        <div class="presets">
          {presets.value.map(({ id, label, detail, rule }) => (
            <button type="button" class="preset" key={id} onClick={() => void arm(rule)}>
              <span class="strong">{label}</span>
              <span class="muted">{detail}</span>
            </button>
          ))}
        </div>
      </section>
      <section>
        <h2>Any other</h2>
        <Form />
      </section>
    </div>
  );
}

function Armed({ fault }: { fault: ApiFault }) {
  const { id, label, hits, remaining, source, struck, hasMatch } = fault;
  return (
    <li class="card">
      <div class="line">
        <Foreign class="strong">{label}</Foreign>
        <Badge tone={hits > 0 ? 'accent' : 'plain'}>{count(hits, 'hit')}</Badge>
        <Badge tone={remaining === 0 ? 'plain' : 'warn'}>
          {remaining === null ? 'always' : remaining === 0 ? 'spent' : `${remaining} to come`}
        </Badge>
        {source === 'code' && <Badge>by the app&apos;s test</Badge>}
        {hasMatch && <Badge>picks its requests by code</Badge>}
        <span class="spring" />
        <Button icon="bin" kind="quiet" label={`Remove: ${label}`} onClick={() => remove(`faults/${encodeURIComponent(id)}`)} />
      </div>
      {struck.length > 0 && (
        <p class="muted">
          Struck:{' '}
          {struck.map((request, index) => (
            <span key={request}>
              {index > 0 && ', '}
              <a href={linkTo({ screen: 'requests', id: request, q: '' })}>{index === 0 ? 'the last request' : `${index + 1} ago`}</a>
            </span>
          ))}
        </p>
      )}
    </li>
  );
}

const operations: readonly ApiOperation[] = [
  'sendMail',
  'createDraft',
  'addAttachment',
  'createUploadSession',
  'uploadChunk',
  'send',
  'getMessage',
  'getMessageSource',
  'listMessages',
  'updateMessage',
  'deleteMessage',
  'listAttachments',
  'getUploadSession',
  'cancelUpload',
  'listMessageTraces',
  'listMessageTraceDetails',
  'listMessageChanges',
  'token',
  'discovery',
];

function Form() {
  const [problem, setProblem] = useState<string | undefined>();
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const read = readForm(new FormData(event.currentTarget as HTMLFormElement));
    if (typeof read === 'string') return setProblem(read);
    setProblem(undefined);
    void arm(read);
  };
  return (
    <form class="fault-form" onSubmit={submit} aria-describedby={problem ? 'fault-problem' : undefined}>
      <label>
        Operation
        <select name="operation">
          <option value="">any of Graph</option>
          {operations.map((operation) => (
            <option key={operation}>{operation}</option>
          ))}
        </select>
      </label>
      <label>
        Mailbox
        <select name="mailbox">
          <option value="">any</option>
          {status.value?.mailboxes.map(({ userPrincipalName }) => (
            <option key={userPrincipalName}>{userPrincipalName}</option>
          ))}
        </select>
      </label>
      <Field name="skip" label="Let through first" type="number" placeholder="0" />
      <Field name="times" label="Times" type="text" placeholder="1, or always" />
      <Field name="delay" label="Delay in ms" type="number" placeholder="0" />
      <Field name="status" label="Status" type="number" placeholder="429" />
      <Field name="retryAfter" label="Retry-After in s" type="number" placeholder="none" />
      <Field name="code" label="Error code" type="text" placeholder="as Graph" />
      <Field name="message" label="Error message" type="text" placeholder="as Graph" />
      <Field name="body" label="Body instead of the error" type="text" placeholder="none" />
      <label>
        Cut
        <select name="cut">
          <option value="">no</option>
          <option value="reset">reset: no answer</option>
          <option value="truncate">truncate: half an answer</option>
          <option value="trickle">trickle: a byte a second</option>
        </select>
      </label>
      <label class="check">
        <input type="checkbox" name="accepted" />
        takes effect before the fault
      </label>
      <button type="submit" class="button primary">
        Arm
      </button>
      {problem && (
        <p class="problem" id="fault-problem" role="alert">
          {problem}
        </p>
      )}
    </form>
  );
}

function Field({ name, label, type, placeholder }: { name: string; label: string; type: 'text' | 'number'; placeholder: string }) {
  return (
    <label>
      {label}
      {type === 'number' ? (
        <input name={name} type="number" min={0} placeholder={placeholder} autocomplete="off" />
      ) : (
        <input name={name} type="text" placeholder={placeholder} autocomplete="off" />
      )}
    </label>
  );
}

/** The rule a form describes, or what is wrong with it. */
function readForm(form: FormData): ApiFaultRule | string {
  const text = (name: string): string => {
    const value = form.get(name);
    return typeof value === 'string' ? value.trim() : '';
  };
  const number = (name: string): number | undefined => (text(name) === '' ? undefined : Number(text(name)));
  const times = text('times');
  if (times !== '' && times !== 'always' && !/^[1-9]\d*$/.test(times)) return 'Times: a number from 1, or always.';
  const [status, delay, skip, retryAfter] = [number('status'), number('delay'), number('skip'), number('retryAfter')];
  if (status !== undefined && (status < 200 || status > 599)) return 'Status: from 200 to 599.';
  if (status === undefined && text('cut') === '' && !delay) return 'A fault needs a status, a cut or a delay.';
  return {
    ...(text('operation') && { operation: text('operation') as ApiOperation }),
    ...(text('mailbox') && { mailbox: text('mailbox') }),
    ...(times && { times: times === 'always' ? null : Number(times) }),
    ...(skip && { skip }),
    ...(delay && { delay }),
    ...(status !== undefined && { status }),
    ...(text('code') && { code: text('code') }),
    ...(text('message') && { message: text('message') }),
    ...(retryAfter !== undefined && { headers: { 'Retry-After': String(retryAfter) } }),
    ...(text('body') && { body: text('body') }),
    ...(text('cut') && { cut: text('cut') as NonNullable<ApiFaultRule['cut']> }),
    ...(form.get('accepted') === 'on' && { accepted: true }),
  };
}
