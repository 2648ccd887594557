"""What a sweep has counted so far, in a file: plain JSON, with a fingerprint of the sweep and a checksum."""

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from lastseat.model.searches.readable import Mix
from lastseat.simulations.common.files import write_whole
from lastseat.simulations.common.text import quoted, reason_of
from lastseat.simulations.sweeps.chunks import Plan, Sampled
from lastseat.simulations.sweeps.points import Point

FORMAT = "lastseat sweep 1"


class CheckpointError(ValueError):
    """A file that is no checkpoint of this sweep. It is left as it is."""


class _Entry(BaseModel):
    """One point: `chunks` in hexadecimal, a bit for each; `mixes` as rows of BOOKED, REJECTED, FAILED, runs."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)
    chunks: str
    mixes: list[tuple[int, int, int, int]]


class _Saved(BaseModel):
    """The whole file. `about` is for people; the fingerprint decides."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)
    format: str
    about: str
    fingerprint: str
    checksum: str
    points: list[_Entry]


def save(path: Path, plan: Plan, samples: Mapping[Point, Sampled]) -> None:
    """Write the checkpoint in one step. Raises WriteError; the one before is there still."""
    entries = [
        {"chunks": f"{sampled.chunks:x}", "mixes": [[*mix, runs] for mix, runs in sampled.mixes.items()]}
        for sampled in (samples[point] for point in plan.points)
    ]
    saved = {
        "format": FORMAT,
        "about": f"{len(plan.points)} points, {plan.runs} runs each, seed {plan.seed}",
        "fingerprint": plan.fingerprint(),
        "checksum": _checksum(entries),
        "points": entries,
    }
    write_whole(path, json.dumps(saved).encode("ascii"))


def load(path: Path, plan: Plan) -> dict[Point, Sampled]:
    """Return what a checkpoint holds of this sweep; nothing of it where there is no such file.

    Raises CheckpointError for a file that is broken, or of another sweep.
    """
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return {point: Sampled(point) for point in plan.points}
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{_named(path)} cannot be read: {reason_of(error)}") from None
    try:
        saved = _Saved.model_validate_json(text)
        right = saved.format == FORMAT and saved.checksum == _checksum(
            [{"chunks": entry.chunks, "mixes": [list(row) for row in entry.mixes]} for entry in saved.points]
        )
    except ValidationError:
        right = False
    if not right:
        raise CheckpointError(f"{_named(path)} is broken, or no checkpoint of a sweep; it was left alone")
    if saved.fingerprint != plan.fingerprint():
        raise CheckpointError(
            f"{_named(path)} is of another sweep ({quoted(saved.about)}, {quoted(saved.fingerprint)}; "
            f"this is {plan.fingerprint()}); it was left alone"
        )
    try:
        return {point: _sampled(plan, point, entry) for point, entry in zip(plan.points, saved.points, strict=True)}
    except ValueError as error:
        raise CheckpointError(f"{_named(path)} contradicts itself: {error}") from None


def _sampled(plan: Plan, point: Point, entry: _Entry) -> Sampled:
    """Return the counts of one point. Raises ValueError when they cannot be those of the chunks that they name."""
    sampled = Sampled(point, {(row[0], row[1], row[2]): row[3] for row in entry.mixes}, int(entry.chunks, 16))
    count = plan.count(point)
    if not 0 <= sampled.chunks < 1 << count:
        raise ValueError(f"{point} has {count} chunks")
    short = plan.size(point) - plan.chunk(point, count - 1).runs  # what the last chunk has less than the others
    due = sampled.chunks.bit_count() * plan.size(point) - short * sampled.has(count - 1)
    if sampled.runs != due or len(sampled.mixes) != len(entry.mixes):
        raise ValueError(f"{point} has {sampled.runs} runs where its chunks have {due}")
    for mix, runs in sampled.mixes.items():
        if runs < 1 or min(mix) < 0 or sum(mix) != point.attempts or mix[0] > point.capacity:
            raise ValueError(f"{point} cannot have {runs} runs of {_listed(mix)}")
    return sampled


def _named(path: Path) -> str:
    return f"checkpoint {quoted(str(path))}"


def _listed(mix: Mix) -> str:
    return ",".join(map(str, mix))


def _checksum(entries: object) -> str:
    return sha256(json.dumps(entries).encode("ascii")).hexdigest()
