"""The tests mirror the tree: every module has a test file of its name, or `COVERED_BY` says which one covers it."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
KERNELS = "tests/sketches/test_kernels.py"  # holds each compiled loop to its twin in numpy, to the bit
ROLES = "tests/stream/roles/test_faults.py"  # all roles on a log in memory, against exact counts
KAFKA = "tests/integration/test_kafka_log.py"  # the same contract on a real broker
COVERED_BY = {
    "sketches/loops_numba.py": KERNELS,
    "sketches/numba_cache.py": "tests/deploy/test_image.py",
    "stream/api/operation.py": "tests/stream/api/test_schemas.py",
    "stream/api/shapes.py": "tests/stream/api/test_reading_api.py",
    "stream/commands/discover/passes.py": "tests/stream/commands/test_discover.py",
    "stream/commands/run.py": "tests/stream/service/test_loop.py",
    "stream/corpus/exact_numba.py": KERNELS,
    "stream/corpus/sequence_counts.py": "tests/stream/corpus/test_discover.py",
    "stream/desk/topic_thread.py": "tests/stream/desk/test_recorder.py",
    "stream/embedded/closing_table.py": "tests/stream/commands/test_replay.py",
    "stream/embedded/live_page.py": "tests/stream/commands/test_replay.py",
    "stream/embedded/replay_clock.py": "tests/stream/commands/test_replay.py",
    "stream/embedded/two_runs.py": "tests/stream/commands/test_replay.py",
    "stream/embedded/word_trace.py": "tests/stream/commands/test_explain.py",
    "stream/errors.py": "tests/test_main.py",
    "stream/events/examples.py": "tests/stream/events/test_events.py",
    "stream/finder/context_signs.py": "tests/stream/finder/test_finder.py",
    "stream/finder/evidence.py": "tests/stream/finder/test_finder.py",
    "stream/finder/finding.py": "tests/stream/finder/test_finder.py",
    "stream/finder/findings.py": "tests/stream/finder/test_finder.py",
    "stream/finder/horizon_length.py": "tests/test_doctests.py",
    "stream/finder/link_signs.py": "tests/stream/finder/test_finder.py",
    "stream/finder/part_signs.py": "tests/stream/finder/test_finder.py",
    "stream/finder/settings.py": "tests/stream/config/test_config.py",
    "stream/finder/signs.py": "tests/stream/finder/test_finder.py",
    "stream/finder/word_weights.py": "tests/stream/finder/test_word_model.py",
    "stream/horizon/buffer.py": "tests/stream/horizon/test_mentions.py",
    "stream/horizon/buffer_numba.py": "tests/stream/horizon/test_horizon_kernels.py",
    "stream/horizon/candidates.py": "tests/stream/horizon/test_mentions.py",
    "stream/horizon/chains.py": "tests/stream/horizon/test_horizon_kernels.py",
    "stream/horizon/part_counts.py": "tests/stream/horizon/test_mentions.py",
    "stream/horizon/unit_statistics.py": "tests/stream/finder/test_finder.py",
    "stream/horizon/units_numba.py": "tests/stream/horizon/test_horizon_kernels.py",
    "stream/ingest/deduplicated_send.py": "tests/stream/commands/test_ingest.py",
    "stream/log/batch_bytes.py": "tests/stream/log/test_fast_fetch.py",
    "stream/log/client_internals.py": KAFKA,
    "stream/log/consumer_connection.py": KAFKA,
    "stream/log/fast_fetch_numba.py": KERNELS,
    "stream/log/kafka.py": KAFKA,
    "stream/log/kafka_client.py": "tests/integration/test_security.py",
    "stream/log/protocol.py": "tests/stream/log/test_memory.py",
    "stream/log/record_headers.py": "tests/stream/log/test_fast_fetch.py",
    "stream/log/settings.py": "tests/stream/config/test_config.py",
    "stream/log/topics.py": "tests/integration/test_topics.py",
    "stream/outputs/files.py": "tests/stream/commands/test_export.py",
    "stream/outputs/read_report.py": "tests/stream/commands/test_replay.py",
    "stream/roles/active_standby.py": ROLES,
    "stream/roles/announcer.py": ROLES,
    "stream/roles/context.py": ROLES,
    "stream/roles/counter.py": ROLES,
    "stream/roles/jit_warm_up.py": KERNELS,
    "stream/roles/model_follower.py": "tests/stream/roles/test_backlog.py",
    "stream/roles/page_updater.py": "tests/integration/test_page.py",
    "stream/roles/partition_worker.py": ROLES,
    "stream/roles/published_events.py": ROLES,
    "stream/roles/refresher.py": ROLES,
    "stream/roles/segmenter.py": ROLES,
    "stream/rules/quantities.py": "tests/stream/trends/test_explain.py",
    "stream/rules/settings.py": "tests/stream/config/test_config.py",
    "stream/rules/word_list_formats.py": "tests/stream/sources/test_word_list_files.py",
    "stream/rules/word_lists.py": "tests/stream/sources/test_word_list_files.py",
    "stream/segmentation/cut_numba.py": KERNELS,
    "stream/service/access_check.py": "tests/stream/service/test_preflight.py",
    "stream/service/assembly.py": "tests/integration/test_access.py",
    "stream/service/counted_clients.py": "tests/integration/test_dashboards.py",
    "stream/service/dry_run.py": "tests/integration/test_first_day.py",
    "stream/simulation/chinese.py": "tests/stream/simulation/test_grammar.py",
    "stream/simulation/english.py": "tests/stream/simulation/test_grammar.py",
    "stream/sources/csv_rows.py": "tests/stream/sources/test_rows.py",
    "stream/sources/json_values.py": "tests/stream/sources/test_base.py",
    "stream/sources/kafka_source.py": "tests/integration/test_kafka_source.py",
    "stream/sources/parquet_rows.py": "tests/stream/sources/test_rows.py",
    "stream/sources/read_tally.py": "tests/stream/commands/test_replay.py",
    "stream/sources/two_pass.py": "tests/stream/commands/test_discover.py",
    "stream/state/model_codec.py": "tests/stream/roles/test_unfit_records.py",
    "stream/state/snapshots.py": "tests/stream/state/test_chunks.py",
    "stream/fitting/judged_rows.py": "tests/stream/commands/test_fit.py",
    "stream/suggestion/recorded_looks.py": "tests/stream/suggestion/test_wishes.py",
    "stream/tallies/columns.py": "tests/stream/tallies/test_codec.py",
    "stream/tallies/tally.py": "tests/stream/tallies/test_codec.py",
    "stream/text/clean_numba.py": KERNELS,
    "stream/text/clean_patterns.py": "tests/stream/text/test_clean.py",
    "stream/text/decode_numba.py": "tests/stream/text/test_message_batch.py",
    "stream/text/hash64.py": "tests/sketches/test_hashing.py",
    "stream/text/runs_numba.py": KERNELS,
    "stream/text/text_batch.py": "tests/stream/text/test_message_batch.py",
    "stream/trends/announced.py": "tests/stream/trends/test_new_words.py",
    "stream/trends/rule_sentences.py": "tests/stream/trends/test_explain.py",
    "stream/verdicts/reviews.py": "tests/stream/roles/test_verdicts.py",
    "stream/verdicts/verdict_writer.py": "tests/stream/verdicts/test_verdict_follower.py",
    "stream/version.py": "tests/test_project.py",
    "stream/web/explain_client.py": "tests/stream/commands/test_explain.py",
}
MODULES = [
    str(path.relative_to(ROOT)) for top in ("sketches", "stream") for path in sorted((ROOT / top).rglob("*.py"))
    if not path.name.startswith("__")
]  # fmt: skip


def own_test(module: str) -> Path:
    return ROOT / "tests" / Path(module).parent / f"test_{Path(module).name}"


@pytest.mark.parametrize("module", MODULES)
def test_every_module_has_a_test_file(module: str) -> None:
    assert own_test(module).exists() or module in COVERED_BY, "name its test file in COVERED_BY, or write one"


@pytest.mark.parametrize("module", COVERED_BY)
def test_the_table_lists_existing_modules_without_a_test_of_their_own(module: str) -> None:
    assert (ROOT / module).exists()
    assert (ROOT / COVERED_BY[module]).exists()
    assert not own_test(module).exists(), "take it out of the table"
