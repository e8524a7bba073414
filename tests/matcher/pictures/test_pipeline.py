"""Whole pictures through the real networks: who is told apart, what is refused and reported."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import pytest
from gateway.matcher.models.contract import LivenessContract, Role
from gateway.matcher.models.registry import Entry, Registry
from gateway.matcher.models.runtime import Network
from gateway.matcher.pictures.decode import Bounds
from gateway.matcher.pictures.embed import Embedder
from gateway.matcher.pictures.liveness import LivenessJudge, square
from gateway.matcher.pictures.pipeline import Pipeline, load
from gateway.matcher.pictures.rules import FaceRules
from PIL import Image, ImageDraw, ImageFilter

from gateway.domain.matching import Analysis, PictureRefused
from gateway.domain.templates import ElementType, FaceTemplate
from tests.support.faces import GREY, encoded, on_canvas, orl, portrait
from tests.support.heads import face
from tests.support.networks import mean_model, mean_network


def vector(template: FaceTemplate) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    return np.frombuffer(template.data, "<f4")


def likeness(one: Analysis, other: Analysis) -> float:
    return float(vector(one.template) @ vector(other.template))


def refused(pipeline: Pipeline, image: Image.Image, code: str, faces: int) -> None:
    with pytest.raises(PictureRefused) as caught:
        pipeline.analyse(encoded(image))
    assert caught.value.code == code
    assert caught.value.report is not None
    assert caught.value.report.faces == faces
    assert ("faces" in caught.value.report.unmet) == (faces != 1)


def test_a_template_has_length_one_and_names_its_model(pipeline: Pipeline) -> None:
    template = pipeline.analyse(portrait(1, 1)).template
    assert (template.algorithm, template.dimensions) == (0x0101, 128)
    assert (template.elements, template.normalised) == (ElementType.FLOAT32, True)
    assert np.linalg.norm(vector(template)) == pytest.approx(1, abs=1e-6)


def test_known_pairs_are_alike_and_strangers_are_not(pipeline: Pipeline) -> None:
    seen = {
        (person, number): pipeline.analyse(portrait(person, number))
        for person in range(1, 9)
        for number in (1, 4, 7)
    }
    own: list[float] = []
    others: list[float] = []
    for (person, number), one in seen.items():
        for (another, its), other in seen.items():
            if (person, number) < (another, its):
                (own if person == another else others).append(likeness(one, other))
    assert (len(own), len(others)) == (24, 252)
    assert min(own) > 0.5
    assert max(others) < 0.45


def test_the_same_picture_gives_the_same_bytes(pipeline: Pipeline) -> None:
    one, other = (pipeline.analyse(portrait(3, 2)) for _ in range(2))
    assert one.template == other.template
    assert one.report == other.report


def test_a_good_picture_meets_every_rule(pipeline: Pipeline) -> None:
    report = pipeline.analyse(portrait(1, 1, 2.3)).report
    assert report.unmet == ()
    assert (report.format, report.width, report.height, report.faces) == ("jpeg", 640, 480, 1)


def test_a_report_holds_plain_values(pipeline: Pipeline) -> None:
    """Not numpy's: they are no ``bool`` to ``is``, and JSON does not know them."""
    for one in pipeline.analyse(portrait(1, 1)).report.findings:
        assert type(one.met) is bool
        assert type(one.measured) in (float, int, str)


@pytest.mark.parametrize(
    ("image", "code"),
    [
        (on_canvas(orl(1, 1, 1.2)), "eye_distance"),
        (on_canvas(orl(1, 1, 1.2)), "face_box"),
        (on_canvas(orl(1, 1, 4.2)), "face_box"),
        (on_canvas(orl(1, 1, 2.3), at=((-20, 100),)), "face_margin"),
        (on_canvas(orl(1, 1, 2.3), size=(320, 300)), "picture_size"),
        (on_canvas(orl(1, 1, 2.3)).point(lambda level: level * 1.8), "light_clipped"),
    ],
    ids=["far", "small", "near", "edge", "cut", "glare"],
)
def test_what_is_wrong_is_reported(pipeline: Pipeline, image: Image.Image, code: str) -> None:
    assert code in pipeline.analyse(encoded(image)).report.unmet


def test_a_face_lit_from_one_side_is_reported(pipeline: Pipeline) -> None:
    image = on_canvas(orl(1, 1, 2.3))
    shade = Image.new("RGB", (320, 480), (0, 0, 0))
    image.paste(Image.blend(image.crop((0, 0, 320, 480)), shade, 0.65), (0, 0))
    assert "light_evenness" in pipeline.analyse(encoded(image)).report.unmet


def test_squeezed_pictures_are_reported_more_often(pipeline: Pipeline) -> None:
    def reported(wide: float, high: float) -> int:
        count = 0
        for person in range(1, 11):
            image = orl(person, 1, 2.4)
            size = round(image.width * wide), round(image.height * high)
            report = pipeline.analyse(encoded(on_canvas(image.resize(size)))).report
            count += "distortion" in report.unmet
        return count

    # Faces differ by nearly as much as a squeeze by a fifth; see docs/operators/matcher.md.
    assert reported(1, 1) <= 1
    assert reported(1, 0.8) >= 4
    assert reported(0.65, 1) >= 6


@pytest.mark.parametrize("degrees", [-24, 24])
def test_a_tilted_head_is_reported_and_still_known(pipeline: Pipeline, degrees: int) -> None:
    image = on_canvas(orl(1, 1, 2.3))
    tilted = pipeline.analyse(
        encoded(image.rotate(degrees, Image.Resampling.BICUBIC, fillcolor=GREY))
    )
    assert "roll" in tilted.report.unmet
    assert likeness(tilted, pipeline.analyse(encoded(image))) > 0.7


def test_a_blurred_face_is_less_sharp(pipeline: Pipeline) -> None:
    def sharpness(image: Image.Image) -> float:
        report = pipeline.analyse(encoded(image)).report
        (found,) = [one.measured for one in report.findings if one.code == "sharpness"]
        assert isinstance(found, float)
        return found

    image = on_canvas(orl(1, 1, 2.3))
    assert sharpness(image.filter(ImageFilter.GaussianBlur(3))) < sharpness(image) / 4


def test_no_face(pipeline: Pipeline) -> None:
    refused(pipeline, Image.new("RGB", (640, 480), GREY), "picture.no_face", 0)
    refused(pipeline, Image.new("RGB", (1, 1), GREY), "picture.no_face", 0)
    refused(pipeline, Image.effect_noise((640, 480), 80).convert("RGB"), "picture.no_face", 0)


def test_several_faces(pipeline: Pipeline) -> None:
    refused(pipeline, on_canvas(orl(1, 1), orl(2, 1)), "picture.several_faces", 2)
    beside = on_canvas(orl(1, 1), orl(2, 1, 0.8), at=((100, 100), (500, 200)))
    refused(pipeline, beside, "picture.several_faces", 2)


def test_a_face_too_small_to_be_told(pipeline: Pipeline) -> None:
    refused(pipeline, on_canvas(orl(1, 1, 0.4)), "picture.face_too_small", 1)


@pytest.mark.parametrize("person", range(1, 9))
def test_a_picture_upside_down_is_seen_to_be(pipeline: Pipeline, person: int) -> None:
    image = on_canvas(orl(person, 1, 2.3)).transpose(Image.Transpose.ROTATE_180)
    report = pipeline.analyse(encoded(image)).report
    (roll,) = [one.measured for one in report.findings if one.code == "roll"]
    assert isinstance(roll, float)
    assert abs(roll) > 165
    assert "roll" in report.unmet


def test_the_orientation_tag_puts_it_upright(pipeline: Pipeline) -> None:
    upright = on_canvas(orl(1, 1, 2.3))
    exif = Image.Exif()
    exif[0x0112] = 6
    lying = upright.transpose(Image.Transpose.ROTATE_90)
    seen = pipeline.analyse(encoded(lying, exif=exif))
    assert (seen.report.width, seen.report.height) == (640, 480)
    assert likeness(seen, pipeline.analyse(encoded(upright))) > 0.99


@pytest.mark.parametrize("half", ["left", "lower"])
def test_a_half_hidden_face_is_refused_or_less_like(pipeline: Pipeline, half: str) -> None:
    image = on_canvas(orl(1, 1, 2.3))
    whole = pipeline.analyse(encoded(image))
    covered = image.copy()
    box = (0, 0, 320, 480) if half == "left" else (0, 250, 640, 480)
    ImageDraw.Draw(covered).rectangle(box, fill=(60, 60, 60))
    try:
        seen = pipeline.analyse(encoded(covered))
    except PictureRefused as error:
        # Which of the two it is depends on the face; neither is a match.
        assert error.code == "picture.no_face"  # noqa: PT017
    else:
        assert likeness(seen, whole) < 0.8


def test_large_pictures_are_judged_as_their_reduced_copy(pipeline: Pipeline) -> None:
    small = on_canvas(orl(1, 1, 2.3))
    large = small.resize((1920, 1440), Image.Resampling.BICUBIC)
    one, other = pipeline.analyse(encoded(small)), pipeline.analyse(encoded(large))
    assert other.report.unmet == ("picture_size",)
    assert other.report.width == 1920
    assert likeness(one, other) > 0.95


def test_colour_order_reaches_the_embedder_as_its_contract_says(pipeline: Pipeline) -> None:
    network = mean_network(side=112)
    base = mean_model(network, side=112)
    image = Image.new("RGB", (200, 200), (250, 100, 50))
    one = face(left=10, top=10)
    seen = {}
    for colour in type(base.input.colour):
        model = replace(base, input=replace(base.input, colour=colour))
        cut = Image.new("RGB", (112, 112), (250, 100, 50))
        template = Embedder(Network(model, network)).embed(image, one, cut)
        seen[colour.value] = vector(template)
    weights = np.arange(9).reshape(3, 3) / 100
    for name, levels in (("rgb", (250, 100, 50)), ("bgr", (50, 100, 250))):
        wanted = np.array(levels) @ weights
        unit = wanted / np.linalg.norm(wanted)
        assert np.abs(seen[name] - unit).max() < 1e-5


def test_an_embedder_of_another_size_gets_a_cut_of_its_own(registry: Registry) -> None:
    network = mean_network(side=160, outputs=4)
    model = mean_model(network, side=160, outputs=4)
    whole = load(registry, rules=FaceRules(), bounds=Bounds())
    mixed = Pipeline(whole.detector, Embedder(Network(model, network)))
    template = mixed.analyse(portrait(1, 1)).template
    assert (template.algorithm, template.dimensions) == (0x1001, 4)


def liveness_entry(data: bytes, registry: Registry) -> Entry:
    origin = registry.folder / "alive.onnx"
    origin.write_bytes(data)
    model = replace(
        mean_model(data, side=32),
        role=Role.LIVENESS,
        name="alive",
        algorithm=0,
        digest=hashlib.sha256(data).hexdigest(),
        liveness=LivenessContract(crop=2.7, live=2, softmax=True),
    )
    return Entry(model=model, origin=origin)


def test_without_a_network_liveness_is_unknown(pipeline: Pipeline) -> None:
    assert pipeline.analyse(portrait(1, 1)).liveness is None


def test_a_configured_network_judges_liveness(registry: Registry) -> None:
    with_it = replace(registry, liveness=liveness_entry(mean_network(), registry))
    list(with_it.prepare())
    judged = load(with_it, rules=FaceRules(), bounds=Bounds()).analyse(portrait(1, 1)).liveness
    assert judged is not None
    assert 0.34 < judged <= 1  # the last of three growing scores, as a share


def test_liveness_sees_a_square_around_the_face_inside_the_picture() -> None:
    image = Image.new("RGB", (640, 480))
    middle = face(width=100, height=100, left=270, top=190)
    corner = face(width=100, height=100, left=5, top=380)
    near = face(width=300, height=300, left=300, top=100)
    squares = [
        [round(side) for side in square(image, *asked)]
        for asked in ((middle, 2.0), (corner, 2.0), (near, 2.7))
    ]
    assert squares == [[220, 140, 420, 340], [0, 280, 200, 480], [160, 0, 640, 480]]


def test_a_live_share_is_never_beyond_its_bounds() -> None:
    data = mean_network(side=32)
    contract = LivenessContract(crop=1.5, live=2, softmax=False)
    judge = LivenessJudge(Network(mean_model(data), data), contract)
    assert judge.judge(Image.new("RGB", (640, 480), (255, 255, 255)), face()) == 1
