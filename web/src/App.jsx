import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { GraphiQL } from 'graphiql';
import { getOperationAST, parse } from 'graphql';
import * as api from './api.js';
import { Bar } from './Bar.jsx';
import { examples } from './examples/index.js';

const MUTATION = /(^|[\s}])mutation\b/;

/** Whether an operation tells what happens, again and again. */
function isSubscription({ query, operationName }) {
  try {
    return getOperationAST(parse(query ?? ''), operationName)?.operation === 'subscription';
  } catch {
    return false; // the server says what is wrong with it
  }
}

export function App() {
  // undefined until the server has answered, null if nobody is signed in.
  const [viewer, setViewer] = useState(undefined);
  const [problem, setProblem] = useState('');
  const latest = useRef(0);

  const refresh = useCallback(async () => {
    const turn = ++latest.current;
    let next = null;
    let trouble = '';
    try {
      next = await api.viewer();
    } catch (error) {
      trouble = api.sentence(error.message);
    }
    // An answer that was overtaken by a later question is old.
    if (turn !== latest.current) return;
    setViewer(next);
    setProblem(trouble);
  }, []);

  useEffect(() => {
    refresh();
  }, [refresh]);

  const signedIn = viewer === undefined ? undefined : Boolean(viewer);

  // GraphiQL asks for the schema again when its fetcher is another one: a server that shows it only
  // to those who are signed in does so right after the sign-in.
  const fetcher = useMemo(
    () => async (params, options) => {
      if (isSubscription(params)) return api.watch(params, options?.headers);
      const answer = await api.post(params, options?.headers);
      // Mutations can change who is signed in, and what they see.
      const changes = MUTATION.test((params.query ?? '').replace(/#.*/g, ''));
      if (changes || (signedIn && api.signedOut(answer))) refresh();
      return answer;
    },
    [signedIn, refresh],
  );

  return (
    <div className="page">
      <Bar viewer={viewer} problem={problem} onChange={refresh} />
      <main className="page-main">
        {/* Not before it is known who asks, so that the schema is not asked for twice. */}
        {viewer !== undefined && (
          <GraphiQL
            fetcher={fetcher}
            defaultTabs={examples}
            // Queries are kept until the browser's tab is closed; headers and answers, which may hold
            // a token, are not kept at all. Nothing goes to the local storage.
            storage={window.sessionStorage}
            shouldPersistHeaders={false}
            inputValueDeprecation
            schemaDescription
            defaultEditorToolsVisibility="variables"
          >
            <GraphiQL.Logo>
              <span className="logo">GraphiQL</span>
            </GraphiQL.Logo>
          </GraphiQL>
        )}
      </main>
    </div>
  );
}
