import { quoteShell } from '../setup/quote.js';

/** What stands in a wrapper: absolute paths, since cron's PATH is /usr/bin:/bin, and settings without a secret. */
export interface Wrapper {
  /** The node that runs it. */
  node: string;
  /** This package's sendmail. */
  script: string;
  /** For its environment, by their names. */
  variables: Readonly<Record<string, string>>;
}

/** By its second line a wrapper is known, so that no other program is overwritten. */
export const WRAPPER_MARK =
  '# Sends mail through Microsoft Graph. Written by nodemailer-graph-transport install-sendmail; run that again to change it.';

/** The script for the place of /usr/sbin/sendmail; called mailq or newaliases it is those. */
export function writeWrapper({ node, script, variables }: Wrapper): string {
  const exports = Object.entries(variables).map(([name, value]) => `export ${name}=${quoteShell(value)}\n`);
  return `#!/bin/sh
${WRAPPER_MARK}
case \${0##*/} in
  mailq) set -- -bp ;;
  newaliases) exit 0 ;;
esac
node=${quoteShell(node)}
if [ ! -x "$node" ]; then
  echo "sendmail: $node is not there; run install-sendmail again with the node that is" >&2
  exit 75
fi
${exports.join('')}# behind -- nothing is an option of this program's own, whatever a web form hands over
exec "$node" ${quoteShell(script)} -- "$@"
`;
}

/** The machine that gets a wrapper. */
export interface Machine {
  system: 'debian' | 'alternatives' | 'other';
  /** Whether `/usr/lib/sendmail`, which older programs start, is no link to `/usr/sbin/sendmail`: it is exim's or msmtp's own, or not there. */
  separateLib: boolean;
  /** Whether there is a `/usr/sbin/sendmail`, such as BusyBox's. */
  taken: boolean;
  /** … and a `/usr/lib/sendmail`. */
  libTaken: boolean;
}

/** The commands that put a wrapper in sendmail's place, and those that undo it. */
export function placeCommands(wrapper: string, { system, separateLib, taken, libTaken }: Machine): { place: string[]; undo: string[] } {
  const file = quoteIfNeeded(wrapper);
  const paths = ['/usr/sbin/sendmail', ...(separateLib ? ['/usr/lib/sendmail'] : [])];
  if (system === 'debian') {
    return {
      place: paths.flatMap((path) => [`dpkg-divert --local --rename --add ${path}`, `ln -s ${file} ${path}`]),
      undo: paths.flatMap((path) => [`rm ${path}`, `dpkg-divert --local --rename --remove ${path}`]),
    };
  }
  if (system === 'alternatives') {
    // by the names that all MTAs give them there: without, they would go with the MTA that is replaced
    const more = [
      ['/usr/lib/sendmail', 'mta-sendmail'],
      ['/usr/bin/mailq', 'mta-mailq'],
      ['/usr/bin/newaliases', 'mta-newaliases'],
    ].map(([path, name]) => ` --slave ${path} ${name} ${file}`);
    return {
      place: [`alternatives --install /usr/sbin/sendmail mta ${file} 200${more.join('')}`, `alternatives --set mta ${file}`],
      undo: [`alternatives --remove mta ${file}`],
    };
  }
  const kept = paths.filter((path) => (path === '/usr/lib/sendmail' ? libTaken : taken));
  return {
    place: [...kept.map((path) => `mv ${path} ${path}.distrib`), ...paths.map((path) => `ln -s ${file} ${path}`)],
    undo: [...paths.map((path) => `rm ${path}`), ...kept.map((path) => `mv ${path}.distrib ${path}`)],
  };
}

function quoteIfNeeded(path: string): string {
  return /^[\w./+-]+$/.test(path) ? path : quoteShell(path);
}
