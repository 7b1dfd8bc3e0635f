import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { sdl } from './server.mjs'

const source = `
import { graphql } from 'relay-runtime'

export const query = graphql\`query pageQuery { ...page_devices ...page_node @arguments(id: "dev_1") }\`

export const devices = graphql\`
  fragment page_devices on Query
  @argumentDefinitions(count: { type: "Int", defaultValue: 10 }, cursor: { type: "String" })
  @refetchable(queryName: "pagePaginationQuery") {
    devices(first: $count, after: $cursor) @connection(key: "page_devices") { edges { node { ...page_device } } }
  }\`

export const device = graphql\`fragment page_device on Device @refetchable(queryName: "pageDeviceQuery") { name connection }\`

export const node = graphql\`fragment page_node on Query @argumentDefinitions(id: { type: "ID!" }) { node(id: $id) { id ... on Device { name } } }\`

export const rename = graphql\`mutation pageMutation($input: UpdateDeviceInput!, $connections: [ID!]!) {
  updateDevice(input: $input) { device { id @deleteEdge(connections: $connections) name } userErrors { code message path } }
}\`
`

test("Relay's compiler takes the schema: nodes, connections, and fragments that are fetched anew", async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'relay-'))
  t.after(() => rmSync(dir, { recursive: true }))
  mkdirSync(join(dir, 'src'))
  writeFileSync(join(dir, 'schema.graphql'), await sdl())
  writeFileSync(join(dir, 'src/page.ts'), source)
  writeFileSync(join(dir, 'relay.config.json'), JSON.stringify({ root: '.', sources: { src: 'page' }, projects: { page: { schema: 'schema.graphql', language: 'typescript' } } }))
  execFileSync('node', [join(import.meta.dirname, 'node_modules/relay-compiler/cli.js'), 'relay.config.json'], { cwd: dir, stdio: 'pipe' })
  assert.deepEqual(readdirSync(join(dir, 'src/__generated__')).sort(), [
    'pageDeviceQuery.graphql.ts', 'pageMutation.graphql.ts', 'pagePaginationQuery.graphql.ts', 'pageQuery.graphql.ts',
    'page_device.graphql.ts', 'page_devices.graphql.ts', 'page_node.graphql.ts',
  ])
})
