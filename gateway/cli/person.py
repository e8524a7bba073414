"""``gatepost person``: who works where, what they agreed to, and their photos."""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from gateway.cli.options import config_option, operator, settings_from
from gateway.cli.person_filing import filing
from gateway.cli.person_searches import case_line, dispute, duplicates, settle
from gateway.cli.remote import call, connected
from gateway.domain.id_cards import WORDS
from gateway.domain.workers import Subject
from gateway.people_file import PICTURES, read_photo
from gateway.people_file import consent as consent_to
from gateway.people_import import Summary, import_folder, picture_refused
from gateway.people_input import BEIJING, day_ms
from gateway.settings import Settings

FILE = click.Path(path_type=Path, dir_okay=False)
CITY_WARNINGS = {
    "city_double": "somebody else of the city has this face. Find out who it is; then "
    "`gatepost person settle`.",
    "city_unlike": "this is not the face that the city-wide gallery has of this person. Find out "
    "who was enrolled where.",
}
CITY_TROUBLE = "the city-wide gallery could not be asked; enrol the photo again later."
SUBJECT = click.Choice([subject.value for subject in Subject])


@click.group()
def person() -> None:
    """Who works where, what they agreed to, and their photos."""


@person.command()
@config_option
@click.option(
    "--id-number",
    prompt="Identity number",
    help="Of the paper; without it you are asked, so that it is in no history of commands.",
)
@click.option("--name", required=True, help="As on the paper.")
@click.option("--project", required=True, help="Code of the project.")
@click.option("--id-type", default="01", show_default=True, help="01 is the identity card.")
@click.option("--from", "from_", help="First day on the project. Default: now.")
@click.option("--to", help="Last day on the project. Default: open.")
@click.option("--consent", "subjects", type=SUBJECT, multiple=True, help="May be repeated.")
@click.option("--consent-text", type=FILE, help="The text that was agreed to.")
@click.option(
    "--city-consent",
    type=FILE,
    help="The text by which they agreed to the city-wide gallery, which --consent does not cover.",
)
@click.option("--how", default="", help="Signature, recording, QR confirmation …")
@click.option("--by", "taken_by", default=None, help="Who took the consent. Default: this user.")
@click.option("--photo", type=FILE, help="Enrol this photo; needs a running gateway.")
@click.option("--card-photo", type=FILE, help="Compare it with this photo of the card.")
@click.option("--infrared", type=FILE, help="The same face in infrared light, beside --photo.")
@click.option("--iris-left", type=FILE, help="Picture of the left iris: BMP, RAW or JPEG 2000.")
@click.option("--iris-right", type=FILE, help="Picture of the right iris.")
@click.option("--sex", help="男 or 女, as on the card; or its code.")
@click.option("--nation", help="Such as 汉; or its code.")
@click.option("--birth", help="Day of birth.")
@click.option("--address", help="As on the card.")
@click.option("--authority", help="Who issued the card.")
@click.option("--valid-from", help="First day of the card's validity.")
@click.option("--valid-to", help="Its last day, or 长期.")
@click.option(
    "--override", "overrides", multiple=True, help="Answer for this code; may be repeated."
)
def add(
    config: Path | None,
    from_: str | None,
    to: str | None,
    subjects: tuple[str, ...],
    consent_text: Path | None,
    city_consent: Path | None,
    how: str,
    taken_by: str | None,
    overrides: tuple[str, ...],
    **fields: Any,
) -> None:
    """Register a person and put them on a project; said twice it changes nothing."""
    card = {name: fields.pop(name) for name in WORDS}
    files = {name: fields.pop(name) for name in PICTURES}
    given: dict[str, Any] = dict(fields)
    given["card"] = {name: said for name, said in card.items() if said is not None}
    if subjects and (consent_text is None or not how):
        raise click.UsageError("--consent needs --consent-text and --how")
    if city_consent is not None and not how:
        raise click.UsageError("--city-consent needs --how")
    for name in ("card_photo", "infrared"):
        if files[name] is not None and files["photo"] is None:
            raise click.UsageError(f"{_option(name)} needs --photo")
    if overrides:
        given["overrides"] = overrides
    if from_ is not None:
        given["from_ms"] = day_ms(from_, place="--from")
    if to is not None:
        given["to_ms"] = day_ms(to, place="--to", last=True)
    if consent_text is not None:
        taker = taken_by or operator()
        given["consents"] = [consent_to(one, consent_text, how, taker) for one in subjects]
    if city_consent is not None:
        agreed = consent_to(Subject.CITY_GALLERY.value, city_consent, how, taken_by or operator())
        given["consents"] = [*given.get("consents", []), agreed]
    for name, file in files.items():
        if file is not None:
            given[name] = b64encode(read_photo(file, _option(name))).decode()
    _tell_added(call(settings_from(config), "person.add", by=operator(), **given))


@person.command("list")
@config_option
@click.option("--project", required=True, help="Code of the project.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(config: Path | None, project: str, as_json: bool) -> None:
    """List everybody who ever was on a project; numbers and names are masked."""
    found = call(settings_from(config), "person.list", project=project)
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    for one in found:
        state = "now" if one["engaged"] else f"{_day(one['from_ms'])} to {_day(one['to_ms'])}"
        click.echo(
            f"{one['person']:<12}{one['id_number']:<22}{one['name']:<6}{one['templates']:>3}"
            f" templates  {state:<26}{' '.join(one['agreed'])}"
        )
    click.echo(f"{len(found)} people.")


@person.command()
@config_option
@click.argument("number", type=int)
def show(config: Path | None, number: int) -> None:
    """Show the person NUMBER: engagements, consents, how many templates and photos."""
    _tell(call(settings_from(config), "person.show", person=number))


@person.command()
@config_option
@click.argument("number", type=int)
@click.option("--project", required=True, help="Code of the project.")
def dismiss(config: Path | None, number: int, project: str) -> None:
    """End the engagement of the person NUMBER on a project now.

    The person's templates of that project are destroyed.
    """
    call(settings_from(config), "person.dismiss", person=number, project=project, by=operator())
    click.echo(f"Person {number} has left {project}; the templates there are destroyed.")


@person.command()
@config_option
@click.argument("number", type=int)
@click.argument("subject", type=SUBJECT)
@click.option("--consent-text", type=FILE, required=True, help="The text that was agreed to.")
@click.option("--how", required=True, help="Signature, recording, QR confirmation …")
@click.option("--by", "taken_by", default=None, help="Who took it. Default: this user.")
def consent(
    config: Path | None,
    number: int,
    subject: str,
    consent_text: Path,
    how: str,
    taken_by: str | None,
) -> None:
    """Note that the person NUMBER agrees to SUBJECT."""
    given = consent_to(subject, consent_text, how, taken_by or operator())
    call(settings_from(config), "person.consent", person=number, consent=given, by=operator())
    click.echo(f"Noted: person {number} agrees to {subject} ({given['text_version']}).")


@person.command()
@config_option
@click.argument("number", type=int)
@click.argument("subject", type=SUBJECT)
def withdraw(config: Path | None, number: int, subject: str) -> None:
    """Note that the person NUMBER no longer agrees to SUBJECT.

    Of bio_network, every template and photo of the person is destroyed at once, and the key that
    sealed them; of city_gallery, those of the city-wide gallery.
    """
    call(settings_from(config), "person.withdraw", person=number, subject=subject, by=operator())
    click.echo(f"Noted: person {number} no longer agrees to {subject}.")
    if subject == Subject.BIO_NETWORK.value:
        click.echo("Templates and photos are destroyed; offer a card or another way to pass.")
    if subject == Subject.CITY_GALLERY.value:
        click.echo("What the city-wide gallery had of them is destroyed.")


@person.command()
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def review(config: Path | None, as_json: bool) -> None:
    """List what terminals captured of people and nobody approved yet."""
    found = call(settings_from(config), "person.review")
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    for one in found:
        giver = f"ordered by {one['ordered_by']}" if one["ordered_by"] else "by the terminal itself"
        click.echo(
            f"{one['number']:<8}person {one['person']:<12}on {one['project']:<12}at {one['serial']}"
            f" {_day(one['received_ms'])}: {one['faces']} faces, {one['irises']} irises, {giver}"
        )
    click.echo(f"{len(found)} captures.")


@person.command()
@config_option
@click.argument("number", type=int)
@click.option("--reason", required=True, help="Such as: compared with the card at the desk.")
@click.option("--override", "overrides", multiple=True, help="Answer for this code.")
def approve(config: Path | None, number: int, reason: str, overrides: tuple[str, ...]) -> None:
    """Have the capture NUMBER compared from now on; whoever ordered it cannot."""
    said = {"number": number, "reason": reason, "overrides": overrides, "by": operator()}
    found = call(settings_from(config), "person.approve", **said)
    if not found["accepted"]:
        other = found["same_face_as"]
        click.echo(
            f"Refused: {', '.join(found['refused'])}; person {other} of this project is alike by"
            f" {found['same_face_score']:.3f}.",
            err=True,
        )
        raise SystemExit(1)
    click.echo(f"Capture {number} is compared from now on.")


@person.command()
@config_option
@click.argument("number", type=int)
@click.option("--reason", required=True, help="Why.")
def reject(config: Path | None, number: int, reason: str) -> None:
    """Destroy the capture NUMBER."""
    call(settings_from(config), "person.reject", number=number, reason=reason, by=operator())
    click.echo(f"Capture {number} is destroyed.")


@person.command("import")
@config_option
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--project", help="Project of rows that name none.")
@click.option("--consent", help="What everybody in the list agreed to, such as bio_network.")
@click.option("--consent-text", help="File in FOLDER with the text that was agreed to.")
@click.option("--how", help="How consent was given.")
@click.option("--by", "taken_by", help="Who took the consents.")
def import_(config: Path | None, folder: Path, **defaults: str | None) -> None:
    """Import people.csv or people.toml in FOLDER, with the photos it names.

    Rows that are wrong are told with their line, and the others are stored; the same import again
    changes nothing. See docs/operators/people.md.
    """
    given = {name: value for name, value in defaults.items() if value is not None}
    summary = asyncio.run(_import(settings_from(config), folder, given))
    for mistake in summary.mistakes:
        click.echo(mistake, err=True)
    click.echo(
        f"Stored {summary.people} people, {summary.fresh} of them new, and {summary.photos} photos;"
        f" {len(summary.mistakes)} mistakes."
    )
    if summary.stopped is not None:
        raise summary.stopped
    if summary.mistakes:
        raise SystemExit(1)


for _command in (dispute, duplicates, settle, filing):
    person.add_command(_command)


async def _import(settings: Settings, folder: Path, defaults: dict[str, str]) -> Summary:
    async with connected(settings) as line:
        return await import_folder(line.call, folder, defaults, operator())


def _tell_added(added: dict[str, Any]) -> None:
    word = "Registered" if added["new"] else "Known"
    click.echo(f"{word}: person {added['person']}, {added['name']} {added['id_number']}.")
    for eye, picture in added["irises"].items():
        if picture["accepted"]:
            unmeasured = ", ".join(picture["unmeasured"])
            click.echo(f"{eye} was kept; no code is made of it. Not measured: {unmeasured}.")
    pictures = {"photo": added["photo"], **added["irises"]}
    refused = {what: one for what, one in pictures.items() if one and not one["accepted"]}
    if added["photo"] and "photo" not in refused:
        _tell_photo(added["photo"])
    for what, one in refused.items():
        click.echo(picture_refused(added, what, one), err=True)
    if refused:
        raise SystemExit(1)


def _tell_photo(photo: dict[str, Any]) -> None:
    waived = f"; the policy let pass: {', '.join(photo['waived'])}" if photo["waived"] else ""
    click.echo(f"The photo was enrolled{waived}.")
    if photo["card_score"] is not None:
        wanted = photo["card_threshold"]
        click.echo(f"Like the card photo: {photo['card_score']:.3f}, wanted {wanted:.3f}.")
    if photo["city"] is not None:
        _tell_city(photo["city"])


def _tell_city(city: dict[str, Any]) -> None:
    click.echo(f"The city-wide gallery {'has' if city['kept'] else 'does not have'} it as well.")
    for code in city["warnings"]:
        click.echo(f"Warning [{code}]: {CITY_WARNINGS.get(code, CITY_TROUBLE)}", err=True)
    for one in city["cases"]:
        click.echo(f"  {case_line(one)}", err=True)


def _tell(shown: dict[str, Any]) -> None:
    click.echo(f"person {shown['person']}: {shown['name']} {shown['id_number']}")
    if shown["card"]:
        click.echo("card: " + ", ".join(f"{name} {said}" for name, said in shown["card"].items()))
    kept = f" ({', '.join(shown['pictures'])})" if shown["pictures"] else ""
    click.echo(f"templates: {shown['templates']}, photos: {shown['photos']}{kept}")
    for one in shown["engagements"]:
        click.echo(f"on {one['project']}: {_day(one['from_ms'])} to {_day(one['to_ms'])}")
    for one in shown["consents"]:
        ended = one["withdrawn_ms"]
        state = "in force" if one["in_force"] else f"withdrawn {_day(ended)}" if ended else "later"
        click.echo(
            f"{one['subject']}: {state}, given {_day(one['given_ms'])} to {one['text_version']}"
            f" ({one['how']}, taken by {one['taken_by']})"
        )


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _day(ms: int | None) -> str:
    if ms is None:
        return "open"
    return datetime.fromtimestamp(ms / 1000, BEIJING).strftime("%Y-%m-%d %H:%M")
