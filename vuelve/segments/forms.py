from django import forms
from django.utils.translation import gettext_lazy as _

from vuelve.platform import limits
from vuelve.segments.contracts import NAME_CHARS_MAX

LINE_CHARS = 300
LIST_BYTES_MAX = limits.SEGMENT_LIST_ROWS_MAX * LINE_CHARS


class UploadForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=NAME_CHARS_MAX)
    ids = forms.CharField(
        label=_("Customers"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_("One a line."),
    )
    file = forms.FileField(
        label=_("Or a file"), required=False, help_text=_("Text, one a line; of a CSV file the first column.")
    )

    def lines(self) -> list[str]:
        """What was pasted, and the first column of the file."""
        text = self.cleaned_data["ids"]
        file = self.cleaned_data["file"]
        if file is not None:
            text += "\n" + file.read(LIST_BYTES_MAX).decode("utf-8", "replace")
        return [line.split(",")[0].split(";")[0].strip().strip('"\ufeff') for line in text.splitlines()]
