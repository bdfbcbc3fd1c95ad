// What the package signs in with, in one module: the build bundles it into a file of its own, loaded with the first sign-in. Bundled it
// loads in less than half the time, and brings none of the packages that want a newer Node.js than this one.
export { ClientCertificateCredential, ClientSecretCredential } from '@azure/identity';
export { createHttpHeaders, RestError } from '@azure/core-rest-pipeline';
export { ConfidentialClientApplication, CryptoProvider, PublicClientApplication } from '@azure/msal-node';
