import whoAmI from './who-am-i.graphql?raw';
import myDevices from './my-devices.graphql?raw';
import newestTickets from './newest-tickets.graphql?raw';
import tenantsAndMembers from './tenants-and-members.graphql?raw';
import addUsersDryRun from './add-users-dry-run.graphql?raw';
import addUsersDryRunVariables from './add-users-dry-run.json?raw';
import createTicket from './create-ticket.graphql?raw';
import watchTickets from './watch-tickets.graphql?raw';
import createTicketVariables from './create-ticket.json?raw';

/** The tabs that GraphiQL opens with; each is named by its operation. */
export const examples = [
  { query: whoAmI },
  { query: myDevices },
  { query: newestTickets },
  { query: tenantsAndMembers },
  { query: addUsersDryRun, variables: addUsersDryRunVariables },
  { query: createTicket, variables: createTicketVariables },
  { query: watchTickets },
];
