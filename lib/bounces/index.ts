/**
 * What came back: delivery reports in the sending mailbox, as events. Begin with {@link watchBounces} and the {@link Bounce} it tells.
 *
 * @module nodemailer-graph-transport/bounces
 */
export { watchBounces, BounceWatcher, type BounceWatcherEvents } from './watcher.js';
export type { Bounce, BounceAction } from './bounce.js';
export type { BounceStore, BounceWatcherOptions, WatchOptions } from './options.js';
