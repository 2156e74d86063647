"""The catalogues of texts: `python -m vuelve.config.i18n extract|compile|check [package ...]`.

Each package that has texts keeps its own, `locale/<language>/LC_MESSAGES/django.po`, and beside it the compiled `.mo`, so
that nobody needs a compiler to run Vuelve. English is the source. Needs Babel only, not GNU gettext.
"""

import gettext
import re
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import click
from babel.messages import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

PACKAGES = Path(__file__).resolve().parent.parent
LANGUAGES = ("es", "pt_BR")
DOMAIN = "django"

KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")
_TAG = re.compile(r"</?\w+[^>]*>")
SENTENCE_CHARS = 40  # shorter texts are sometimes the same in Spanish and Portuguese
_NO_DATE = datetime(2000, 1, 1, tzinfo=UTC)  # a date in each file would be a conflict in each merge
_NOT_SOURCES = {"tests", "migrations", "static", "locale", "fixtures"}


def packages() -> list[str]:
    """The packages that are Django apps: only their catalogues are read."""
    return sorted(path.parent.name for path in PACKAGES.glob("*/apps.py"))


# --- out of the sources --------------------------------------------------------------------------------


def texts_of(package: str) -> Catalog:
    """What the package's sources mark as text, without translations."""
    catalog = Catalog(creation_date=_NO_DATE)
    for path in _sources(PACKAGES / package):
        source = path.read_text(encoding="utf-8")
        try:
            code = source if path.suffix == ".py" else _as_python(source, path)
            found = list(
                extract("python", BytesIO(code.encode()), KEYWORDS, ["Translators:"], strip_comment_tags=True)
            )
        except (SyntaxError, ValueError) as error:
            raise click.ClickException(f"{path.relative_to(PACKAGES.parent)}: {error}") from error
        for _line, message, comments, context in found:
            where = path.relative_to(PACKAGES.parent).as_posix()
            catalog.add(message, locations=[(where, 0)], auto_comments=comments, context=context)
    return catalog


def _sources(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        is_code = path.suffix == ".py" and not _NOT_SOURCES.intersection(parts)
        is_template = path.suffix in {".html", ".txt"} and "templates" in parts
        if is_code or is_template:
            yield path


def _as_python(source: str, path: Path) -> str:
    """A Django template as calls of gettext; all else becomes X, which a tokenizer of Python can read."""
    from django.utils.translation.template import templatize

    code = templatize(source, origin=str(path))
    return re.sub(r"(?m)^[ \t]+", "", code)  # indented as HTML is, it would be an error of indentation


# --- files -----------------------------------------------------------------------------------------------


def po_path(package: str, language: str) -> Path:
    return PACKAGES / package / "locale" / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def load(package: str, language: str) -> Catalog:
    path = po_path(package, language)
    if not path.exists():
        catalog = Catalog(locale=language)
    else:
        with path.open("rb") as file:
            catalog = read_po(file, locale=language)
    catalog.creation_date = catalog.revision_date = _NO_DATE
    return catalog


def save(package: str, language: str, catalog: Catalog) -> bool:
    """Write the .po; whether that changed it."""
    buffer = BytesIO()
    write_po(
        buffer,
        catalog,
        width=110,
        sort_output=True,
        include_lineno=False,
        ignore_obsolete=True,
        omit_header=True,
    )
    header = (
        'msgid ""\nmsgstr ""\n'
        f'"Language: {language}\\n"\n"MIME-Version: 1.0\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n'
        f'"Content-Transfer-Encoding: 8bit\\n"\n"Plural-Forms: {catalog.plural_forms}\\n"\n\n'
    )
    content = header.encode() + buffer.getvalue()
    path = po_path(package, language)
    if path.exists() and path.read_bytes() == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return True


def compile_one(package: str, language: str) -> bool:
    """Write the .mo of a .po; whether that changed it."""
    buffer = BytesIO()
    catalog = load(package, language)
    write_mo(buffer, catalog)
    path = po_path(package, language).with_suffix(".mo")
    if path.exists() and _compiled(path) == _expected(catalog):
        return False
    path.write_bytes(buffer.getvalue())
    return True


def _compiled(path: Path) -> dict[object, str]:
    with path.open("rb") as file:
        try:
            known = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
        except (OSError, ValueError, UnicodeDecodeError):
            return {}
    return {key: text for key, text in known.items() if key != ""}


def _expected(catalog: Catalog) -> dict[object, str]:
    """What a .mo of the catalogue holds, keyed as Python's gettext does."""
    expected: dict[object, str] = {}
    for message in _messages(catalog):
        if message.fuzzy or not _is_translated(message):
            continue
        prefix = f"{message.context}\x04" if message.context else ""
        if isinstance(message.id, list | tuple):
            for number, text in enumerate(_strings(message)):
                expected[prefix + message.id[0], number] = text
        else:
            expected[prefix + message.id] = str(message.string)
    return expected


# --- checks --------------------------------------------------------------------------------------------------


def problems(package: str, language: str, wanted: Catalog) -> list[str]:
    """What is wrong with a package's catalogue, one line each."""
    where = f"{package}/{language}"
    catalog = load(package, language)
    found = {_key(message): message for message in _messages(catalog)}
    keys = {_key(message) for message in _messages(wanted)}
    lines = [f"{where}: not in the catalogue: {_show(key)}" for key in sorted(keys - found.keys())]
    lines += [f"{where}: no longer in the sources: {_show(key)}" for key in sorted(found.keys() - keys)]
    for key in sorted(keys & found.keys()):
        lines += [f"{where}: {fault}: {_show(key)}" for fault in _faults(found[key])]
    mo = po_path(package, language).with_suffix(".mo")
    if not lines and keys and (not mo.exists() or _compiled(mo) != _expected(catalog)):
        lines.append(f"{where}: the .mo is not that of the .po; run compile")
    return lines


def twins(package: str) -> list[str]:
    """Sentences that are the same in two languages: one of them was filled with the other's."""
    first, second = (
        {_key(message): _strings(message) for message in _messages(load(package, language))}
        for language in LANGUAGES
    )
    return [
        f"{package}: the same in {' and '.join(LANGUAGES)}: {_show(key)}"
        for key in sorted(first.keys() & second.keys())
        if first[key] == second[key] and max(map(len, first[key]), default=0) > SENTENCE_CHARS
    ]


def _faults(message: Message) -> Iterator[str]:
    if message.fuzzy:
        yield "fuzzy"
    if not _is_translated(message):
        yield "untranslated"
        return
    if isinstance(message.id, list | tuple):
        allowed = set(_PLACEHOLDER.findall(message.id[0])) | set(_PLACEHOLDER.findall(message.id[1]))
        if any(set(_PLACEHOLDER.findall(text)) - allowed for text in _strings(message)):
            yield "unknown placeholder"
        if set(_PLACEHOLDER.findall(_strings(message)[-1])) != set(_PLACEHOLDER.findall(message.id[1])):
            yield "other placeholders in the plural"
    else:
        if sorted(_PLACEHOLDER.findall(str(message.string))) != sorted(_PLACEHOLDER.findall(message.id)):
            yield "other placeholders"
        if sorted(_TAG.findall(str(message.string))) != sorted(_TAG.findall(message.id)):
            yield "other tags"


def _messages(catalog: Catalog) -> list[Message]:
    return [message for message in catalog if message.id]


def _strings(message: Message) -> Sequence[str]:
    """The translations: one for each plural form."""
    return [message.string] if isinstance(message.string, str) else list(message.string or ())


def _is_translated(message: Message) -> bool:
    strings = _strings(message)
    return bool(strings) and all(strings)


def _key(message: Message) -> tuple[str, ...]:
    ids = message.id if isinstance(message.id, list | tuple) else (message.id,)
    return (message.context or "", *ids)


def _show(key: tuple[str, ...]) -> str:
    return " / ".join(repr(part) for part in key[1:]) + (f" ({key[0]})" if key[0] else "")


# --- commands ---------------------------------------------------------------------------------------------------


@click.group(help=__doc__)
def main() -> None:
    pass


def _chosen(names: Sequence[str]) -> list[str]:
    if unknown := set(names) - set(packages()):
        raise click.UsageError(f"no such package: {', '.join(sorted(unknown))}")
    return list(names) or packages()


@main.command("extract")
@click.argument("names", nargs=-1)
def extract_command(names: Sequence[str]) -> None:
    """Bring the .po files up to date with the sources: new texts come in empty, those gone are dropped."""
    for package in _chosen(names):
        wanted = texts_of(package)
        for language in LANGUAGES:
            if not _messages(wanted) and not po_path(package, language).exists():
                continue
            catalog = load(package, language)
            catalog.update(wanted, no_fuzzy_matching=True)
            catalog.creation_date = _NO_DATE
            save(package, language, catalog)
            if missing := sum(not _is_translated(message) for message in _messages(catalog)):
                click.echo(
                    f"{po_path(package, language).relative_to(PACKAGES.parent)}: {missing} to translate"
                )


@main.command("compile")
@click.argument("names", nargs=-1)
def compile_command(names: Sequence[str]) -> None:
    """Write the .mo files."""
    for package in _chosen(names):
        for language in LANGUAGES:
            if po_path(package, language).exists() and compile_one(package, language):
                click.echo(f"compiled {package}/{language}")


@main.command("check")
@click.argument("names", nargs=-1)
def check_command(names: Sequence[str]) -> None:
    """Fail if a text lacks its translation, a translation its text, or a .mo is not that of its .po."""
    lines = [
        line
        for package in _chosen(names)
        for wanted in [texts_of(package)]
        for language in LANGUAGES
        for line in problems(package, language, wanted)
    ]
    lines += [line for package in _chosen(names) for line in twins(package)]
    for line in lines:
        click.echo(line, err=True)
    if lines:
        click.echo(
            f"{len(lines)} problems. `python -m vuelve.config.i18n extract`, translate the .po files, then `compile`.",
            err=True,
        )
        sys.exit(1)
    click.echo(f"{len(packages())} packages, {len(LANGUAGES)} languages: every text is translated.")


if __name__ == "__main__":
    main()
