"""The command-line options of a source -> the source; the same for every command that reads texts.

SOURCE is files, globs (a file is read once, however often it is named) and - (stdin); or one database; or one topic.
The configuration says which fields are the text, its time and its source (text.field, text.ts_field, text.source_field,
text.zone); --column and similar options are short for these. An option that does not apply to the source is refused.
"""

import argparse
import codecs
import os
from pathlib import Path

from stream.errors import UsageError
from stream.log.settings import KafkaSettings
from stream.sources.base import FORMS, FileTexts, TextSource, form_of
from stream.sources.csv_rows import CsvSettings
from stream.sources.files import AUTO, STDIN
from stream.sources.mongo_source import open_mongo
from stream.sources.sql_source import SqlTexts
from stream.text.message import TextSettings

MOST_URL_BYTES = 8192
TAB = {"\\t": "\t", "tab": "\t"}


def add_source_arguments(parser: argparse.ArgumentParser, whose: str = "") -> None:
    """Add SOURCE and its options; with `whose`, options whose names are taken are named after it."""
    csv = CsvSettings()
    parser.add_argument("sources", nargs="*", metavar="SOURCE",
        help="files or globs, packed (.gz, .xz, .zst) or not; - is stdin; or the URL of a database, or"
        " kafka://host:9092/topic")  # fmt: skip
    add = parser.add_argument_group("source").add_argument
    if whose:
        parser.set_defaults(source_url=None, url_file=None, url_env=None)
    else:
        add("--url", "--uri", metavar="URL", dest="source_url",
            help="the same as a SOURCE: postgresql://, mysql://, sqlite:///, mongodb://, …")  # fmt: skip
        add("--url-file", metavar="F", help="file with the URL: passwords on a command line can be seen by others")
        add("--url-env", metavar="NAME", help="the environment variable that holds it")
    add(f"--{whose}format", choices=FORMS, default="auto", dest="source_format",
        help="of the files; auto: by the name (.json, .jsonl, .ndjson, .csv, .tsv, .parquet), else json where the first"
        " line begins with { and plain where it does not; JSON may be one value a line, an array, or values of several"
        " lines")  # fmt: skip
    add("--encoding", default=AUTO, metavar="E",
        help="of the files: utf-8, gb18030, utf-16, big5, …; auto: UTF-8, UTF-16 or GB18030")  # fmt: skip
    for option, field, what in (("--column", "--text-field", "the text"), ("--ts-column", "--ts-field", "its time"),
                                ("--source-column", "--source-field", "its author or origin")):  # fmt: skip
        add(option, field, metavar="C", dest=field[2:].replace("-", "_"),
            help=f"column or field with {what}, instead of {SETTINGS[field[2:].replace('-', '_')]}; several are"
            " separated by commas, a field within a field is written user.id")  # fmt: skip
    add("--zone", metavar="Z", help="time zone of times that name none (+08:00, Asia/Shanghai), instead of text.zone")
    add("--delimiter", metavar="X", help="of CSV (default a comma; of .tsv a tab)")
    add("--quote", metavar="X", help=f'of CSV (default {csv.quote}; "": none)')
    add("--no-header", action="store_true", help="CSV without a header; columns are then named by number, from 1")
    add("--query", metavar="SQL", help="what to read from the database")
    add("--cursor", metavar="COLUMN", help="unique column of the query to order it by and to resume from")
    add("--collection", metavar="C", help="what to read from MongoDB")
    add("--filter", default="", metavar="JSON", help="which documents of it (default all)")


SETTINGS = {"text_field": "text.field", "ts_field": "text.ts_field", "source_field": "text.source_field",
            "zone": "text.zone"}  # fmt: skip
"""Options that are short for a setting, by their names in the parsed arguments."""


def overrides_of(args: argparse.Namespace) -> list[str]:
    """Return what the short options set, as for --set."""
    return [f"{setting}={getattr(args, option)}" for option, setting in SETTINGS.items()
            if getattr(args, option, None) is not None]  # fmt: skip


def named_sources(args: argparse.Namespace) -> list[str]:
    """Return every source that the command line names.

    Raises UsageError if the file or variable of a URL is missing.
    """
    urls = (args.source_url, _url_in_file(args.url_file), _url_in_environment(args.url_env))
    return [*args.sources, *(url for url in urls if url)]


def _url_in_file(path: str | None) -> str | None:
    if path is None:
        return None
    try:
        with Path(path).open("rb") as file:
            return file.read(MOST_URL_BYTES).decode("utf-8").strip() or None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--url-file {path}: {getattr(error, 'strerror', None) or 'is not UTF-8'}") from error


def _url_in_environment(name: str | None) -> str | None:
    if name is not None and not os.environ.get(name):
        raise UsageError(f"--url-env {name}: there is no such variable, or it is empty")
    return os.environ[name] if name is not None else None


def source_faults(args: argparse.Namespace) -> list[str]:
    """Return what is wrong with the options of `add_source_arguments`."""
    sources = named_sources(args)
    urls = [source for source in sources if is_url(source)]
    mongo, kafka = [is_mongo(url) for url in urls], [is_kafka(url) for url in urls]
    sql = len(urls) > sum(mongo) + sum(kafka)
    forms = {form_of(source, args.source_format) for source in sources if not is_url(source)}
    named = [f"--{option.replace('_field', '-field')}" for option in SETTINGS if getattr(args, option) is not None]
    form = args.source_format
    of_csv = [name for name, value in (("--delimiter", args.delimiter), ("--quote", args.quote),
              ("--no-header", args.no_header or None)) if value is not None]  # fmt: skip
    rules = (
        (not sources, "SOURCE: name a file, - (stdin), a database or a topic"),
        (len(urls) > 0 and len(sources) > 1, "SOURCE: a database or topic goes alone"),
        (sources.count(STDIN) > 1, f"SOURCE {STDIN}: stdin can be named once only"),
        (sql and not args.query, "--query: must say what to read from the database"),
        (not sql and args.query, "--query: needs a database, such as sqlite:///articles.db"),
        (not sql and args.cursor, "--cursor: goes with --query"),
        (any(mongo) and not args.collection, "--collection: must say what to read from MongoDB"),
        (not any(mongo) and (args.collection or args.filter), "--collection, --filter: need a mongodb:// source"),
        (any(kafka) and form in ("csv", "parquet"), f"--format {form}: no topic holds that"),
        ((any(mongo) or sql) and form != "auto", f"--format {form}: is for files and topics"),
        (STDIN in sources and args.source_format == "parquet", "--format parquet: cannot be read from stdin"),
        (of_csv and "csv" not in forms, f"{', '.join(of_csv)}: no source is CSV (--format csv says that one is)"),
        (named and forms == {"plain"}, f"{', '.join(named)}: plain text has no fields (--format json or csv has)"),
        (args.encoding != AUTO and (urls or forms == {"parquet"}), "--encoding: is for files of text"),
        (not _is_encoding(args.encoding), f"--encoding {args.encoding}: no encoding is called that"),
    )
    faults = [fault for is_wrong, fault in rules if is_wrong]
    return faults + [f"--{key}: {reason}" for key, reason in _csv(args).faults()]


def open_source(args: argparse.Namespace, kafka: KafkaSettings, text: TextSettings, max_line_bytes: int) -> TextSource:
    """Open the one source that the options describe.

    `text` says how a topic's records are read; `kafka` is its cluster unless the URL names another.
    """
    if faults := source_faults(args):
        raise UsageError("\n".join(faults))
    sources = named_sources(args)
    fields = text.fields
    if is_mongo(sources[0]):
        return open_mongo(sources[0], args.collection, fields, args.filter)
    if is_kafka(sources[0]):
        from stream.sources.kafka_source import open_kafka  # the client takes a while to import

        form = text.format if args.source_format == "auto" else args.source_format
        return open_kafka(sources[0], kafka, text, form == "json")
    if is_url(sources[0]):
        return SqlTexts(sources[0], args.query, args.cursor, fields)
    files = FileTexts(sources, args.source_format, max_line_bytes, fields, _csv(args), args.encoding)
    if any(getattr(args, option) is not None for option in SETTINGS):
        files.refuse_plain = "--column and its like"
    return files


def is_url(source: str) -> bool:
    """Whether a source is a database or topic rather than a file."""
    scheme, sign, _ = source.partition("://")
    return bool(sign) and scheme.replace("+", "").replace("_", "").isalnum()


def is_mongo(source: str) -> bool:
    """Whether it is MongoDB; other databases speak SQL."""
    return source.startswith(("mongodb://", "mongodb+srv://"))


def is_kafka(source: str) -> bool:
    """Whether it is a topic."""
    return source.startswith("kafka://")


def _csv(args: argparse.Namespace) -> CsvSettings:
    usual = CsvSettings()
    delimiter = usual.delimiter if args.delimiter is None else TAB.get(args.delimiter, args.delimiter)
    return CsvSettings(delimiter, usual.quote if args.quote is None else args.quote, not args.no_header)


def _is_encoding(name: str) -> bool:
    try:
        return name == AUTO or bool("".encode(name) or codecs.lookup(name))
    except (LookupError, ValueError):  # unknown, or no encoding of text
        return False
