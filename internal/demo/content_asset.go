package demo

import (
	"time"

	"tenantry/models"
)

// asset is hardware or software. Days are counted from today; 0 is none.
type asset struct {
	tenant, name, tag      string
	kind                   models.AssetKind
	status                 models.AssetStatus
	maker, model, serial   string
	device, location       string
	bought, warranty, ends int
	cost                   float64
	seats, used            int32
}

var northwindAssets = []asset{
	{tenant: "Boulangerie Dubois", name: "Caisse 1", tag: "DUB-001", kind: models.AssetKindHardware, status: models.AssetStatusDeployed, maker: "Dell", model: "OptiPlex 3000", serial: "SN1000", device: "CAISSE-01", location: "Boutique de Paris", bought: -400, cost: 689.9, warranty: 330},
	{tenant: "Boulangerie Dubois", name: "Caisse 3", tag: "DUB-003", kind: models.AssetKindHardware, status: models.AssetStatusInRepair, maker: "Dell", model: "OptiPlex 3080", serial: "SN1002", device: "CAISSE-03", location: "Atelier de réparation", bought: -1080, cost: 612.5, warranty: 15},
	{tenant: "Boulangerie Dubois", name: "Balance connectée", tag: "DUB-010", kind: models.AssetKindHardware, status: models.AssetStatusLost, maker: "Mettler", model: "Tiger", serial: "B-77", location: "Boutique de Lyon", bought: -900, cost: 1240, warranty: -170},
	{tenant: "Boulangerie Dubois", name: "Logiciel de caisse", tag: "DUB-LIC-1", kind: models.AssetKindSoftware, status: models.AssetStatusDeployed, maker: "Fournil Logiciels", model: "Caisse Pro 5", bought: -300, cost: 420, seats: 5, used: 3, ends: 65},
	{tenant: "Harbour Clinic", name: "File server", tag: "HC-0001", kind: models.AssetKindHardware, status: models.AssetStatusDeployed, maker: "HPE", model: "ProLiant DL360", serial: "SN1008", device: "HC-FILES", location: "Server room, rack 2", bought: -1100, cost: 5480, warranty: 22},
	{tenant: "Harbour Clinic", name: "Image archive", tag: "HC-0002", kind: models.AssetKindHardware, status: models.AssetStatusDeployed, maker: "Supermicro", model: "X12", serial: "SN1009", device: "HC-PACS", location: "Server room, rack 1", bought: -700, cost: 9975.25, warranty: 395},
	{tenant: "Harbour Clinic", name: "Viewer licences", tag: "HC-LIC-1", kind: models.AssetKindSoftware, status: models.AssetStatusDeployed, maker: "Clearview", model: "Radiology Viewer", bought: -200, cost: 3600, seats: 10, used: 12, ends: 12},
	{tenant: "Lindqvist Timber", name: "Kiln controller", tag: "LIN-7", kind: models.AssetKindHardware, status: models.AssetStatusDeployed, maker: "Siemens", model: "IPC227", serial: "SN1013", device: "KILN-CTRL", location: "Kiln 2", bought: -2500, warranty: -1400},
	{tenant: "Atelier Moreau", name: "Suite de création", tag: "MOR-LIC-1", kind: models.AssetKindSoftware, status: models.AssetStatusRetired, maker: "Pixelia", model: "Studio 2023", bought: -1000, cost: 59.99, seats: 1, used: 0, ends: -40},
	{name: "Loan laptop A", tag: "LOAN-A", kind: models.AssetKindHardware, status: models.AssetStatusReady, maker: "Lenovo", model: "ThinkPad T14", serial: "SN1015", device: "LOANER-A", location: "Stock room", bought: -250, cost: 1190, warranty: 28},
}

var southwindAssets = []asset{
	{tenant: "Quay Books", name: "Till", tag: "Q-1", kind: models.AssetKindHardware, status: models.AssetStatusDeployed, maker: "HP", model: "ProDesk", serial: "SN1000", device: "TILL-1", location: "Front of the shop", bought: -500, cost: 540, warranty: 20},
	{tenant: "Boulangerie Dubois", name: "Abonnement antivirus", tag: "DUB-001", kind: models.AssetKindSoftware, status: models.AssetStatusDeployed, maker: "Rempart", model: "Poste", bought: -100, cost: 90, seats: 3, used: 1, ends: 265},
}

func (w *writer) asset(x asset) {
	day := func(days int) *time.Time {
		if days == 0 {
			return nil
		}
		at := w.now.AddDate(0, 0, days)
		return &at
	}
	var seats, used *int32
	if x.kind == models.AssetKindSoftware {
		seats, used = &x.seats, &x.used
	}
	w.exec(`insert into app.assets (account_id, id, tenant_id, name, tag, kind, status, manufacturer, model, serial_number, device_id, location,
			purchased_on, purchase_cost, warranty_until, seats_purchased, seats_assigned, contract_ends_on)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, nullif($10, ''), $11, nullif($12, ''), $13, nullif($14::numeric, 0), $15, $16, $17, $18)`,
		w.self, w.id("asset", x.name), w.tenant(x.tenant), x.name, x.tag, x.kind, x.status, x.maker, x.model, x.serial, w.ref("device", x.device), x.location,
		day(x.bought), x.cost, day(x.warranty), seats, used, day(x.ends))
}
