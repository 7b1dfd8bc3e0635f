import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { generate } from '@graphql-codegen/cli'
import { url } from './server.mjs'

const source = `
import { graphql } from './gql/gql'
import type { TypedDocumentNode } from '@graphql-typed-document-node/core'

const tickets = graphql(\`query Tickets($filter: TicketFilter) {
  tickets(first: 10, filter: $filter, orderBy: { field: CREATED_AT, direction: DESC }) {
    nodes { id number subject status dueAt tenant { name } ... on Ticket { version } }
    totalCount
  }
}\`)

declare function run<R, V>(document: TypedDocumentNode<R, V>, variables: V): R
const answer = run(tickets, { filter: { status: ['OPEN'], createdAt: { gte: '2026-01-01T00:00:00Z' } } })
export const subjects: string[] = answer.tickets?.nodes.map((t) => t.subject) ?? []
export const tenants: (string | undefined)[] = answer.tickets?.nodes.map((t) => t.tenant?.name) ?? []
`

test("graphql-codegen's client preset gives types that fit what the API says of null", async (t) => {
  const dir = mkdtempSync(join(import.meta.dirname, 'node_modules/.codegen-'))
  t.after(() => rmSync(dir, { recursive: true }))
  writeFileSync(join(dir, 'main.ts'), source)
  await generate({
    schema: url + '/graphql', // by introspection
    documents: [join(dir, 'main.ts')],
    generates: { [join(dir, 'gql/')]: { preset: 'client', config: { enumsAsTypes: true, scalars: { DateTime: 'string', Date: 'string', JSON: 'string' } } } },
    silent: true,
  })
  execFileSync('node', ['node_modules/typescript/bin/tsc', '--noEmit', '--strict', '--skipLibCheck', '--module', 'esnext', '--moduleResolution', 'bundler', join(dir, 'main.ts')], { cwd: import.meta.dirname, stdio: 'pipe' })
})
