"""Options of a command line -> the source they describe: alike for every command that reads texts.

SOURCE is files, globs (a file is read once, however often it is named) and - (stdin); or one database; or one topic.
"""

import argparse

from stream.errors import UsageError
from stream.log.settings import KafkaSettings
from stream.sources.base import FORMS, FileTexts, TextSource
from stream.sources.csv_rows import CsvSettings
from stream.sources.files import STDIN
from stream.sources.mongo_source import open_mongo
from stream.sources.rows import Fields
from stream.sources.sql_source import SqlTexts

TAB = {"\\t": "\t", "tab": "\t"}


def add_source_arguments(parser: argparse.ArgumentParser) -> None:
    """SOURCE and what says how to read it."""
    usual, csv = Fields(), CsvSettings()
    parser.add_argument("sources", nargs="*", metavar="SOURCE",
        help="files or globs, packed (.gz, .xz, .zst) or not; - is stdin; or the URL of a database, or"
        " kafka://host:9092/topic")  # fmt: skip
    add = parser.add_argument_group("source").add_argument
    add(
        "--url", "--uri", metavar="URL", help="the same as a SOURCE: postgresql://, mysql://, sqlite:///, mongodb://, …"
    )
    add("--format", choices=FORMS, default="auto",
        help="of the files; auto: by the name (.jsonl, .ndjson, .csv, .tsv, .parquet), else json where the first line"
        " begins with { and plain where it does not")  # fmt: skip
    add("--column", "--text-field", default=usual.text, metavar="C", dest="text_field",
        help="column of CSV, Parquet or SQL, or field of MongoDB, with the text (default %(default)s)")  # fmt: skip
    add("--ts-column", "--ts-field", default=usual.ts, metavar="C", dest="ts_field",
        help="with its time (default %(default)s, if there)")  # fmt: skip
    add("--source-column", "--source-field", default=usual.source, metavar="C", dest="source_field",
        help="with its author or origin (default %(default)s, if there)")  # fmt: skip
    add("--delimiter", default=csv.delimiter, metavar="X", help="of CSV (default a comma; of .tsv a tab)")
    add("--quote", default=csv.quote, metavar="X", help='of CSV (default %(default)s; "": none)')
    add("--no-header", action="store_true", help="CSV without names; its columns are numbers then, from 1")
    add("--query", metavar="SQL", help="what to read from the database")
    add("--cursor", metavar="COLUMN", help="unique column of the query to order it by and to resume from")
    add("--collection", metavar="C", help="what to read from MongoDB")
    add("--filter", default="", metavar="JSON", help="which documents of it (default all)")


def named_sources(args: argparse.Namespace) -> list[str]:
    """Every source the command line names."""
    return [*args.sources, *([args.url] if args.url else [])]


def source_faults(args: argparse.Namespace) -> list[str]:
    """What is wrong with the options of `add_source_arguments`."""
    sources = named_sources(args)
    urls = [source for source in sources if is_url(source)]
    mongo, kafka = [is_mongo(url) for url in urls], [is_kafka(url) for url in urls]
    sql = len(urls) > sum(mongo) + sum(kafka)
    rules = (
        (not sources, "SOURCE: name a file, - (stdin), a database or a topic"),
        (len(urls) > 0 and len(sources) > 1, "SOURCE: a database or topic goes alone"),
        (sources.count(STDIN) > 1, f"SOURCE {STDIN}: stdin can be named once only"),
        (sql and not args.query, "--query: must say what to read from the database"),
        (not sql and args.query, "--query: needs a database, such as sqlite:///articles.db"),
        (not sql and args.cursor, "--cursor: goes with --query"),
        (any(mongo) and not args.collection, "--collection: must say what to read from MongoDB"),
        (not any(mongo) and (args.collection or args.filter), "--collection, --filter: need a mongodb:// source"),
        (any(kafka) and args.format in ("csv", "parquet"), f"--format {args.format}: no topic holds that"),
        (STDIN in sources and args.format == "parquet", "--format parquet: cannot be read from stdin"),
    )
    faults = [fault for is_wrong, fault in rules if is_wrong]
    return faults + [f"--{key}: {reason}" for key, reason in _csv(args).faults()]


def open_source(args: argparse.Namespace, kafka: KafkaSettings, form: str, max_line_bytes: int) -> TextSource:
    """The one source the options describe. `form` is that of a topic, and `kafka` its cluster, if nobody says else."""
    if faults := source_faults(args):
        raise UsageError("\n".join(faults))
    sources = named_sources(args)
    fields = Fields(args.text_field, args.ts_field, args.source_field)
    if is_mongo(sources[0]):
        return open_mongo(sources[0], args.collection, fields, args.filter)
    if is_kafka(sources[0]):
        from stream.sources.kafka_source import open_kafka  # the client takes a while to import

        return open_kafka(sources[0], kafka, (form if args.format == "auto" else args.format) == "json")
    if is_url(sources[0]):
        return SqlTexts(sources[0], args.query, args.cursor, fields)
    return FileTexts(sources, args.format, max_line_bytes, fields, _csv(args))


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
    return CsvSettings(TAB.get(args.delimiter, args.delimiter), args.quote, not args.no_header)
