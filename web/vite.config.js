import { defineConfig } from 'vite';
import react from '@vitejs/plugin-react';

// Where `npm run dev` finds a running server.
const server = process.env.TENANTRY_URL ?? 'http://localhost:8080';

export default defineConfig({
  // Relative, so that the page works wherever the Go handler is mounted.
  base: './',
  plugins: [react()],
  resolve: {
    // Two copies of graphql would not know each other's types.
    dedupe: ['graphql', 'react', 'react-dom', 'monaco-editor'],
    // GraphiQL's Prettify button asks for these by old names that are CommonJS, which `vite dev` gives
    // it without their named exports.
    alias: {
      'prettier/parser-graphql': 'prettier/plugins/graphql',
      'prettier/parser-babel': 'prettier/plugins/babel',
    },
  },
  optimizeDeps: {
    // What the GraphQL worker imports and browsers cannot load as it is. `vite dev` does not look for
    // imports in workers by itself.
    include: [
      'monaco-graphql > picomatch-browser',
      'monaco-graphql > graphql-language-service',
      'graphql',
    ],
  },
  worker: {
    // The workers import parts on demand, which the default format (iife) cannot.
    format: 'es',
  },
  build: {
    target: 'es2022',
    // The content security policy has no place for inline scripts.
    modulePreload: { polyfill: false },
    // Monaco is large; a warning at each build would say nothing new.
    chunkSizeWarningLimit: 4096,
    rollupOptions: {
      onwarn(warning, warn) {
        // GraphiQL's packages are full of "use no memo", a hint to a compiler that has run already.
        if (warning.code !== 'MODULE_LEVEL_DIRECTIVE') warn(warning);
      },
    },
  },
  server: {
    proxy: {
      '/graphql': server,
      '/demo.json': { target: server, rewrite: () => '/graphiql/demo.json' },
    },
  },
});
