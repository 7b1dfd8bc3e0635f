package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"tenantry/internal/ids"
	"tenantry/internal/postgres"
	"tenantry/internal/rows"
	"tenantry/internal/viewer"
	"tenantry/models"
)

// consentCodes writes codes that can be read out over the phone: Crockford's base 32 has no I, L, O, U.
var consentCodes = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// newConsentCode makes a code of 40 random bits. That is enough for five tries within a minute.
func newConsentCode() string {
	var raw [5]byte
	_, _ = rand.Read(raw[:])
	code := consentCodes.EncodeToString(raw[:])
	return code[:4] + "-" + code[4:]
}

// consentHash is what is kept of the code, and compared: with the session's id in it, so that no table
// of hashes fits two sessions. However the code was typed, what it reads as counts.
func consentHash(session uuid.UUID, code string) []byte {
	typed := strings.Map(func(r rune) rune {
		switch r {
		case '-', ' ':
			return -1
		case 'O':
			return '0'
		case 'I', 'L':
			return '1'
		}
		return r
	}, strings.ToUpper(code))
	sum := sha256.Sum256(append(session[:], typed...))
	return sum[:]
}

// AnswerRemoteSession answers for the person at the device. Every failure is the same, and goes the
// same way.
func (s *Store) AnswerRemoteSession(ctx context.Context, in models.AnswerRemoteSessionInput) (*models.AnswerRemoteSessionPayload, error) {
	id, _ := ids.DecodeAs("RemoteSession", in.SessionID) // else the zero id, which nothing has
	asker := viewer.From(ctx)
	who := asker.Viewer()
	done, err := s.consent(ctx, who, id, in)
	if postgres.Stale(err) { // known for somebody whose session is over, say: then nobody answers
		if who, err = asker.Renew(ctx, who, nil); err == nil {
			done, err = s.consent(ctx, who, id, in)
		}
	}
	if _, again := Repeated(err); again { // and what is open may have counted a try
		ctx.Value(unitKey{}).(*Unit).abandon(ctx)
		return nil, s.cameOf(ctx, who)
	}
	if err != nil {
		return nil, err
	}
	if !done {
		f := &faults{} // not the transaction's: a try that failed is kept, and counted
		f.add(models.UserErrorCodeInvalid, "The remote session does not wait for an answer, or the code is wrong.")
		return &models.AnswerRemoteSessionPayload{UserErrors: f.list}, nil
	}
	return &models.AnswerRemoteSessionPayload{RemoteSession: rows.One("RemoteSession", id), UserErrors: none()}, nil
}

// consent answers in the mutation's transaction, which becomes the viewer, if there is one, only then:
// the answer needs no identity, and one that has changed undoes it.
func (s *Store) consent(ctx context.Context, who *viewer.Viewer, id uuid.UUID, in models.AnswerRemoteSessionInput) (done bool, err error) {
	u, err := s.connect(ctx)
	if err != nil {
		return false, err
	}
	var code, account, user any
	if typed := in.Code.Value(); typed != nil {
		code = consentHash(id, *typed)
	}
	if who != nil {
		account, user = postgres.Arg(who.AccountID), postgres.Arg(who.UserID)
	}
	asker := viewer.From(ctx)
	var b pgx.Batch
	b.Queue("begin")
	b.Queue("select app.answer_consent($1, $2, $3, $4, $5, $6, $7, $8)", postgres.Arg(id), code, in.Granted, account, user,
		postgres.Arg(ids.New()), asker.IP, asker.RequestID).QueryRow(func(row pgx.Row) error { return row.Scan(&done) })
	if who != nil {
		who.Identity().Become(&b, true)
	}
	if err := u.pgx.SendBatch(ctx, &b).Close(); err != nil {
		u.abandon(ctx)
		return false, err
	}
	if who == nil {
		return done, nil
	}
	tx := u.as(ctx, who)
	if u.Key != nil { // only now: who asks is nobody while the code is looked at
		err = tx.claim(*u.Key)
	}
	return done, err
}

// cameOf opens a transaction to read what came of a mutation with a key, and gives it as the error.
func (s *Store) cameOf(ctx context.Context, who *viewer.Viewer) error {
	tx, err := s.beginAs(ctx, who)
	if err == nil {
		err = tx.cameOf(*tx.unit.Key)
	}
	return err
}
