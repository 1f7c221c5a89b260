# SPDX-License-Identifier: Apache-2.0 OR MIT
"""The message sequence charts of the interface, as doc/charts has them."""

import re

# An arrow from the library to the application.
ARROW = re.compile(r'^\s*Application<<="[^"]*"\s*\[label="LWM2M_CARRIER_EVENT_([A-Z_]+)"\];', re.M)


def events(project, chart):
    """The names of a chart's events, in its order."""
    names = ARROW.findall((project / "doc/charts" / f"{chart}.msc").read_text())
    assert names, f"no event in the chart {chart}"
    return names
