"""Session cookies that NextAuth.js 4 and Auth.js 5 have made themselves (make.mjs)."""

import json
from pathlib import Path
from typing import Any, Final

COOKIES: Final[dict[str, Any]] = json.loads(Path(__file__).with_name("cookies.json").read_text())
"""`v4` and `v5`: by case, cookies by name. `secrets`: those of the settings, the newest first."""
