# Two stages: what is needed to install does not reach the image that runs.
FROM python:3.12-slim AS build
WORKDIR /build
RUN python -m venv /opt/new-words
COPY requirements.lock .
RUN /opt/new-words/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md ./
COPY sketches sketches
COPY stream stream
RUN /opt/new-words/bin/pip install --no-cache-dir setuptools \
 && /opt/new-words/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.12-slim
RUN useradd --uid 10001 --no-create-home new-words
COPY --from=build /opt/new-words /opt/new-words
COPY config.yaml /etc/new-words/config.yaml
USER 10001
EXPOSE 9464
ENTRYPOINT ["/opt/new-words/bin/new-words"]
CMD ["run"]
