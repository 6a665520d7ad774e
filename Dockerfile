# Two stages: what is needed to install does not reach the image that runs.
FROM python:3.12-slim AS build
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

FROM python:3.12-slim
COPY --from=build /opt/new-words /opt/new-words
COPY config.yaml /etc/new-words/config.yaml
ENV PATH=/opt/new-words/bin:$PATH \
    NUMBA_CPU_NAME=generic \
    NUMBA_CACHE_LOCATOR_CLASSES=sketches.numba_cache.NumbaCache \
    PYTHONDONTWRITEBYTECODE=1
# A number, so that Kubernetes can see that it is not root; no account is needed.
USER 10001:10001
EXPOSE 9464
# No shell in between: SIGTERM reaches the service, and it writes its state.
ENTRYPOINT ["new-words"]
CMD ["run"]
