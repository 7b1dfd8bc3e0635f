package demo

import (
	"time"

	"tenantry/models"
)

type account struct {
	name       string
	addOnSeats int
	tenants    []tenant
	users      []user
	groups     []group
	devices    []device
	assets     []asset
	tickets    []ticket
	tokens     []apiToken
}

type tenant struct{ name, externalRef, email, phone, timeZone, notes string }

type user struct {
	name, email   string
	role          models.Role
	status        models.UserStatus
	grandfathered bool
	locale        string
	tenants       []string
}

// apiToken is one whose secret nobody has.
type apiToken struct {
	user, name string
	tenants    []string
	readOnly   bool
}

type group struct{ tenant, name, description string }

type device struct {
	tenant, group, name, hostname string
	platform                      models.DevicePlatform
	kind                          models.DeviceKind
	osName, osVersion             string
	maker, model, serial, ip      string
	user                          string
	state                         models.DeviceConnectionState
	seen                          time.Duration
	tags                          []string
}

type ticket struct {
	tenant, subject, text, device, asset, requester string
	requesterName, requesterEmail                   string
	assignee                                        string
	status                                          models.TicketStatus
	kind                                            models.TicketType
	priority                                        models.TicketPriority
	category                                        string
	tags                                            []string
	age                                             time.Duration
	comments                                        []comment
}

type comment struct {
	author, text string
	visibility   models.CommentVisibility
}

var accounts = []account{northwind, southwind}

var northwind = account{
	name: "Northwind IT", addOnSeats: 14, assets: northwindAssets,
	tenants: []tenant{
		{"Boulangerie Dubois", "DUB", "claire@dubois.example", "+33 1 55 00 10 10", "Europe/Paris", "Fournil ouvert dès 4 h : n'appeler qu'après 9 h. Contrat Argent."},
		{"Harbour Clinic", "HAR", "it@harbour.example", "+44 20 7000 1000", "Europe/London", "Patient data: never copy screenshots. Gold contract."},
		{"Lindqvist Timber", "LIN", "it@lindqvist.example", "+46 8 500 20 20", "Europe/Stockholm", "Sawmill network is separate from the office."},
		{"Atelier Moreau", "MOR", "contact@moreau.example", "+33 4 72 00 30 30", "Europe/Paris", "Petit client, facturé à l'heure."},
	},
	users: []user{
		{"Ada Admin", "ada@northwind.example", models.RoleAdmin, models.UserStatusActive, false, "en", []string{}},
		{"Alex Adams", "alex@northwind.example", models.RoleAdmin, models.UserStatusActive, false, "en", []string{}},
		{"Mia Martin", "mia@northwind.example", models.RoleMember, models.UserStatusActive, false, "fr", []string{"Boulangerie Dubois"}},
		{"Tom Taylor", "tom@northwind.example", models.RoleMember, models.UserStatusActive, false, "en", []string{"Boulangerie Dubois", "Harbour Clinic"}},
		{"Nora Novak", "nora@northwind.example", models.RoleMember, models.UserStatusActive, false, "en", []string{}},
		{"Gil Garcia", "gil@northwind.example", models.RoleMember, models.UserStatusActive, true, "en", []string{}},
		{"Sam Sorel", "sam@northwind.example", models.RoleMember, models.UserStatusSuspended, false, "fr", []string{"Harbour Clinic"}},
		{"Ivy Ito", "ivy@northwind.example", models.RoleMember, models.UserStatusInvited, false, "en", []string{"Lindqvist Timber"}},
		{"Claire Dubois", "claire@dubois.example", models.RoleCustomer, models.UserStatusActive, false, "fr", []string{"Boulangerie Dubois"}},
		{"Carl Carter", "carl@example.com", models.RoleCustomer, models.UserStatusActive, false, "en", []string{}},
	},
	tokens: []apiToken{
		{user: "Ada Admin", name: "Asset register"},
		{user: "Mia Martin", name: "Till monitoring", tenants: []string{"Boulangerie Dubois"}, readOnly: true},
	},
	groups: []group{
		{"Boulangerie Dubois", "Boutiques", "Caisses et tablettes des trois boutiques"},
		{"Boulangerie Dubois", "Bureau", "Comptabilité et commandes"},
		{"Harbour Clinic", "Reception", "Front desk machines"},
		{"Harbour Clinic", "Servers", "Handle with care"},
		{"Lindqvist Timber", "Office", ""},
		{"", "Loan pool", "Machines that wait for a customer"},
	},
	devices: []device{
		{tenant: "Boulangerie Dubois", group: "Boutiques", name: "CAISSE-01", hostname: "caisse-01", platform: models.DevicePlatformWindows, kind: models.DeviceKindWorkstation, osName: "Windows 11 Pro", osVersion: "23H2", maker: "Dell", model: "OptiPlex 3000", serial: "SN1000", ip: "203.0.113.10", state: models.DeviceConnectionStateOnline, seen: 1 * time.Minute, tags: []string{"caisse"}},
		{tenant: "Boulangerie Dubois", group: "Boutiques", name: "CAISSE-02", hostname: "caisse-02", platform: models.DevicePlatformWindows, kind: models.DeviceKindWorkstation, osName: "Windows 11 Pro", osVersion: "23H2", maker: "Dell", model: "OptiPlex 3000", serial: "SN1001", ip: "203.0.113.11", state: models.DeviceConnectionStateOnline, seen: 2 * time.Minute, tags: []string{"caisse"}},
		{tenant: "Boulangerie Dubois", group: "Boutiques", name: "CAISSE-03", hostname: "caisse-03", platform: models.DevicePlatformWindows, kind: models.DeviceKindWorkstation, osName: "Windows 10 Pro", osVersion: "22H2", maker: "Dell", model: "OptiPlex 3080", serial: "SN1002", ip: "203.0.113.12", state: models.DeviceConnectionStateOverdue, seen: 4002 * time.Minute, tags: []string{"caisse"}},
		{tenant: "Boulangerie Dubois", group: "Boutiques", name: "TABLETTE-LYON", hostname: "tablette-lyon", platform: models.DevicePlatformIos, kind: models.DeviceKindMobile, osName: "iPadOS", osVersion: "18.6", maker: "Apple", model: "iPad 10", serial: "SN1003", ip: "203.0.113.13", state: models.DeviceConnectionStateOffline, seen: 603 * time.Minute, tags: []string{"boutique"}},
		{tenant: "Boulangerie Dubois", group: "Bureau", name: "COMPTA-01", hostname: "compta-01", platform: models.DevicePlatformWindows, kind: models.DeviceKindLaptop, osName: "Windows 11 Pro", osVersion: "24H2", maker: "Lenovo", model: "ThinkPad E14", serial: "SN1004", ip: "203.0.113.14", state: models.DeviceConnectionStateOnline, seen: 5 * time.Minute, tags: []string{"bureau"}},
		{tenant: "Boulangerie Dubois", group: "", name: "IMPRIMANTE-ETIQ", hostname: "imprimante-etiq", platform: models.DevicePlatformOther, kind: models.DeviceKindNetwork, osName: "", osVersion: "", maker: "Zebra", model: "ZD421", serial: "SN1005", ip: "203.0.113.15", state: models.DeviceConnectionStateOnline, seen: 6 * time.Minute, tags: []string{"imprimante"}},
		{tenant: "Harbour Clinic", group: "Reception", name: "RECEPTION-1", hostname: "reception-1", platform: models.DevicePlatformWindows, kind: models.DeviceKindWorkstation, osName: "Windows 11 Enterprise", osVersion: "23H2", maker: "HP", model: "EliteDesk 800", serial: "SN1006", ip: "203.0.113.16", state: models.DeviceConnectionStateOnline, seen: 7 * time.Minute, tags: []string{"front-desk"}},
		{tenant: "Harbour Clinic", group: "Reception", name: "RECEPTION-2", hostname: "reception-2", platform: models.DevicePlatformWindows, kind: models.DeviceKindWorkstation, osName: "Windows 11 Enterprise", osVersion: "23H2", maker: "HP", model: "EliteDesk 800", serial: "SN1007", ip: "203.0.113.17", state: models.DeviceConnectionStateOffline, seen: 607 * time.Minute, tags: []string{"front-desk"}},
		{tenant: "Harbour Clinic", group: "Servers", name: "HC-FILES", hostname: "hc-files", platform: models.DevicePlatformWindows, kind: models.DeviceKindServer, osName: "Windows Server 2022", osVersion: "21H2", maker: "HPE", model: "ProLiant DL360", serial: "SN1008", ip: "203.0.113.18", state: models.DeviceConnectionStateOnline, seen: 9 * time.Minute, tags: []string{"server"}},
		{tenant: "Harbour Clinic", group: "Servers", name: "HC-PACS", hostname: "hc-pacs", platform: models.DevicePlatformLinux, kind: models.DeviceKindServer, osName: "Debian GNU/Linux", osVersion: "12", maker: "Supermicro", model: "X12", serial: "SN1009", ip: "203.0.113.19", state: models.DeviceConnectionStateOnline, seen: 10 * time.Minute, tags: []string{"server", "imaging"}},
		{tenant: "Harbour Clinic", group: "", name: "DR-OKAFOR-MAC", hostname: "dr-okafor-mac", platform: models.DevicePlatformMacos, kind: models.DeviceKindLaptop, osName: "macOS", osVersion: "15.6", maker: "Apple", model: "MacBook Air M3", serial: "SN1010", ip: "203.0.113.20", state: models.DeviceConnectionStateOnline, seen: 11 * time.Minute, tags: []string{"doctor"}},
		{tenant: "Lindqvist Timber", group: "Office", name: "SAW-OFFICE-1", hostname: "saw-office-1", platform: models.DevicePlatformWindows, kind: models.DeviceKindWorkstation, osName: "Windows 10 Pro", osVersion: "22H2", maker: "Fujitsu", model: "Esprimo", serial: "SN1011", ip: "203.0.113.21", state: models.DeviceConnectionStateOnline, seen: 12 * time.Minute, tags: []string{"office"}},
		{tenant: "Lindqvist Timber", group: "Office", name: "SAW-OFFICE-2", hostname: "saw-office-2", platform: models.DevicePlatformLinux, kind: models.DeviceKindWorkstation, osName: "Ubuntu", osVersion: "24.04", maker: "Fujitsu", model: "Esprimo", serial: "SN1012", ip: "203.0.113.22", state: models.DeviceConnectionStateOffline, seen: 612 * time.Minute, tags: []string{"office"}},
		{tenant: "Lindqvist Timber", group: "", name: "KILN-CTRL", hostname: "kiln-ctrl", platform: models.DevicePlatformLinux, kind: models.DeviceKindOther, osName: "Debian GNU/Linux", osVersion: "11", maker: "Siemens", model: "IPC227", serial: "SN1013", ip: "203.0.113.23", state: models.DeviceConnectionStateOverdue, seen: 4013 * time.Minute, tags: []string{"production"}},
		{tenant: "Atelier Moreau", group: "", name: "STUDIO-MAC", hostname: "studio-mac", platform: models.DevicePlatformMacos, kind: models.DeviceKindWorkstation, osName: "macOS", osVersion: "15.6", maker: "Apple", model: "Mac Studio", serial: "SN1014", ip: "203.0.113.24", state: models.DeviceConnectionStateOnline, seen: 15 * time.Minute, tags: []string{"atelier"}},
		{tenant: "", group: "Loan pool", name: "LOANER-A", hostname: "loaner-a", platform: models.DevicePlatformWindows, kind: models.DeviceKindLaptop, osName: "Windows 11 Pro", osVersion: "24H2", maker: "Lenovo", model: "ThinkPad T14", serial: "SN1015", ip: "203.0.113.25", state: models.DeviceConnectionStateOffline, seen: 615 * time.Minute, tags: []string{"loan"}},
		{tenant: "", group: "Loan pool", name: "LOANER-B", hostname: "loaner-b", platform: models.DevicePlatformWindows, kind: models.DeviceKindLaptop, osName: "Windows 11 Pro", osVersion: "24H2", maker: "Lenovo", model: "ThinkPad T14", serial: "SN1016", ip: "203.0.113.26", state: models.DeviceConnectionStateOffline, seen: 616 * time.Minute, tags: []string{"loan"}},
		{tenant: "", group: "", name: "UNKNOWN-4F2A", hostname: "unknown-4f2a", platform: models.DevicePlatformOther, kind: models.DeviceKindOther, osName: "", osVersion: "", maker: "", model: "", serial: "SN1017", ip: "203.0.113.27", state: models.DeviceConnectionStateOffline, seen: 617 * time.Minute, tags: []string{"unassigned"}},
	},
	tickets: []ticket{
		{tenant: "Boulangerie Dubois", subject: "La caisse 3 ne s'allume plus", text: "Écran noir depuis ce matin, voyant orange.", device: "CAISSE-03", asset: "Caisse 3", requester: "Claire Dubois", requesterName: "", requesterEmail: "", assignee: "Mia Martin", status: models.TicketStatusOpen, kind: models.TicketTypeIncident, priority: models.TicketPriorityHigh, category: "matériel", tags: []string{}, age: 5 * time.Hour, comments: []comment{
			{"Mia Martin", "Je passe à 14 h avec une caisse de prêt.", models.CommentVisibilityPublic},
			{"Mia Martin", "Alimentation probablement morte, commander une Dell 260 W.", models.CommentVisibilityInternal},
			{"Claire Dubois", "Merci, la boutique ferme à 19 h.", models.CommentVisibilityPublic},
		}},
		{tenant: "Boulangerie Dubois", subject: "Nouvelle imprimante d'étiquettes", text: "Pour la boutique de Lyon.", device: "IMPRIMANTE-ETIQ", requester: "Claire Dubois", requesterName: "", requesterEmail: "", assignee: "Tom Taylor", status: models.TicketStatusOnHold, kind: models.TicketTypeRequest, priority: models.TicketPriorityLow, category: "achat", tags: []string{}, age: 30 * time.Hour, comments: []comment{
			{"Tom Taylor", "Devis demandé au fournisseur.", models.CommentVisibilityPublic},
		}},
		{tenant: "Boulangerie Dubois", subject: "Mot de passe Wi-Fi invité", text: "", device: "", requester: "", requesterName: "Paul Dubois", requesterEmail: "paul.dubois@customer.example", assignee: "", status: models.TicketStatusNew, kind: models.TicketTypeRequest, priority: models.TicketPriorityMedium, category: "réseau", tags: []string{}, age: 2 * time.Hour},
		{tenant: "Boulangerie Dubois", subject: "Sauvegarde de la comptabilité en échec", text: "Trois nuits de suite.", device: "COMPTA-01", requester: "", requesterName: "Supervision", requesterEmail: "supervision@customer.example", assignee: "Mia Martin", status: models.TicketStatusOpen, kind: models.TicketTypeIncident, priority: models.TicketPriorityCritical, category: "sauvegarde", tags: []string{}, age: 8 * time.Hour, comments: []comment{
			{"Mia Martin", "Disque plein : purge en cours.", models.CommentVisibilityInternal},
		}},
		{tenant: "Boulangerie Dubois", subject: "Mise à jour de la caisse 1", text: "", device: "CAISSE-01", requester: "Claire Dubois", requesterName: "", requesterEmail: "", assignee: "Mia Martin", status: models.TicketStatusResolved, kind: models.TicketTypeRequest, priority: models.TicketPriorityMedium, category: "logiciel", tags: []string{}, age: 90 * time.Hour, comments: []comment{
			{"Mia Martin", "Fait ce matin.", models.CommentVisibilityPublic},
		}},
		{tenant: "Boulangerie Dubois", subject: "Tablette perdue puis retrouvée", text: "", device: "TABLETTE-LYON", requester: "Claire Dubois", requesterName: "", requesterEmail: "", assignee: "", status: models.TicketStatusClosed, kind: models.TicketTypeIncident, priority: models.TicketPriorityLow, category: "matériel", tags: []string{}, age: 240 * time.Hour},
		{tenant: "Harbour Clinic", subject: "Reception 2 cannot print", text: "Every print job stays in the queue.", device: "RECEPTION-2", requester: "", requesterName: "Grace Okafor", requesterEmail: "grace.okafor@customer.example", assignee: "Tom Taylor", status: models.TicketStatusOpen, kind: models.TicketTypeIncident, priority: models.TicketPriorityHigh, category: "printing", tags: []string{}, age: 3 * time.Hour, comments: []comment{
			{"Tom Taylor", "Driver rolled back, please try again.", models.CommentVisibilityPublic},
			{"Tom Taylor", "Same fault as in March, see the vendor's note.", models.CommentVisibilityInternal},
		}},
		{tenant: "Harbour Clinic", subject: "New starter on Monday", text: "Laptop, badge reader, mailbox.", device: "", requester: "", requesterName: "Grace Okafor", requesterEmail: "grace.okafor@customer.example", assignee: "Gil Garcia", status: models.TicketStatusNew, kind: models.TicketTypeRequest, priority: models.TicketPriorityMedium, category: "onboarding", tags: []string{}, age: 20 * time.Hour},
		{tenant: "Harbour Clinic", subject: "Image archive is slow", text: "Opening a study takes a minute.", device: "HC-PACS", requester: "", requesterName: "Dr Okafor", requesterEmail: "dr.okafor@customer.example", assignee: "", status: models.TicketStatusNew, kind: models.TicketTypeIncident, priority: models.TicketPriorityCritical, category: "performance", tags: []string{}, age: 1 * time.Hour},
		{tenant: "Harbour Clinic", subject: "File server disk at 91 %", text: "", device: "HC-FILES", asset: "File server", requester: "", requesterName: "Monitoring", requesterEmail: "monitoring@customer.example", assignee: "Tom Taylor", status: models.TicketStatusOnHold, kind: models.TicketTypeIncident, priority: models.TicketPriorityMedium, category: "storage", tags: []string{}, age: 60 * time.Hour, comments: []comment{
			{"Tom Taylor", "Waiting for the new disks.", models.CommentVisibilityPublic},
		}},
		{tenant: "Harbour Clinic", subject: "VPN for Dr Okafor", text: "", device: "DR-OKAFOR-MAC", requester: "", requesterName: "Dr Okafor", requesterEmail: "dr.okafor@customer.example", assignee: "Ada Admin", status: models.TicketStatusClosed, kind: models.TicketTypeRequest, priority: models.TicketPriorityLow, category: "network", tags: []string{}, age: 400 * time.Hour},
		{tenant: "Lindqvist Timber", subject: "Kiln controller lost its clock", text: "Logs are three hours behind.", device: "KILN-CTRL", requester: "", requesterName: "Sven Lindqvist", requesterEmail: "sven.lindqvist@customer.example", assignee: "Gil Garcia", status: models.TicketStatusOpen, kind: models.TicketTypeIncident, priority: models.TicketPriorityHigh, category: "production", tags: []string{}, age: 6 * time.Hour, comments: []comment{
			{"Gil Garcia", "NTP was blocked at the firewall.", models.CommentVisibilityPublic},
		}},
		{tenant: "Lindqvist Timber", subject: "Office PCs to Windows 11", text: "", device: "SAW-OFFICE-1", requester: "", requesterName: "Sven Lindqvist", requesterEmail: "sven.lindqvist@customer.example", assignee: "", status: models.TicketStatusNew, kind: models.TicketTypeRequest, priority: models.TicketPriorityMedium, category: "upgrade", tags: []string{}, age: 70 * time.Hour},
		{tenant: "Atelier Moreau", subject: "Écran de calibrage décalé", text: "Les couleurs virent au vert.", device: "STUDIO-MAC", requester: "", requesterName: "Luc Moreau", requesterEmail: "luc.moreau@customer.example", assignee: "Ada Admin", status: models.TicketStatusOpen, kind: models.TicketTypeIncident, priority: models.TicketPriorityMedium, category: "matériel", tags: []string{}, age: 12 * time.Hour},
		{tenant: "", subject: "Prepare two loan laptops", text: "", device: "LOANER-A", requester: "", requesterName: "Stock", requesterEmail: "stock@customer.example", assignee: "Nora Novak", status: models.TicketStatusOpen, kind: models.TicketTypeRequest, priority: models.TicketPriorityMedium, category: "stock", tags: []string{}, age: 16 * time.Hour, comments: []comment{
			{"Nora Novak", "Imaged, waiting for labels.", models.CommentVisibilityInternal},
		}},
		{tenant: "", subject: "Whose device is UNKNOWN-4F2A?", text: "It reports from an address nobody knows.", device: "UNKNOWN-4F2A", requester: "", requesterName: "Monitoring", requesterEmail: "monitoring@customer.example", assignee: "", status: models.TicketStatusNew, kind: models.TicketTypeIncident, priority: models.TicketPriorityLow, category: "inventory", tags: []string{}, age: 40 * time.Hour},
	},
}

var southwind = account{
	name: "Southwind Services", addOnSeats: 3, assets: southwindAssets,
	tenants: []tenant{
		{"Boulangerie Dubois", "DUB-S", "mairie@dubois.example", "+33 2 40 00 11 11", "Europe/Paris", "Another company of the same name."},
		{"Quay Books", "QUA", "hello@quay.example", "+1 207 555 0100", "America/New_York", ""},
	},
	users: []user{
		{"Otto Olsen", "otto@southwind.example", models.RoleAdmin, models.UserStatusActive, false, "en", []string{}},
		{"Olga Orlova", "olga@southwind.example", models.RoleMember, models.UserStatusActive, false, "en", []string{"Quay Books"}},
	},
	tokens: []apiToken{
		{user: "Otto Olsen", name: "Till reports", tenants: []string{"Quay Books"}},
	},
	groups: []group{
		{"Quay Books", "Shop", ""},
	},
	devices: []device{
		{tenant: "Quay Books", group: "Shop", name: "TILL-1", hostname: "till-1", platform: models.DevicePlatformWindows, kind: models.DeviceKindWorkstation, osName: "Windows 11 Pro", osVersion: "23H2", maker: "HP", model: "ProDesk", serial: "SN1000", ip: "198.51.100.10", state: models.DeviceConnectionStateOnline, seen: 1 * time.Minute, tags: []string{"till"}},
		{tenant: "Boulangerie Dubois", group: "", name: "CAISSE-01", hostname: "caisse-01", platform: models.DevicePlatformWindows, kind: models.DeviceKindWorkstation, osName: "Windows 11 Pro", osVersion: "23H2", maker: "Dell", model: "OptiPlex 3000", serial: "SN1001", ip: "198.51.100.11", state: models.DeviceConnectionStateOnline, seen: 2 * time.Minute, tags: []string{"caisse"}},
	},
	tickets: []ticket{
		{tenant: "Quay Books", subject: "Till freezes at noon", text: "", device: "TILL-1", requester: "", requesterName: "June Quay", requesterEmail: "june.quay@customer.example", assignee: "Olga Orlova", status: models.TicketStatusOpen, kind: models.TicketTypeIncident, priority: models.TicketPriorityHigh, category: "till", tags: []string{}, age: 4 * time.Hour, comments: []comment{
			{"Olga Orlova", "Memory test tonight.", models.CommentVisibilityPublic},
		}},
	},
}
