import { WRITE_HEADER } from '../api-types.js';
import type { ApiRoute } from './call.js';
import { schemas } from './schemas.js';

/** The API as OpenAPI 3.1, made from its routes. */
export function describeApi(routes: readonly ApiRoute[], version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    const path = `/${route.path.replace(/:(\w+)/g, '{$1}')}`;
    (paths[path] ??= {})[route.method.toLowerCase()] = describeRoute(route);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Inbox of the nodemailer-graph-transport sandbox',
      version,
      description: `Reads what a sandbox got, waits for mail, arms faults. Every POST and DELETE carries the header ${WRITE_HEADER} with any value.`,
    },
    servers: [{ url: '.' }],
    paths,
    components: { schemas },
  };
}

const ref = (name: string): object => ({ $ref: `#/components/schemas/${name}` });
const json = (name: string): object => ({ content: { 'application/json': { schema: ref(name) } } });

function describeRoute({ method, path, summary, query = {}, answer, posts }: ApiRoute): object {
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => ({ name, in: 'path', required: true, schema: { type: 'string' } }));
  const inQuery = Object.entries(query).map(([name, description]) => ({ name, in: 'query', description, schema: { type: 'string' } }));
  const header = { name: WRITE_HEADER, in: 'header', required: true, description: 'Any value', schema: { type: 'string' } };
  const status = answer === 'Fault' ? '201' : answer === 'SampleSent' ? '202' : method !== 'GET' && !answer ? '204' : '200';
  return {
    summary,
    operationId: `${method.toLowerCase()} ${path}`.replace(/\W+(\w)/g, (_, letter: string) => letter.toUpperCase()),
    parameters: [...inPath, ...inQuery, ...(method === 'GET' ? [] : [header])],
    ...(posts ? { requestBody: json(posts) } : {}),
    responses: {
      [status]: { description: summary, ...(answer ? json(answer) : {}) },
      default: { description: 'What was wrong', ...json('Error') },
    },
  };
}
