"""No part of a password is shown, at any place in a URL and in any notation."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.masking import masked, masked_in

SECRET = st.text("QXZJKVW@/:#%=+?&", min_size=3, max_size=12)


def parts_of(secret: str) -> set[str]:
    """Its letters, which stand nowhere else in the URLs here."""
    return {character for character in secret if character.isalpha()}


@given(SECRET, st.sampled_from(["", "?sslmode=disable", "?a=1&b=2"]))
def test_nothing_of_a_password_before_the_host_is_shown(secret: str, query: str) -> None:
    shown = masked(f"postgresql://me:{secret}@db.example.org:5432/forum{query}")
    assert not parts_of(secret) & set(shown)


@given(SECRET, st.sampled_from(["", "me@", "me:pw@"]))
def test_nothing_of_a_value_in_the_query_is_shown(secret: str, login: str) -> None:
    secret = secret.replace("&", "%26")  # else it would be another pair
    shown = masked(f"kafka://{login}host:9092/texts?sasl_username=me&sasl_password={secret}")
    assert not parts_of(secret) & set(shown)
    assert "pw" not in shown


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("mysql://db/forum", "mysql://db/forum"),
        ("mysql://me@db:3306/forum", "mysql://me@db:3306/forum"),
        ("mongodb://me:p@ss@a:1,b:2/forum?replicaSet=r", "mongodb://me:***@a:1,b:2/forum?replicaSet=***"),
        ("postgresql+psycopg://me:a/b@db/f", "postgresql+psycopg://me:***@db/f"),
        ("https://host/path?token", "https://host/path?***"),
        ("https://host/?a=b@c", "https://***"),
        ("articles/2024-*.jsonl", "articles/2024-*.jsonl"),
    ],
)
def test_what_is_needed_to_know_the_source_stays(url: str, shown: str) -> None:
    assert masked(url) == shown


def test_urls_in_what_a_driver_says_are_masked() -> None:
    said = masked_in("cannot reach mysql://me:secret@db/forum?password=secret, tried twice")
    assert "secret" not in said and said.startswith("cannot reach mysql://me:***@db")
