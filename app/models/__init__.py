"""RECORDS: SQLAlchemy mappings whose methods say what happens in the clinic.

Nothing here commits, reads the clock or knows a request: `by=` and `now=` are arguments.
"""

from app.models.addendum import Addendum
from app.models.adverse_event import AdverseEvent
from app.models.answer import Answer
from app.models.catalogue import CatalogueVerification, ClinicCatalogueRow
from app.models.clinic import Authority, Clinic
from app.models.drawing import DrawingDraft, ReleasedDrawing
from app.models.note import Note, PrintedCopy
from app.models.outside_dose import OutsideDose
from app.models.patient import Patient
from app.models.person import Person, Role, SignInAttempt, SigningKey, UnlockPin
from app.models.restriction import EmergencyAccess, EmergencyAlarm, NamedPerson
from app.models.stock import StockEntry, StockLot
from app.models.tablet import Tablet, TabletSignIn
from app.models.treatment import (
    ChartSave,
    Preparation,
    Reminder,
    Site,
    Treatment,
    TreatmentMove,
    Vial,
)
from app.models.web_session import WebSession

__all__ = [
    "Addendum",
    "AdverseEvent",
    "Answer",
    "Authority",
    "CatalogueVerification",
    "ChartSave",
    "Clinic",
    "ClinicCatalogueRow",
    "DrawingDraft",
    "EmergencyAccess",
    "EmergencyAlarm",
    "NamedPerson",
    "Note",
    "OutsideDose",
    "Patient",
    "Person",
    "Preparation",
    "PrintedCopy",
    "ReleasedDrawing",
    "Reminder",
    "Role",
    "SignInAttempt",
    "SigningKey",
    "Site",
    "StockEntry",
    "StockLot",
    "Tablet",
    "TabletSignIn",
    "Treatment",
    "TreatmentMove",
    "UnlockPin",
    "Vial",
    "WebSession",
]
