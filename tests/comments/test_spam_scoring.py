"""The accuracy of the spam score on texts that it was not calibrated with."""

import random
from collections import Counter

import pytest

from comments.spam_scoring import Learned, Score, Submission, score, words_of
from tests.support.corpus import by_topic, lines_of, readers

SPAM = by_topic("spam") | by_topic("spam_unseen")
DECISIONS = 30  # of each kind


def submission(words: str, name: str = "Ana", favorite: str = "") -> Submission:
    return Submission(name, favorite, words)


def learned_from(spam: list[str], published: list[str]) -> Learned:
    """What the filter learns from these decisions."""
    counts: dict[str, list[int]] = {}
    for kind, texts in enumerate((published, spam)):
        for text in texts:
            for word in words_of(submission(text)):
                counts.setdefault(word, [0, 0])[kind] += 1
    words = {word: (numbers[0], numbers[1]) for word, numbers in counts.items()}
    return Learned(len(published), len(spam), words)


def likely_spam(texts: list[str], learned: Learned = Learned()) -> list[str]:  # noqa: B008
    return [text for text in texts if score(submission(text), learned).is_likely]


def test_the_corpora_are_large_enough() -> None:
    assert sum(map(len, SPAM.values())) > 280
    assert len(readers()) > 600


@pytest.mark.parametrize("seed", range(8))
def test_unseen_topics_are_detected_after_thirty_decisions(seed: int) -> None:
    """Trains with thirty decisions of each kind, on half of the topics, and scores the rest.

    Average of many draws in November 2026: 84 % of the spam and one reader in 1,600 are likely."""
    r = random.Random(seed)
    seen = r.sample(sorted(SPAM), len(SPAM) // 2)
    known = [text for topic in seen for text in SPAM[topic]]
    unknown = [text for topic in SPAM if topic not in seen for text in SPAM[topic]]
    people = readers()
    r.shuffle(people)
    learned = learned_from(r.sample(known, DECISIONS), people[:DECISIONS])
    assert len(likely_spam(unknown, learned)) >= 0.6 * len(unknown)
    others = people[DECISIONS:]
    assert len(likely_spam(others, learned)) <= len(others) / 500


def test_texts_written_after_the_signs() -> None:
    """Each round of texts was written before the signs were extended with its failures. At first,
    without decisions, 44, 61 and 70 % of the spam and 6, 4 and 0 % of the readers were likely."""
    unseen = lines_of("spam_unseen")
    assert len(likely_spam(unseen)) >= 0.6 * len(unseen)
    assert likely_spam(lines_of("readers_unseen")) == []


@pytest.mark.parametrize(
    "text",
    [
        "Free weights or the machine?",
        "There is a click in my hip on every rep.",
        "I take pills for my back pain, is the bridge fine?",
        "Had no money for a gym, so I lift backpacks.",
        "I lost 40 pounds in two years with these.",
        "THANK YOU SO MUCH ELSIE!!!!",
        "Check your knees, mine cave in.",
        "I checked https://pubmed.ncbi.nlm.nih.gov/26214739/ and it says so too.",
        "This video helped: https://www.youtube.com/watch?v=xDmFkJxPzeM",
        "Great article, thanks!",
        "lol",
        "💪💪💪",
        "¿Cuántas series hago?",
        "谢谢",
    ],
)
def test_typical_readers_are_not_likely_spam(text: str) -> None:
    assert not score(submission(text), Learned()).is_likely


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (submission("Best online casino bonus"), "It speaks of casinos or betting."),
        (submission("Earn money from home, 900 dollars a week"), "It promises money."),
        (submission("Nice.", name="www.pills.top"), "The name or the favorite is a link."),
        (submission("Hi", favorite="deals(dot)shop"), "The name or the favorite is a link."),
        (submission("[url=http://a.top]b[/url]"), "It holds markup for links, as robots write it."),
        (submission("See evil(dot)com now"), "A link is written so that filters do not see it."),
        (submission("v1agra without prescription"), "It sells medicine or cures."),
        (
            submission("Visit my chan\u200bnel please"),
            "It advertises its own channel, page, music or shop.",
        ),
        (submission("ｃａｓｉｎｏ bonus online"), "It speaks of casinos or betting."),
    ],
)
def test_reasons_are_given_once_each(text: Submission, reason: str) -> None:
    scored = score(text, Learned())
    assert reason in scored.reasons
    assert scored.is_likely
    assert max(Counter(scored.reasons).values()) == 1


def test_decisions_change_the_score() -> None:
    """Texts marked as spam score higher and published texts lower, after enough decisions."""
    text = "The zebra saddle of Zanzibar is ready and waiting in the window of the old harbor"
    other = "A pelican bakes some yellow bread over there beside another lighthouse keeper"

    def score_after(learned: Learned) -> Score:
        return score(submission(text), learned)

    before = score_after(Learned())
    assert not before.is_likely
    spam = score_after(learned_from([text] * 20, [other] * 20))
    assert spam.log_odds > before.log_odds
    assert "Its words are like those of spam you marked." in spam.reasons
    assert score_after(learned_from([other] * 20, [text] * 20)).log_odds < before.log_odds
    assert score_after(learned_from([text] * 9, [other] * 20)).log_odds == before.log_odds, (
        "too few decisions"
    )


@pytest.mark.parametrize(
    "piece", ["my ", "earn ", "a", "free ", "0 ", "check out ", "!", "€1 ", "("]
)
def test_a_long_text_is_scored_soon(piece: str) -> None:
    assert score(submission((piece * 5000)[:5000]), Learned()).log_odds < 50


def test_the_third_round_of_texts() -> None:
    """At first, 50 of 60 spam texts and 26 of 204 hard readers' texts were likely spam. Two of the
    204 still are; they are left out here."""
    spam = lines_of("spam_third")
    assert len(likely_spam(spam)) >= 0.6 * len(spam)
    assert likely_spam(lines_of("readers_folded")) == []
