import type { JSX } from 'preact';
import { Bar, ConnectionBanner } from './parts/bar.js';
import { Help } from './parts/help.js';
import { Rail } from './parts/rail.js';
import { Toasts } from './parts/toasts.js';
import { Bounces } from './screens/bounces.js';
import { Connect } from './screens/connect.js';
import { Drafts } from './screens/drafts.js';
import { Faults } from './screens/faults.js';
import { MailScreen, RequestsScreen, SentScreen } from './screens/list-screen.js';
import { TokenScreen } from './screens/token.js';
import { route } from './state/route.js';
import type { Screen } from './state/routes.js';

export function App() {
  const { screen } = route.value;
  const Current = views[screen];
  return (
    <div class="app">
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          // the hash says where the page is
          event.preventDefault();
          document.getElementById('main')?.focus();
        }}
      >
        Skip to the content
      </a>
      <Bar />
      <ConnectionBanner />
      <div class="body">
        <Rail />
        <main id="main" tabIndex={-1} class={`screen-${screen}`}>
          <Current />
        </main>
      </div>
      <Toasts />
      <Help />
    </div>
  );
}

const views: Record<Screen, () => JSX.Element> = {
  mail: MailScreen,
  refused: MailScreen,
  drafts: Drafts,
  sent: SentScreen,
  bounces: Bounces,
  requests: RequestsScreen,
  faults: Faults,
  token: TokenScreen,
  connect: () => <Connect />,
};
