"""All errors raised on purpose, as one tree. Loops decide by `retriable` whether to try again.

    NewWordsError
    ├── UsageError    bad command line or configuration   exit 2
    ├── SourceError   input that cannot be read            exit 1
    ├── StateError    a state record that cannot be read   reported, counted, rebuilt from the log
    └── BrokerError   Kafka is away or refuses             retried with back-off; exit 1 when it stays so
        └── StalledError   the client stopped delivering   replaced by a new client, which joins its group again

A bad message is not an error but data: it is counted and dead-lettered with its bytes and offset (`text.message`).
"""


class NewWordsError(Exception):
    """Base of all errors this program raises on purpose."""

    retriable = False
    exit_code = 1


class UsageError(NewWordsError):
    """The command line or the configuration is wrong; the message lists every fault."""

    exit_code = 2


class SourceError(NewWordsError):
    """Input that cannot be opened or unpacked; the message names it and says why."""


class StateError(NewWordsError):
    """A state record of another version, shape or seed, or a damaged one."""


class BrokerError(NewWordsError):
    """Kafka does not answer, or refuses a request."""

    retriable = True


class StalledError(BrokerError):
    """Kafka answers and has more records, but the client delivers none."""
