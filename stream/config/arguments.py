"""The options `--config`, `--preset` and `--set`, and whether anything is configured.

Separate from `config`, which imports the settings of every package: a command that rarely needs a configuration asks
here first, and so starts a tenth of a second sooner.
"""

import argparse
from collections.abc import Mapping

from stream.config.presets import PRESETS
from stream.sources.source_options import overrides_of

ENVIRONMENT = "NEWWORDS_"


def add_config_arguments(parser: argparse.ArgumentParser) -> None:
    """Add `--config`, `--preset` and `--set`; they are the same for every command."""
    parser.add_argument("--config", metavar="F", help="YAML file; may hold only what differs from the defaults")
    parser.add_argument("--preset", choices=PRESETS, help="settings for a kind of stream; --config and --set override"
                        " it; new-words suggest --presets shows them")  # fmt: skip
    parser.add_argument("--set", metavar="KEY=VALUE", action="append", default=[], dest="overrides",
                        help="one setting, for example trends.min_texts=5; may be repeated")  # fmt: skip


def is_configured(args: argparse.Namespace, environment: Mapping[str, str]) -> bool:
    """Whether a file, an option or an environment variable sets anything; otherwise the defaults hold."""
    asked = args.config is not None or args.preset is not None or args.overrides or overrides_of(args)
    return bool(asked) or any(name.upper().startswith(ENVIRONMENT) for name in environment)
