"""What is asked on the way of an import: the file, and which of its columns are which of the format's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelectWidget, UnfoldBooleanSwitchWidget

from commerce import clock
from commerce.accounts.models import Merchant
from commerce.errors import CommerceError
from merchants.imports.format import Column, Format, bind
from merchants.imports.jobs import start_preview, upload
from merchants.imports.models import ImportJob

_RECOUNT = "The numbers in the file are a count of today"
_RECOUNT_HELP = "Without it the stock of what is in the shop already stays as sales have left it."


class UploadForm(forms.Form):
    file = forms.FileField(label="File", widget=UnfoldAdminFileFieldWidget, allow_empty_file=True)
    is_recounted = forms.BooleanField(
        label=_RECOUNT, help_text=_RECOUNT_HELP, required=False, widget=UnfoldBooleanSwitchWidget
    )

    def keep(self, merchant: Merchant, user: Any) -> ImportJob | None:
        """Keep the file; None where it is not taken, and the form says why."""
        file: Any = self.cleaned_data["file"]
        try:
            return upload(
                merchant,
                name=file.name or "",
                size=file.size or 0,
                chunks=file.chunks(),
                user=user,
                is_recounted=self.cleaned_data["is_recounted"],
                now=clock.now(),
            )
        except CommerceError as problem:
            self.add_error("file", problem.message)
            return None


class ColumnsForm(forms.Form):
    """A choice among the file's columns for each of the format's, and the other way round for those not known.

    Those found by name are chosen already.
    """

    def __init__(self, job: ImportJob, kind: Format, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.job, self.kind = job, kind
        found = bind(kind, job.file_columns)
        names = tuple(dict.fromkeys(name for name in job.file_columns if name))
        samples = dict(zip(job.file_columns, job.file_samples, strict=False))
        self._found = {column.name: self._name_of(found.header.places(column.name)) for column in kind.columns}
        chosen = self._found | (job.mapping if job.format == kind.code else {})
        used = {name for name in chosen.values() if name}
        unknown = enumerate(found.unknown)
        self._strange = {f"strange-{place}": name for place, name in unknown if name not in used}
        known = used | found.numbered | set(self._strange.values())
        self.unused = tuple(name for name in names if name not in known)
        self._ask_of_the_file(samples, [column for column in kind.columns if not chosen[column.name]])
        self._ask_of_the_format(chosen, [(name, _with_sample(name, samples.get(name, ""))) for name in names])
        self.fields["is_recounted"] = forms.BooleanField(
            label=_RECOUNT,
            help_text=_RECOUNT_HELP,
            initial=job.is_recounted,
            required=False,
            widget=UnfoldBooleanSwitchWidget,
        )

    def _ask_of_the_file(self, samples: Mapping[str, str], free: Iterable[Column]) -> None:
        """Ask of each column that is not known which of the free ones it is."""
        choices = [(column.name, f"{column.written[0]}: {column.becomes}") for column in free]
        for key, name in self._strange.items():
            self.fields[key] = forms.ChoiceField(
                label=name,
                help_text=samples.get(name, ""),
                choices=[("", "nothing: leave it out"), *choices],
                required=False,
                widget=UnfoldAdminSelectWidget,
            )

    def _ask_of_the_format(self, chosen: Mapping[str, str], names: Sequence[tuple[str, str]]) -> None:
        """Ask of each column of the format which of the file's it is."""
        told = {self.data.get(key) for key in self._strange}
        for number, column in enumerate(self.kind.columns):
            self.fields[f"column-{number}"] = forms.ChoiceField(
                label=column.written[0],
                help_text=column.becomes,
                choices=[("", "not in the file"), *names],
                initial=chosen[column.name],
                required=column.is_required and column.name not in told,
                widget=UnfoldAdminSelectWidget,
                error_messages={"required": "Choose the column: without it nothing can be imported."},
            )

    def clean(self) -> dict[str, Any]:
        """Bring together what was said of the file's columns and of the format's."""
        self._chosen = {column.name: self.cleaned_data.get(field.name, "") for field, column in self._columns()}
        for key, name in self._strange.items():
            wanted = self.cleaned_data.get(key)
            if wanted and self._chosen[wanted] not in ("", name):
                self.add_error(key, f"“{self._chosen[wanted]}” is chosen for that already.")
            elif wanted:
                self._chosen[wanted] = name
        return self.cleaned_data

    @property
    def strange(self) -> list[forms.BoundField]:
        """The file's columns that no format knows."""
        return [self[key] for key in self._strange]

    @property
    def found(self) -> list[forms.BoundField]:
        """The columns that are needed or chosen."""
        return [field for field, column in self._columns() if _is_found(field, column)]

    @property
    def others(self) -> list[forms.BoundField]:
        return [field for field, column in self._columns() if not _is_found(field, column)]

    def look_through(self) -> bool:
        """Start the preview; False where it cannot be, and the form says why."""
        try:
            start_preview(
                self.job.pk,
                format_code=self.kind.code,
                mapping={name: said for name, said in self._chosen.items() if said != self._found[name]},
                is_recounted=self.cleaned_data["is_recounted"],
                now=clock.now(),
            )
        except CommerceError as problem:
            self.add_error(None, problem.message)
            return False
        return True

    def _columns(self) -> Iterator[tuple[forms.BoundField, Column]]:
        for number, column in enumerate(self.kind.columns):
            yield self[f"column-{number}"], column

    def _name_of(self, places: Any) -> str:
        return self.job.file_columns[places[0]] if places else ""


def _is_found(field: forms.BoundField, column: Column) -> bool:
    return bool(column.is_required or field.initial or field.errors)


def _with_sample(name: str, sample: str) -> str:
    shown = sample if len(sample) <= 40 else f"{sample[:40]}…"
    return f"{name}: {shown}" if shown else name
