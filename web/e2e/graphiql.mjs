// Drives the GraphiQL page of a running server in Chromium:
//
//   node web/e2e/graphiql.mjs URL EMAIL PASSWORD [SHOT.png]
//
// Signs in through the bar, runs the first example, and prints what the response panel shows to
// stdout. Then it runs the last example, a subscription, and makes a ticket, which must be told. Fails on requests to other hosts, on violations of the content security policy and on errors
// in the console. CHROMIUM names the browser, /usr/bin/chromium if it is not set.
import { chromium } from 'playwright-core';

const [url, email, password, shot] = process.argv.slice(2);
if (!url || !email || !password) {
  console.error('usage: node web/e2e/graphiql.mjs URL EMAIL PASSWORD [SHOT.png]');
  process.exit(2);
}

if (!URL.canParse(url)) {
  console.error(`${url} is not an address; one looks like http://localhost:8080`);
  process.exit(2);
}

const page0 = new URL('graphiql/', url.endsWith('/') ? url : `${url}/`);
const problems = [];
let result;
let browser;
let page;
try {
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  context.setDefaultTimeout(30_000);
  page = await context.newPage();

  // Workers' requests are seen by the context only.
  const workers = [];
  context.on('request', (request) => {
    const target = new URL(request.url());
    if (['data:', 'blob:'].includes(target.protocol)) return;
    if (target.host !== page0.host) problems.push(`request to another host: ${request.url()}`);
  });
  context.on('requestfailed', (request) => {
    problems.push(`request failed: ${request.url()}: ${request.failure()?.errorText}`);
  });
  page.on('worker', (worker) => workers.push(worker.url()));
  page.on('pageerror', (error) => problems.push(`uncaught: ${error.stack ?? error.message}`));
  context.on('console', (message) => {
    if (message.type() === 'error') problems.push(`console: ${message.text()} (${message.location().url})`);
  });
  await page.exposeFunction('reportViolation', (text) => {
    problems.push(`policy violation: ${text}`);
  });
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      window.reportViolation(`${event.violatedDirective} ${event.blockedURI} at ${event.sourceFile}:${event.lineNumber}`);
    });
  });

  const response = await page.goto(page0.href);
  if (!response.ok()) throw new Error(`the page answers with status ${response.status()}`);
  if (!response.headers()['content-security-policy']) problems.push('the page has no content security policy');

  await page.getByTestId('bar').waitFor();
  await page.getByTestId('email').fill(email);
  await page.getByTestId('password').fill(password);
  await page.getByTestId('sign-in').click();
  const signedIn = page.locator('[data-testid="who"][data-signed-in="true"]');
  const error = page.getByTestId('error');
  await signedIn.or(error).first().waitFor();
  if (await error.isVisible()) throw new Error(`signing in: ${await error.innerText()}`);
  const shown = await page.getByTestId('who').innerText();
  if (!shown.toLowerCase().includes(email.toLowerCase())) throw new Error(`the bar shows: ${shown}`);

  // The editor, and the workers behind it, are there once the query is shown.
  await page.locator('.graphiql-query-editor .view-line').first().waitFor();
  await page.locator('[role="tab"]').first().click();
  await page.locator('.graphiql-execute-button').click();

  // The panel draws only the lines in view, so what it shows is read from its model.
  const panel = () => {
    const models = globalThis.__MONACO?.editor.getModels() ?? [];
    const text = models.find((model) => model.uri.path.endsWith('response.json'))?.getValue();
    return text?.trim() ? text : null;
  };
  const handle = await page.waitForFunction(panel);
  result = JSON.parse(await handle.jsonValue());
  await page.locator('.result-window .view-line').first().waitFor();

  if (result.errors?.length) problems.push(`the first example has errors: ${JSON.stringify(result.errors)}`);
  if (result.data?.viewer?.user?.email?.toLowerCase() !== email.toLowerCase()) {
    problems.push('the first example does not show who signed in');
  }

  // The schema has arrived: the documentation shows its root types.
  const documentation = page.getByRole('button', { name: /documentation explorer/i }).first();
  await documentation.click();
  await page.locator('.graphiql-doc-explorer').getByText('Query', { exact: true }).first().waitFor();
  await documentation.click();

  await page.locator('[role="tab"]').last().click();
  // GraphiQL knows the tab's operation a moment after it shows it.
  await page.waitForTimeout(1000);
  await page.locator('.graphiql-execute-button').click();
  await page.locator('.graphiql-execute-button[aria-label^="Stop"]').waitFor();
  const ask = (query, variables) => page.evaluate(async ([query, variables]) => {
    const response = await fetch('../graphql', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ query, variables }) });
    return response.json();
  }, [query, variables]);
  const tenants = await ask('{ tenants(first: 1) { nodes { id } } }');
  const told = () => globalThis.__MONACO?.editor.getModels().find((model) => model.uri.path.endsWith('response.json'))?.getValue().includes('Told in GraphiQL');
  for (let tries = 0; ; tries++) { // the page does not say when the subscription is open
    const made = await ask('mutation ($input: CreateTicketInput!) { createTicket(input: $input) { ticket { id } userErrors { message } } }',
      { input: { subject: 'Told in GraphiQL', tenantId: tenants.data.tenants.nodes[0]?.id ?? null } });
    if (!made.data?.createTicket?.ticket) throw new Error(`no ticket was made: ${JSON.stringify(made)}`);
    if (await page.waitForFunction(told, undefined, { timeout: 1000 }).catch(() => false)) break;
    if (tries > 10) throw new Error('a new ticket is not told to who watches');
  }
  if (shot) await page.screenshot({ path: shot });
  await page.locator('.graphiql-execute-button').click();

  const stored = await page.evaluate(() => Object.keys(window.localStorage));
  if (stored.length > 0) problems.push(`in the local storage: ${stored.join(', ')}`);
  const scroll = await page.evaluate(() => document.documentElement.scrollHeight > window.innerHeight);
  if (scroll) problems.push('the page is higher than the window');
  // The worker starts once the schema is there and the editor has been quiet for a moment.
  const started = () => workers.some((name) => name.includes('graphql.worker'));
  for (const end = Date.now() + 15_000; !started() && Date.now() < end; ) await page.waitForTimeout(100);
  if (!started()) {
    problems.push(`no worker checks queries; there are: ${workers.join(', ') || 'none'}`);
  }
} catch (error) {
  // Playwright's messages go on with a log of its calls.
  problems.push(error.message.split('\n')[0]);
} finally {
  if (shot && page) await page.screenshot({ path: shot }).catch((error) => problems.push(`screenshot: ${error.message}`));
  await browser?.close();
}

if (result) console.log(JSON.stringify(result, null, 2));
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
