// The page is at …/graphiql/, and the API beside it. `vite dev` serves the page at the root, from
// where this is the same place.
const endpoint = new URL('../graphql', window.location.href);

const unreachable = 'The server could not be reached. Is it running?';

/**
 * Sends one operation with the session cookie. Always resolves to a GraphQL response; what goes
 * wrong on the way is told as an error in it.
 */
export async function post(params, headers, signal) {
  let response;
  try {
    response = await fetch(endpoint, {
      method: 'POST',
      credentials: 'same-origin',
      headers: {
        Accept: 'application/json',
        ...headers,
        'Content-Type': 'application/json',
        // Browsers let no other site send this, so the server can tell that this page asks.
        'X-Tenantry': 'graphiql',
      },
      body: JSON.stringify(params),
      signal,
    });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    return { errors: [{ message: unreachable }] };
  }
  const text = await response.text();
  try {
    const answer = JSON.parse(text);
    if (answer && typeof answer === 'object' && ('data' in answer || 'errors' in answer)) return answer;
  } catch {
    // Told below.
  }
  const why = `${response.status} ${response.statusText}`.trim();
  return { errors: [{ message: `The server did not answer with GraphQL, but with status ${why}.` }] };
}

/**
 * Watches a subscription with the session cookie: gives each answer as it comes, as server-sent events. What goes
 * wrong is an answer with an error.
 */
export async function* watch(params, headers, signal) {
  let response;
  try {
    response = await fetch(endpoint, {
      method: 'POST',
      credentials: 'same-origin',
      headers: { ...headers, Accept: 'text/event-stream', 'Content-Type': 'application/json', 'X-Tenantry': 'graphiql' },
      body: JSON.stringify(params),
      signal,
    });
  } catch (error) {
    if (error.name !== 'AbortError') yield { errors: [{ message: unreachable }] };
    return;
  }
  if (!response.headers.get('Content-Type')?.startsWith('text/event-stream')) {
    yield JSON.parse(await response.text());
    return;
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const events = (rest + value).split('\n\n');
      rest = events.pop();
      for (const event of events) {
        if (event.startsWith('event: complete')) return;
        const data = event.match(/^data: (.+)$/m);
        if (data) yield JSON.parse(data[1]);
      }
    }
  } catch (error) {
    if (error.name !== 'AbortError') yield { errors: [{ message: unreachable }] };
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/** Whether a response says that nobody is signed in, or not any more. */
export function signedOut(answer) {
  return (answer.errors ?? []).some((error) => error.extensions?.code === 'UNAUTHENTICATED');
}

/** A message as a sentence: from a capital letter to a full stop. */
export function sentence(message) {
  const text = String(message ?? '').trim() || 'Something went wrong';
  const start = text[0].toUpperCase() + text.slice(1);
  return /[.!?…]$/.test(start) ? start : `${start}.`;
}

function sentences(list) {
  return list.map((error) => sentence(error.message)).join(' ');
}

const VIEWER = `query SignedIn { viewer { user { name email } tenantAccess accessReason } }`;

const SIGN_IN = `mutation SignIn($input: SignInInput!) {
  signIn(input: $input) { token expiresAt userErrors { code message } }
}`;

const SIGN_OUT = `mutation SignOut { signOut { userErrors { code message } } }`;

/** Who is signed in: the viewer or null. Throws an error whose message is a sentence. */
export async function viewer() {
  const answer = await post({ query: VIEWER, operationName: 'SignedIn' });
  if (answer.data?.viewer) return answer.data.viewer;
  if (answer.errors?.length && !signedOut(answer)) throw new Error(sentences(answer.errors));
  return null;
}

/** Signs in. The session is the cookie, which no script can read; the token in the answer is forgotten. */
export async function signIn(email, password) {
  const answer = await post({ query: SIGN_IN, operationName: 'SignIn', variables: { input: { email, password } } });
  const payload = answer.data?.signIn;
  if (payload?.userErrors?.length) throw new Error(sentences(payload.userErrors));
  if (answer.errors?.length) throw new Error(sentences(answer.errors));
  if (!payload) throw new Error('The server did not say whether the sign-in worked.');
}

/** Signs out. Being signed out already is fine. */
export async function signOut() {
  const answer = await post({ query: SIGN_OUT, operationName: 'SignOut' });
  const payload = answer.data?.signOut;
  if (payload?.userErrors?.length) throw new Error(sentences(payload.userErrors));
  if (answer.errors?.length && !signedOut(answer)) throw new Error(sentences(answer.errors));
}

/** The people of the demo: none where there is no demo. */
export async function people() {
  try {
    const response = await fetch(new URL('demo.json', window.location.href), { credentials: 'same-origin' });
    if (!response.ok) return [];
    const list = await response.json();
    return Array.isArray(list) ? list : [];
  } catch {
    return [];
  }
}
