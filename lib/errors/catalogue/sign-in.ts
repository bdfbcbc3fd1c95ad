import { entries } from './entry.js';

/** What goes wrong at the sign-in service, and with its token at Graph. */
export const SIGN_IN = entries({ code: 'EAUTH', permanent: true }, [
  {
    graphCodes: ['AADSTS7000215'],
    cause: 'The client secret is wrong.',
    remedy: `Put the secret's Value (not its Secret ID) into clientSecret; the portal shows it only once, so make a new one under "Certificates & secrets" if it is lost.`,
  },
  {
    graphCodes: ['AADSTS7000222'],
    cause: 'The client secret has expired.',
    remedy: 'Make a new client secret for the app under "Certificates & secrets" and put its Value into clientSecret.',
  },
  {
    graphCodes: ['AADSTS700027'],
    cause: 'The certificate does not belong to the app, or has expired.',
    remedy: 'Upload the public part of the certificate to the app under "Certificates & secrets", or use the one that is registered there.',
  },
  {
    graphCodes: ['AADSTS700024'],
    cause: "The sign-in's assertion is outside its valid time: this machine's clock is wrong.",
    remedy: 'Set the clock, best by NTP; the doctor tells by how much it is off.',
  },
  {
    graphCodes: ['AADSTS7000229'],
    cause: 'The app has no service principal (enterprise application) in this tenant.',
    remedy: 'Make it: az ad sp create --id APP_ID, or grant admin consent once.',
  },
  {
    graphCodes: ['AADSTS7000218'],
    cause: 'The sign-in carried neither a secret nor a certificate.',
    remedy: 'Give clientSecret, clientCertificate or credential.',
  },
  {
    graphCodes: ['AADSTS7000112'],
    cause: 'The app is disabled in this tenant.',
    remedy: 'Enable it: Enterprise applications › the app › Properties › Enabled for users to sign in.',
  },
  {
    graphCodes: ['AADSTS700016'],
    cause: 'The app (clientId) is not known in this tenant.',
    remedy:
      'Check that clientId is the Application (client) ID and that tenantId is the Directory (tenant) ID of the same app registration, not swapped.',
  },
  {
    graphCodes: ['AADSTS90002'],
    cause: 'There is no such tenant in this cloud.',
    remedy:
      'Check tenantId (Directory (tenant) ID; is it swapped with clientId?), and the cloud option if the tenant is in a national cloud.',
  },
  {
    graphCodes: ['AADSTS900023'],
    cause: 'tenantId is neither an id nor a domain name.',
    remedy: 'Give the Directory (tenant) ID or a verified domain such as contoso.com.',
  },
  {
    graphCodes: ['AADSTS90038', 'AADSTS900382'],
    cause: 'The tenant belongs to another cloud.',
    remedy: "Set the cloud option: 'usgov', 'usgov-dod', 'china', 'bleu' or 'delos'.",
  },
  {
    graphCodes: ['AADSTS500011', 'AADSTS1002012', 'AADSTS70011'],
    cause: 'The tenant does not know the Graph endpoint as a resource.',
    remedy:
      "Check graphEndpoint or the cloud option: the token is requested for that Graph. Of a person, name the permissions (scope: 'Mail.Send').",
  },
  {
    graphCodes: ['AADSTS9002331'],
    cause: 'The app is for personal Microsoft accounts only.',
    remedy: "Sign in at tenant 'consumers' (login --tenant consumers).",
  },
  {
    graphCodes: ['AADSTS65001', 'AADSTS90094', 'AADSTS90095', 'AADSTS900941'],
    cause: 'Nobody has consented to the app for this person, and since November 2025 persons may not by themselves by default.',
    remedy: 'Let an administrator grant consent to the app, then sign in again.',
  },
  {
    graphCodes: ['AADSTS50173', 'AADSTS50078', 'AADSTS50076', 'AADSTS50079', 'AADSTS700082', 'AADSTS700084', 'AADSTS70008', 'AADSTS70000'],
    cause: 'The sign-in of the person has run out, was revoked, or a policy asks for a fresh one.',
    remedy: 'Run login again; where you pass a refreshToken, get a new one.',
  },
  {
    graphCodes: ['AADSTS53003', 'AADSTS530033', 'AADSTS530035'],
    cause: 'A Conditional Access policy blocks the sign-in.',
    remedy: 'Exclude the app (workload identity) from the policy, or send from an address the policy allows.',
  },
  {
    graphCodes: ['AADSTS90033', 'AADSTS90006', 'AADSTS90055', 'AADSTS50196'],
    permanent: false,
    cause: 'The sign-in service is busy or throttles the tenant.',
    remedy: 'Try again later.',
  },
  {
    graphCodes: ['AADSTS'],
    cause: 'Microsoft Entra refused the sign-in.',
    remedy: 'The AADSTS number is explained at https://login.microsoftonline.com/error.',
  },
  {
    graphCodes: ['invalid_client'],
    cause: "The sign-in service does not accept the app's secret or certificate.",
    remedy: 'Check that clientId and clientSecret (or the certificate) belong to the same app registration and have not expired.',
  },
  {
    graphCodes: ['InvalidAuthenticationToken'],
    message: /audience/i,
    cause: 'The token was issued for another service or cloud.',
    remedy:
      'Check the cloud option; a credential of your own has to be asked for https://graph.microsoft.com/.default, or what is Graph in your cloud.',
  },
  {
    graphCodes: ['InvalidAuthenticationToken'],
    cause: 'Graph did not accept the token, nor the one that was fetched after it.',
    remedy: "Check the machine's clock and, if you pass your own credential, the token it returns.",
  },
  {
    graphCodes: ['NoPermissionsInAccessToken'],
    cause: 'The token carries no permissions.',
    remedy:
      'Add the application permission Mail.Send (Mail.ReadWrite, too, for large attachments) and grant admin consent; it acts within minutes, on a running app as well.',
  },
  {
    statusCodes: [401],
    cause: 'Graph did not accept the token, nor the one that was fetched after it.',
    remedy: 'Check the cloud option and, if you pass your own credential, the token it returns.',
  },
]);
