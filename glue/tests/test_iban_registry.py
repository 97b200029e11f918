"""The generated list of IBANs by country."""

import runpy

from lake import PROJECT


def test_registry_is_what_the_pinned_stdnum_gives() -> None:
    script = runpy.run_path(str(PROJECT / "bin" / "make-iban-registry"))
    assert script["MODULE"].read_text() == script["text"](), "out of date; run make iban-registry"
