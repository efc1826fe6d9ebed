# The image of scripts/image for those who prefer a container engine: the same file tree from the same table (image/tree.txt).
#   docker build --build-arg VERSION=0.1.0 --build-arg REVISION="$(git rev-parse HEAD)" \
#     --build-arg SOURCE_DATE_EPOCH="$(image/source-date)" --build-arg CREATED="$(date -u -d "@$(image/source-date)" +%FT%TZ)" .
# Needs BuildKit, which keeps the owners of what is copied from another stage.
FROM rust:1.95.0-bookworm AS build
ARG TARGETARCH
ARG SOURCE_DATE_EPOCH=0
WORKDIR /slipway-source
COPY . .
ENV CARGO_TARGET_DIR=/target
RUN dpkg-query --show --showformat='${Package} ${Version} ${Architecture}\n' libc6 libgcc-s1 gcc-12-base ca-certificates >/packages \
    && image/binary "$TARGETARCH" \
    && image/sbom "$(uname -m)-unknown-linux-gnu" /packages >/sbom \
    && image/lay-out "$TARGETARCH" "/target/$(uname -m)-unknown-linux-gnu/release/slipway" /sbom / /rootfs

FROM scratch
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
COPY --from=build /rootfs/ /
LABEL org.opencontainers.image.created="$CREATED" \
      org.opencontainers.image.description="Kubernetes operator for bare metal" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.title="slipway" \
      org.opencontainers.image.vendor="slipway.dev" \
      org.opencontainers.image.version="$VERSION"
ENV PATH=/
ENV MALLOC_ARENA_MAX=1
EXPOSE 8080/tcp
EXPOSE 9090/tcp
WORKDIR /
STOPSIGNAL SIGTERM
USER 65532:65532
ENTRYPOINT ["/slipway"]
