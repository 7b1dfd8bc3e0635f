import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { Client, fetchExchange, gql } from '@urql/core'
import { endpoint, signIn } from './server.mjs'

let client
const using = (options) => new Client({ url: endpoint, exchanges: [fetchExchange], ...options })
before(async () => {
  const token = await signIn()
  client = using({ fetchOptions: { headers: { authorization: `Bearer ${token}` } } })
})

test('urql asks by POST, and by GET where it prefers to', async () => {
  for (const preferGetMethod of [false, true, 'force']) {
    const { data, error } = await client.query(gql`query Me { viewer { user { name } tenantAccess } }`, {}, { preferGetMethod })
    assert.equal(error, undefined)
    assert.equal(data.viewer.tenantAccess, 'ALL')
  }
})

test('urql gets what a person can mend as user errors, and nothing is changed', async () => {
  const { data, error } = await client.mutation(gql`mutation ($input: CreateTenantInput!) { createTenant(input: $input) { tenant { id } userErrors { code path } } }`, { input: { name: '' } })
  assert.equal(error, undefined)
  assert.equal(data.createTenant.tenant, null)
  assert.deepEqual(data.createTenant.userErrors[0].path, ['input', 'name'])
})

test('urql without a token is UNAUTHENTICATED', async () => {
  const { error } = await using({}).query(gql`{ viewer { user { name } } }`, {})
  assert.equal(error.graphQLErrors[0].extensions.code, 'UNAUTHENTICATED')
})
