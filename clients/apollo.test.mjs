import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { before, test } from 'node:test'
import { ApolloClient, CombinedGraphQLErrors, HttpLink, InMemoryCache, gql } from '@apollo/client/core'
import { SetContextLink } from '@apollo/client/link/context'
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries'
import { relayStylePagination } from '@apollo/client/utilities'
import { endpoint, signIn } from './server.mjs'

let client, authorized
before(async () => {
  const token = await signIn()
  authorized = new SetContextLink(({ headers }) => ({ headers: { ...headers, authorization: `Bearer ${token}` } }))
  client = new ApolloClient({
    link: authorized.concat(new HttpLink({ uri: endpoint })),
    cache: new InMemoryCache({ typePolicies: { Query: { fields: { devices: relayStylePagination() } } } }),
  })
})

const page = gql`query Devices($after: String) { devices(first: 2, after: $after) { edges { cursor node { id name } } pageInfo { hasNextPage endCursor } } }`

test('Apollo Client pages through a list and keeps it in its cache', async () => {
  const first = await client.query({ query: page })
  await client.query({ query: page, variables: { after: first.data.devices.pageInfo.endCursor }, fetchPolicy: 'network-only' })
  const names = client.readQuery({ query: page }).devices.edges.map((e) => e.node.name)
  assert.equal(new Set(names).size, 4)
})

test('Apollo Client reads its cache anew after a mutation by the id of the object', async () => {
  const { data } = await client.query({ query: gql`{ tickets(first: 1) { nodes { id version subject } } }` })
  const { id, version } = data.tickets.nodes[0]
  const subject = 'Changed with Apollo Client'
  const changed = await client.mutate({
    mutation: gql`mutation Rename($input: UpdateTicketInput!) { updateTicket(input: $input) { ticket { id version subject } userErrors { code message path } } }`,
    variables: { input: { id, version, subject } },
  })
  assert.deepEqual(changed.data.updateTicket.userErrors, [])
  assert.equal(client.readFragment({ id: `Ticket:${id}`, fragment: gql`fragment S on Ticket { subject }` }).subject, subject)
})

test('Apollo Client tells an error of GraphQL with its code', async () => {
  await assert.rejects(client.query({ query: gql`{ device(id: "dev_nothing") { id } }` }), (error) => {
    assert.ok(CombinedGraphQLErrors.is(error))
    assert.equal(error.errors[0].extensions.code, 'NOT_FOUND')
    return true
  })
})

test('Apollo Client sends the hash of a document alone once the server knows it', async () => {
  const sizes = []
  const counting = (uri, init) => (sizes.push((init.body ?? uri).length), fetch(uri, init))
  const hashed = new PersistedQueryLink({ sha256: (text) => createHash('sha256').update(text).digest('hex') })
  const document = gql`query Access { viewer { tenantAccess accessReason user { name email role status locale grandfathered lastSignInAt } } }`
  for (let i = 0; i < 2; i++) {
    const fresh = new ApolloClient({ link: hashed.concat(authorized).concat(new HttpLink({ uri: endpoint, fetch: counting })), cache: new InMemoryCache() })
    assert.equal((await fresh.query({ query: document })).data.viewer.tenantAccess, 'ALL')
  }
  assert.equal(sizes.length, 3) // unknown, with the text, known
  assert.ok(sizes[2] === sizes[0] && sizes[1] > sizes[0])
})
