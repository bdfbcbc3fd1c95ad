/** Of the package; a test compares. The sandbox shares no code with the transport, which has its own. */
export const VERSION = '0.1.0';
