# Both binaries on Debian 13, without compiler, shell scripts or root.
#   docker build -t headrace .
#   docker run --rm headrace version
FROM debian:13-slim AS build
WORKDIR /src
COPY scripts/deps scripts/deps
COPY scripts/lib/packages.txt scripts/lib/packages.txt
RUN scripts/deps build && rm -rf /var/lib/apt/lists/*
COPY CMakeLists.txt CMakePresets.json ./
COPY common common
COPY producer producer
COPY worker worker
RUN cmake --preset release -DHEADRACE_TESTS=OFF -DHEADRACE_WARNINGS_ARE_ERRORS=OFF \
 && cmake --build --preset release \
 && cmake --install build/release --prefix /out --strip

FROM debian:13-slim
COPY scripts/deps /tmp/deps/
COPY scripts/lib/packages.txt /tmp/deps/lib/
RUN /tmp/deps/deps run \
 && rm -rf /tmp/deps /var/lib/apt/lists/* \
 && install -d -o 65532 -g 65532 /var/lib/headrace
COPY --from=build /out/bin/ /usr/local/bin/
# A library that the list of run packages forgot fails here and not in production.
RUN headrace version && headrace-worker --version
USER 65532:65532
WORKDIR /var/lib/headrace
# Probes belong to what runs the container; the worker answers /healthz and /readyz on this port.
ENV HEADRACE_METRICS_LISTEN=0.0.0.0:9464
EXPOSE 9464
CMD ["headrace-worker"]
