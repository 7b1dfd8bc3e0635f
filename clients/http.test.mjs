import assert from 'node:assert/strict'
import { test } from 'node:test'
import { auditServer } from 'graphql-http'
import { endpoint } from './server.mjs'

test('graphql-http finds every requirement of GraphQL over HTTP met', async () => {
  const results = await auditServer({ url: endpoint })
  assert.deepEqual(results.filter((r) => r.status !== 'ok').map((r) => `${r.status} ${r.id} ${r.name}: ${r.reason}`), [])
  assert.equal(results.length, 61)
})
