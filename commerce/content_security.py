"""Which scripts, styles and pictures a page may load. A page that says so itself is left alone.

No page runs a script that stands in it, so that text of strangers (buyers, agents, carriers) stays text even
where it should once be written unescaped. The back office's theme sets styles in its pages, and its Alpine reads
attributes by eval; nothing else may.
Source: Content Security Policy Level 3, https://www.w3.org/TR/CSP3/.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse


def _policy(**sources: str) -> str:
    known = {
        "default-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        **{name.replace("_", "-"): value for name, value in sources.items()},
    }
    return "; ".join(f"{name} {value}" for name, value in known.items())


_BY_PREFIX = {
    "/admin/": _policy(
        script_src="'self' 'unsafe-eval'",
        style_src="'self' 'unsafe-inline'",
        font_src="'self'",
        connect_src="'self'",
    ),
    "/account/": _policy(script_src="'self'"),
    "/chat/": _policy(script_src="'self'", connect_src="'self'", img_src="'self' https: data:"),
    "/docs/": _policy(script_src="'self'", style_src="'self' 'unsafe-inline'", connect_src="'self'"),
}

_ANY_OTHER_PAGE = _policy()


class ContentSecurityMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        is_page = response.headers.get("Content-Type", "").startswith("text/html")
        if is_page and "Content-Security-Policy" not in response.headers:
            response.headers["Content-Security-Policy"] = _policy_for(request.path)
        return response


def _policy_for(path: str) -> str:
    return next((policy for prefix, policy in _BY_PREFIX.items() if path.startswith(prefix)), _ANY_OTHER_PAGE)
