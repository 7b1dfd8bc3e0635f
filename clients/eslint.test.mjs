import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import plugin from '@graphql-eslint/eslint-plugin'
import { ESLint } from 'eslint'
import { sdl } from './server.mjs'

// What differs from the rules, and why.
const exceptions = {
  // Only what implements Node has an id; all else is a part of such an object, or of an answer.
  '@graphql-eslint/strict-id-in-types': 'off',
  // Connections have nodes beside edges, there are lists of what is no object of its own, such as tags, and what a
  // search finds or a change affects is something about an object.
  '@graphql-eslint/relay-edge-types': ['error', { withEdgeSuffix: true, shouldImplementNode: false, listTypeCanWrapOnlyEdgeType: false }],
}

test("@graphql-eslint's rules for schemas and for Relay find nothing but the exceptions", async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'eslint-'))
  t.after(() => rmSync(dir, { recursive: true }))
  const file = join(dir, 'schema.graphql')
  writeFileSync(file, await sdl())
  const rules = { ...plugin.configs['flat/schema-recommended'].rules, ...plugin.configs['flat/schema-relay'].rules }
  const linter = new ESLint({
    cwd: dir,
    overrideConfigFile: true,
    overrideConfig: [{ files: ['**/*.graphql'], languageOptions: { parser: plugin.parser, parserOptions: { graphQLConfig: { schema: file } } }, plugins: { '@graphql-eslint': plugin }, rules: { ...rules, ...exceptions } }],
  })
  const [{ messages }] = await linter.lintFiles([file])
  // The best results come first: nobody pages from the end.
  const found = messages.filter((m) => !m.message.startsWith('Field `search` must contain an argument'))
  assert.deepEqual(found.map((m) => `${m.line} ${m.ruleId}: ${m.message}`), [])
})
