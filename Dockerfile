# The image of Carillon: docs/operations.md ("In a container") says how to run it.
#
#   docker build --build-arg VERSION=0.1.0 --build-arg REVISION="$(git rev-parse HEAD)" -t carillon .
#
# What is done in each stage stands in image/, where tests/image does the same without an engine.
# A tag, so that a build has the base's latest fixes; image/README.md says how to pin it by digest.
ARG BASE=debian:bookworm-slim

FROM ${BASE} AS build
ARG SNAPSHOT=20261126T000000Z
WORKDIR /src
COPY . .
RUN image/snapshot.sh "${SNAPSHOT}" && image/build.sh /out

FROM ${BASE}
ARG SNAPSHOT=20261126T000000Z
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
# Where the sources are, and what tells of the image; your builds know.
ARG SOURCE=
ARG URL=
LABEL org.opencontainers.image.title="Carillon" \
  org.opencontainers.image.description="Webhook delivery: events in by gRPC, out as signed JSON by HTTP" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}" \
  org.opencontainers.image.created="${CREATED}" \
  org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.vendor="Carillon" \
  org.opencontainers.image.source="${SOURCE}" \
  org.opencontainers.image.url="${URL}" \
  org.opencontainers.image.base.name="docker.io/library/debian:bookworm-slim"
COPY image /tmp/image
RUN /tmp/image/snapshot.sh "${SNAPSHOT}" && /tmp/image/root.sh /tmp/image "${VERSION}"
COPY --from=build /out/ /

ENV CARILLON_CONFIG=/etc/carillon/carillon.yaml \
  CARILLON_PUBLISH_ADDRESS=0.0.0.0:7080 \
  CARILLON_ADMIN_ADDRESS=0.0.0.0:7081 \
  CARILLON_DATA_DIR=/var/lib/carillon
EXPOSE 7080 7081
VOLUME /var/lib/carillon
WORKDIR /var/lib/carillon
USER 65532:65532
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/bin/carillond"]
