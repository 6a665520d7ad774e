"""Stream a MongoDB collection as JSON lines, page by page in order of `_id`.

Each page is a query of its own for ids above the last one. So no server-side cursor can time out while Kafka is slow,
and reading can resume after any document. All ids must have one type, as MongoDB's `$gt` ignores other types.
Needs pymongo, imported when first used.
"""

from collections.abc import Callable, Generator
from datetime import UTC, datetime
from typing import Any

from stream.errors import SourceError, UsageError
from stream.masking import masked, masked_in
from stream.optional import extra
from stream.sources.base import Batch
from stream.sources.rows import row_line
from stream.text.fields import Fields, first_at

ANSWER_TIMEOUT_MS = 10_000


class MongoTexts:
    """Reads one collection. `keep` and `restore` convert an `_id` to JSON text and back; `failures` are driver errors.

    The mapping says which fields are text, time and source. The driver returns times in UTC.
    """

    lasts, oversized = False, 0

    def __init__(
        self,
        collection: Any,
        name: str,
        fields: Fields,
        where: dict[str, Any],
        keep: Callable[[Any], str],
        restore: Callable[[str], Any],
        failures: type[Exception],
    ) -> None:
        self.name = name
        self.total_bytes: int | None = None
        self.read_bytes = 0
        self._collection, self._fields, self._where = collection, fields, where
        self._keep, self._restore, self._failures = keep, restore, failures

    def batches(self, cursor: Any, most: int) -> Generator[Batch, None, None]:
        where = self._where if cursor is None else self._after(self._restore(cursor))
        while page := self._page(where, most):
            lines = [self._line(document) for document in page]
            self.read_bytes += sum(map(len, lines))
            yield Batch(lines, True, self._keep(page[-1]["_id"]))
            where = self._after(page[-1]["_id"])

    def _line(self, document: dict[str, Any]) -> bytes:
        fields = self._fields
        text, ts, source = (first_at(document, paths) for paths in (fields.text, fields.ts, fields.source))
        if isinstance(ts, datetime) and ts.tzinfo is None:
            ts = ts.replace(tzinfo=UTC)
        return row_line(text, ts, source, fields)

    def _after(self, last: Any) -> dict[str, Any]:
        return {"$and": [self._where, {"_id": {"$gt": last}}]} if self._where else {"_id": {"$gt": last}}

    def _page(self, where: dict[str, Any], most: int) -> list[dict[str, Any]]:
        paths = (*self._fields.text, *self._fields.ts, *self._fields.source)
        wanted = {path.partition(".")[0]: 1 for path in paths if path}
        try:
            return list(self._collection.find(where, wanted).sort("_id", 1).limit(most))
        except self._failures as error:
            raise SourceError(f"{self.name}: {masked_in(str(error))}") from error


def open_mongo(uri: str, collection: str, fields: Fields, where: str) -> MongoTexts:
    """`where` is a filter in MongoDB's extended JSON, or empty. Raises UsageError that says what is wrong."""
    pymongo = extra("pymongo", "reading MongoDB", "mongo")
    json_util = extra("bson.json_util", "reading MongoDB", "mongo")
    name = f"{masked(uri).partition('?')[0]} {collection} {where}".strip()
    try:
        wanted = json_util.loads(where) if where else {}
    except (ValueError, TypeError) as error:
        raise UsageError(f"--filter {where}: not JSON: {error}") from error
    if not isinstance(wanted, dict):
        raise UsageError(f"--filter {where}: must be a JSON object")
    try:
        client: Any = pymongo.MongoClient(uri, serverSelectionTimeoutMS=ANSWER_TIMEOUT_MS)
        found = client.get_default_database()[collection]
    except (pymongo.errors.PyMongoError, ValueError) as error:
        raise UsageError(f"SOURCE: {masked_in(str(error))}; a URI looks like mongodb://host/database") from error
    failures = pymongo.errors.PyMongoError
    return MongoTexts(found, name, fields, wanted, json_util.dumps, json_util.loads, failures)
