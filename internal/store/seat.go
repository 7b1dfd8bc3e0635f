package store

import (
	"context"
	"fmt"

	"gorm.io/gorm/clause"

	"tenantry/internal/rows"
	"tenantry/models"
)

// seats locks the account, so that no two calls count at once, and tells how many seats there are and
// how many are used.
func (tx *Tx) seats() (used, all int32, err error) {
	var account models.Account
	err = tx.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Select("account_id", "add_on_seats").
		Where("account_id = ?", tx.Viewer.AccountID).Take(&account).Error
	if err != nil {
		return 0, 0, err
	}
	err = tx.Raw(`select count(*) from app.users where account_id = ? and status in ('INVITED', 'ACTIVE')`, tx.Viewer.AccountID).Scan(&used).Error
	return used, models.IncludedSeats + account.AddOnSeats, err
}

// takeSeat refuses one more user than there are seats.
func (tx *Tx) takeSeat(f *faults) error {
	used, all, err := tx.seats()
	if err == nil && used >= all {
		f.add(models.UserErrorCodeSeatLimitReached, fmt.Sprintf("All seats are taken: %d used of %d. Add seats or suspend somebody.", used, all))
	}
	return err
}

// SetAddOnSeats sets how many seats are added to the plan; never fewer than are used.
func (s *Store) SetAddOnSeats(ctx context.Context, in models.SetAddOnSeatsInput) (*models.SetAddOnSeatsPayload, error) {
	tx, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	used, all, err := tx.seats()
	if err != nil {
		return nil, err
	}
	f := tx.faults()
	switch {
	case in.Seats < 0 || in.Seats > 1_000_000:
		f.add(models.UserErrorCodeInvalid, "Name a number from 0 to 1,000,000.", "seats")
	case models.IncludedSeats+in.Seats < used:
		f.add(models.UserErrorCodeSeatLimitReached, fmt.Sprintf("%d seats are used, and there would be %d.", used, models.IncludedSeats+in.Seats), "seats")
	}
	if f.any() {
		return &models.SetAddOnSeatsPayload{UserErrors: f.list}, nil
	}
	id := tx.Viewer.AccountID
	if before := all - models.IncludedSeats; before != in.Seats {
		tx.write(1, "update app.accounts set add_on_seats = $1 where account_id = $2", in.Seats, id)
		err = tx.record(entry{Type: "Account", ID: id, Before: models.Object{"addOnSeats": before}, After: models.Object{"addOnSeats": in.Seats}})
	}
	return &models.SetAddOnSeatsPayload{Account: rows.One("Account", id), UserErrors: none()}, err
}
