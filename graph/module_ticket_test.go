package graph

func init() {
	modules["tickets"] = module{
		good: bulkGood, deeds: bulkDeeds,
		links: map[string]string{"updateTickets.assigneeId": "NOT_ASSIGNABLE input.tickets.0, NOT_ASSIGNABLE input.tickets.1"},
	}
}

func bulkGood(a *api) map[string]in {
	return map[string]in{
		"updateTickets": {"tickets": []any{in{"id": a.ref("Ticket", "La caisse 3 ne s'allume plus")}, in{"id": a.ref("Ticket", "Mot de passe Wi-Fi invité")}}, "priority": "CRITICAL"},
	}
}

func bulkDeeds(a *api) []deed {
	one, two := in{"id": a.ref("Ticket", "La caisse 3 ne s'allume plus"), "version": 3}, in{"id": a.ref("Ticket", "Mot de passe Wi-Fi invité")}
	const payload = "committed tickets(orderBy: { field: NUMBER }) { totalCount nodes { subject status priority tags resolvedAt assignee { name } version } }"
	return []deed{
		{admin, "updateTickets", in{"tickets": []any{one, two}, "status": "RESOLVED", "addTags": []any{"fait", " fait"}, "assigneeId": a.ref("User", memberOfTwo)}, payload},
		{memberOfOne, "updateTickets", in{"tickets": []any{two}, "status": "OPEN", "priority": "LOW", "removeTags": []any{"fait", "rien"}, "assigneeId": nil}, payload},
	}
}
