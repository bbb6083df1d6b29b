"""Every drawing shows an anatomically possible body, and its SVG is valid and small."""

import gzip
import re
from xml.etree import ElementTree

import pytest
from django.conf import settings

from figures import figure
from figures.pose import SIDES, read_pose
from figures.skeleton import ANKLE_HEIGHT, FOREARM, HEEL, SHIN, THIGH, TRUNK, UPPER_ARM, Skeleton
from tests.support.bodies import center_of_mass, contact_points, surfaces

TOLERANCE = 0.5  # hundredths of the body height, about 8 mm


@pytest.fixture(params=figure.drawing_keys())
def drawing(request):
    return figure.load(request.param)


def standing(**changes):
    return {"place": {"hip": [30, 52.5]}, "foot": [28, 0]} | changes


def table(**changes):
    return {"working": ["glutes"], "start": standing(), "end": standing()} | changes


def test_drawing_keys_are_sorted_and_complete():
    keys = figure.drawing_keys()
    assert keys == sorted(keys)
    assert len(keys) >= 36
    for variation in ("basic-floor", "weighted-floor", "feet-elevated"):
        assert f"hip-thrust-{variation}" in keys


def test_a_missing_drawing_is_a_key_error():
    with pytest.raises(KeyError):
        figure.load("handstand")
    with pytest.raises(KeyError):
        figure.load("../pose")


def test_segment_lengths_are_constant_in_every_frame(drawing):
    for fraction in figure.FRACTIONS:
        skeleton = drawing.skeleton(fraction)
        hip, waist, neck = (skeleton.joints[name] for name in ("hip", "waist", "shoulder"))
        assert abs(waist - hip) + abs(neck - waist) == pytest.approx(TRUNK)
        for side in SIDES:
            for limb, names, lengths in (
                ("leg", ("hip", "knee", "ankle"), (THIGH, SHIN)),
                ("arm", ("shoulder", "elbow", "wrist"), (UPPER_ARM, FOREARM)),
            ):
                a, b, c = (skeleton.joints[f"{side}_{name}"] for name in names)
                visible = skeleton.lengths(side, limb)
                assert (abs(b - a), abs(c - b)) == pytest.approx(visible, abs=0.01)
                assert visible[0] <= lengths[0] + 0.01
                assert visible[1] <= lengths[1] + 0.01


def test_the_distance_from_heel_to_ankle_is_constant_in_every_frame(drawing):
    for fraction in figure.FRACTIONS:
        skeleton = drawing.skeleton(fraction)
        for side in SIDES:
            heel, ankle = skeleton.joints[f"{side}_heel"], skeleton.joints[f"{side}_ankle"]
            expected = abs(complex(HEEL, ANKLE_HEIGHT)) if skeleton.view == "side" else ANKLE_HEIGHT
            assert abs(ankle - heel) == pytest.approx(expected)


def test_joints_stay_within_their_limits_in_every_frame(drawing):
    for fraction in figure.FRACTIONS:
        drawing.skeleton(fraction).check(drawing.key)


def test_contact_points_lie_on_their_surface(drawing):
    tops = surfaces(drawing)
    for fraction in figure.FRACTIONS:
        own: dict[float, tuple[str, ...]] = {
            0: drawing.start.contacts,
            1: drawing.end.contacts,
        }
        for contact in (*drawing.contacts, *own.get(fraction, ())):
            name, _, surface = contact.partition(":")
            left, right, top = tops[surface]
            for point in contact_points(drawing.skeleton(fraction), name):
                assert point.imag == pytest.approx(top, abs=TOLERANCE), (contact, fraction)
                assert left - 1.5 <= point.real <= right + 1.5, (contact, fraction)


def test_nothing_is_below_the_floor(drawing):
    for fraction in figure.FRACTIONS:
        for shape in figure.shapes(drawing, fraction):
            lowest = min(point.imag for point in shape.path.points())
            assert lowest >= -TOLERANCE - 0.2, (shape.tone, fraction)


def test_the_body_is_balanced(drawing):
    """The center of mass (without weights and machines) is above the contact points."""
    for fraction, pose in ((0, drawing.start), (1, drawing.end)):
        skeleton = drawing.skeleton(fraction)
        names = [contact.partition(":")[0] for contact in (*drawing.contacts, *pose.contacts)]
        x = [point.real for name in names for point in contact_points(skeleton, name)]
        if x:
            assert min(x) - 1 <= center_of_mass(skeleton).real <= max(x) + 1


@pytest.mark.parametrize("which", ["start", "end"])
def test_svg_is_small_and_well_formed_without_styles_or_scripts(drawing, which):
    markup = figure.svg(drawing, which, label='Start of "it" & <more>', uid="a1")
    root = ElementTree.fromstring(markup)
    assert root.get("role") == "img"
    assert root.get("aria-label") == 'Start of "it" & <more>'
    assert not re.search(r"style=|<style|<script|\son\w+=|#[0-9a-f]{6}|nan|inf", markup)
    assert all(name.startswith("a1") for name in re.findall(r'\bid="([^"]+)"', markup))
    assert "fig-work" in markup
    assert len(markup) < 4000


def test_both_poses_have_the_same_view_box_which_contains_every_frame(drawing):
    pair = [figure.svg(drawing, which, label="x", uid="u") for which in ("start", "end")]
    boxes = {ElementTree.fromstring(markup).get("viewBox") for markup in pair}
    assert len(boxes) == 1
    assert len(gzip.compress("".join(pair).encode(), 9)) < 2048
    low, high = drawing.bounds
    for fraction in figure.FRACTIONS:
        for shape in figure.shapes(drawing, fraction):
            for point in shape.path.points():
                assert low.real <= point.real <= high.real
                assert point.imag <= high.imag


def test_the_first_and_last_frame_are_the_start_and_end_pose(drawing):
    markup = figure.frames(drawing, label="Moves", uid="m")
    groups = ElementTree.fromstring(markup).findall("g")
    assert [group.get("class") for group in groups] == [
        f"fig-frame fig-frame-{i}" for i in range(1, 7)
    ]
    first, last = ([path.get("d") for path in groups[i]] for i in (0, -1))
    stills: list[tuple[figure.PoseName, list]] = [("start", first), ("end", last)]
    for which, expected in stills:
        still = ElementTree.fromstring(figure.svg(drawing, which, label="x", uid="m"))
        assert [path.get("d") for path in still.findall("path")][:-1] == expected


def test_all_ids_begin_with_the_uid():
    drawing = figure.load("hip-thrust-basic-floor")
    pages = [figure.svg(drawing, "start", label="x", uid=uid) for uid in ("one", "two")]
    ids = [re.findall(r'\bid="([^"]+)"', page) for page in pages]
    assert not set(ids[0]) & set(ids[1])
    assert 'url(#one-h)"' in pages[0]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"start": standing(nee=20)}, "here, start: unknown joint 'nee'"),
        ({"start": standing(near_trunk=20)}, "unknown joint 'near_trunk'"),
        ({"end": standing(elbow=-40)}, "here, end: elbow = -40.0 degrees"),
        ({"end": standing(trunk="up")}, "must be a number of degrees"),
        ({"end": standing(place={})}, "place must name one point"),
        ({"end": standing(place={"near_heel": [20, 0]})}, "moved by a target of the same limb"),
        ({"end": standing(place={"hip": [30, 5]}, trunk=90)}, "near_hip = "),
        ({"end": standing(hand=[90, 90])}, "near hand is .* from its root"),
        ({"end": standing(hand="moon")}, "unknown point 'moon'"),
        ({"prop": [{"kind": "trampoline"}]}, "unknown prop 'trampoline'"),
        ({"prop": [{"kind": "bench", "x": 1}]}, "prop 'bench' needs 'width'"),
        ({"working": ["brain"]}, "unknown muscle 'brain'"),
        ({"view": "top"}, "view is 'side' or 'front'"),
        ({"mood": "good"}, "unknown field 'mood'"),
    ],
)
def test_an_invalid_drawing_raises_a_descriptive_error(changes, message):
    with pytest.raises(ValueError, match=message):
        figure.read(table(**changes), "here")


@pytest.mark.parametrize(
    "prop",
    [
        {"kind": "plate", "at": "crease"},
        {"kind": "ball", "at": "crease"},
        {"kind": "dumbbell", "at": "crease", "turn": 90},
    ],
)
def test_a_weight_on_the_crease_of_the_hips_lies_on_the_body(prop):
    drawing = figure.read(table(prop=[prop]), "here")
    crease = drawing.skeleton(0).joints["crease"]
    weight = [shape for shape in figure.shapes(drawing, 0) if shape.tone in ("prop", "weight")]
    middle = sum(weight[0].path.points()) / len(weight[0].path.points())
    assert abs(middle - crease) < 1.5


def test_the_stylesheet_has_a_rule_for_every_class(drawing):
    sheet = (settings.BASE_DIR / "static" / "css" / "60-figure.css").read_text()
    markup = figure.svg(drawing, "start", label="x", uid="u") + figure.frames(
        drawing, label="x", uid="v"
    )
    classes = {name for found in re.findall(r'class="([^"]+)"', markup) for name in found.split()}
    assert all(f".{name}" in sheet for name in classes)


def test_a_far_limb_can_have_its_own_angle():
    pose = read_pose(standing(elbow=20, far_elbow=90), "side", "here")
    skeleton = Skeleton(pose)
    assert skeleton.angles["near_elbow"] == pytest.approx(20)
    assert skeleton.angles["far_elbow"] == pytest.approx(90)


def test_a_standing_figure_is_100_units_tall():
    skeleton = Skeleton(read_pose({"place": {"near_heel": [0, 0]}}, "side", "here"))
    assert skeleton.joints["crown"].imag == pytest.approx(100, abs=0.5)
