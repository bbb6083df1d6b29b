"""The site's colors for code that cannot use CSS variables: drawings, social cards, emails. A test
compares them with those of the stylesheet (static/css/00-tokens.css)."""

LIGHT = {
    "paper": "#FBF7F0",
    "surface": "#F1E9DD",
    "ink": "#17130F",
    "quiet": "#5F564C",
    "edge": "#857A6D",
    "line": "#D8CEC0",
    "accent": "#B93A0A",
}
DARK = {
    "paper": "#15120F",
    "surface": "#211C18",
    "ink": "#F4EEE5",
    "quiet": "#B5AA9D",
    "edge": "#8A7F73",
    "line": "#3D352E",
    "accent": "#FF8C57",
}
PAPER, SURFACE, INK, QUIET, EDGE, LINE, ACCENT = LIGHT.values()
