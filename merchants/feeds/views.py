"""Feeds as platforms fetch them: whoever has the token may read, and reads again only what has changed."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import http_date, quote_etag
from django.views.decorators.http import require_safe

from merchants.feeds.models import Feed, FeedFile
from merchants.feeds.selectors import feed_of_token, listed_files, published_files
from merchants.feeds.storage import read
from merchants.feeds.writers import content_type


@require_safe
def feed_index(request: HttpRequest, token: str) -> HttpResponseBase:  # noqa: ARG001 - the framework's signature
    """List the files, for readers who want to know which have changed."""
    files = listed_files(_feed(token))
    listed = [
        {
            "name": file.name,
            "bytes": file.blob.size,
            "sha256": file.blob_id,
            "rows": file.rows,
            "changed_at": file.changed_at.isoformat(timespec="seconds"),
        }
        for file in files
    ]
    return _private(JsonResponse({"files": listed}))


@require_safe
def feed_file(request: HttpRequest, token: str, name: str) -> HttpResponseBase:
    """Send one file, or say that it is as it was."""
    file = next((one for one in published_files(_feed(token)) if one.name == name), None)
    if file is None:
        raise Http404("There is no such file.")
    etag, changed_at = quote_etag(file.blob_id), int(file.changed_at.timestamp())
    response = get_conditional_response(request, etag=etag, last_modified=changed_at) or _content(request, file)
    response["ETag"], response["Last-Modified"] = etag, http_date(changed_at)
    return _private(response)


def _content(request: HttpRequest, file: FeedFile) -> HttpResponseBase:
    kind = content_type(file.name)
    response: HttpResponseBase = HttpResponse(content_type=kind)
    if request.method == "GET":
        response = StreamingHttpResponse(read(file.blob_id), content_type=kind)
    response["Content-Length"] = str(file.blob.size)
    response["Content-Disposition"] = f'attachment; filename="{file.name}"'
    return response


def _feed(token: str) -> Feed:
    feed = feed_of_token(token)
    if feed is None:
        raise Http404("There is no such feed.")
    return feed


def _private(response: HttpResponseBase) -> HttpResponseBase:
    """Keep it out of shared caches and search engines: the address is the key."""
    response["Cache-Control"] = "private, no-cache"
    response["X-Robots-Tag"] = "noindex"
    response["Referrer-Policy"] = "no-referrer"
    return response
