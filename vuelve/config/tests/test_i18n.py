"""The tool for catalogues finds what it promises to find. That this repository passes is `make check`'s business."""

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from vuelve.config import i18n

CODE = """
from django.utils.translation import gettext as _, ngettext, pgettext
label = _("Orders")
title = ngettext("%(count)s order", "%(count)s orders", 2) % {"count": 2}
verb = pgettext("a button", "Order")
"""
TEMPLATE = """{% extends "x.html" %}{% load i18n %}
  <div>
    {% translate "It's here" %}
      <p title="{% translate "A title" as title %}">{{ title }} don't stop at 'quotes</p>
  {% blocktranslate with name=customer.name trimmed %}
      Hello
      {{ name }}
  {% endblocktranslate %}
    {% blocktranslate count n=rows|length %}{{ n }} row{% plural %}{{ n }} rows{% endblocktranslate %}
</div>
{% comment %}{% translate "Not this one" %}{% endcomment %}
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tree of packages with one app, `stock`."""
    packages = tmp_path / "vuelve"
    folder = packages / "stock"
    (folder / "templates" / "stock").mkdir(parents=True)
    (folder / "tests").mkdir()
    (folder / "apps.py").write_text("")
    (folder / "labels.py").write_text(CODE)
    (folder / "tests" / "test_it.py").write_text('_("Only in a test")')
    (folder / "templates" / "stock" / "page.html").write_text(TEMPLATE)
    monkeypatch.setattr(i18n, "PACKAGES", packages)
    return folder


def run(command: str) -> Result:
    return CliRunner().invoke(i18n.main, [command])


def translate(folder: Path, language: str = "", **texts: str) -> None:
    """Fill every empty text of the catalogues; those named with that, the others with one that fits."""
    for one in [language] if language else i18n.LANGUAGES:
        catalog = i18n.load(folder.name, one)
        for message in i18n._messages(catalog):
            if isinstance(message.id, list | tuple):
                message.string = tuple(f"{one}: {text}" for text in message.id)
            else:
                message.string = texts.get(message.id, f"{one}: {message.id}")
        i18n.save(folder.name, one, catalog)


def po(folder: Path, language: str = "es") -> Path:
    return folder / "locale" / language / "LC_MESSAGES" / "django.po"


def test_texts_of_code_and_templates_are_found(package: Path) -> None:
    found = {i18n._key(message) for message in i18n._messages(i18n.texts_of("stock"))}
    assert found == {
        ("", "Orders"),
        ("", "%(count)s order", "%(count)s orders"),
        ("a button", "Order"),
        ("", "It's here"),
        ("", "A title"),
        ("", "Hello %(name)s"),
        ("", "%(n)s row", "%(n)s rows"),
    }


def test_from_sources_to_compiled(package: Path) -> None:
    assert "not in the catalogue" in run("check").output
    assert "7 to translate" in run("extract").output
    assert run("check").output.count("untranslated") == 14
    translate(package)
    assert "the .mo is not that of the .po" in run("check").output
    assert run("compile").exit_code == 0
    result = run("check")
    assert result.exit_code == 0, result.output
    assert "Generated" not in po(package).read_text(), (
        "a version in the file would be a conflict in each merge"
    )


def test_extracting_again_changes_nothing(package: Path) -> None:
    run("extract")
    translate(package)
    before = po(package).read_bytes()
    run("extract")
    assert po(package).read_bytes() == before


@pytest.fixture
def finished(package: Path) -> Path:
    run("extract")
    translate(package)
    run("compile")
    assert run("check").exit_code == 0
    return package


def problem(folder: Path) -> str:
    result = run("check")
    assert result.exit_code == 1
    return result.output


def test_a_new_text_is_missed(finished: Path) -> None:
    (finished / "labels.py").write_text(CODE + 'more = _("Refunds")\n')
    assert "stock/es: not in the catalogue: 'Refunds'" in problem(finished)


def test_a_text_that_is_gone_is_noticed_and_dropped(finished: Path) -> None:
    (finished / "labels.py").write_text(CODE.replace("Orders", "Sales"))
    assert "no longer in the sources: 'Orders'" in problem(finished)
    run("extract")
    assert "Orders" not in po(finished).read_text()


@pytest.mark.parametrize(
    ("was", "becomes", "fault"),
    [
        ('msgstr "es: Hello %(name)s"', 'msgstr "es: Hello %(nombre)s"', "other placeholders"),
        ('msgstr "es: Hello %(name)s"', 'msgstr "es: Hello"', "other placeholders"),
        ('msgstr[1] "es: %(n)s rows"', 'msgstr[1] "es: rows"', "other placeholders in the plural"),
        ('msgstr[0] "es: %(n)s row"', 'msgstr[0] "es: %(m)s row"', "unknown placeholder"),
        ('msgstr[1] "es: %(n)s rows"', 'msgstr[1] ""', "untranslated"),
        ('msgid "A title"', '#, fuzzy\nmsgid "A title"', "fuzzy"),
        ('msgstr "es: A title"', 'msgstr "es: A <b>title</b>"', "other tags"),
        ('msgstr "es: A title"', 'msgstr "es: Another title"', "the .mo is not that of the .po"),
    ],
)
def test_what_is_wrong_with_a_translation(finished: Path, was: str, becomes: str, fault: str) -> None:
    text = po(finished).read_text()
    assert was in text
    po(finished).write_text(text.replace(was, becomes))
    assert fault in problem(finished)


def test_a_catalogue_without_its_compiled_form(finished: Path) -> None:
    po(finished).with_suffix(".mo").unlink()
    assert "run compile" in problem(finished)


def test_a_broken_compiled_form(finished: Path) -> None:
    po(finished).with_suffix(".mo").write_bytes(b"not a catalogue")
    assert "run compile" in problem(finished)


def test_one_language_in_the_file_of_the_other(finished: Path) -> None:
    long = "This sentence is long enough not to be the same in two languages."
    (finished / "labels.py").write_text(CODE + f'more = _("{long}")\n')
    run("extract")
    translate(finished, **{long: "Esta frase es demasiado larga para ser igual en dos idiomas."})
    run("compile")
    assert "the same in es and pt_BR" in problem(finished)


def test_a_source_that_cannot_be_read_is_named(package: Path) -> None:
    (package / "templates" / "stock" / "page.html").write_text(
        "{% load i18n %}{% blocktranslate %}{% if x %}{% endblocktranslate %}"
    )
    result = run("extract")
    assert result.exit_code == 1
    assert "page.html" in result.output


def test_an_unknown_package_is_refused() -> None:
    assert CliRunner().invoke(i18n.main, ["check", "no_such_package"]).exit_code == 2


def test_the_catalogues_of_this_repository(tmp_path: Path) -> None:
    """In a process of its own, as `make check` runs it."""
    done = subprocess.run(
        [sys.executable, "-m", "vuelve.config.i18n", "check"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
