"""The audit trail: who did what, when and with what outcome, in a chain that shows tampering."""

from app.audit.anchors import anchor
from app.audit.trail import AuditEntry, AuditHead, count, record
from app.audit.verification import Fault, is_own_trail, verify

__all__ = [
    "AuditEntry",
    "AuditHead",
    "Fault",
    "anchor",
    "count",
    "is_own_trail",
    "record",
    "verify",
]
