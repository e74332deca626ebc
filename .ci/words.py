"""Check the words: docstrings, verbs of speech, sentences of README and docs, numpydoc."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from numpydoc.validate import validate

import bci

ROOT = Path(__file__).parents[1]
FOLDERS = ("bci", "decoders", "devices", "gui")
CLAUSE = re.compile(r"(What|Which|How|Where|When|Whether|That)\b")
SPEECH = re.compile(r"(?<!\.)\b(tell|tells|told|say|says|said|hear|hears|heard)\b", re.IGNORECASE)
MAX_SPEECH = 60
MAX_LINES, MAX_WORDS, MEDIAN_SENTENCE, LONGEST_SENTENCE = 120, 900, 14, 30
# Of all sentences of docs/: longer than 20 and than 30 words.
MAX_LONG, MAX_VERY_LONG = 150, 5
# Of numpydoc's checks, those that a reader notices: parameters, returns and errors are described.
CHECKS = {"GL01", "GL02", "GL03", "GL08", "SS01", "SS02", "SS03", "SS05", "PR01", "PR02", "PR03",
          "PR04", "PR07", "RT03"}  # fmt: skip


def modules() -> Iterator[Path]:
    for folder in FOLDERS:
        yield from sorted((ROOT / folder).rglob("*.py"))


def clause_docstrings() -> Iterator[str]:
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for file in modules():
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            text = ast.get_docstring(node) if isinstance(node, kinds) else None
            if text and CLAUSE.match(text):
                place = f"{file.relative_to(ROOT)}:{getattr(node, 'lineno', 1)}"
                yield f"{place}: the docstring begins with a clause: {text.splitlines()[0]}"


def verbs_of_speech() -> Iterator[str]:
    found = {
        file: n
        for file in modules()
        if (n := len(SPEECH.findall(file.read_text(encoding="utf-8"))))
    }
    if (n := sum(found.values())) > MAX_SPEECH:
        worst = sorted(found, key=found.__getitem__, reverse=True)[:5]
        listed = ", ".join(f"{file.relative_to(ROOT)} ({found[file]})" for file in worst)
        yield f"tell, say, hear: {n} times in the source, at most {MAX_SPEECH}; most in {listed}"


def readme() -> Iterator[str]:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    n_lines, n_words = len(text.splitlines()), len(text.split())
    if n_lines > MAX_LINES or n_words > MAX_WORDS:
        yield f"README.md: {n_lines} lines and {n_words} words, at most {MAX_LINES} and {MAX_WORDS}"
    sentences = lengths(text)
    if median(sentences) > MEDIAN_SENTENCE:
        found = median(sentences)
        yield f"README.md: the median sentence has {found} words, at most {MEDIAN_SENTENCE}"
    if max(sentences) > LONGEST_SENTENCE:
        yield f"README.md: a sentence has {max(sentences)} words, at most {LONGEST_SENTENCE}"


def lengths(page: str) -> list[int]:
    """Count the words of each sentence outside of code, tables and headings."""
    prose = re.sub(r"```.*?```|<!--.*?-->", "", page, flags=re.DOTALL)
    prose = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", prose)
    paragraphs = (p.strip() for p in re.split(r"\n\s*\n|\n(?=\s*(?:[-*|#]|\d+\.) )", prose))
    sentences = (
        len(sentence.split())
        for paragraph in paragraphs
        if not paragraph.startswith(("|", "#"))
        for sentence in re.split(r"(?<=[.:;!?])\s+", paragraph)
    )
    return [n_words for n_words in sentences if n_words]


def docs() -> Iterator[str]:
    pages = sorted((ROOT / "docs").rglob("*.md"))
    found = {page: lengths(page.read_text(encoding="utf-8")) for page in pages}
    for page, words in found.items():
        if words and median(words) > MEDIAN_SENTENCE:
            yield f"{page.relative_to(ROOT)}: the median sentence has {median(words)} words"
    for limit, most in ((20, MAX_LONG), (LONGEST_SENTENCE, MAX_VERY_LONG)):
        longer = {page: sum(n > limit for n in words) for page, words in found.items()}
        if sum(longer.values()) > most:
            worst = sorted(longer, key=longer.__getitem__, reverse=True)[:5]
            listed = ", ".join(f"{page.relative_to(ROOT)} ({longer[page]})" for page in worst)
            yield (
                f"docs: {sum(longer.values())} sentences above {limit} words, at most {most}; "
                f"most in {listed}"
            )


def public_docstrings() -> Iterator[str]:
    for name in bci.__all__:
        if name.startswith("_"):
            continue
        for code, problem in validate(f"bci.{name}")["errors"]:
            if code in CHECKS:
                yield f"bci.{name}: {code} {problem}"


def main() -> None:
    problems = [*clause_docstrings(), *verbs_of_speech(), *readme(), *docs(), *public_docstrings()]
    print(*problems, sep="\n")
    print(f"words: {len(problems)} problems")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
