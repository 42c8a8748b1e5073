"""Everything the first release keeps."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.models import immutability

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    immutability.lift(op.get_bind())
    op.create_table(
        "audit_entries",
        sa.Column(
            "seq",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("by_id", sa.Uuid()),
        sa.Column("subject_type", sa.Text()),
        sa.Column("subject_id", sa.Text()),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("place", sa.Text()),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("previous", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("seal", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_audit_entries"),
        sa.UniqueConstraint("hash", name="uq_audit_entries_hash"),
    )
    op.create_index("ix_audit_entries_act", "audit_entries", ["act"])
    op.create_index("ix_audit_entries_at", "audit_entries", ["at"])
    op.create_index("ix_audit_entries_by_id", "audit_entries", ["by_id"])
    op.create_index("ix_audit_entries_subject_id", "audit_entries", ["subject_id"])
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("seal", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_head"),
    )
    op.create_table(
        "authorities",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("certificate_pem", sa.Text(), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_authorities"),
    )
    op.create_table(
        "clinics",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("only", sa.Boolean(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("telephone", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("paper", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_clinics"),
        sa.UniqueConstraint("only", name="uq_clinics_only"),
    )
    op.create_table(
        "people",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("credentials", sa.Text(), nullable=False),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("must_change_password", sa.Boolean(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deactivated_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_people"),
        sa.UniqueConstraint("username", name="uq_people_username"),
    )
    op.create_table(
        "sign_in_attempts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sign_in_attempts"),
    )
    op.create_index("ix_sign_in_attempts_address_at", "sign_in_attempts", ["address", "at"])
    op.create_index("ix_sign_in_attempts_username_at", "sign_in_attempts", ["username", "at"])
    op.create_table(
        "patients",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("given_name", sa.Text(), nullable=False),
        sa.Column("family_name", sa.Text(), nullable=False),
        sa.Column("folded_name", sa.Text(), nullable=False),
        sa.Column("born", sa.Date(), nullable=False),
        sa.Column("sex", sa.Text()),
        sa.Column("record_number", sa.Text(), nullable=False),
        sa.Column("folded_record_number", sa.Text(), nullable=False),
        sa.Column("weight_kg", sa.BigInteger()),
        sa.Column("weighed_on", sa.Date()),
        sa.Column("allergies_asked", sa.Text(), nullable=False),
        sa.Column("allergies", sa.Text(), nullable=False),
        sa.Column("conditions_asked", sa.Text(), nullable=False),
        sa.Column("conditions", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.Uuid(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("saved_by_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["people.id"], name="fk_patients_created_by_id_people"
        ),
        sa.ForeignKeyConstraint(
            ["saved_by_id"], ["people.id"], name="fk_patients_saved_by_id_people"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_patients"),
        sa.UniqueConstraint("folded_record_number", name="uq_patients_folded_record_number"),
        sa.UniqueConstraint("record_number", name="uq_patients_record_number"),
    )
    op.create_index("ix_patients_born", "patients", ["born"])
    op.create_index("ix_patients_folded_name", "patients", ["folded_name"])
    op.create_table(
        "signing_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("certificate_pem", sa.Text(), nullable=False),
        sa.Column("wrapped_p12", sa.LargeBinary(), nullable=False),
        sa.Column("serial", sa.Text(), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True)),
        sa.Column("wrong_pins", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name="fk_signing_keys_person_id_people"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_signing_keys"),
        sa.UniqueConstraint("serial", name="uq_signing_keys_serial"),
    )
    op.create_index("ix_signing_keys_person_id", "signing_keys", ["person_id"])
    op.create_table(
        "web_sessions",
        sa.Column("token_sha256", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid()),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name="fk_web_sessions_person_id_people"
        ),
        sa.PrimaryKeyConstraint("token_sha256", name="pk_web_sessions"),
    )
    op.create_index("ix_web_sessions_expires_at", "web_sessions", ["expires_at"])
    op.create_index("ix_web_sessions_person_id", "web_sessions", ["person_id"])
    op.create_table(
        "treatments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_by_id", sa.Uuid(), nullable=False),
        sa.Column("performer_id", sa.Uuid()),
        sa.Column("indications", sa.JSON(), nullable=False),
        sa.Column("codes", sa.JSON(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("saved_by_id", sa.Uuid(), nullable=False),
        sa.Column("discarded_at", sa.DateTime(timezone=True)),
        sa.Column("discarded_by_id", sa.Uuid()),
        sa.Column("discard_reason", sa.Text()),
        sa.ForeignKeyConstraint(
            ["discarded_by_id"], ["people.id"], name="fk_treatments_discarded_by_id_people"
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name="fk_treatments_patient_id_patients"
        ),
        sa.ForeignKeyConstraint(
            ["performer_id"], ["people.id"], name="fk_treatments_performer_id_people"
        ),
        sa.ForeignKeyConstraint(
            ["saved_by_id"], ["people.id"], name="fk_treatments_saved_by_id_people"
        ),
        sa.ForeignKeyConstraint(
            ["started_by_id"], ["people.id"], name="fk_treatments_started_by_id_people"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_treatments"),
    )
    op.create_index("ix_treatments_date", "treatments", ["date"])
    op.create_index("ix_treatments_patient_id", "treatments", ["patient_id"])
    op.create_table(
        "chart_saves",
        sa.Column("treatment_id", sa.Uuid(), nullable=False),
        sa.Column("save", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("saved_by_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["saved_by_id"], ["people.id"], name="fk_chart_saves_saved_by_id_people"
        ),
        sa.ForeignKeyConstraint(
            ["treatment_id"], ["treatments.id"], name="fk_chart_saves_treatment_id_treatments"
        ),
        sa.PrimaryKeyConstraint("treatment_id", "save", name="pk_chart_saves"),
    )
    op.create_table(
        "notes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("treatment_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.Column("record_sha256", sa.Text(), nullable=False),
        sa.Column("pdf", sa.LargeBinary(), nullable=False),
        sa.Column("pdf_sha256", sa.Text(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("signed_by_id", sa.Uuid(), nullable=False),
        sa.Column("signing_key_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["signed_by_id"], ["people.id"], name="fk_notes_signed_by_id_people"
        ),
        sa.ForeignKeyConstraint(
            ["signing_key_id"], ["signing_keys.id"], name="fk_notes_signing_key_id_signing_keys"
        ),
        sa.ForeignKeyConstraint(
            ["treatment_id"], ["treatments.id"], name="fk_notes_treatment_id_treatments"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_notes"),
        sa.UniqueConstraint("treatment_id", name="uq_notes_treatment_id"),
        sa.UniqueConstraint("year", "serial", name="uq_notes_year_serial"),
    )
    op.create_index("ix_notes_signed_at", "notes", ["signed_at"])
    op.create_index("ix_notes_signed_by_id", "notes", ["signed_by_id"])
    op.create_table(
        "preparations",
        sa.Column("treatment_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("diluent", sa.Text()),
        sa.Column("diluent_ml", sa.BigInteger()),
        sa.Column("reconstituted_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(
            ["treatment_id"], ["treatments.id"], name="fk_preparations_treatment_id_treatments"
        ),
        sa.PrimaryKeyConstraint("treatment_id", "key", name="pk_preparations"),
    )
    op.create_table(
        "sites",
        sa.Column("treatment_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("map", sa.Text(), nullable=False),
        sa.Column("x", sa.BigInteger(), nullable=False),
        sa.Column("y", sa.BigInteger(), nullable=False),
        sa.Column("region", sa.Text()),
        sa.Column("muscle", sa.Text()),
        sa.Column("other", sa.Text()),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.Column("depth", sa.Text()),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("preparation", sa.Uuid()),
        sa.Column("indication", sa.Text(), nullable=False),
        sa.Column("protocol", sa.Text()),
        sa.Column("protocol_site", sa.Text()),
        sa.Column("placed_by_id", sa.Uuid(), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by_id", sa.Uuid()),
        sa.Column("changed_at", sa.DateTime(timezone=True)),
        sa.Column("given_by_id", sa.Uuid()),
        sa.Column("given_at", sa.DateTime(timezone=True)),
        sa.Column("tablet_given_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(
            ["changed_by_id"], ["people.id"], name="fk_sites_changed_by_id_people"
        ),
        sa.ForeignKeyConstraint(["given_by_id"], ["people.id"], name="fk_sites_given_by_id_people"),
        sa.ForeignKeyConstraint(
            ["placed_by_id"], ["people.id"], name="fk_sites_placed_by_id_people"
        ),
        sa.ForeignKeyConstraint(
            ["treatment_id"], ["treatments.id"], name="fk_sites_treatment_id_treatments"
        ),
        sa.PrimaryKeyConstraint("treatment_id", "key", name="pk_sites"),
    )
    op.create_table(
        "vials",
        sa.Column("treatment_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Uuid(), nullable=False),
        sa.Column("preparation", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.Column("lot", sa.Text(), nullable=False),
        sa.Column("expires", sa.Date()),
        sa.Column("discarded", sa.BigInteger()),
        sa.Column("discarded_at", sa.DateTime(timezone=True)),
        sa.Column("discarded_by_id", sa.Uuid()),
        sa.ForeignKeyConstraint(
            ["discarded_by_id"], ["people.id"], name="fk_vials_discarded_by_id_people"
        ),
        sa.ForeignKeyConstraint(
            ["treatment_id"], ["treatments.id"], name="fk_vials_treatment_id_treatments"
        ),
        sa.PrimaryKeyConstraint("treatment_id", "key", name="pk_vials"),
    )
    op.create_index("ix_vials_lot", "vials", ["lot"])
    op.create_table(
        "printed_copies",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("note_id", sa.Uuid(), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("printed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("printed_by_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["note_id"], ["notes.id"], name="fk_printed_copies_note_id_notes"),
        sa.ForeignKeyConstraint(
            ["printed_by_id"], ["people.id"], name="fk_printed_copies_printed_by_id_people"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_printed_copies"),
        sa.UniqueConstraint("note_id", "serial", name="uq_printed_copies_note_id_serial"),
    )
    op.create_index("ix_printed_copies_note_id", "printed_copies", ["note_id"])
    op.create_index("ix_printed_copies_printed_at", "printed_copies", ["printed_at"])

    immutability.lay(op.get_bind())


def downgrade() -> None:
    immutability.lift(op.get_bind())
    op.drop_table("printed_copies")
    op.drop_table("vials")
    op.drop_table("sites")
    op.drop_table("preparations")
    op.drop_table("notes")
    op.drop_table("chart_saves")
    op.drop_table("treatments")
    op.drop_table("web_sessions")
    op.drop_table("signing_keys")
    op.drop_table("patients")
    op.drop_table("sign_in_attempts")
    op.drop_table("people")
    op.drop_table("clinics")
    op.drop_table("authorities")
    op.drop_table("audit_head")
    op.drop_table("audit_entries")
