import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { ApolloClient, InMemoryCache, gql } from '@apollo/client/core'
import { GraphQLWsLink } from '@apollo/client/link/subscriptions'
import { Client, subscriptionExchange } from '@urql/core'
import { createClient as createSSE } from 'graphql-sse'
import { createClient as createWS } from 'graphql-ws'
import WebSocket from 'ws'
import { endpoint, signIn } from './server.mjs'

let token
before(async () => { token = await signIn() })

const query = 'subscription { ticketChanged { kind id ticket { subject } } }'
const socket = (options) => createWS({
  url: endpoint.replace('http', 'ws'), webSocketImpl: WebSocket, connectionParams: () => ({ authorization: `Bearer ${token}` }), retryAttempts: 0, ...options,
})

async function createTicket(subject) {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query: 'mutation ($input: CreateTicketInput!) { createTicket(input: $input) { ticket { id } } }', variables: { input: { subject } } }),
  })
  assert.ok((await response.json()).data.createTicket.ticket.id)
}

// told makes tickets until a subscription tells of one: clients do not say when it is open.
async function told(next, subject) {
  const making = setInterval(() => createTicket(subject), 100)
  try {
    return await next
  } finally {
    clearInterval(making)
  }
}

const first = (subscribe) => new Promise((resolve, reject) => subscribe({ next: resolve, error: reject, complete: () => reject(new Error('it completed')) }))

test('graphql-ws is told of changes, and asks queries and mutations over the same socket', async () => {
  const client = socket()
  const answer = await told(first((sink) => client.subscribe({ query }, sink)), 'over graphql-ws')
  assert.deepEqual([answer.data.ticketChanged.kind, answer.data.ticketChanged.ticket.subject], ['CREATED', 'over graphql-ws'])
  assert.equal((await first((sink) => client.subscribe({ query: '{ viewer { tenantAccess } }' }, sink))).data.viewer.tenantAccess, 'ALL')
  await client.dispose()
})

test('graphql-ws tells a wrong document as errors, and stays open', async () => {
  const client = socket()
  await assert.rejects(first((sink) => client.subscribe({ query: '{ nothing }' }, sink)), (errors) => errors[0].extensions.code === 'GRAPHQL_VALIDATION_FAILED')
  assert.equal((await first((sink) => client.subscribe({ query: '{ viewer { tenantAccess } }' }, sink))).data.viewer.tenantAccess, 'ALL')
  await client.dispose()
})

test('graphql-ws without a token is closed as forbidden', async () => {
  const client = socket({ connectionParams: {} })
  await assert.rejects(first((sink) => client.subscribe({ query }, sink)), (event) => event.code === 4403)
  await client.dispose()
})

test('graphql-ws comes again after it was closed, with what it watched', async () => {
  let opened = 0
  let connection
  const client = socket({ retryAttempts: 3, retryWait: async () => {}, shouldRetry: () => true, on: { opened: (s) => { opened++; connection = s } } })
  const answers = client.iterate({ query })
  await told(answers.next(), 'before')
  connection.terminate()
  let answer
  do answer = await told(answers.next(), 'after')
  while (answer.value.data.ticketChanged.ticket.subject !== 'after')
  assert.equal(opened, 2)
  await client.dispose()
})

test('Apollo Client subscribes through graphql-ws', async () => {
  const ws = socket()
  const client = new ApolloClient({ link: new GraphQLWsLink(ws), cache: new InMemoryCache() })
  const answer = await told(first((sink) => client.subscribe({ query: gql(query) }).subscribe(sink)), 'with Apollo Client')
  assert.equal(answer.data.ticketChanged.ticket.subject, 'with Apollo Client')
  client.stop()
  await ws.dispose()
})

test('urql subscribes through graphql-ws', async () => {
  const ws = socket()
  const forward = (request) => ({ subscribe: (sink) => ({ unsubscribe: ws.subscribe({ ...request, query: request.query ?? '' }, sink) }) })
  const client = new Client({ url: endpoint, exchanges: [subscriptionExchange({ forwardSubscription: forward })] })
  const answer = await told(new Promise((resolve) => client.subscription(query, {}).subscribe(resolve)), 'with urql')
  assert.equal(answer.data.ticketChanged.ticket.subject, 'with urql')
  await ws.dispose()
})

test('graphql-sse is told of changes, and asks a query in the same way', async () => {
  const client = createSSE({ url: endpoint, headers: { authorization: `Bearer ${token}` }, retryAttempts: 0 })
  const answer = await told(first((sink) => client.subscribe({ query }, sink)), 'over graphql-sse')
  assert.equal(answer.data.ticketChanged.ticket.subject, 'over graphql-sse')
  assert.equal((await first((sink) => client.subscribe({ query: '{ viewer { tenantAccess } }' }, sink))).data.viewer.tenantAccess, 'ALL')
  client.dispose()
})

test('graphql-sse without a token is refused', async () => {
  const client = createSSE({ url: endpoint, retryAttempts: 0 })
  await assert.rejects(first((sink) => client.subscribe({ query }, sink)), (error) => error.response?.status === 401)
  client.dispose()
})
