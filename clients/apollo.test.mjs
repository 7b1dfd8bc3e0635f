import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { ApolloClient, CombinedGraphQLErrors, HttpLink, InMemoryCache, gql } from '@apollo/client/core'
import { SetContextLink } from '@apollo/client/link/context'
import { relayStylePagination } from '@apollo/client/utilities'
import { endpoint, signIn } from './server.mjs'

let client
before(async () => {
  const token = await signIn()
  client = new ApolloClient({
    link: new SetContextLink(({ headers }) => ({ headers: { ...headers, authorization: `Bearer ${token}` } })).concat(new HttpLink({ uri: endpoint })),
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
