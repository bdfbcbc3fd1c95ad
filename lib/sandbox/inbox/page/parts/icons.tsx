const paths = {
  mail: 'M2 4h12v8.5H2zM2 4.5l6 4.5 6-4.5',
  refused: 'M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8M5.7 5.7l4.6 4.6M10.3 5.7l-4.6 4.6',
  drafts: 'M9.5 2H3.5v12h9V5zM9.5 2v3h3M5.8 8.5h4.4M5.8 11h4.4',
  sent: 'M14 2 1.8 7l5 2.2L9 14.2zM14 2 6.8 9.2',
  bounces: 'M6 3 2.5 6.5 6 10M2.5 6.5h7a4 4 0 0 1 4 4V13',
  requests: 'M2 5h9.5M9 2.5 11.5 5 9 7.5M14 11H4.5M7 8.5 4.5 11 7 13.5',
  faults: 'M9 1.5 3.5 9H8l-1 5.5L12.5 7H8z',
  token: 'M10.2 2a3.8 3.8 0 1 0 0 7.6 3.8 3.8 0 0 0 0-7.6M7.5 8.5 2 14M4 12l2 2',
  connect: 'M6 2v4M10 2v4M4 6h8v2.5a4 4 0 0 1-8 0zM8 12.5V15',
  search: 'M7 2.2a4.8 4.8 0 1 0 0 9.6 4.8 4.8 0 0 0 0-9.6M10.5 10.5 14 14',
  attachment: 'M12.8 7.2 7.6 12.4a3 3 0 0 1-4.2-4.2l5.6-5.6a2 2 0 0 1 2.8 2.8l-5.5 5.5a1 1 0 0 1-1.4-1.4l4.8-4.8',
  repeat: 'M13 3v3.5H9.5M3 13V9.5h3.5M12.6 6.3A5 5 0 0 0 3.7 5M3.4 9.7a5 5 0 0 0 8.9 1.3',
  bin: 'M2.5 4h11M6 4V2.5h4V4M4 4l.7 9.5h6.6L12 4M6.7 6.5v4.5M9.3 6.5v4.5',
  back: 'M10 3 5 8l5 5',
  up: 'M3 10l5-5 5 5',
  down: 'M3 6l5 5 5-5',
  download: 'M8 2v8M4.5 7 8 10.5 11.5 7M2.5 13.5h11',
  copy: 'M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3',
  test: 'M6 2h4M6.8 2v4L3 13.2h10L9.2 6V2M4.8 10h6.4',
  help: 'M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8M6.2 6.3a1.8 1.8 0 1 1 2.7 1.6c-.6.3-.9.6-.9 1.3M8 11.3v.2',
  bell: 'M8 2a4 4 0 0 0-4 4c0 4-1.5 5-1.5 5h11S12 10 12 6a4 4 0 0 0-4-4M6.7 13.5a1.4 1.4 0 0 0 2.6 0',
  bellOff: 'M8 2a4 4 0 0 0-4 4c0 4-1.5 5-1.5 5h11S12 10 12 6a4 4 0 0 0-4-4M6.7 13.5a1.4 1.4 0 0 0 2.6 0M2 2l12 12',
  auto: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2v12',
  light: 'M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6M8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1',
  dark: 'M13.5 9.5A6 6 0 0 1 6.5 2.5a6 6 0 1 0 7 7',
  follow: 'M8 3.5C4 3.5 1.5 8 1.5 8S4 12.5 8 12.5 14.5 8 14.5 8 12 3.5 8 3.5M8 6a2 2 0 1 0 0 4 2 2 0 0 0 0-4',
  read: 'M2.5 8.5 6 12l7.5-8',
  reload: 'M13.5 3v3.5H10M13 6.3A5.5 5.5 0 1 0 13.3 9.5',
  close: 'M3.5 3.5l9 9M12.5 3.5l-9 9',
  warning: 'M8 2 1.5 13.5h13zM8 6.5v3.5M8 11.7v.2',
  external: 'M6.5 3H3v10h10V9.5M9 2.5h4.5V7M13.5 2.5 7.5 8.5',
} as const;

export type IconName = keyof typeof paths;

/** Decoration: what it means is said beside it, or by the button's label. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  );
}
