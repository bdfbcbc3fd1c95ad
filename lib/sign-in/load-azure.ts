import { loadPackage } from '../errors/load-package.js';

/** @azure/identity and MSAL, loaded when somebody signs in and not before, since that takes a while. */
export const loadAzure = () => loadPackage('@azure/identity', () => import('./azure.js'), 'ClientSecretCredential');
