"""Where texts are read from: files, CSV, Parquet, SQL, MongoDB, Kafka topics; and word lists."""
