"""Questions of published FAQs with their answers, taken from Debian's packages of documentation."""

import gzip
import html
import html.parser
import pathlib
import re
import subprocess

PACKAGES = ["perl-doc", "python3.11-doc", "git-doc"]
# Of these are the questions to fit weights and bounds on; the others measure.
DEVELOPMENT = ["debian-faq", "libcurl4-doc", "r-doc-html", "vim-doc", "zsh-doc"]
NUMBER = re.compile(r"^\d+(\.\d+)*[.:]?\s+")
# Questions that none of the FAQs has anything to say about.
OFF_TOPIC = """How long should sourdough bread be baked?
When do tulips have to be planted?
What is the capital of Mongolia?
How do I get red wine stains out of a carpet?
Which vitamins are in a kiwi?
Who painted the ceiling of the Sistine Chapel?
How high is Mount Kilimanjaro?
What do hedgehogs eat in winter?
How do I tie a bow tie?
Which river flows through Budapest?
How many players are on a volleyball team?
What causes the northern lights?
How is cheddar cheese made?
When was the Battle of Hastings?
How do I prune an apple tree?
What is the boiling point of ethanol?
Who wrote the opera Carmen?
How do bees make honey?
What is the offside rule in football?
How do I remove rust from a bicycle chain?
Which planets have rings?
How long does an elephant carry its young?
What should I feed a newborn kitten?
How do I make a béchamel sauce?
Who was the first woman in space?
What are the symptoms of measles?
How deep is Lake Baikal?
When does the cherry blossom season begin in Kyoto?
How do I whittle a wooden spoon?
What is the difference between a crocodile and an alligator?
How do glaciers form?
Which wood is best for a violin?
How do I treat a wasp sting?
Who invented the saxophone?
How many strings does a harp have?
What is a good exercise for lower back pain?
How do I dye wool with onion skins?
Why is the sky blue at noon and red at dusk?
Which countries border Paraguay?
How do I train a puppy to walk on a leash?""".splitlines()

# As those, for development.
OFF_TOPIC_DEVELOPMENT = """How do I poach an egg?
Which animals live in the Serengeti?
Who discovered penicillin?
When is the best time to sow carrots?
How tall was Napoleon?
What is the longest river in Asia?
How do I get chewing gum off a shoe?
Which instrument did Miles Davis play?
How is paper made from wood?
What are the rules of badminton?
How do I knit a scarf for a beginner?
What is the currency of Hungary?
Why do cats purr?
How long does a broken wrist take to heal?
Which gas makes up most of the air?
Who wrote War and Peace?
How do I season a cast-iron pan?
Where do penguins lay their eggs?
What is the distance between the earth and the moon?
How do I grow tomatoes on a balcony?
Which king built the palace of Versailles?
What makes volcanoes erupt?
How do I remove a splinter from a finger?
Which cheese is used on a pizza margherita?
When did the Berlin Wall fall?
How many bones does an adult have?
What is a haiku?
How do swallows find their way to Africa?
What does a cello sound like?
How do I fold a paper crane?
Which vaccine do babies get first?
How are diamonds formed?
What should I wear to a wedding in summer?
Who won the Tour de France in 1998?
How do I make sauerkraut?
What is the tallest tree in the world?
Why are flamingos pink?
How do I sharpen a kitchen knife?
Which languages are spoken in Switzerland?
How often should a horse be shod?""".splitlines()


class Sections(html.parser.HTMLParser):
    """Text under headings; code keeps its lines, indented."""

    def __init__(self):
        super().__init__()
        self.sections, self.heading, self.text = [], None, ""
        self.in_heading = self.in_code = self.skipped = False

    def handle_starttag(self, tag, attributes):
        if tag in ("h1", "h2", "h3", "h4"):
            self.close()
            self.heading, self.in_heading = "", True
        elif tag == "pre":
            self.in_code, self.text = True, self.text + "\n\n    "
        elif tag == "a" and "headerlink" in (dict(attributes).get("class") or ""):
            self.skipped = True
        elif tag in ("p", "li", "dt", "dd", "div"):
            self.text += "\n\n"

    def handle_endtag(self, tag):
        if tag in ("h1", "h2", "h3", "h4"):
            self.in_heading = False
        elif tag == "pre":
            self.in_code, self.text = False, self.text + "\n\n"
        elif tag == "a":
            self.skipped = False

    def handle_data(self, data):
        if self.skipped:
            return
        if self.in_heading:
            self.heading += data
        elif self.in_code:
            self.text += data.replace("\n", "\n    ")
        else:
            self.text += re.sub(r"\s+", " ", data)

    def close(self):
        if self.heading is not None:
            self.sections.append((" ".join(self.heading.split()), tidy(self.text)))
        self.heading, self.text = None, ""


def tidy(text: str) -> str:
    return re.sub(r"\n\s*\n\s*\n+", "\n\n", re.sub(r"[ \t]+\n", "\n", text)).strip()


def from_html(path: pathlib.Path) -> list[tuple[str, str]]:
    reader = Sections()
    reader.feed(path.read_text(errors="replace"))
    reader.close()
    pairs = [(NUMBER.sub("", question), answer) for question, answer in reader.sections]
    # Links to the sections around one have its question in them.
    pairs = [(q, re.sub(r"\s*\bNext: .*", "", a, flags=re.S)) for q, a in pairs]
    return [(q, a) for q, a in pairs if q.endswith("?") and len(a) > 40]


def from_text(path: pathlib.Path) -> list[tuple[str, str]]:
    """Numbered questions, each over an answer that is indented; the index before them has none."""
    text = gzip.decompress(path.read_bytes()).decode(errors="replace")
    # What stands under a rule begins another chapter.
    text = re.sub(r"^\W*(SECTION \d.*|\d+\. [A-Z].*)$|^[=-]{20,}$", "", text, flags=re.M)
    found = []
    for block in re.split(r"^ *(?=\d+\.\d+\.? )", text, flags=re.M)[1:]:
        question, _, answer = block.partition("\n\n")
        question = NUMBER.sub("", " ".join(question.split()))
        if question.endswith("?") and len(answer.strip()) > 40:
            found.append((question, tidy(unindented(answer))))
    return found


def unindented(text: str) -> str:
    """With the indentation that most lines have taken off."""
    depths = [len(line) - len(line.lstrip(" ")) for line in text.split("\n") if line.strip()]
    least = max(set(depths), key=depths.count)
    return "\n".join(line[min(least, len(line) - len(line.lstrip(" "))):]
                     for line in text.split("\n"))  # fmt: skip


def from_pod(path: pathlib.Path) -> list[tuple[str, str]]:
    found = []
    for block in re.split(r"^=head2 ", path.read_text(errors="replace"), flags=re.M)[1:]:
        question, _, answer = block.partition("\n\n")
        answer = re.split(r"^=head1 ", answer, flags=re.M)[0]
        answer = re.sub(r"^=\w+.*$", "", answer, flags=re.M)
        for _ in range(3):
            answer = re.sub(r"[A-Z]<+ ?([^<>]*?) ?>+", r"\1", answer)
        question = re.sub(r"[A-Z]<+([^<>]*)>+", r"\1", " ".join(question.split()))
        answer = re.sub(r"\(contributed by [^)]*\)", "", answer)
        if question.endswith("?") and len(answer.strip()) > 40:
            found.append((question, tidy(answer)))
    return found


def fetch(folder: pathlib.Path, packages: list[str]) -> pathlib.Path:
    """The packages' files, downloaded once and not installed."""
    root = folder / "root"
    if not root.exists():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["apt-get", "download", *packages], cwd=folder, check=True,
                       capture_output=True)  # fmt: skip
        for package in folder.glob("*.deb"):
            subprocess.run(["dpkg", "-x", package, root.with_suffix(".part")], check=True)
        root.with_suffix(".part").rename(root)
    return root


def entries_of(root: pathlib.Path, sources: list[tuple]) -> list[dict]:
    """Questions and answers of the files that the sources name, no question twice."""
    entries, seen = [], set()
    for title, read, pattern in sources:
        for path in sorted(root.glob(pattern)):
            for number, (question, answer) in enumerate(read(path)):
                if question in seen:
                    continue
                seen.add(question)
                entries.append({"id": f"{title} {path.stem}-{number}", "title": title,
                                "question": question, "answer": answer})  # fmt: skip
    return entries


def development(folder: pathlib.Path) -> tuple[list[dict], list[str]]:
    """As `sets`, of other documents."""
    root = fetch(folder / "development", DEVELOPMENT)
    manual = "usr/share/doc"
    entries = entries_of(root, [
        ("Debian FAQ", from_html, f"{manual}/debian/FAQ/*.en.html"),
        ("curl FAQ", from_text, f"{manual}/libcurl4/FAQ.gz"),
        ("R FAQ", from_html, f"{manual}/r-doc-html/manual/R-FAQ.html"),
        ("Vim FAQ", from_text, f"{manual}/vim/FAQ.gz"),
        ("Zsh FAQ", from_html, f"{manual}/zsh-common/html/FAQ0[0-9].html"),
    ])  # fmt: skip
    return entries, [entry["question"] for entry in sets(folder)[0][::20]]


def sets(folder: pathlib.Path) -> tuple[list[dict], list[str]]:
    """Questions with the answers that they are to find, and questions of a neighbouring subject."""
    root = fetch(folder, PACKAGES)
    entries = entries_of(root, [
        ("Perl FAQ", from_pod, "usr/share/perl/*/pod/perlfaq[0-9].pod"),
        ("Python FAQ", from_html, "usr/share/doc/python3.11/html/faq/*.html"),
    ])  # fmt: skip
    page = (root / "usr/share/doc/git-doc/gitfaq.html").read_text()
    terms = re.findall(r"<dt[^>]*>(.*?)</dt>", page, flags=re.S)
    texts = [html.unescape(" ".join(re.sub(r"<[^>]+>", "", term).split())) for term in terms]
    return entries, [text for text in texts if text.endswith("?")]
