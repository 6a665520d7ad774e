"""Whether anything is configured at all: by file, option or environment."""

import argparse

from stream.config import raw_values
from stream.config.arguments import ENVIRONMENT, add_config_arguments, is_configured


def parsed(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_config_arguments(parser)
    return parser.parse_args(arguments)


def test_without_file_option_and_variable_all_is_as_the_defaults_say() -> None:
    assert not is_configured(parsed(), {"PATH": "/bin"})
    assert is_configured(parsed("--config", "a.yaml"), {})
    assert is_configured(parsed("--set", "text.format=plain"), {})
    assert is_configured(parsed(), {"NEWWORDS_TEXT__FORMAT": "plain"})
    assert is_configured(parsed(), {"newwords_text__format": "plain"}), "names of variables are read in any case"
    assert is_configured(argparse.Namespace(config=None, preset=None, overrides=[], text_field="body"), {})
    assert ENVIRONMENT == raw_values.PREFIX
