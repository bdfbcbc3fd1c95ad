import type { InboxContext } from '../inbox.js';
import type { RequestEntry } from '../journal/entries.js';
import { pretty } from './render-request.js';

/** Requests as an HTTP Archive, http://www.softwareishard.com/blog/har-12-spec/ */
export function renderHar(requests: readonly RequestEntry[], { state, version }: InboxContext): object {
  const pairs = (headers: Record<string, string>) => Object.entries(headers).map(([name, value]) => ({ name, value }));
  const originOf = (operation: string): string => {
    if (operation === 'token' || operation === 'discovery') return state.origins.authority;
    return ['uploadChunk', 'getUploadSession', 'cancelUpload'].includes(operation) ? state.origins.upload : state.origins.graph;
  };
  return {
    log: {
      version: '1.2',
      creator: { name: 'nodemailer-graph-transport sandbox', version },
      entries: requests.map(({ record }) => {
        const body = record.body === undefined ? undefined : pretty(record.body);
        const answer = record.answer?.body === undefined ? '' : pretty(record.answer.body);
        const url = new URL(record.path, originOf(record.operation));
        return {
          startedDateTime: record.startedAt.toISOString(),
          time: record.durationMs,
          request: {
            method: record.method,
            url: url.href,
            httpVersion: 'HTTP/1.1',
            cookies: [],
            headers: pairs(record.headers),
            queryString: [...url.searchParams].map(([name, value]) => ({ name, value })),
            ...(body === undefined ? {} : { postData: { mimeType: record.headers['content-type'] ?? '', text: body } }),
            headersSize: -1,
            bodySize: record.bytes,
          },
          response: {
            status: record.status,
            statusText: record.errorCode ?? '',
            httpVersion: 'HTTP/1.1',
            cookies: [],
            headers: pairs(record.answer?.headers ?? {}),
            content: { size: answer.length, mimeType: 'application/json', text: answer },
            redirectURL: '',
            headersSize: -1,
            bodySize: -1,
          },
          cache: {},
          timings: { send: 0, wait: record.durationMs, receive: 0 },
          connection: String(record.connection),
        };
      }),
    },
  };
}
