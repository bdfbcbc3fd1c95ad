import { claimsOf } from '../../lib/sign-in/claims-challenge.js';

const claims = '{"access_token":{"nbf":{"essential":true}}}';
const encoded = Buffer.from(claims).toString('base64');

test.each([
  [`Bearer realm="", error="insufficient_claims", claims="${encoded}"`, claims],
  [`Bearer Claims="${encoded}", realm=""`, claims],
  [`Bearer claims="${Buffer.from(claims).toString('base64url')}"`, claims],
  ['Bearer realm="", authorization_uri="https://login.microsoftonline.com"', undefined],
  ['Bearer claims="not base64 JSON"', undefined],
  [`Bearer claims="${Buffer.from('7').toString('base64')}"`, undefined],
  ['', undefined],
  [undefined, undefined],
])('%j', (challenge, expected) => {
  expect(claimsOf(challenge)).toBe(expected);
});
