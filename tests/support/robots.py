"""What robots post, made by scripts of eight kinds, and what people write, one by one."""

from __future__ import annotations

import random
import string
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

NAMES = "Anna James Olga Wei Carlos Fatima Ivan Priya Sofia Liam Emma Noah Mia Lucas Zoe"
FIRST = NAMES.split()
TOPS = ["com", "net", "org", "ru", "cn", "top", "xyz", "shop", "info", "biz", "click", "online"]
LATIN = """viagra cialis tramadol xanax ozempic pharmacy pills casino jackpot betting slots poker
roulette loan payday crypto bitcoin forex replica rolex backlinks escort"""
OTHERS = """казино ставки виагра кредит онлайн аптека слоты букмекер займ casinò scommesse farmacia
apuestas préstamo kasyno pożyczka Glücksspiel 赌场 博彩 伟哥 贷款 彩票 百家乐 代开发票
كازينو قمار قروض فياجرا رهان صيدلية"""
GOODS = [*LATIN.split(), *OTHERS.split()]
PRAISE = [
    "Great article, thank you for sharing this wonderful information with us",
    "I really enjoyed reading your blog, keep up the good work",
    "Hello there! This post could not be written any better",
    "Nice post. I learn something totally new and challenging on blogs everyday",
    "Very good website you have here, I have bookmarked it",
]
OFFERS = [
    "I help websites rank on the first page of Google within thirty days, reply for a free audit",
    "Earn 5000 dollars per week working from home, no experience needed, contact me on Telegram",
    "We buy your traffic at the best prices, write to our manager on WhatsApp today",
    "My husband left me and this powerful spell caster brought him back in only two days",
]


@dataclass(frozen=True)
class Post:
    """One POST of the form: what kind of writer, from where, which fields."""

    kind: str
    sender: str
    fields: dict[str, str]


def link(r: random.Random) -> str:
    host = "-".join(r.choice(LATIN.split()) for _ in range(r.randint(1, 3)))
    path = "".join(r.choices(string.ascii_lowercase + string.digits, k=r.randint(0, 12)))
    scheme = r.choice(["http://", "https://", "http://www.", "www.", "HTTPS://"])
    return f"{scheme}{host}{r.randint(1, 999)}.{r.choice(TOPS)}/{path}"


def goods(r: random.Random, most: int = 8) -> str:
    return " ".join(r.choices(GOODS, k=r.randint(3, most)))


def link_farm(r: random.Random) -> dict[str, str]:
    lines = [f"{goods(r, 4)} {link(r)}" for _ in range(r.randint(3, 25))]
    return {"words": "\r\n".join(lines), "name": r.choice(FIRST)}


def pharmacy(r: random.Random) -> dict[str, str]:
    words = f"{goods(r)} {goods(r)}. {r.choice(PRAISE)}! {r.choice(['', link(r)])}"
    return {"words": words, "name": r.choice(GOODS)}


def bbcode(r: random.Random) -> dict[str, str]:
    marked = [f"[url={link(r)}]{goods(r, 3)}[/url]" for _ in range(r.randint(1, 6))]
    return {"words": f"[b]{r.choice(PRAISE)}[/b] " + " ".join(marked), "name": r.choice(FIRST)}


def flood(r: random.Random) -> dict[str, str]:
    return {"words": r.choice(OFFERS) + ".", "name": r.choice(FIRST)}


def trap(r: random.Random) -> dict[str, str]:
    """Fills in every field it finds."""
    words = f"{r.choice(PRAISE)}. {r.choice(['', goods(r, 4)])}"
    return {"words": words, "name": r.choice(FIRST), "subject_line": r.choice(["Re: hello", "1"])}


def name_link(r: random.Random) -> dict[str, str]:
    name = f"{r.choice(GOODS)} {link(r)}"[:80]
    return {"words": f"{r.choice(PRAISE)}.", "name": name}


def anchor(r: random.Random) -> dict[str, str]:
    tags = [f'<a href="{link(r)}">{goods(r, 3)}</a>' for _ in range(r.randint(1, 9))]
    return {"words": f"<p>{r.choice(PRAISE)}</p>" + "<br>".join(tags), "other_favorite": "seo"}


def gibberish(r: random.Random) -> dict[str, str]:
    words = ["".join(r.choices(string.ascii_letters, k=r.randint(4, 18))) for _ in range(12)]
    return {"words": " ".join(words), "name": words[0], "email": f"{words[1].lower()}@example.com"}


KINDS: list[Callable[[random.Random], dict[str, str]]] = [
    *(link_farm, pharmacy, bbcode, flood, trap, name_link, anchor, gibberish)
]


def robots(seed: int, number: int) -> list[Post]:
    """So many posts, of every kind in turn, each from one of many senders."""
    r = random.Random(seed)
    made = []
    for n in range(number):
        kind = KINDS[n % len(KINDS)]
        sender = f"198.18.{n // 4 // 250}.{n // 4 % 250 + 1}"  # four each, as robots hop on
        made.append(Post(kind.__name__, sender, kind(r)))
    return made


PEOPLE = """\
Hip thrusts, hands down. I went from the bar alone to 185 lb in a year.
Bulgarian split squats. I hate every second and they work.
Clamshells with a band before every run; my knee has not complained since.
I am 63 and bridges on the bedroom floor are what I can do every day.
Glute bridge with my heels on the sofa. No gym, two kids, ten minutes.
Does the foot position change which part I feel? Wider feels better for me.
I found the study you cite at https://pubmed.ncbi.nlm.nih.gov/26214739/ and it is a good read.
Step-ups on a park bench! My physical therapist showed me after my knee surgery.
Romanian deadlift. Three sets of ten, slow on the way down, as you wrote.
After my second pregnancy the bridge was the first thing that felt like me again.
Thanks for the drawing, I finally understand where the bench should be.
I do them at lunch in the office. Colleagues stare. Worth it.
My coach has a page about the feet-elevated one too: www.strongerbyscience.com, worth a look.
Cable kickbacks, 3 x 15, with a two-second squeeze.
Squats never did it for me, hip thrusts did. Thank you, Elsie!
My mum (70) sends you greetings: she does 12 bridges each morning.
Sin duda el puente de glúteos. Lo hago en casa, tres series de quince.
El hip thrust me cambió la espalda, ya no me duele al caminar.
Prefiero la sentadilla búlgara, aunque al día siguiente no puedo subir escaleras.
¿Cuánto descanso entre series? Yo hago noventa segundos.
Gracias por explicarlo tan claro. Mi favorita es la patada con banda.
Con la banda en las rodillas lo noto mucho más que sin ella.
Vi el vídeo en https://www.youtube.com/watch?v=xDmFkJxPzeM y después tu texto: por fin lo entendí.
تمرين الجسر هو المفضل عندي، أقوم به كل صباح قبل العمل.
بدأت بدون وزن والآن أرفع عشرين كيلو، شكرا على الشرح الواضح.
أحب القرفصاء أكثر، لكن ركبتي تؤلمني أحيانا. ماذا أفعل؟
شكرا لك، الرسومات ساعدتني كثيرا في فهم الحركة.
أمارس التمارين في البيت مع أطفالي، وهم يضحكون علي.
Najbardziej lubię most biodrowy, robię trzy serie po dwanaście.
Dzięki za artykuł! Zawsze myślałam, że trzeba dużo ciężaru.
Przysiad bułgarski jest okropny, ale działa jak nic innego.
Po operacji biodra zaczęłam od muszelki i powoli wracam do formy.
U mnie najlepiej działa wchodzenie na skrzynię, dziesięć na nogę.
Czy można ćwiczyć codziennie, czy lepiej co drugi dzień?
我最喜欢臀桥，每天早上做三组，每组十五次。
谢谢你的文章，终于知道脚应该放在哪里了。
深蹲对我的膝盖不太好，臀推感觉好多了。
在家用弹力带做蚌式，效果很明显。
请问每组之间要休息多久？
我和妈妈一起练，她六十岁了，比我还厉害。
Mein Favorit ist die Hüftbrücke mit einem Bein, drei mal zehn.
Seit ich das mache, ist mein Rücken beim langen Sitzen viel besser.
Ausfallschritte nach hinten, weil die Knie dabei Ruhe geben.
Super erklärt, vor allem der Teil mit der Atmung. Danke!
Ich mache es auf https://www.komoot.de/tour/12345 nach dem Wandern am Parkplatz, alle lachen.
Wie viel Gewicht nehmt ihr als Anfängerin? Ich bin bei 20 kg.
Kniebeugen bis zum Stuhl, jeden Morgen vor dem Kaffee.
Hip thrust with a pause 🦓 the pause is everything 🔥
ヒップスラストが一番好きです。ゆっくり下ろすのが大事ですね。
Мне ближе всего ягодичный мостик: дома, на коврике, без спешки.
""".splitlines()


def people() -> list[Post]:
    """Fifty readers, each from a network of their own; every fourth gives an address."""
    made = []
    for n, words in enumerate(PEOPLE):
        fields: dict[str, Any] = {"words": words, "name": FIRST[n % len(FIRST)]}
        if n % 4 == 0:
            fields["email"] = f"reader-{n}@example.org"
        made.append(Post("person", f"203.0.113.{n + 1}", fields))
    return made


def mixed(seed: int, number: int) -> list[Post]:
    """So many robots and the fifty people, in no order."""
    posts = robots(seed, number) + people()
    random.Random(seed).shuffle(posts)
    return posts
