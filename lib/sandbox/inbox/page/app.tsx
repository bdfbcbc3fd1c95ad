export function App() {
  return <h1>Inbox</h1>;
}
