// PostGraphile as its documentation has it for production. It is told on its standard input, in a line of
// JSON, where the database is and who calls, and ends when that input does.
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { grafserv } from "postgraphile/grafserv/node";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";

const input = createInterface({ input: process.stdin });
input.on("close", () => process.exit());
input.once("line", (line) => serve(JSON.parse(line)));

async function serve({ database, account, connections, callers }) {
  const claims = new Map(callers.map((c) => [`Bearer ${c.token}`, {
    role: "postgraphile_visitor",
    "jwt.claims.account": account,
    "jwt.claims.user": c.user,
    "jwt.claims.name": c.name,
    "jwt.claims.tenants": `{${c.tenants}}`,
  }]));
  const pgl = postgraphile({
    extends: [PostGraphileAmberPreset],
    grafserv: { graphiql: false, watch: false, websockets: false },
    grafast: {
      explain: false,
      context({ node }) {
        const caller = claims.get(node.req.headers.authorization);
        if (!caller) throw new Error("nobody is known by this token");
        return { pgSettings: { ...caller, "jwt.claims.ip": node.req.socket.remoteAddress } };
      },
    },
    pgServices: [makePgService({
      connectionString: database,
      schemas: ["app"],
      pubsub: false,
      poolConfig: { max: connections },
    })],
  });
  await pgl.getSchema(); // so that the first request does not wait for it
  const server = createServer();
  await pgl.createServ(grafserv).addTo(server);
  server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
}
