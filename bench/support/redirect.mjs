// Loaded before a client: connections to Microsoft end at the local server. The peers have these hosts written into their code, so
// that every client gets the same treatment, once per connection.
import { syncBuiltinESMExports } from 'node:module';
import tls from 'node:tls';

const HOSTS = ['graph.microsoft.com', 'login.microsoftonline.com'];
const { connect } = tls;

tls.connect = function (...args) {
  const [options] = args;
  if (!HOSTS.includes(options?.host)) return connect.apply(this, args);
  return connect.call(this, { ...options, host: '127.0.0.1', port: Number(process.env.BENCH_PORT), servername: 'localhost' }, args[1]);
};
syncBuiltinESMExports();
