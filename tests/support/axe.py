"""Checks pages with axe, the accessibility checker."""

from pathlib import Path
from typing import Any

import axe_playwright_python
from playwright.sync_api import Page

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
LOOKS = [(width, scheme) for width in (360, 1280) for scheme in ("light", "dark")]


def findings(page: Page) -> list[str]:
    """The violations that axe finds on the page as it is, with all rules enabled."""
    page.wait_for_load_state()  # after a click the new page may still be loading
    # Evaluated because the Content-Security-Policy blocks an added script element.
    page.evaluate(f"window.axe || (() => {{ {AXE} }})()")
    result: dict[str, Any] = page.evaluate(
        "axe.run(document, { preload: false, resultTypes: ['violations'] })"
    )
    assert len(result["testEngine"]["version"]) > 3
    return [
        f"{violation['id']}: {' '.join(node['target'])} {node.get('failureSummary', '')[:200]}"
        for violation in result["violations"]
        for node in violation["nodes"]
    ]


def look(page: Page, looks: list[tuple[int, str]] = LOOKS) -> None:
    """Fails if axe finds anything at one of these widths and color schemes."""
    for width, scheme in looks:
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        # The admin animates its colors when the scheme changes.
        page.evaluate("document.getAnimations().forEach(fade => fade.finish())")
        assert findings(page) == [], f"{page.url} at {width} px, {scheme}"
