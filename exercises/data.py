"""Serves the exercises as JSON (see docs/open-data.md) and their drawings as SVG files."""

from base64 import b64encode
from hashlib import sha256
from typing import Any

from csp.constants import NONE
from csp.decorators import csp_replace
from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.timezone import localdate

from exercises import formatting, safety
from exercises.models import Amount, Exercise, Prescription, Variation
from exercises.models.approval import Approved
from exercises.structured import split_names
from figures import figure, standalone
from metadata.page import absolute
from publishing.models import Site
from web.decorators import stored

VERSION = 2  # increment when a JSON field is removed or changes its meaning
STYLE_HASH = f"'sha256-{b64encode(sha256(standalone.STYLE.encode()).digest()).decode()}'"


@stored()
def all_exercises(request: HttpRequest) -> HttpResponse:
    return _json_response({"exercises": [_exercise(row) for row in _rows()]})


@stored()
def one_exercise(request: HttpRequest, slug: str) -> HttpResponse:
    return _json_response({"exercise": _exercise(get_object_or_404(_rows(), slug=slug))})


@csp_replace({"default-src": [NONE], "style-src": [STYLE_HASH]})
@stored()
def drawing(request: HttpRequest, key: str, which: figure.PoseName) -> HttpResponse:
    """Serves the start or end pose of a drawing as an SVG document."""
    if key not in figure.drawing_keys():
        raise Http404
    label = f"{key.replace('-', ' ')}, {which}"
    svg = standalone.document(figure.load(key), which, label)
    return _allow_any_origin(HttpResponse(svg, "image/svg+xml"))


def _json_response(data: dict[str, Any]) -> HttpResponse:
    about = {"version": VERSION, "source": Site.current().name, "home": absolute("/")}
    return _allow_any_origin(JsonResponse(about | data, json_dumps_params={"ensure_ascii": False}))


def _allow_any_origin(response: HttpResponse) -> HttpResponse:
    """Lets any site read the response (CORS) and any cache keep it for five minutes."""
    response["Access-Control-Allow-Origin"] = "*"
    response["Cache-Control"] = "public, max-age=300"
    return response


def _rows() -> QuerySet[Exercise]:
    return Exercise.objects.published().prefetch_related(
        "work__muscle",
        "subjects",
        Prefetch("variations", Variation.objects.published().complete().order_by("position")),
    )


def _exercise(exercise: Exercise) -> dict[str, Any]:
    return {
        "slug": exercise.slug,
        "name": exercise.name,
        "other_names": split_names(exercise.other_names),
        "url": absolute(exercise.get_absolute_url()),
        "data": absolute(reverse("exercise_json", args=[exercise.slug])),
        "changed": exercise.changed_at.isoformat(),
        "summary": exercise.summary,
        "purpose": exercise.purpose,
        "who_for": exercise.who_for,
        **_asked_and_approved(exercise),
        "check_first": exercise.check_first,
        "pattern": exercise.pattern,
        "subjects": [subject.slug for subject in exercise.subjects.all()],
        "muscles": [
            {"slug": work.muscle.slug, "name": work.muscle.name, "role": work.role}
            for work in exercise.work.all()
        ],
        "variations": [_variation(row) for row in exercise.variations.all()],
    }


def _variation(variation: Variation) -> dict[str, Any]:
    prescription = getattr(variation, "prescription", None)
    return {
        "slug": variation.slug,
        "name": variation.name,
        "other_names": split_names(variation.other_names),
        "url": absolute(variation.get_absolute_url()),
        "rung": variation.rung,  # type: ignore[attr-defined]
        "level": variation.level,
        "posture": variation.posture,
        "needs_label": variation.needs_label,
        "needs": [
            {
                "one_of": [equipment.slug for equipment in need.one_of.all()],
                "optional": need.optional,
                "note": need.note,
            }
            for need in variation.needs.all()
        ],
        "steps": [
            {"phase": step.phase, "text": step.text, "hold": _seconds(step.hold_seconds)}
            for step in variation.steps.all()
        ],
        "prescription": _prescription(prescription) if prescription else None,
        **_asked_and_approved(variation),
        "check_first": variation.check_first,
        "special_risk": variation.special_risk,
        "alternative": _alternative(variation),
        "drawings": _drawings(variation.drawing),
        "end_pose": variation.end_pose,
        "photo": absolute(variation.photo.src) if variation.photo else None,
        "photos": {
            which: absolute(photo.src)
            for which, photo in (("start", variation.photo), ("end", variation.end_photo))
            if photo
        },
        "video": variation.video_url or None,
    }


def _asked_and_approved(row: Approved) -> dict[str, Any]:
    return {
        "ask_first": safety.items(row.ask_first),
        "approved": localdate(row.approved_at).isoformat() if row.approved_at else None,
    }


def _alternative(variation: Variation) -> dict[str, Any] | None:
    other, note = variation.alternative, variation.alternative_note
    if not (other or note):
        return None
    return {"url": absolute(other.get_absolute_url()) if other else None, "note": note}


def _prescription(prescription: Prescription) -> dict[str, Any]:
    amount, is_timed = _range(prescription.amount), prescription.is_timed
    return {
        "in_words": formatting.format_prescription(prescription),
        "sets": _range(prescription.set_count),
        "repetitions": None if is_timed else amount,
        "duration": {**amount, "unit": "second"} if is_timed else None,
        "each_side": prescription.per_side,
        "hold": _seconds(prescription.hold_seconds),
        "hold_where": prescription.hold_where,
        "rest": _seconds(prescription.rest_seconds),
        "tempo": prescription.tempo,
        "load": prescription.load,
    }


def _range(amount: Amount) -> dict[str, int | None]:
    """A single number is its own range; "as many as you can" has no upper end."""
    return {"min": amount.low or 1, "max": amount.high or amount.low}


def _seconds(number: int | None) -> dict[str, Any] | None:
    return {"value": number, "unit": "second"} if number else None


def _drawings(key: str) -> dict[str, str]:
    if key not in figure.drawing_keys():
        return {}
    return {w: absolute(reverse("drawing", args=[key, w])) for w in ("start", "end")}
