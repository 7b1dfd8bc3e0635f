// Monaco's workers, each in a file of its own. GraphiQL ships a helper that does this
// (`graphiql/setup-workers/vite`), but `vite dev` bundles that with the dependencies before it
// understands `?worker`, and the workers never start. Imported from here, they do.
import EditorWorker from 'monaco-editor/esm/vs/editor/editor.worker.js?worker';
import JsonWorker from 'monaco-editor/esm/vs/language/json/json.worker.js?worker';
import GraphQLWorker from 'monaco-graphql/esm/graphql.worker.js?worker';

globalThis.MonacoEnvironment = {
  getWorker(_id, label) {
    switch (label) {
      case 'json':
        return new JsonWorker();
      case 'graphql':
        return new GraphQLWorker();
      default:
        return new EditorWorker();
    }
  },
};
