// How jest resolves modules: as always, except that with NODEMAILER_VERSION=7 the tests and the transport import Nodemailer 7.
const { NODEMAILER_VERSION: wanted } = process.env;
const { major } = /^(?<major>\d+)/.exec(require('nodemailer/package.json').version).groups;
const redirects = Boolean(wanted) && wanted !== major;

/** Other packages keep the Nodemailer they ask for, and the list of all versions keeps what it lists. */
function isOurs(folder) {
  return !/[\\/](node_modules|__tests__[\\/]support)([\\/]|$)/.test(folder);
}

module.exports = (path, options) => {
  const found = redirects && isOurs(options.basedir) && /^nodemailer(\/.*)?$/.exec(path);
  return options.defaultResolver(found ? `nodemailer-${wanted}${found[1] ?? ''}` : path, options);
};
