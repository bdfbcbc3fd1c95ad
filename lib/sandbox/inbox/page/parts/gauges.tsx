import type { ApiTraffic } from '../../api-types.js';
import { traffic } from '../state/inbox.js';
import { count, formatDuration } from '../text/format.js';
import { Badge, Foreign } from './bits.js';

// https://learn.microsoft.com/graph/throttling-limits#outlook-service-limits
const EXCHANGE = { atATime: 4, recent: 10_000 };

/** How near each app is to what Exchange lets it ask of a mailbox. */
export function Gauges() {
  const list = traffic.value;
  if (list.length === 0) return null;
  return (
    <section class="gauges" aria-labelledby="gauges-title">
      <h2 id="gauges-title">Throttling</h2>
      <p class="muted">Exchange takes 4 requests of an app at a time for a mailbox, and 10,000 in ten minutes; then it answers 429.</p>
      <ul class="cards" role="list">
        {list.map((load) => (
          <Load key={`${load.appId} ${load.mailbox}`} load={load} />
        ))}
      </ul>
    </section>
  );
}

function Load({ load }: { load: ApiTraffic }) {
  const { appId, mailbox, running, peak, mostAtATime, recent, mostRecent, windowMs, refused } = load;
  return (
    <li class="card">
      <p>
        <Foreign class="strong">{mailbox}</Foreign> <span class="muted mono">{appId}</span>
      </p>
      <Gauge
        label="At a time"
        value={running}
        peak={peak}
        limit={mostAtATime}
        exchange={EXCHANGE.atATime}
        text={`${running} now, ${peak} at most`}
      />
      <Gauge
        label={`In ${formatDuration(windowMs)}`}
        value={recent}
        peak={recent}
        limit={mostRecent}
        exchange={EXCHANGE.recent}
        text={count(recent, 'request')}
      />
      {refused > 0 && <Badge tone="bad">{count(refused, 'request')} refused with 429</Badge>}
    </li>
  );
}

function Gauge(props: { label: string; value: number; peak: number; limit: number | null; exchange: number; text: string }) {
  const { label, value, peak, limit, exchange, text } = props;
  const most = limit ?? exchange;
  return (
    <div class="gauge">
      <span>{label}</span>
      <meter min={0} max={most} high={most * 0.75} optimum={0} value={Math.min(value, most)} aria-label={`${label}: ${text}`} />
      <span>
        {text}{' '}
        <span class="muted">
          of {most.toLocaleString('en')}
          {limit === null && ' at Exchange, no limit here'}
        </span>{' '}
        {limit === null && peak > most && <Badge tone="warn">Exchange would have answered 429</Badge>}
      </span>
    </div>
  );
}
