import { render } from 'preact';
import './styles/page.css';
import { App } from './app.js';
import { startShortcuts } from './parts/shortcuts.js';
import { watchTitle } from './state/arrivals.js';
import { startClock } from './state/clock.js';
import { startInbox } from './state/inbox.js';

const root = document.getElementById('app');
if (root) render(<App />, root);
startClock();
startShortcuts();
watchTitle();
void startInbox();
