import { useEffect, useId, useState } from 'react';
import * as api from './api.js';

const ACCESS = {
  ALL: 'all of the account',
  ASSIGNED: 'the tenants they are a member of',
  TENANTLESS: 'the items without a tenant',
  NONE: 'no tenant items',
};

const REASON = {
  ROLE: 'as an admin',
  GRANDFATHERED: 'here before tenant access was',
  MEMBERSHIP: 'as a member',
  NO_MEMBERSHIP: 'not a member of any tenant',
};

/** The bar above GraphiQL: who is signed in, and the ways to change that. */
export function Bar({ viewer, problem, onChange }) {
  const [people, setPeople] = useState([]);
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [error, setError] = useState('');
  const [busy, setBusy] = useState(false);
  const id = useId();

  useEffect(() => {
    api.people().then(setPeople);
  }, []);

  async function attempt(work) {
    setBusy(true);
    setError('');
    try {
      await work();
      setPassword('');
    } catch (failure) {
      setError(api.sentence(failure.message));
    }
    await onChange();
    setBusy(false);
  }

  async function choose(event) {
    const person = people.find((one) => one.email === event.target.value);
    if (!person) return;
    setEmail(person.email);
    await attempt(() => api.signIn(person.email, person.password));
  }

  async function submit(event) {
    event.preventDefault();
    if (!email.trim() || !password) {
      setError('Enter an e-mail address and a password.');
      return;
    }
    await attempt(() => api.signIn(email.trim(), password));
  }

  // The list shows who is signed in, however that came about.
  const chosen = people.find((person) => person.email === viewer?.user?.email);
  const message = error || problem;

  return (
    <header className="bar" data-testid="bar" data-busy={busy}>
      <div className="bar-row">
        <strong className="bar-title">Tenantry</strong>
        {people.length > 0 && (
          <div className="bar-field">
            <label htmlFor={`${id}-person`}>Sign in as</label>
            <select
              id={`${id}-person`}
              data-testid="person"
              value={chosen?.email ?? ''}
              disabled={busy}
              onChange={choose}
              title={chosen?.about}
            >
              <option value="">someone of the demo…</option>
              {people.map((person) => (
                <option key={person.email} value={person.email}>
                  {person.about ? `${person.name}: ${person.about}` : person.name}
                </option>
              ))}
            </select>
          </div>
        )}
        <form className="bar-form" onSubmit={submit} noValidate>
          <div className="bar-field">
            <label htmlFor={`${id}-email`}>E-mail</label>
            <input
              id={`${id}-email`}
              data-testid="email"
              type="email"
              autoComplete="username"
              value={email}
              onChange={(event) => setEmail(event.target.value)}
            />
          </div>
          <div className="bar-field">
            <label htmlFor={`${id}-password`}>Password</label>
            <input
              id={`${id}-password`}
              data-testid="password"
              type="password"
              autoComplete="current-password"
              value={password}
              onChange={(event) => setPassword(event.target.value)}
            />
          </div>
          <button type="submit" data-testid="sign-in" disabled={busy}>
            Sign in
          </button>
        </form>
        <div className="bar-end">
          <div className="bar-who" data-testid="who" data-signed-in={Boolean(viewer)} role="status">
            {viewer === undefined && 'Asking who is signed in…'}
            {viewer === null && 'Not signed in'}
            {viewer && (
              <>
                <span>
                  Signed in as <strong data-testid="who-name">{viewer.user?.name ?? 'somebody'}</strong>
                  {viewer.user?.email && <span data-testid="who-email"> ({viewer.user.email})</span>}
                </span>
                <span className="bar-access" data-testid="who-access">
                  Sees {ACCESS[viewer.tenantAccess] ?? viewer.tenantAccess}
                  {', '}
                  {REASON[viewer.accessReason] ?? viewer.accessReason}
                </span>
              </>
            )}
          </div>
          {viewer && (
            <button type="button" data-testid="sign-out" disabled={busy} onClick={() => attempt(api.signOut)}>
              Sign out
            </button>
          )}
        </div>
      </div>
      {message && (
        <p className="bar-error" data-testid="error" role="alert">
          {message}
        </p>
      )}
    </header>
  );
}
