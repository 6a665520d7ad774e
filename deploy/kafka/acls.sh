#!/bin/sh
# Grants each user what it needs and no more, with the tool that comes with Kafka. By hand, with the rights of an admin:
#   BOOTSTRAP=kafka:9092 ADMIN=admin.properties deploy/kafka/acls.sh
# PREFIX is topics.prefix, USER that of the service. `new-words run --check` says of a running broker what is missing.
# Topics that are not there need Create on the cluster too, or make them first: deploy/kubernetes/components/strimzi.
set -eu
bootstrap=${BOOTSTRAP:?"host:port of a broker"} admin=${ADMIN:-} prefix=${PREFIX:-}
service=${USER_OF_SERVICE:-new-words} ingest=${USER_OF_INGEST:-new-words-ingest} reader=${USER_OF_READER:-new-words-reader}
grant() {  # USER OPERATION… -- RESOURCE…
    user=$1
    shift
    operations=
    while [ "$1" != -- ]; do
        operations="$operations --operation $1"
        shift
    done
    shift
    # shellcheck disable=SC2086
    ${KAFKA_ACLS:-kafka-acls.sh} --bootstrap-server "$bootstrap" ${admin:+--command-config "$admin"} \
        --add --allow-principal "User:$user" $operations "$@"
}

# The service: reads texts, keeps its states, announces; gives back what it has folded of tallies and texts.
grant "$service" Read Describe -- --topic "${prefix}raw-text"
grant "$service" Read Write Delete Describe -- --topic "${prefix}tallies"
grant "$service" Read Write Describe -- --topic "${prefix}pair-sketches"
grant "$service" Read Write Describe -- --topic "${prefix}strong-pairs"
grant "$service" Read Write Delete Describe -- --topic "${prefix}word-counts"
grant "$service" Read Write Describe -- --topic "${prefix}trend-state"
grant "$service" Read Write Describe -- --topic "${prefix}new-words"
grant "$service" Read Write Describe -- --topic "${prefix}held-words"
grant "$service" Read Write Describe -- --topic "${prefix}word-verdicts"
grant "$service" Write Describe -- --topic "${prefix}raw-text-dlq"
grant "$service" Read Describe -- --group "${prefix}new-words-" --resource-pattern-type prefixed

# `new-words ingest`: writes texts, and after a failure reads the end of the topic to see what has arrived.
grant "$ingest" Read Write Describe -- --topic "${prefix}raw-text"

# `watch`, `push`, `export`, subscribers: read events, each group under its own name.
grant "$reader" Read Describe -- --topic "${prefix}new-words"
grant "$reader" Read Describe -- --topic "${prefix}word-verdicts"
grant "$reader" Read Describe -- --group "${prefix}new-words-push"
