# Two stages: what is needed to install does not reach the image that runs.
# For a build that is the same tomorrow pin the base by its digest, in both stages at once:
#   docker buildx imagetools inspect python:3.12-slim --format '{{.Manifest.Digest}}'
#   docker build --build-arg BASE=python:3.12-slim@sha256:… .
ARG BASE=python:3.12-slim
FROM ${BASE} AS build
WORKDIR /build
RUN python -m venv --without-pip /opt/new-words
COPY requirements.lock .
RUN pip --python /opt/new-words/bin/python install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY sketches sketches
COPY stream stream
RUN pip --python /opt/new-words/bin/python install --no-cache-dir --no-deps .
# The loops are compiled here, for any processor, and read where nothing can be written (sketches/numba_cache.py).
ENV NUMBA_CPU_NAME=generic \
    NUMBA_CACHE_LOCATOR_CLASSES=sketches.numba_cache.NumbaCache
WORKDIR /tmp
RUN /opt/new-words/bin/new-words warm-up

FROM ${BASE}
COPY --from=build /opt/new-words /opt/new-words
COPY config.yaml /etc/new-words/config.yaml
ENV PATH=/opt/new-words/bin:$PATH \
    NUMBA_CPU_NAME=generic \
    NUMBA_CACHE_LOCATOR_CLASSES=sketches.numba_cache.NumbaCache \
    PYTHONDONTWRITEBYTECODE=1
# A number, so that Kubernetes can see that it is not root; no account is needed.
USER 10001:10001
EXPOSE 9464
# Alive, as Kubernetes asks too: a broker that is away is waited for, and is no reason for a restart.
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ.get('NEWWORDS_SERVER__PORT', '9464') + '/healthz', timeout=4)"]
# No shell in between: SIGTERM reaches the service, and it writes its state.
ENTRYPOINT ["new-words"]
CMD ["run"]
