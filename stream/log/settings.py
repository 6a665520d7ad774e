"""Settings of the sections `kafka` and `topics`, with their validation."""

from dataclasses import dataclass, field, replace

FILES = ("sasl_password_file", "ssl_cafile", "ssl_certfile", "ssl_keyfile")
NO_ENVELOPE, CLOUDEVENTS = "none", "cloudevents"
NAME = "must be letters, digits, '.', '_' and '-'"


@dataclass(frozen=True, slots=True)
class KafkaSettings:
    """How to reach Kafka and how to read and write there; `config.yaml` describes each key."""

    bootstrap_servers: str = "localhost:9092"
    group: str = "new-words"
    client_id: str = "new-words"
    security_protocol: str = "PLAINTEXT"
    sasl_mechanism: str = ""
    sasl_username: str = ""
    sasl_password: str = field(default="", repr=False)
    sasl_password_file: str = ""
    ssl_cafile: str = ""
    ssl_certfile: str = ""
    ssl_keyfile: str = ""
    instance: str = ""
    session_timeout_s: float = 10.0
    flush_s: float = 5.0
    snapshot_s: float = 3600.0
    compression: str = "zstd"
    replication_factor: int = -1
    envelope: str = NO_ENVELOPE
    source_header: str = ""
    max_batch_bytes: int = 16 << 20
    max_state_bytes: int = 256 << 20
    state_key_file: str = ""

    def faults(self) -> list[tuple[str, str]]:
        """Return a (key, reason) for each value that is not allowed."""
        names = {"bootstrap_servers": self.bootstrap_servers, "group": self.group}
        wrong = [(key, "must not be empty") for key, value in names.items() if not value.strip()]
        if self.security_protocol not in ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"):
            wrong.append(("security_protocol", "must be PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL"))
        if self.envelope not in (NO_ENVELOPE, CLOUDEVENTS):
            wrong.append(("envelope", f"must be {NO_ENVELOPE} or {CLOUDEVENTS}"))
        if self.compression not in ("zstd", "lz4", "gzip", "none"):
            wrong.append(("compression", "must be zstd, lz4, gzip or none"))
        if self.sasl_password and self.sasl_password_file:
            wrong.append(("sasl_password", "must not be given beside sasl_password_file"))
        if bool(self.ssl_certfile) != bool(self.ssl_keyfile):
            wrong.append(("ssl_certfile", "and ssl_keyfile belong together: give both or neither"))
        if self.instance and not _is_name(self.instance):
            wrong.append(("instance", NAME))
        if self.session_timeout_s < 1:
            wrong.append(("session_timeout_s", "must be at least 1"))
        if self.flush_s <= 0:
            wrong.append(("flush_s", "must be greater than 0"))
        if self.snapshot_s <= 0:
            wrong.append(("snapshot_s", "must be greater than 0"))
        if self.replication_factor == 0 or self.replication_factor < -1:
            wrong.append(("replication_factor", "must be at least 1, or -1 for the broker's default"))
        if self.max_state_bytes < 1 << 20:
            wrong.append(("max_state_bytes", f"must be at least {1 << 20}"))
        if self.max_batch_bytes < 1 << 20:
            wrong.append(("max_batch_bytes", f"must be at least {1 << 20}: brokers take batches of a MiB by default"))
        return wrong


@dataclass(frozen=True, slots=True)
class TopicSettings:
    """Names and partition counts of the topics. `prefixed` puts `prefix` before each name."""

    prefix: str = ""
    raw_text: str = "raw-text"
    tallies: str = "tallies"
    pair_sketches: str = "pair-sketches"
    strong_pairs: str = "strong-pairs"
    word_counts: str = "word-counts"
    trend_state: str = "trend-state"
    new_words: str = "new-words"
    held_words: str = "held-words"
    word_verdicts: str = "word-verdicts"
    raw_text_dlq: str = "raw-text-dlq"
    raw_text_partitions: int = 4
    tallies_partitions: int = 1
    new_words_partitions: int = 3

    def faults(self) -> list[tuple[str, str]]:
        """Return a (key, reason) for each value that is not allowed."""
        counts = [key for key in self.__slots__ if key.endswith("_partitions")]
        wrong = [(key, "must be at least 1") for key in counts if getattr(self, key) < 1]
        longest = max((getattr(self, key) for key in topic_keys()), key=len)
        if self.prefix and not _is_name(self.prefix + longest):
            wrong.append(("prefix", f"must be the beginning of topic names: {NAME.removeprefix('must be ')}"))
        names = [(key, getattr(self, key)) for key in topic_keys()]
        seen: dict[str, str] = {}
        for key, name in names:
            if not _is_name(name):
                wrong.append((key, f"must be a topic name: {NAME.removeprefix('must be ')}"))
            elif name in seen:
                wrong.append((key, f"is the topic of {seen[name]} already"))
            seen.setdefault(name, key)
        return wrong


def prefixed(kafka: KafkaSettings, topics: TopicSettings) -> tuple[KafkaSettings, TopicSettings]:
    """Put `topics.prefix` before every topic name and the group; so several installations can share brokers."""
    names = {key: topics.prefix + getattr(topics, key) for key in topic_keys()}
    return replace(kafka, group=topics.prefix + kafka.group), replace(topics, **names)


def topic_keys() -> list[str]:
    """Return the settings that are topic names."""
    return [key for key in TopicSettings.__slots__ if key != "prefix" and not key.endswith("_partitions")]


def _is_name(text: str) -> bool:
    """Whether Kafka accepts the text as the name of a topic or of a group member."""
    return 0 < len(text) <= 249 and all(c.isascii() and (c.isalnum() or c in "._-") for c in text)
