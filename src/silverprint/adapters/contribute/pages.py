"""Pages that contributors see, and the forms on them."""

from functools import cache, partial
from typing import Any

import anyio
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from silverprint.adapters.contribute import agreement, bodies
from silverprint.adapters.contribute.examples import KINDS
from silverprint.adapters.contribute.inbox import Outcome, now
from silverprint.adapters.contribute.invites import new_key
from silverprint.adapters.contribute.site import Site, Stop, Visit, cookie_name
from silverprint.adapters.contribute.standing import Contributor
from silverprint.adapters.contribute.texts import LANGUAGES, texts
from silverprint.core import licenses

_FILES = 20  # in one form without a script
_SESSION_S = 400 * 86_400  # as long as browsers keep anything: who gave may take back once the invite is over
_LONGEST_ID = 200  # characters of what a recruiter calls a participant


def site_of(request: Request) -> Site:
    """What all requests share."""
    site: Site = request.app.state.site
    return site


def landing(request: Request) -> Response:
    """The page of an invite: what is wanted and what is to be agreed to; once that is done, the form for pictures."""
    visit = site_of(request).visit(request)
    return _welcome(visit) if visit.pseudonym is None else _give(visit)


def back(request: Request) -> Response:
    """Where a form was answered, a change of the language or a reload comes as a question: its page."""
    return RedirectResponse(f"/i/{request.path_params['token']}?{request.url.query}", 303)


def enter(request: Request) -> Response:
    """A study's common link: leads each participant, whom the parameter SESSION_ID names, to an invite of their own."""
    signer, token = site_of(request).signer, request.path_params["token"]
    participant = request.query_params.get("SESSION_ID", "")
    study, labelling = signer.read_entrance(token), signer.read_labelling_entrance(token)
    if not 0 < len(participant) <= _LONGEST_ID:
        raise Stop(404, "no-invite")
    if study is not None:
        invite = study._replace(key=signer.participant(study.key, participant))
        return RedirectResponse(f"/i/{signer.invite(invite)}", 303)
    if labelling is not None:
        mine = labelling._replace(key=signer.participant(labelling.study, participant))
        return RedirectResponse(f"/l/{signer.labelling(mine)}", 303)
    raise Stop(404, "no-invite")


async def agree(request: Request) -> Response:
    """Keeps that both were ticked, with the words and the time, and gives the browser a pseudonym."""
    visit = await _visit(request)
    said = await bodies.form(request)
    if said.get("language") in visit.theme.title:
        visit = visit.in_language(said["language"])
    text = agreement.words(visit.theme, visit.language)
    has_agreed = said.get("license") == said.get("consent") == "yes" and said.get("agreement") == agreement.digest(text)
    if not has_agreed:
        return _welcome(visit, visit.t["messages"]["must-agree"], 400)
    response = RedirectResponse(f"{visit.base}?language={visit.language}", 303)
    if visit.pseudonym is not None:  # they agreed already, and came back to the first page
        return response
    pseudonym = await anyio.to_thread.run_sync(_agreed, visit, text, _device(request.headers.get("user-agent", "")))
    response.set_cookie(
        cookie_name(visit.invite), visit.site.signer.session(visit.invite, pseudonym),
        path="/i/", httponly=True, samesite="lax", secure=visit.site.secure,
        max_age=_SESSION_S,
    )  # fmt: skip
    return response


async def give(request: Request) -> Response:
    """Takes the files of a form without a script; the page says what became of each."""
    visit = await _visit(request)
    visit.contributor()
    visit.require_giving()
    visit.require_rate()
    async with visit.site.forms:
        results = await _read_form(request, visit)
    return await anyio.to_thread.run_sync(_give, visit, results)


async def _read_form(request: Request, visit: Visit) -> list[Outcome]:
    results, is_ours, many = list[Outcome](), False, 0
    async for name, data in bodies.files(request, visit.inbox.source.max_bytes, _FILES):
        if name == "form" and data is not None:
            visit.require_form(data.decode("utf-8", "replace"))
            is_ours = True
        elif name == "":
            if not is_ours:  # our page has it before the files
                raise Stop(403, "other-site")
            many += 1
            if many > _FILES:
                results.append(Outcome("", "too-many"))
            elif data is None:
                results.append(Outcome("", "too-large"))
            else:
                results.append(await visit.site.receive(visit, partial(bytes, data), None))
    if not is_ours:
        raise Stop(403, "other-site")
    return results


async def take_back(request: Request) -> Response:
    """Takes back a picture that the same person gave; to the script it answers with the counts."""
    visit = await _visit(request)
    said = await bodies.form(request)
    pseudonym = visit.require_form(said.get("form", ""))
    await anyio.to_thread.run_sync(visit.inbox.take_back, pseudonym, said.get("picture", ""))
    if request.headers.get("accept") == "application/json":
        return JSONResponse(await anyio.to_thread.run_sync(visit.counts))
    return RedirectResponse(f"{visit.base}?language={visit.language}", 303)


def done(request: Request) -> Response:
    """The completion code, once a picture was given."""
    visit = site_of(request).visit(request)
    pseudonym = visit.contributor()
    with visit.inbox.standing() as standing:
        has_given = standing.given["contributor", pseudonym] > 0
    code = visit.site.signer.completion(visit.invite.completes or pseudonym) if has_given else None
    return page("done.html", visit, code=code, pseudonym=pseudonym, counts=visit.counts())


def preview(request: Request) -> Response:
    """A picture as its own sender may see it: encoded anew, and small."""
    visit = site_of(request).visit(request)
    data = visit.inbox.preview(visit.contributor(), request.path_params["image_id"])
    if data is None:
        raise Stop(404, "no-page")
    return Response(data, media_type="image/jpeg")


def example(request: Request) -> Response:
    """An example of the theme."""
    visit = site_of(request).visit(request)
    kind, place = request.path_params["kind"], request.path_params["place"]
    data = visit.site.examples.get((visit.invite.source, visit.invite.theme, kind, place)) if kind in KINDS else None
    if data is None:
        raise Stop(404, "no-page")
    return Response(data, media_type="image/jpeg")


def message(language: str, name: str, status: int, back: str | None = None) -> HTMLResponse:
    """A page of one sentence."""
    t = texts(language)
    facts = {"t": t, "language": language, "languages": (), "names": {}, "back": back}
    return rendered("message.html", facts | {"message": t["messages"][name]}, status)


def rendered(template: str, facts: dict[str, Any], status: int = 200) -> HTMLResponse:
    """A template with all that it names."""
    return HTMLResponse(_templates().get_template(template).render(facts), status)


def page(template: str, visit: Visit, status: int = 200, **facts: Any) -> HTMLResponse:
    """A page of an invite."""
    common = {
        "t": visit.t,
        "language": visit.language,
        "languages": tuple(visit.theme.title),
        "names": language_names(),
        "base": visit.base,
        "theme": visit.theme,
    }
    return rendered(template, common | facts, status)


def language_names() -> dict[str, str]:
    """Each language in its own words."""
    return {language: str(texts(language)["language"]) for language in LANGUAGES}


async def _visit(request: Request) -> Visit:
    return await anyio.to_thread.run_sync(site_of(request).visit, request)


def _welcome(visit: Visit, said: str | None = None, status: int = 200) -> Response:
    digest = agreement.digest(agreement.words(visit.theme, visit.language))
    with visit.inbox.standing() as standing:
        hindrance = visit.hindrance(standing)
    facts = {"agreement": digest, "message": said, "hindrance": hindrance}
    return page("welcome.html", visit, status, **facts, license_page=licenses.page(visit.theme.license))


def _give(visit: Visit, results: list[Outcome] | None = None) -> Response:
    pseudonym = visit.contributor()
    with visit.inbox.standing() as standing:
        pictures = standing.of(pseudonym)
        hindrance = visit.hindrance(standing)
    shown = [
        {
            "image_id": one.image_id,
            "at": one.at.replace("T", " ").removesuffix("Z"),
            "waits": visit.inbox.is_waiting(one.image_id),
            "has_preview": visit.inbox.has_preview(one.image_id),
        }
        for one in pictures
    ]
    most = visit.inbox.source.max_bytes
    return page(
        "give.html",
        visit,
        form=visit.site.signer.form(pseudonym),
        counts=visit.counts(),
        results=results or [],
        message=visit.t["none_chosen"] if results == [] else None,
        most_files=_FILES,
        hindrance=hindrance,
        pictures=shown,
        most_bytes=most,
        most_mb=max(1, most // 1_000_000),
    )


def _agreed(visit: Visit, text: str, device: str) -> str:
    person = Contributor(
        pseudonym=new_key(),
        invite=visit.invite.key,
        theme=visit.invite.theme,
        language=visit.language,
        license=visit.theme.license,
        agreement=agreement.digest(text),
        at=now(),
        device=device,
        quota=visit.invite.quota,
    )
    with visit.inbox.standing() as standing:
        if visit.hindrance(standing) is not None:  # somebody came in between
            raise Stop(410, "over")
        visit.inbox.agree(person, text)
    return person.pseudonym


def _device(agent: str) -> str:
    """What somebody uses, and no more of what their browser says."""
    if "iPad" in agent or "Tablet" in agent:
        return "tablet"
    return "phone" if "Mobi" in agent else "desktop"


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("silverprint.adapters.contribute", "pages"),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
