"""The region of the wide crop."""

import pytest

from pictures.worker.codec.renditions import StoredPicture


@pytest.mark.parametrize(
    ("size", "focus", "box"),
    [
        ((1600, 900), (0, 0), (0, 0, 1600, 900)),  # 16:9 already
        ((1600, 1200), (50, 50), (0, 150, 1600, 1050)),
        ((1600, 1200), (50, 0), (0, 0, 1600, 900)),
        ((1600, 1200), (10, 100), (0, 300, 1600, 1200)),
        ((3200, 900), (0, 50), (0, 0, 1600, 900)),
        ((3200, 900), (75, 50), (1600, 0, 3200, 900)),
        ((90, 1600), (50, 50), (0, 774, 90, 825)),
        ((1, 1), (100, 100), (0, 0, 1, 1)),
        ((5000, 1), (100, 0), (4998, 0, 5000, 1)),
    ],
)
def test_the_crop_is_centered_on_the_focal_point_as_closely_as_possible(
    size: tuple[int, int], focus: tuple[int, int], box: tuple[int, int, int, int]
) -> None:
    assert StoredPicture("a", "png", *size).wide_crop(focus).box == box
