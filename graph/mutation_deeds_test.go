package graph

// deedsWanted has for each deed who does it, the payload, and the audit's entries: object, tenant,
// before, after.
const deedsWanted = `createTenant by ada@northwind.example
{"committed":true,"tenant":{"name":"Neuland","notes":"n","status":"ACTIVE","timeZone":"Europe/Berlin","version":1},"visibleTo":{"admins":2,"grandfathered":1}}
Tenant Neuland | Neuland |  | {"contactEmail":null,"externalRef":null,"name":"Neuland","notes":"n","phone":null,"timeZone":"Europe/Berlin"}

updateTenant by ada@northwind.example
{"tenant":{"contactEmail":"claire@dubois.example","name":"Boulangerie Dubois","notes":"moved","phone":null,"version":2}}
Tenant Boulangerie Dubois | Boulangerie Dubois | {"notes":"Fournil ouvert dès 4 h : n'appeler qu'après 9 h. Contrat Argent.","phone":"+33 1 55 00 10 10"} | {"notes":"moved","phone":null}

setAddOnSeats by ada@northwind.example
{"account":{"licence":{"addOnSeats":20,"availableSeats":12,"includedSeats":1,"usedSeats":9},"name":"Northwind IT"}}
Account  | - | {"addOnSeats":14} | {"addOnSeats":20}

inviteUser by ada@northwind.example
{"user":{"email":"new@northwind.example","name":"New","role":"MEMBER","status":"INVITED","tenantAccess":"NONE"}}
User New | - |  | {"email":"new@northwind.example","name":"New","role":"MEMBER","status":"INVITED"}

updateUser by ada@northwind.example
{"committed":true,"results":[{"after":"ASSIGNED","before":"ASSIGNED","changed":true,"gained":{"deviceGroups":0,"devices":0,"tenants":0,"tickets":0},"lost":{"deviceGroups":0,"devices":0,"tenants":0,"tickets":0},"user":{"name":"Mia M."}}],"unassignedTickets":{"nodes":[],"totalCount":0},"user":{"locale":"de","name":"Mia M.","role":"MEMBER","version":2}}
User Mia Martin | - | {"locale":"fr","name":"Mia Martin"} | {"locale":"de","name":"Mia M."}

suspendUser by ada@northwind.example
{"committed":true,"results":[{"after":"NONE","before":"ASSIGNED","changed":true,"gained":{"deviceGroups":0,"devices":0,"tenants":0,"tickets":0},"lost":{"deviceGroups":4,"devices":11,"tenants":2,"tickets":11},"user":{"name":"Tom Taylor"}}],"unassignedTickets":{"nodes":[{"assignee":null,"subject":"Reception 2 cannot print"},{"assignee":null,"subject":"Nouvelle imprimante d'étiquettes"},{"assignee":null,"subject":"File server disk at 91 %"}],"totalCount":3},"user":{"status":"SUSPENDED"}}
Ticket File server disk at 91 % | Harbour Clinic | {"assigneeId":"*"} | {"assigneeId":null}
Ticket Nouvelle imprimante d'étiquettes | Boulangerie Dubois | {"assigneeId":"*"} | {"assigneeId":null}
Ticket Reception 2 cannot print | Harbour Clinic | {"assigneeId":"*"} | {"assigneeId":null}
User Tom Taylor | - | {"status":"ACTIVE"} | {"status":"SUSPENDED"}

reactivateUser by ada@northwind.example
{"committed":true,"results":[{"after":"ASSIGNED","before":"NONE","changed":true,"gained":{"deviceGroups":4,"devices":11,"tenants":2,"tickets":11},"lost":{"deviceGroups":0,"devices":0,"tenants":0,"tickets":0},"user":{"name":"Tom Taylor"}}],"unassignedTickets":{"nodes":[],"totalCount":0},"user":{"status":"ACTIVE"}}
User Tom Taylor | - | {"status":"SUSPENDED"} | {"status":"ACTIVE"}

resetAccess by ada@northwind.example
{"user":{"name":"Tom Taylor","status":"ACTIVE"}}
User Tom Taylor | - |  | 

endSessions by ada@northwind.example
{"user":{"name":"Tom Taylor"}}
User Tom Taylor | - | {"sessions":0} | {"sessions":0}

addUsersToTenant by ada@northwind.example
{"committed":true,"results":[{"after":"ASSIGNED","before":"ASSIGNED","changed":true,"gained":{"deviceGroups":2,"devices":5,"tenants":1,"tickets":5},"lost":{"deviceGroups":0,"devices":0,"tenants":0,"tickets":0},"user":{"name":"Mia M."}}],"unassignedTickets":{"nodes":[],"totalCount":0}}
User Mia M. | Harbour Clinic | {"member":false} | {"member":true}

removeUsersFromTenant by ada@northwind.example
{"committed":true,"results":[{"after":"ASSIGNED","before":"ASSIGNED","changed":true,"gained":{"deviceGroups":0,"devices":0,"tenants":0,"tickets":0},"lost":{"deviceGroups":2,"devices":5,"tenants":1,"tickets":5},"user":{"name":"Mia M."}}],"unassignedTickets":{"nodes":[],"totalCount":0}}
User Mia M. | Harbour Clinic | {"member":true} | {"member":false}

setUserTenants by ada@northwind.example
{"committed":true,"results":[{"after":"ASSIGNED","before":"ASSIGNED","changed":true,"gained":{"deviceGroups":0,"devices":1,"tenants":1,"tickets":1},"lost":{"deviceGroups":2,"devices":6,"tenants":1,"tickets":6},"user":{"name":"Tom Taylor"}}],"unassignedTickets":{"nodes":[],"totalCount":0},"user":{"name":"Tom Taylor","tenants":{"nodes":[{"name":"Atelier Moreau"},{"name":"Harbour Clinic"}]}}}
User Tom Taylor | Atelier Moreau | {"member":false} | {"member":true}
User Tom Taylor | Boulangerie Dubois | {"member":true} | {"member":false}

endGrandfathering by ada@northwind.example
{"committed":true,"results":[{"after":"TENANTLESS","before":"ALL","changed":true,"gained":{"deviceGroups":0,"devices":0,"tenants":0,"tickets":0},"lost":{"deviceGroups":5,"devices":15,"tenants":5,"tickets":14},"user":{"name":"Gil Garcia"}}],"unassignedTickets":{"nodes":[{"assignee":null,"subject":"Kiln controller lost its clock"},{"assignee":null,"subject":"New starter on Monday"}],"totalCount":2}}
Ticket Kiln controller lost its clock | Lindqvist Timber | {"assigneeId":"*"} | {"assigneeId":null}
Ticket New starter on Monday | Harbour Clinic | {"assigneeId":"*"} | {"assigneeId":null}
User Gil Garcia | - | {"grandfathered":true} | {"grandfathered":false}

createDevice by ada@northwind.example
{"device":{"connection":"OFFLINE","group":{"name":"Bureau"},"hostname":null,"kind":"SERVER","name":"BY-ADMIN","platform":"LINUX","tags":["a","b"],"tenant":{"name":"Boulangerie Dubois"},"version":1}}
Device BY-ADMIN | Boulangerie Dubois |  | {"agentVersion":null,"connection":"OFFLINE","groupId":"*","hostname":null,"kind":"SERVER","lastSeenAt":null,"loggedInUser":null,"macAddress":null,"manufacturer":null,"model":null,"name":"BY-ADMIN","osName":null,"osVersion":null,"platform":"LINUX","publicIp":null,"serialNumber":null,"tags":["a","b"]}

createDevice by mia@northwind.example
{"device":{"connection":"ONLINE","group":null,"hostname":null,"kind":"MOBILE","name":"BY-MEMBER","platform":"IOS","tags":[],"tenant":{"name":"Boulangerie Dubois"},"version":1}}
Device BY-MEMBER | Boulangerie Dubois |  | {"agentVersion":null,"connection":"ONLINE","groupId":null,"hostname":null,"kind":"MOBILE","lastSeenAt":null,"loggedInUser":null,"macAddress":null,"manufacturer":null,"model":null,"name":"BY-MEMBER","osName":null,"osVersion":null,"platform":"IOS","publicIp":null,"serialNumber":null,"tags":[]}

createDevice by nora@northwind.example
{"device":{"connection":"OFFLINE","group":null,"hostname":null,"kind":"MOBILE","name":"LOOSE","platform":"IOS","tags":[],"tenant":null,"version":1}}
Device LOOSE | - |  | {"agentVersion":null,"connection":"OFFLINE","groupId":null,"hostname":null,"kind":"MOBILE","lastSeenAt":null,"loggedInUser":null,"macAddress":null,"manufacturer":null,"model":null,"name":"LOOSE","osName":null,"osVersion":null,"platform":"IOS","publicIp":null,"serialNumber":null,"tags":[]}

updateDevice by ada@northwind.example
{"device":{"connection":"ONLINE","group":null,"hostname":null,"kind":"WORKSTATION","name":"CAISSE-01","platform":"WINDOWS","tags":[],"tenant":{"name":"Boulangerie Dubois"},"version":2}}
Device CAISSE-01 | Boulangerie Dubois | {"groupId":"*","hostname":"caisse-01","tags":["caisse"]} | {"groupId":null,"hostname":null,"tags":[]}

updateDevice by mia@northwind.example
{"device":{"connection":"ONLINE","group":{"name":"Bureau"},"hostname":null,"kind":"WORKSTATION","name":"CAISSE-ONE","platform":"WINDOWS","tags":[],"tenant":{"name":"Boulangerie Dubois"},"version":3}}
Device CAISSE-01 | Boulangerie Dubois | {"groupId":null,"name":"CAISSE-01"} | {"groupId":"*","name":"CAISSE-ONE"}

createDeviceGroup by ada@northwind.example
{"deviceGroup":{"description":null,"name":"Loose","tenant":null}}
DeviceGroup Loose | - |  | {"description":null,"name":"Loose"}

createDeviceGroup by mia@northwind.example
{"deviceGroup":{"description":null,"name":"Neu","tenant":{"name":"Boulangerie Dubois"},"version":1}}
DeviceGroup Neu | Boulangerie Dubois |  | {"description":null,"name":"Neu"}

updateDeviceGroup by mia@northwind.example
{"deviceGroup":{"description":null,"name":"Boutiques","version":2}}
DeviceGroup Boutiques | Boulangerie Dubois | {"description":"Caisses et tablettes des trois boutiques"} | {"description":null}

updateDeviceGroup by ada@northwind.example
{"deviceGroup":{"description":null,"name":"Shops","version":3}}
DeviceGroup Boutiques | Boulangerie Dubois | {"name":"Boutiques"} | {"name":"Shops"}

addDevicesToGroup by mia@northwind.example
{"devices":{"nodes":[{"group":{"name":"Bureau"},"name":"CAISSE-02"},{"group":{"name":"Bureau"},"name":"CAISSE-ONE"}],"totalCount":2}}
Device CAISSE-02 | Boulangerie Dubois | {"groupId":"*"} | {"groupId":"*"}

removeDevicesFromGroup by mia@northwind.example
{"devices":{"nodes":[{"group":null,"name":"CAISSE-02"},{"group":null,"name":"CAISSE-ONE"}],"totalCount":2}}
Device CAISSE-02 | Boulangerie Dubois | {"groupId":"*"} | {"groupId":null}
Device CAISSE-ONE | Boulangerie Dubois | {"groupId":"*"} | {"groupId":null}

addDevicesToGroup by ada@northwind.example
{"devices":{"nodes":[{"group":{"name":"Bureau"},"name":"CAISSE-02"},{"group":{"name":"Bureau"},"name":"CAISSE-ONE"}],"totalCount":2}}
Device CAISSE-02 | Boulangerie Dubois | {"groupId":null} | {"groupId":"*"}
Device CAISSE-ONE | Boulangerie Dubois | {"groupId":null} | {"groupId":"*"}

removeDevicesFromGroup by ada@northwind.example
{"devices":{"nodes":[{"group":null,"name":"CAISSE-02"},{"group":null,"name":"CAISSE-ONE"}],"totalCount":2}}
Device CAISSE-02 | Boulangerie Dubois | {"groupId":"*"} | {"groupId":null}
Device CAISSE-ONE | Boulangerie Dubois | {"groupId":"*"} | {"groupId":null}

createTicket by ada@northwind.example
{"ticket":{"assignee":{"name":"Ada Admin"},"closedAt":null,"device":null,"priority":"HIGH","requester":{"email":"zoe@x.example","name":"Zoe"},"resolvedAt":null,"status":"NEW","subject":"By admin","tags":[],"tenant":null,"type":"INCIDENT","version":1}}
Ticket By admin | - |  | {"assigneeId":"*","category":null,"description":null,"deviceId":null,"dueAt":null,"number":4217,"priority":"HIGH","requesterEmail":"zoe@x.example","requesterId":null,"requesterName":"Zoe","source":null,"status":"NEW","subject":"By admin","tags":[],"type":"INCIDENT"}

createTicket by mia@northwind.example
{"ticket":{"assignee":{"name":"Mia M."},"closedAt":null,"device":{"name":"COMPTA-01"},"priority":"MEDIUM","requester":{"email":"claire@dubois.example","name":"Claire Dubois"},"resolvedAt":null,"status":"NEW","subject":"By member","tags":[],"tenant":{"name":"Boulangerie Dubois"},"type":"INCIDENT","version":1}}
Ticket By member | Boulangerie Dubois |  | {"assigneeId":"*","category":null,"description":null,"deviceId":"*","dueAt":null,"number":4218,"priority":"MEDIUM","requesterEmail":"claire@dubois.example","requesterId":"*","requesterName":"Claire Dubois","source":null,"status":"NEW","subject":"By member","tags":[],"type":"INCIDENT"}

createTicket by claire@dubois.example
{"ticket":{"assignee":null,"closedAt":null,"device":{"name":"COMPTA-01"},"priority":"MEDIUM","requester":{"email":"claire@dubois.example","name":"Claire Dubois"},"resolvedAt":null,"status":"NEW","subject":"By customer","tags":[],"tenant":{"name":"Boulangerie Dubois"},"type":"REQUEST","version":1}}
Ticket By customer | Boulangerie Dubois |  | {"assigneeId":null,"category":null,"description":"d","deviceId":"*","dueAt":null,"number":4219,"priority":"MEDIUM","requesterEmail":"claire@dubois.example","requesterId":"*","requesterName":"Claire Dubois","source":null,"status":"NEW","subject":"By customer","tags":[],"type":"REQUEST"}

updateTicket by mia@northwind.example
{"ticket":{"category":null,"closedAt":null,"priority":"LOW","status":"RESOLVED","version":2}}
Ticket Mot de passe Wi-Fi invité | Boulangerie Dubois | {"category":"réseau","priority":"MEDIUM","resolvedAt":null,"status":"NEW"} | {"category":null,"priority":"LOW","resolvedAt":"*","status":"RESOLVED"}

updateTicket by ada@northwind.example
{"ticket":{"resolvedAt":null,"status":"OPEN","subject":"Wi-Fi","version":3}}
Ticket Mot de passe Wi-Fi invité | Boulangerie Dubois | {"resolvedAt":"*","status":"RESOLVED","subject":"Mot de passe Wi-Fi invité"} | {"resolvedAt":null,"status":"OPEN","subject":"Wi-Fi"}

updateTicket by claire@dubois.example
{"ticket":{"assignee":{"email":null,"name":"Mia M."},"status":"CLOSED","version":4}}
Ticket La caisse 3 ne s'allume plus | Boulangerie Dubois | {"closedAt":null,"status":"OPEN"} | {"closedAt":"*","status":"CLOSED"}

assignTicket by mia@northwind.example
{"ticket":{"assignee":{"name":"Mia M."}}}
Ticket Wi-Fi | Boulangerie Dubois | {"assigneeId":null} | {"assigneeId":"*"}

assignTicket by ada@northwind.example
{"ticket":{"assignee":null}}
Ticket Wi-Fi | Boulangerie Dubois | {"assigneeId":"*"} | {"assigneeId":null}

commentOnTicket by ada@northwind.example
{"comment":{"author":{"name":"Ada Admin"},"body":"x","ticket":{"subject":"Wi-Fi"},"visibility":"INTERNAL"},"ticket":{"comments":{"totalCount":1},"version":5}}
TicketComment Wi-Fi | Boulangerie Dubois |  | {"body":"x","ticketId":"*","visibility":"INTERNAL"}

commentOnTicket by mia@northwind.example
{"comment":{"author":{"name":"Mia M."},"body":"y","visibility":"PUBLIC"},"ticket":{"comments":{"totalCount":2},"version":6}}
TicketComment Wi-Fi | Boulangerie Dubois |  | {"body":"y","ticketId":"*","visibility":"PUBLIC"}

commentOnTicket by claire@dubois.example
{"comment":{"author":{"name":"Claire Dubois"},"body":"z","visibility":"PUBLIC"},"ticket":{"comments":{"totalCount":2},"version":7}}
TicketComment Wi-Fi | Boulangerie Dubois |  | {"body":"z","ticketId":"*","visibility":"PUBLIC"}

deleteDevice by ada@northwind.example
{"deletedId":"*"}
Device CAISSE-02 | Boulangerie Dubois | {"agentVersion":null,"connection":"ONLINE","groupId":null,"hostname":"caisse-02","kind":"WORKSTATION","lastSeenAt":"*","loggedInUser":"","macAddress":null,"manufacturer":"Dell","model":"OptiPlex 3000","name":"CAISSE-02","osName":"Windows 11 Pro","osVersion":"23H2","platform":"WINDOWS","publicIp":"203.0.113.11","serialNumber":"SN1001","tags":["caisse"]} | 

deleteDevice by mia@northwind.example
{"deletedId":"*"}
Device IMPRIMANTE-ETIQ | Boulangerie Dubois | {"agentVersion":null,"connection":"ONLINE","groupId":null,"hostname":"imprimante-etiq","kind":"NETWORK","lastSeenAt":"*","loggedInUser":"","macAddress":null,"manufacturer":"Zebra","model":"ZD421","name":"IMPRIMANTE-ETIQ","osName":"","osVersion":"","platform":"OTHER","publicIp":"203.0.113.15","serialNumber":"SN1005","tags":["imprimante"]} | 

deleteDeviceGroup by mia@northwind.example
{"deletedId":"*"}
DeviceGroup Shops | Boulangerie Dubois | {"description":null,"devices":2,"name":"Shops"} | 

deleteDeviceGroup by ada@northwind.example
{"deletedId":"*"}
DeviceGroup Servers | Harbour Clinic | {"description":"Handle with care","devices":2,"name":"Servers"} | 

`
