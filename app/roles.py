"""What roles are called."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.models import Person, Role

SHORT = {
    Role.PROVIDER: _l("provider"),
    Role.PRESCRIBER: _l("prescriber"),
    Role.ASSISTANT: _l("assistant"),
    Role.STAFF: _l("staff"),
    Role.ADMINISTRATOR: _l("administrator"),
}
MEANING = {
    Role.PROVIDER: _l("Provider: charts and signs"),
    Role.PRESCRIBER: _l("Prescriber: may override a rule with a reason"),
    Role.ASSISTANT: _l("Assistant: charts and mixes, never signs"),
    Role.STAFF: _l("Staff: records, printing, patients"),
    Role.ADMINISTRATOR: _l("Administrator: people and settings, no patients"),
}


def role_names(person: Person) -> list[str]:
    """The person's roles in words, in the usual order."""
    return [str(name) for role, name in SHORT.items() if role in person.roles]
