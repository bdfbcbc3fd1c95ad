import type * as Transport from '../../lib/index.js';

/** The transport as an app with that Nodemailer has it: its parts of Nodemailer are of the same version. */
export function loadTransport(version: string): typeof Transport.graphTransport {
  return loadWith<typeof Transport>(version, '../../lib/index.js').graphTransport;
}

/** A module of the library, loaded with that Nodemailer. */
export function loadWith<T extends object>(version: string, module: string): T {
  const parts = version === '10' ? [] : ['mime-node', 'shared', 'base64', 'qp'];
  let loaded: T | undefined;
  jest.isolateModules(() => {
    for (const part of parts) {
      jest.doMock(`nodemailer/lib/${part}/index.js`, () => jest.requireActual(`nodemailer-${version}/lib/${part}/index.js`));
    }
    loaded = jest.requireActual<T>(module);
    for (const part of parts) jest.dontMock(`nodemailer/lib/${part}/index.js`);
  });
  if (!loaded) throw new Error(`${module} was not loaded`);
  return loaded;
}
