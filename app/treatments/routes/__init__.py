"""Routes of a session. Each loads, asks, parses, acts, answers."""

from app.treatments.routes import (  # noqa: F401
    addenda,
    chart,
    consent,
    documents,
    drafts,
    earlier,
    handouts,
    paper,
    pins,
    protocols,
    published,
    questions,
    review,
    signature,
)
